//! The embedded PostgreSQL on a real machine: what a person does to a data folder.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use server::postgres::{Embedded, PostgresError};
use sqlx::{Connection, PgConnection, Row};

const FOLDER: &str = "EXCHEQUER_TEST_FOLDER";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

async fn query(embedded: &Embedded, sql: &'static str) -> String {
    let mut connection = PgConnection::connect(&embedded.url()).await.unwrap();
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    rows.first().map_or_else(String::new, |row| row.get(0))
}

async fn sentence(folder: &Path) -> String {
    let error = Embedded::start(folder).await.expect_err("it can't start");
    let text = error.to_string();
    assert!(!text.contains('\n'), "one sentence: {text}");
    text
}

fn postmaster(folder: &Path) -> Option<String> {
    let file = fs::read_to_string(folder.join("postgres/cluster/postmaster.pid")).ok()?;
    Some(file.lines().next()?.to_owned())
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(30), "waited in vain for: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn what_was_written_is_there_at_the_next_start() {
    let folder = folder();
    let first = Embedded::start(folder.path()).await.unwrap();
    query(&first, "CREATE TABLE kept AS SELECT 'yes' AS answer").await;
    let role = "SELECT concat_ws(' ', current_user, rolsuper, rolcreatedb, rolcreaterole) \
                FROM pg_roles WHERE rolname = current_user";
    assert_eq!(query(&first, role).await, "exchequer f t t");
    assert_eq!(query(&first, "SHOW fsync").await, "on");
    assert_eq!(query(&first, "SHOW listen_addresses").await, "");
    first.stop().await;
    assert_eq!(postmaster(folder.path()), None);

    let second = Embedded::start(folder.path()).await.unwrap();
    assert_eq!(query(&second, "SELECT answer FROM kept").await, "yes");
    second.stop().await;
}

#[tokio::test]
async fn a_second_program_joins_and_takes_over() {
    let folder = folder();
    let first = Embedded::start(folder.path()).await.unwrap();
    let second = Embedded::start(folder.path()).await.unwrap();
    assert_eq!(first.url(), second.url());
    // One that only joined leaves it running.
    let third = Embedded::start(folder.path()).await.unwrap();
    third.stop().await;
    assert_eq!(query(&first, "SELECT 'alive'").await, "alive");

    let before = postmaster(folder.path());
    first.stop().await;
    wait_for("the second to take over", || {
        postmaster(folder.path()).is_some_and(|pid| Some(pid) != before)
    });
    wait_for("connections", || Path::new(&socket(&second)).exists());
    let third = Embedded::start(folder.path()).await.unwrap();
    assert_eq!(query(&third, "SELECT 'alive'").await, "alive");
    third.stop().await;
    second.stop().await;
    assert_eq!(postmaster(folder.path()), None);
}

fn socket(embedded: &Embedded) -> PathBuf {
    let url = embedded.url();
    let (_, folder) = url.split_once("?host=").unwrap();
    Path::new(folder).join(".s.PGSQL.5432")
}

/// Not a test of its own: the program that another test kills.
#[tokio::test]
#[ignore = "run by a_killed_program_leaves_nothing_in_the_way"]
async fn holds_a_postgres_until_killed() {
    let folder = PathBuf::from(env::var_os(FOLDER).expect("set by the test that runs this"));
    let embedded = Embedded::start(&folder).await.unwrap();
    query(&embedded, "CREATE TABLE kept AS SELECT 'yes' AS answer").await;
    fs::write(folder.join("ready"), "").unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
    embedded.stop().await;
}

fn program(folder: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "holds_a_postgres_until_killed", "--ignored"]);
    command.env(FOLDER, folder).stdout(Stdio::null()).spawn().unwrap()
}

#[tokio::test]
async fn a_killed_program_leaves_nothing_in_the_way() {
    let folder = folder();
    let mut killed = program(folder.path());
    wait_for("the program", || folder.path().join("ready").exists());
    killed.kill().unwrap();
    killed.wait().unwrap();
    let next = Embedded::start(folder.path()).await.unwrap();
    assert_eq!(query(&next, "SELECT answer FROM kept").await, "yes");
    next.stop().await;
}

#[tokio::test]
async fn a_killed_postgres_is_started_again() {
    let folder = folder();
    let embedded = Embedded::start(folder.path()).await.unwrap();
    query(&embedded, "CREATE TABLE kept AS SELECT 'yes' AS answer").await;
    let before = postmaster(folder.path()).unwrap();
    assert!(Command::new("kill").args(["-9", &before]).status().unwrap().success());
    wait_for("a new one", || {
        let file = fs::read_to_string(folder.path().join("postgres/cluster/postmaster.pid"));
        file.is_ok_and(|text| !text.starts_with(&before) && text.contains("ready"))
    });
    assert_eq!(query(&embedded, "SELECT answer FROM kept").await, "yes");
    embedded.stop().await;
}

#[tokio::test]
async fn a_lock_file_that_names_another_process_does_not_matter() {
    let folder = folder();
    Embedded::start(folder.path()).await.unwrap().stop().await;
    let pid_file = folder.path().join("postgres/cluster/postmaster.pid");
    fs::write(&pid_file, format!("{}\n/data\n1\n5432\n", std::process::id())).unwrap();
    let embedded = Embedded::start(folder.path()).await.unwrap();
    assert_eq!(query(&embedded, "SELECT 'alive'").await, "alive");
    embedded.stop().await;
}

#[tokio::test]
async fn a_parent_that_only_we_may_enter() {
    let folder = folder();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let data = folder.path().join("data");
    for _ in 0..2 {
        let embedded = Embedded::start(&data).await.unwrap();
        assert_eq!(query(&embedded, "SELECT 'alive'").await, "alive");
        embedded.stop().await;
    }
}

#[tokio::test]
async fn a_path_that_is_too_long_for_a_socket_or_odd() {
    let folder = folder();
    let long = folder.path().join("x".repeat(120));
    let odd = folder.path().join("a b,c%20ü");
    for data in [long, odd] {
        let embedded = Embedded::start(&data).await.unwrap();
        assert_eq!(query(&embedded, "SELECT 'alive'").await, "alive");
        let socket = socket(&embedded);
        embedded.stop().await;
        assert!(socket.starts_with("/tmp"));
        fs::remove_dir_all(socket.parent().unwrap()).unwrap();
    }
}

#[tokio::test]
async fn a_damaged_folder_is_a_sentence() {
    let folder = folder();
    Embedded::start(folder.path()).await.unwrap().stop().await;
    let cluster = folder.path().join("postgres/cluster");
    let version = cluster.join("PG_VERSION");
    let right = fs::read_to_string(&version).unwrap();

    fs::remove_file(cluster.join("global/pg_control")).unwrap();
    let text = sentence(folder.path()).await;
    assert!(text.contains("does not start") && text.contains("pg_control"), "{text}");

    fs::write(&version, "9.6\n").unwrap();
    assert!(sentence(folder.path()).await.contains("made by PostgreSQL 9.6"));

    fs::remove_file(&version).unwrap();
    let text = sentence(folder.path()).await;
    assert!(text.contains("is damaged") && text.contains("PG_VERSION"), "{text}");
    fs::write(&version, right).unwrap();
}

#[tokio::test]
async fn a_folder_that_is_none_is_a_sentence() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Embedded::start(&file).await.expect_err("it is a file");
    assert!(matches!(error, PostgresError::Folder { .. }), "{error}");
    assert!(sentence(Path::new("/proc/exchequer")).await.contains("can't be used"));
}
