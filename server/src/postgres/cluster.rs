use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use super::{
    error::PostgresError,
    place::{Place, is_vacant},
    programs::Programs,
};

/// What a new cluster gets: a role that can make the two roles of the schema, but is no superuser.
const PROVISION: &str = "CREATE ROLE exchequer LOGIN CREATEDB CREATEROLE NOSUPERUSER;\n\
                         CREATE DATABASE exchequer OWNER exchequer;\n";

/// Settings that are ours. On the command line, because the folder may have been moved since the
/// last start. Compilation of queries (jit) costs more than these queries take.
const SETTINGS: [&str; 5] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "log_min_messages=log",
    "log_checkpoints=off",
    "jit=off",
];

/// Makes the cluster if there is none, and finds the programs that can read it.
pub(super) fn open(place: &Place) -> Result<Programs, PostgresError> {
    let cluster = &place.cluster;
    if is_vacant(cluster).map_err(PostgresError::folder(cluster))? {
        let programs = Programs::newest()?;
        create(place, &programs)?;
        return Ok(programs);
    }
    match fs::read_to_string(cluster.join("PG_VERSION")) {
        Ok(version) => Programs::of(version.trim(), cluster),
        Err(error) => Err(PostgresError::Damaged {
            path: cluster.clone(),
            what: format!("its file PG_VERSION can't be read: {error}"),
        }),
    }
}

/// The server as a command, ready to be spawned.
pub(super) fn server(place: &Place, programs: &Programs) -> io::Result<Command> {
    let log = fs::File::create(&place.log)?;
    let mut command = place.account.command(&programs.postgres());
    command.arg("-D").arg(&place.cluster);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    let mut socket = std::ffi::OsString::from("unix_socket_directories=");
    socket.push(&place.socket);
    command.arg("-c").arg(socket);
    command.stdout(log.try_clone()?).stderr(log);
    Ok(command)
}

/// Beside its place and then renamed, so that a crash in the middle leaves no half of it.
fn create(place: &Place, programs: &Programs) -> Result<(), PostgresError> {
    let new = place.cluster.with_extension("new");
    tracing::info!(folder = %place.cluster.display(), "making the database");
    match fs::remove_dir_all(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(PostgresError::folder(new)(error));
        }
        _ => {}
    }
    let mut initdb = place.account.command(&programs.initdb());
    initdb.arg("-D").arg(&new);
    initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
    run("initdb", initdb, "")?;
    let mut single = place.account.command(&programs.postgres());
    single.arg("--single").args(["-c", "exit_on_error=on"]).arg("-D").arg(&new).arg("postgres");
    run("postgres --single", single, PROVISION)?;
    fs::rename(&new, &place.cluster).map_err(PostgresError::folder(new))
}

fn run(program: &'static str, mut command: Command, input: &str) -> Result<(), PostgresError> {
    let failed = |says: String| PostgresError::Program { program, says };
    let unspawned = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => failed("setpriv (Debian: util-linux) is missing".to_owned()),
        _ => failed(error.to_string()),
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(unspawned)?;
    if let Some(mut stdin) = child.stdin.take() {
        // If it ended before it read, its exit says why.
        let _ = stdin.write_all(input.as_bytes());
    }
    let Output { status, stderr, .. } =
        child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    Err(failed(complaint(&String::from_utf8_lossy(&stderr)).unwrap_or_else(|| status.to_string())))
}

/// What the server's log says about why it ended.
pub(super) fn last_words(log: &PathBuf) -> Option<String> {
    complaint(&fs::read_to_string(log).ok()?)
}

/// The line that tells the cause: the last one marked as such, else the last one.
fn complaint(log: &str) -> Option<String> {
    let marks = ["PANIC:", "FATAL:", "ERROR:", "error:"];
    let marked =
        |line: &str| marks.iter().find_map(|mark| Some(line.split_once(mark)?.1.trim().to_owned()));
    let last = log.lines().map(str::trim).rfind(|line| !line.is_empty());
    // A missing file is told in two lines, of which the second begins with "but".
    let last = last.map(|line| line.trim_start_matches("but ").to_owned());
    log.lines().rev().find_map(marked).or(last)
}

/// For a message: the folder that a person would move away.
pub(super) fn folder(place: &Place) -> PathBuf {
    place.cluster.parent().unwrap_or(Path::new("/")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_found_among_other_lines() {
        let log = "2026-11-24 09:01:17 UTC [1] LOG:  starting\n\
                   2026-11-24 09:01:17 UTC [1] FATAL:  could not open file \"global/pg_control\"\n\
                   2026-11-24 09:01:17 UTC [1] LOG:  database system is shut down\n";
        assert_eq!(complaint(log).as_deref(), Some("could not open file \"global/pg_control\""));
        assert_eq!(
            complaint("postgres: no such folder\n\n").as_deref(),
            Some("postgres: no such folder")
        );
        assert_eq!(complaint(""), None);
    }
}
