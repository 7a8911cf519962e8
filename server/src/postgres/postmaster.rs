use std::{fs, io, path::Path, thread, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

use super::error::PostgresError;

/// How long an earlier PostgreSQL may take to end before a person must look.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// What PostgreSQL says of itself in `postmaster.pid`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub(super) pid: i32,
    pub(super) ready: bool,
}

impl Postmaster {
    pub(super) fn read(cluster: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
    }

    /// Whether a PostgreSQL takes connections there; what a dead one left does not count.
    pub(super) fn is_serving(cluster: &Path) -> bool {
        let ready = Self::read(cluster).filter(|one| one.ready);
        ready.and_then(|one| Pid::from_raw(one.pid)).is_some_and(|pid| is_inhabitant(pid, cluster))
    }

    /// Line 1 is its process; line 8 what it is doing, once it does anything.
    fn parse(text: &str) -> Option<Self> {
        let pid = text.lines().next()?.trim().parse().ok()?;
        let ready = text.lines().nth(7).is_some_and(|status| status.trim() == "ready");
        Some(Self { pid, ready })
    }
}

/// Makes sure that nobody uses `cluster` any more: the caller holds the lock, so whatever runs
/// there has lost its Exchequer.
pub(super) fn evict(cluster: &Path) -> Result<(), PostgresError> {
    let left = Postmaster::read(cluster);
    let mut waited = Duration::ZERO;
    let mut told = false;
    while let Some(&first) = inhabitants(cluster).first() {
        // The postmaster ends its children; children without one end by themselves.
        let postmaster = left.as_ref().and_then(|one| Pid::from_raw(one.pid));
        if let Some(pid) = postmaster.filter(|pid| !told && is_inhabitant(*pid, cluster)) {
            tracing::info!(pid = pid.as_raw_nonzero(), "ending a PostgreSQL that was left running");
            // It may have ended meanwhile.
            let _ = kill_process(pid, Signal::INT);
        }
        told = true;
        if waited >= PATIENCE {
            return Err(PostgresError::Occupied { path: cluster.to_owned(), pid: first });
        }
        thread::sleep(PAUSE);
        waited += PAUSE;
    }
    // PostgreSQL itself sees through a file that a dead process left. It can't where the number
    // has been given to another process; here we know that none of ours is alive.
    match fs::remove_file(cluster.join("postmaster.pid")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PostgresError::folder(cluster)(error))
        }
        _ => Ok(()),
    }
}

/// The processes of PostgreSQL that work in `cluster`: each of them stands in that folder.
fn inhabitants(cluster: &Path) -> Vec<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| Pid::from_raw(*pid).is_some_and(|pid| is_inhabitant(pid, cluster))).collect()
}

fn is_inhabitant(pid: Pid, cluster: &Path) -> bool {
    let process = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
    fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == cluster)
        && fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postmaster_says_when_it_is_ready() {
        let file = "42\n/data\n1700000000\n5432\n/data/socket\n\n 1234 5\nready   \n";
        assert_eq!(Postmaster::parse(file), Some(Postmaster { pid: 42, ready: true }));
        let starting = file.replace("ready", "starting");
        assert_eq!(Postmaster::parse(&starting), Some(Postmaster { pid: 42, ready: false }));
        assert_eq!(Postmaster::parse("42\n/data"), Some(Postmaster { pid: 42, ready: false }));
        assert_eq!(Postmaster::parse(""), None);
    }
}
