use std::{
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt, symlink},
    path::{Path, PathBuf},
};

use super::{account::Account, error::PostgresError};
use crate::short_hash::short_hash;

/// A socket's address has room for 107 bytes, `/.s.PGSQL.5432` included.
const SOCKET_FOLDER_MAX: usize = 107 - "/.s.PGSQL.5432".len();
const SYSTEM_FOLDER: &str = "/var/lib/exchequer";

/// Where the PostgreSQL of one data folder keeps what is its own, and who runs it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) account: Account,
    /// The tables: `DATA/postgres/cluster`.
    pub(super) cluster: PathBuf,
    /// The folder of the socket.
    pub(super) socket: PathBuf,
    pub(super) log: PathBuf,
    /// Whoever holds this lock runs PostgreSQL.
    pub(super) lock: File,
}

impl Place {
    pub(super) fn of(data_dir: &Path) -> Result<Self, PostgresError> {
        let mut account = Account::detect()?;
        // Another account must be able to pass through; secrets have modes of their own.
        let mode = if account.is_other() { 0o711 } else { 0o700 };
        let made = fs::DirBuilder::new().recursive(true).mode(mode).create(data_dir);
        let data_dir = made
            .and_then(|()| fs::canonicalize(data_dir))
            .map_err(PostgresError::folder(data_dir))?;
        let lock = open_lock(&data_dir)?;
        let home = home(&data_dir, &mut account)?;
        let socket = socket_folder(&home);
        account.own_folder(&socket)?;
        Ok(Self {
            account,
            cluster: home.join("cluster"),
            socket,
            log: home.join("postgres.log"),
            lock,
        })
    }
}

fn open_lock(data_dir: &Path) -> Result<File, PostgresError> {
    let path = data_dir.join("postgres.lock");
    let file = File::options().create(true).truncate(false).write(true).open(path);
    file.map_err(PostgresError::folder(data_dir))
}

/// `DATA/postgres`; if PostgreSQL's account can't get there, a link to a folder where it can. The
/// link makes that choice last: a database must not vanish because a folder's mode changed.
fn home(data_dir: &Path, account: &mut Account) -> Result<PathBuf, PostgresError> {
    let own = data_dir.join("postgres");
    if own.is_symlink() {
        return fs::canonicalize(&own).map_err(PostgresError::folder(own));
    }
    account.own_folder(&own)?;
    if !account.is_other() || account.reaches(&own) {
        return Ok(own);
    }
    let searching = account.searching();
    if searching.reaches(&own) {
        tracing::info!(folder = %own.display(), "the user postgres may pass through the folders above");
        *account = searching;
        return Ok(own);
    }
    // Only an empty folder is given up; one with a database in it is for a person to look at.
    fs::remove_dir(&own).map_err(PostgresError::folder(&own))?;
    let parent = fs::DirBuilder::new().recursive(true).mode(0o755).create(SYSTEM_FOLDER);
    parent.map_err(PostgresError::folder(SYSTEM_FOLDER))?;
    let elsewhere = vacant_system_folder(&own)?;
    account.own_folder(&elsewhere)?;
    symlink(&elsewhere, &own).map_err(PostgresError::folder(own))?;
    tracing::warn!(
        folder = %elsewhere.display(),
        "the user postgres can't enter the data folder; the database is kept elsewhere"
    );
    Ok(elsewhere)
}

/// Never one with a database in it: whoever removed the data folder wants an empty one.
fn vacant_system_folder(own: &Path) -> Result<PathBuf, PostgresError> {
    let hash = short_hash(own.as_os_str().as_encoded_bytes());
    let mut number = 1;
    loop {
        let folder = Path::new(SYSTEM_FOLDER).join(format!("{hash}-{number}"));
        if is_vacant(&folder).map_err(PostgresError::folder(&folder))? {
            return Ok(folder);
        }
        number += 1;
    }
}

/// Beside the tables; a short folder if that path is too long for a socket's address, or has
/// characters that mean something in PostgreSQL's settings or in a URL.
fn socket_folder(home: &Path) -> PathBuf {
    let own = home.join("socket");
    let bytes = own.as_os_str().as_encoded_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    if bytes.len() <= SOCKET_FOLDER_MAX && bytes.iter().all(plain) {
        own
    } else {
        Path::new("/tmp").join(format!("exq-{}", short_hash(bytes)))
    }
}

/// Whether the folder has nothing in it, or is not there.
pub(super) fn is_vacant(path: &Path) -> io::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
