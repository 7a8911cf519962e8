//! A running `exchequer serve`, and a client that speaks to it.

use std::{
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use domain::{Caller, Environment, KeyId, OrgId};
use identity::{MintedKey, Secrets};
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
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let child = Command::new(env!("CARGO_BIN_EXE_exchequer"))
            .arg("serve")
            .env("DATABASE_URL", &database.url)
            .env("EXCHEQUER_BIND", format!("127.0.0.1:{port}"))
            .env("EXCHEQUER_SECRET_KEY", SECRET)
            .env("EXCHEQUER_LOG", "warn")
            .env("EXCHEQUER_DRAIN", "3")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let program = Self { child, port };
        while program.get("/readyz").await.is_none_or(|reply| reply.status != 200) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        program
    }

    /// As by `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As by Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
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
    pub(crate) body: String,
    /// The reply ended as replies do.
    pub(crate) complete: bool,
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
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    connection.write_all(request.as_bytes()).await.ok()?;
    let mut bytes = Vec::new();
    // A connection that breaks leaves what came until then.
    let _ = connection.read_to_end(&mut bytes).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let header = |name: &str| {
        head.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
    };
    let length = header("content-length:").and_then(|length| length.parse::<usize>().ok());
    let complete =
        length.map_or_else(|| body.ends_with("0\r\n\r\n"), |length| body.len() == length);
    Some(Reply {
        status: head.split(' ').nth(1)?.parse().ok()?,
        id: header("x-request-id:").unwrap_or_default(),
        body: body.to_owned(),
        complete,
    })
}

/// An organization whose key the programs know.
pub(crate) struct Customer {
    pub(crate) caller: Caller,
    pub(crate) org: OrgId,
    pub(crate) key: KeyId,
    pub(crate) secret: String,
}

impl Customer {
    pub(crate) async fn new(database: &Database, name: &str) -> Self {
        let tenant = Tenant::new(database, name).await;
        let secrets = Secrets::parse(&SecretString::from(SECRET)).unwrap();
        let minted = MintedKey::new(&secrets).unwrap();
        let (store, caller) = (&database.store, tenant.caller.clone());
        let project = store
            .create_project(&caller, &"Nodes".parse().unwrap(), Environment::Production)
            .await
            .unwrap();
        let new = NewApiKey::new(project, "Key".parse().unwrap(), minted.stored());
        let key = store.create_api_key(&caller, &new).await.unwrap().id;
        Self { caller, org: tenant.org, key, secret: minted.secret.expose_secret().to_owned() }
    }
}
