use std::{
    env, fs, io,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use super::error::PostgresError;

/// As whom PostgreSQL runs: as ourselves or, because it refuses root, as the user `postgres`.
#[derive(Clone, Debug)]
pub(super) struct Account {
    dropped: Option<Ids>,
    /// Whether it may pass through folders that its user can't enter, such as /root.
    search: bool,
}

#[derive(Clone, Copy, Debug)]
struct Ids {
    user: u32,
    group: u32,
}

impl Account {
    pub(super) fn detect() -> Result<Self, PostgresError> {
        let root = rustix::process::geteuid().is_root();
        let dropped =
            if root { Some(system_user().ok_or(PostgresError::NoAccount)?) } else { None };
        Ok(Self { dropped, search: false })
    }

    /// Whether this is another account than our own.
    pub(super) fn is_other(&self) -> bool {
        self.dropped.is_some()
    }

    /// The same, but able to pass through any folder.
    pub(super) fn searching(&self) -> Self {
        Self { search: true, ..self.clone() }
    }

    /// A command under this account. It is told to end when the calling *thread* ends, so a thread
    /// must outlive it; and a Ctrl-C typed at the terminal is for us alone, hence the own group.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig=INT");
        if let Some(Ids { user, group }) = self.dropped {
            command.args([format!("--reuid={user}"), format!("--regid={group}")]);
            command.arg("--init-groups");
        }
        if self.search {
            command.args(["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]);
        }
        // Nothing of our environment must steer it (PGPORT, PGDATA, LC_*), nor hold our secrets.
        command.arg("--").arg(program).env_clear();
        command.env("PATH", env::var_os("PATH").unwrap_or_default());
        command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        command.current_dir("/").process_group(0).stdin(Stdio::null());
        command
    }

    /// Makes a folder that only this account can enter; one that is there must be just that.
    pub(super) fn own_folder(&self, path: &Path) -> Result<(), PostgresError> {
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => self.take(path).map_err(PostgresError::folder(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.check(path),
            Err(error) => Err(PostgresError::folder(path)(error)),
        }
    }

    /// Whether this account can get at `path`.
    pub(super) fn reaches(&self, path: &Path) -> bool {
        let mut stat = self.command(Path::new("stat"));
        stat.arg(path).stdout(Stdio::null()).stderr(Stdio::null());
        stat.status().is_ok_and(|status| status.success())
    }

    fn take(&self, path: &Path) -> io::Result<()> {
        self.dropped.map_or(Ok(()), |ids| chown(path, Some(ids.user), Some(ids.group)))
    }

    fn check(&self, path: &Path) -> Result<(), PostgresError> {
        let found = fs::symlink_metadata(path).map_err(PostgresError::folder(path))?;
        let user = self.dropped.map_or_else(|| rustix::process::geteuid().as_raw(), |ids| ids.user);
        let private = found.is_dir() && found.uid() == user && found.mode().trailing_zeros() >= 6;
        if private { Ok(()) } else { Err(PostgresError::Foreign(path.to_owned())) }
    }
}

/// The system user `postgres`, which every package of PostgreSQL makes.
fn system_user() -> Option<Ids> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = users.lines().find(|line| line.starts_with("postgres:"))?.split(':').skip(2);
    Some(Ids { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
}
