//! The database of this installation, wherever it is, and the secret that belongs to it.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use identity::Secrets;
use rand::TryRng as _;
use secrecy::{ExposeSecret as _, SecretString};
use store::Store;

use crate::{postgres::Embedded, settings::Settings};

/// An open database.
pub struct Database {
    /// What the program asks.
    pub store: Store,
    /// Keys derived from the installation's secret.
    pub secrets: Arc<Secrets>,
    embedded: Option<Embedded>,
}

impl Database {
    /// Starts the private database unless one is set, connects, and brings it up to date.
    pub async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let embedded = match &settings.database_url {
            Some(_) => None,
            None => Some(Embedded::start(&settings.data_dir).await?),
        };
        let url = match (&embedded, &settings.database_url) {
            (Some(embedded), _) => SecretString::from(embedded.url()),
            (None, Some(url)) => url.clone(),
            (None, None) => bail!("there is no database"),
        };
        match Self::connect(settings, &url).await {
            Ok((store, secrets)) => Ok(Self { store, secrets: Arc::new(secrets), embedded }),
            Err(error) => {
                if let Some(embedded) = embedded {
                    embedded.stop().await;
                }
                Err(error)
            }
        }
    }

    async fn connect(settings: &Settings, url: &SecretString) -> anyhow::Result<(Store, Secrets)> {
        let store = Store::connect(url.expose_secret(), settings.pool)
            .await
            .context("the database can’t be reached; is DATABASE_URL right?")?;
        store.migrate().await?;
        let secret = match &settings.secret_key {
            Some(secret) => secret.clone(),
            None if settings.database_url.is_none() => kept_secret(&settings.data_dir)?,
            None => bail!(
                "EXCHEQUER_SECRET_KEY must be set when DATABASE_URL is: at least 32 random characters, \
                 the same on every node (openssl rand -base64 48)"
            ),
        };
        let secrets = Secrets::parse(&secret).context("EXCHEQUER_SECRET_KEY can’t be used")?;
        Ok((store, secrets))
    }

    /// Whether the database is the program's own.
    pub const fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Closes the connections, and stops the database if this process started it.
    pub async fn close(self) {
        // A request that was cut may hold a connection for ever.
        let closed = tokio::time::timeout(Duration::from_secs(2), self.store.close()).await;
        if closed.is_err() {
            tracing::debug!("connections to the database were left open");
        }
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// The secret in the data folder, made at the first start, readable by its owner alone.
fn kept_secret(folder: &Path) -> anyhow::Result<SecretString> {
    let path = folder.join("secret");
    let named = || format!("the secret in {}", path.display());
    if path.exists() {
        let secret = fs::read_to_string(&path).with_context(named)?;
        if fs::metadata(&path)?.permissions().mode() & 0o077 != 0 {
            bail!("{} may be read by others; chmod 600 it", path.display());
        }
        return Ok(SecretString::from(secret.trim().to_owned()));
    }
    let mut random = [0_u8; 32];
    rand::rngs::SysRng.try_fill_bytes(&mut random).context("the system has no random numbers")?;
    let secret = random.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text never fails.
        let _ = write!(text, "{byte:02x}");
        text
    });
    // Beside it first: two programs that start at once must not read half of it.
    let beside = folder.join(format!("secret.{}", std::process::id()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .with_context(named)?;
    writeln!(file, "{secret}").and_then(|()| file.sync_all()).with_context(named)?;
    let linked = fs::hard_link(&beside, &path);
    fs::remove_file(&beside).with_context(named)?;
    match linked {
        Ok(()) => Ok(SecretString::from(secret)),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => kept_secret(folder),
        Err(error) => Err(error).with_context(named),
    }
}
