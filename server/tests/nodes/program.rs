//! A running `exchequer serve`, and a client that speaks to it.

use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use domain::{Caller, Environment, KeyId, OrgId, ProjectId, UserId};
use identity::{MintedKey, Secrets};
use rustix::process::{Pid, Signal, kill_process};
use secrecy::{ExposeSecret as _, SecretString};
use store::NewApiKey;
use testkit::{Database, Tenant};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

pub(crate) const SECRET: &str = "a secret of nodes that are tested together";

/// A node, killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) port: u16,
}

impl Program {
    /// Starts one and waits until it is ready.
    pub(crate) async fn start(database: &Database) -> Self {
        Self::start_with(&database.url, &[]).await
    }

    /// The same with the database at another address, and further settings.
    pub(crate) async fn start_with(url: &str, settings: &[(&str, &str)]) -> Self {
        let mut program = Self::spawn(url, settings).await;
        assert!(program.is_ready().await, "it ended before it was ready");
        program
    }

    /// Starts one that may end at once.
    pub(crate) async fn spawn(url: &str, settings: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_exchequer"))
            .arg("serve")
            .env("DATABASE_URL", url)
            .env("EXCHEQUER_BIND", format!("127.0.0.1:{port}"))
            .env("EXCHEQUER_SECRET_KEY", SECRET)
            .env("EXCHEQUER_LOG", "warn")
            .env("EXCHEQUER_DRAIN", "3")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, port }
    }

    /// Waits until it is ready; `false` if it ended before.
    pub(crate) async fn is_ready(&mut self) -> bool {
        while self.get("/readyz").await.is_none_or(|reply| reply.status != 200) {
            if !self.is_running() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        true
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Whether it ended as by `kill -9`.
    pub(crate) fn was_killed(&mut self) -> bool {
        self.wait().signal() == Some(Signal::KILL.as_raw())
    }

    /// As by `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As by Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Stops it in the middle of whatever it does, as by `kill -STOP`.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// It goes on and knows of nothing.
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    async fn get(&self, path: &str) -> Option<Reply> {
        exchange(
            self.port,
            &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
        )
        .await
    }

    /// What a key's holder reads at an address.
    pub(crate) async fn read(&self, path: &str, key: &str) -> Option<Reply> {
        exchange(
            self.port,
            &format!(
                "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
                 user-agent: sync/1\r\nconnection: close\r\n\r\n"
            ),
        )
        .await
    }

    /// A chat completion; none if the connection broke before the end of the reply's head.
    pub(crate) async fn chat(
        &self,
        key: &str,
        model: &str,
        sandbox: &str,
        stream: bool,
    ) -> Option<Reply> {
        chat(self.port, key, model, sandbox, stream).await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) id: String,
    pub(crate) head: String,
    pub(crate) body: String,
    /// The reply ended as replies do.
    pub(crate) complete: bool,
}

impl Reply {
    /// A header's value, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            line.split_once(':').filter(|(found, _)| *found == name).map(|(_, value)| value.trim())
        })
    }
}

pub(crate) async fn chat(
    port: u16,
    key: &str,
    model: &str,
    sandbox: &str,
    stream: bool,
) -> Option<Reply> {
    let body = format!(
        r#"{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":"Hello"}}]}}"#
    );
    let request = format!("{}{body}", head(key, sandbox, body.len()));
    exchange(port, &request).await
}

/// The head of a chat completion.
pub(crate) fn head(key: &str, sandbox: &str, length: usize) -> String {
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\nx-exchequer-sandbox: {sandbox}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    )
}

async fn exchange(port: u16, request: &str) -> Option<Reply> {
    let bytes = read(port, request, u64::MAX).await?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut reply = Reply {
        status: head.split(' ').nth(1)?.parse().ok()?,
        id: String::new(),
        head: head.to_owned(),
        body: body.to_owned(),
        complete: false,
    };
    reply.id = reply.header("x-request-id").unwrap_or_default().to_owned();
    let length = reply.header("content-length").and_then(|length| length.parse::<usize>().ok());
    reply.complete =
        length.map_or_else(|| body.ends_with("0\r\n\r\n"), |length| body.len() == length);
    Some(reply)
}

/// Sends a request, and leaves when so many bytes of the reply have come; answers how many came.
pub(crate) async fn leave_after(port: u16, request: &str, bytes: u64) -> u64 {
    read(port, request, bytes).await.map_or(0, |read| read.len() as u64)
}

/// What came until the end, or until so many bytes; none if there was no connection.
async fn read(port: u16, request: &str, most: u64) -> Option<Vec<u8>> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    connection.write_all(request.as_bytes()).await.ok()?;
    let mut bytes = Vec::new();
    // A connection that breaks leaves what came until then.
    let _ = connection.take(most).read_to_end(&mut bytes).await;
    Some(bytes)
}

/// An organization whose key the programs know.
pub(crate) struct Customer {
    pub(crate) caller: Caller,
    pub(crate) org: OrgId,
    pub(crate) project: ProjectId,
    pub(crate) key: KeyId,
    pub(crate) secret: String,
}

impl Customer {
    pub(crate) async fn new(database: &Database, name: &str) -> Self {
        let tenant = Tenant::new(database, name).await;
        let project = database
            .store
            .create_project(&tenant.caller, &"Nodes".parse().unwrap(), Environment::Production)
            .await
            .unwrap();
        let (key, secret) = key(database, &tenant.caller, project).await;
        Self { caller: tenant.caller, org: tenant.org, project, key, secret }
    }

    /// Another owner of the organization.
    pub(crate) async fn second_owner(&self, database: &Database) -> (UserId, Caller) {
        let user = UserId::generate();
        database
            .tamper(&format!(
                "INSERT INTO users (id, email, name, password_hash, verified_at)
                    VALUES ('{user}', '{user}@example.com', 'Second', '!', exq_now());
                 INSERT INTO memberships (org_id, user_id, role) VALUES ('{}', '{user}', 'owner')",
                self.org.uuid(),
                user = user.uuid(),
            ))
            .await;
        (user, database.store.caller(user, self.org).await.unwrap())
    }
}

/// A key of somebody's that the programs know.
pub(crate) async fn key(
    database: &Database,
    caller: &Caller,
    project: ProjectId,
) -> (KeyId, String) {
    let secrets = Secrets::parse(&SecretString::from(SECRET)).unwrap();
    let minted = MintedKey::new(&secrets).unwrap();
    let new = NewApiKey::new(project, "Key".parse().unwrap(), minted.stored());
    let id = database.store.create_api_key(caller, &new).await.unwrap().id;
    (id, minted.secret.expose_secret().to_owned())
}
