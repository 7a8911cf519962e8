//! A PostgreSQL of a test's own, which can be stopped as by a power cut.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The server. Unlike the one that tests share, what it committed it remembers.
pub struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    child: Child,
}

impl Postgres {
    /// Makes one in a folder of its own, and starts it.
    pub async fn start() -> Self {
        let bin = programs();
        let folder = std::env::temp_dir()
            .join(format!("exchequer-test-{}", domain::EventId::generate().uuid().simple()));
        fs::create_dir(&folder).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        let data = folder.join("data");
        let mut initdb = as_postgres(&bin.join("initdb"));
        run(initdb
            .arg("-D")
            .arg(&data)
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8"])
            .args(["--locale=C.UTF-8", "--no-sync"]));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = serve(&bin, &folder, port);
        let server = Self { bin, folder, port, child };
        server.is_ready().await;
        server
    }

    /// Where it is, for [`crate::Database::on`].
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops it at once: connections break, and what was not yet committed is lost.
    pub fn stop_immediately(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            run(Command::new("kill").args(["-QUIT", &self.child.id().to_string()]));
            self.child.wait().unwrap();
        }
    }

    /// Starts it again; it recovers what was committed.
    pub async fn go_on(&mut self) {
        self.child = serve(&self.bin, &self.folder, self.port);
        self.is_ready().await;
    }

    async fn is_ready(&self) {
        let mut asks = Command::new(self.bin.join("pg_isready"));
        asks.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        while !asks.status().unwrap().success() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop_immediately();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn serve(bin: &Path, folder: &Path, port: u16) -> Child {
    as_postgres(&bin.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"])
        .arg("-c")
        .arg(format!("unix_socket_directories={}", folder.display()))
        // The machine does not fail, so what was handed to it is kept.
        .args(["-c", "fsync=off", "-c", "synchronous_commit=on", "-c", "max_connections=200"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// `PostgreSQL` refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=postgres",
        "--regid=postgres",
        "--init-groups",
        "--pdeathsig=INT",
        "--",
    ]);
    command.arg(program);
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn run(command: &mut Command) {
    let done = command.current_dir("/").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The folder of the newest server programs.
fn programs() -> PathBuf {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok())
    };
    let newest = installed.map(|entry| entry.path()).max_by_key(version);
    newest.map_or_else(PathBuf::new, |path| path.join("bin"))
}
