use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::error::PostgresError;

/// One installed PostgreSQL: the folder of `postgres` and `initdb`, and its major version.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    folder: PathBuf,
    major: u32,
}

impl Programs {
    /// The newest one that is installed.
    pub(super) fn newest() -> Result<Self, PostgresError> {
        installed().into_iter().max_by_key(|one| one.major).ok_or(PostgresError::NoPrograms)
    }

    /// The one that can read a cluster made by `version` (what its `PG_VERSION` says).
    pub(super) fn of(version: &str, cluster: &Path) -> Result<Self, PostgresError> {
        let all = installed();
        if all.is_empty() {
            return Err(PostgresError::NoPrograms);
        }
        let fits = all.into_iter().find(|one| one.major.to_string() == version);
        fits.ok_or_else(|| PostgresError::OtherVersion {
            path: cluster.to_owned(),
            found: version.to_owned(),
        })
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }
}

/// Debian keeps every major version in a folder of its own; elsewhere PATH has one.
fn installed() -> Vec<Programs> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut all: Vec<_> = debian
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some(Programs { folder: entry.path().join("bin"), major })
        })
        .filter(|one| one.postgres().is_file() && one.initdb().is_file())
        .collect();
    let path = env::var_os("PATH").unwrap_or_default();
    all.extend(env::split_paths(&path).filter_map(in_path));
    all
}

fn in_path(folder: PathBuf) -> Option<Programs> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let answer = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
    let text = String::from_utf8(answer.stdout).ok()?;
    let major = text.split_whitespace().nth(2)?.split('.').next()?.parse().ok()?;
    Some(Programs { folder, major })
}
