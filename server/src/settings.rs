//! Settings from the environment: read once, checked at once, a wrong one named in a sentence.

use std::{
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, NonZeroU64, NonZeroUsize},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use axum::http::Uri;
use domain::Email;
use secrecy::SecretString;
use store::system::SignUpPolicy;

/// All settings of a running program.
#[derive(Debug)]
pub struct Settings {
    /// The database; none for a private one under the data folder.
    pub database_url: Option<SecretString>,
    /// Holds the private database and generated secrets.
    pub data_dir: PathBuf,
    /// Where dashboard and API listen.
    pub bind: SocketAddr,
    /// How people and programs reach them; no slash at the end.
    pub public_url: String,
    /// Whose forwarded address is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The secrets that keys are derived from, newest first.
    pub secret_key: Option<SecretString>,
    /// The installation's default provider.
    pub upstream: Option<gateway::Upstream>,
    /// Whether the sandbox provider answers; unset: while there is no other provider.
    pub sandbox: Option<bool>,
    /// How mails are sent.
    pub smtp: Option<Smtp>,
    /// Who may sign up, before the operator decides.
    pub sign_up: Option<SignUpPolicy>,
    /// Most connections to the database, besides the ledger's.
    pub pool: u32,
    /// Threads.
    pub workers: usize,
    /// How long running requests may take to end at a stop.
    pub drain: Duration,
}

/// A mail server and who the mails are from.
#[derive(Debug)]
pub struct Smtp {
    /// `smtp://` or `smtps://`, with user and password if it wants them.
    pub url: SecretString,
    /// The sender.
    pub from: Email,
}

/// A setting that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{name} {reason}")]
pub struct SettingsError {
    name: &'static str,
    reason: String,
}

impl Settings {
    /// From the process's environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(&|name| std::env::var(name).ok())
    }

    fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let environment = Environment(get);
        let bind = environment
            .parsed("EXCHEQUER_BIND", "is not an address with a port, like 127.0.0.1:3000")?;
        let bind = bind.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)));
        let cores = std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
        Ok(Self {
            database_url: environment.secret("DATABASE_URL"),
            data_dir: environment
                .text("EXCHEQUER_DATA_DIR")
                .unwrap_or_else(|| "./data".to_owned())
                .into(),
            bind,
            public_url: environment.public_url(bind)?,
            trusted_proxies: environment.proxies()?,
            secret_key: environment.secret("EXCHEQUER_SECRET_KEY"),
            upstream: environment.upstream()?,
            sandbox: environment.switch("EXCHEQUER_SANDBOX")?,
            smtp: environment.smtp()?,
            sign_up: environment.sign_up()?,
            pool: environment
                .parsed::<NonZeroU32>(
                    "EXCHEQUER_DB_POOL",
                    "is a number of connections, at least 1",
                )?
                .map_or_else(
                    || u32::try_from(cores * 4).unwrap_or(16).clamp(8, 64),
                    NonZeroU32::get,
                ),
            workers: environment
                .parsed::<NonZeroUsize>("EXCHEQUER_WORKERS", "is a number of threads, at least 1")?
                .map_or_else(|| cores.max(4), NonZeroUsize::get),
            drain: environment
                .parsed("EXCHEQUER_DRAIN", "is a number of seconds")?
                .map_or(Duration::from_secs(30), Duration::from_secs),
        })
    }
}

struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Environment<'_> {
    /// A setting that is set to something.
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    fn parsed<T: FromStr>(
        &self,
        name: &'static str,
        wants: &str,
    ) -> Result<Option<T>, SettingsError> {
        self.text(name)
            .map(|value| {
                value.parse().map_err(|_| SettingsError {
                    name,
                    reason: format!("{wants}; it is “{value}”"),
                })
            })
            .transpose()
    }

    fn switch(&self, name: &'static str) -> Result<Option<bool>, SettingsError> {
        match self.text(name).as_deref() {
            None => Ok(None),
            Some("on" | "true" | "1") => Ok(Some(true)),
            Some("off" | "false" | "0") => Ok(Some(false)),
            Some(other) => {
                Err(SettingsError { name, reason: format!("is on or off; it is “{other}”") })
            }
        }
    }

    fn sign_up(&self) -> Result<Option<SignUpPolicy>, SettingsError> {
        let name = "EXCHEQUER_SIGNUP";
        match self.text(name).as_deref() {
            None => Ok(None),
            Some("open") => Ok(Some(SignUpPolicy::Open)),
            Some("invited") => Ok(Some(SignUpPolicy::Invited)),
            Some(other) => Err(SettingsError {
                name,
                reason: format!("is open or invited; it is “{other}”"),
            }),
        }
    }

    fn public_url(&self, bind: SocketAddr) -> Result<String, SettingsError> {
        let name = "EXCHEQUER_PUBLIC_URL";
        let url = self.text(name).unwrap_or_else(|| format!("http://{bind}"));
        let url = url.trim_end_matches('/').to_owned();
        let valid = url.parse::<Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some()
                && uri.path().len() <= 1
        });
        if valid {
            Ok(url)
        } else {
            Err(SettingsError {
                name,
                reason: format!("is an address like https://llm.example.com; it is “{url}”"),
            })
        }
    }

    fn proxies(&self) -> Result<Vec<IpAddr>, SettingsError> {
        let name = "EXCHEQUER_TRUSTED_PROXIES";
        let list = self.text(name).unwrap_or_default();
        list.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| {
                entry.parse().map_err(|_| SettingsError {
                    name,
                    reason: format!(
                        "is a list of network addresses, separated by commas; one is “{entry}”"
                    ),
                })
            })
            .collect()
    }

    fn upstream(&self) -> Result<Option<gateway::Upstream>, SettingsError> {
        let name = "EXCHEQUER_UPSTREAM_URL";
        let timeout = self
            .parsed::<NonZeroU64>(
                "EXCHEQUER_UPSTREAM_TIMEOUT",
                "is a number of seconds, at least 1",
            )?
            .map_or(600, NonZeroU64::get);
        let Some(url) = self.text(name) else { return Ok(None) };
        let key = self.secret("EXCHEQUER_UPSTREAM_KEY");
        let base_url = url.parse::<Uri>().ok().filter(|url| {
            matches!(url.scheme_str(), Some("http" | "https"))
                && url.host().is_some()
                && url.query().is_none()
        });
        let Some(base_url) = base_url else {
            return Err(SettingsError {
                name,
                reason: format!("is an address like https://api.openai.com/v1; it is “{url}”"),
            });
        };
        Ok(Some(gateway::Upstream {
            base_url,
            key: key.unwrap_or_default(),
            timeout: Duration::from_secs(timeout),
        }))
    }

    fn smtp(&self) -> Result<Option<Smtp>, SettingsError> {
        let name = "EXCHEQUER_MAIL_FROM";
        let from = self.parsed(name, "is the e-mail address that mails are from")?;
        match (self.secret("EXCHEQUER_SMTP_URL"), from) {
            (None, _) => Ok(None),
            (Some(url), Some(from)) => Ok(Some(Smtp { url, from })),
            (Some(_), None) => Err(SettingsError {
                name,
                reason:
                    "must be set when EXCHEQUER_SMTP_URL is: the e-mail address that mails are from"
                        .to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, SettingsError> {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Settings::read(&move |name| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()))
    }

    #[test]
    fn defaults_need_nothing() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.public_url, "http://127.0.0.1:3000");
        assert!(
            settings.database_url.is_none()
                && settings.smtp.is_none()
                && settings.upstream.is_none()
        );
    }

    #[test]
    fn a_wrong_one_is_named() {
        for (name, value) in [
            ("EXCHEQUER_BIND", "3000"),
            ("EXCHEQUER_PUBLIC_URL", "llm.example.com"),
            ("EXCHEQUER_PUBLIC_URL", "https://llm.example.com/path"),
            ("EXCHEQUER_TRUSTED_PROXIES", "10.0.0.1, proxy"),
            ("EXCHEQUER_SANDBOX", "maybe"),
            ("EXCHEQUER_SIGNUP", "closed"),
            ("EXCHEQUER_DB_POOL", "0"),
            ("EXCHEQUER_WORKERS", "0"),
            ("EXCHEQUER_DRAIN", "-1"),
            ("EXCHEQUER_UPSTREAM_URL", "ftp://x"),
            ("EXCHEQUER_UPSTREAM_TIMEOUT", "0"),
            ("EXCHEQUER_MAIL_FROM", "nobody"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
        let error = read(&[("EXCHEQUER_SMTP_URL", "smtp://localhost")]).unwrap_err().to_string();
        assert!(error.starts_with("EXCHEQUER_MAIL_FROM"), "{error}");
    }
}
