use std::{io, path::PathBuf};

/// Why there is no embedded PostgreSQL; each is one sentence for whoever starts the program.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    #[error(
        "PostgreSQL's server programs are neither in /usr/lib/postgresql nor in PATH; install them \
         (Debian: apt-get install postgresql), or set DATABASE_URL"
    )]
    NoPrograms,
    #[error(
        "PostgreSQL refuses to run as root, and there is no system user `postgres` to run it as; \
         make one (useradd --system postgres), or start Exchequer as another user"
    )]
    NoAccount,
    #[error("the folder {} can't be used: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error(
        "the folder {} belongs to someone else; move it away, or start Exchequer as its owner",
        .0.display()
    )]
    Foreign(PathBuf),
    #[error(
        "the database in {} was made by PostgreSQL {found}, which is not installed (Debian: \
         apt-get install postgresql-{found})",
        path.display()
    )]
    OtherVersion { path: PathBuf, found: String },
    #[error(
        "the database in {} is damaged ({what}); restore it from a backup, or move the folder away \
         to start with an empty one",
        path.display()
    )]
    Damaged { path: PathBuf, what: String },
    #[error("{program} could not be run: {says}")]
    Program { program: &'static str, says: String },
    #[error(
        "PostgreSQL does not start on {} ({says}); its log is {}; if the folder is damaged, restore \
         it from a backup, or move it away to start with an empty one",
        path.display(), log.display()
    )]
    NotStarted { path: PathBuf, says: String, log: PathBuf },
    #[error(
        "another Exchequer has the lock on {} but its database was not ready after {seconds} s",
        path.display()
    )]
    Busy { path: PathBuf, seconds: u64 },
    #[error(
        "process {pid} of an earlier PostgreSQL still uses {}; end it, then try again",
        path.display()
    )]
    Occupied { path: PathBuf, pid: i32 },
    #[error("the thread that watches PostgreSQL ended early")]
    Supervisor,
}

impl PostgresError {
    /// Names the folder in an I/O error, which by itself says only "permission denied".
    pub(super) fn folder(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Folder { path, source }
    }
}
