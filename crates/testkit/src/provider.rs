//! A scripted provider: a server on loopback that answers each request byte by byte as it is told,
//! and remembers what it was sent.
//!
//! Plain TCP, not a web framework: a test must be able to cut an answer at any byte, reset the
//! connection, fall silent, or break the protocol.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// As in `POST`.
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case, in order of arrival.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl Received {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone)]
enum Step {
    Raw(Bytes),
    Piece(Bytes),
    Pause(Duration),
    Wait(Arc<Notify>),
    Reset,
    Close,
    Stall,
    End,
}

/// What is answered to one request.
#[derive(Debug, Clone, Default)]
pub struct Script(Vec<Step>);

impl Script {
    /// Begins with a head; the body follows in pieces, chunked.
    #[must_use]
    pub fn head(status: u16, headers: &[(&str, &str)]) -> Self {
        let mut head = format!("HTTP/1.1 {status} Scripted\r\ntransfer-encoding: chunked\r\n");
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        Self(vec![Step::Raw(head.into())])
    }

    /// A whole JSON answer.
    #[must_use]
    pub fn json(status: u16, body: &str) -> Self {
        Self::head(status, &[("content-type", "application/json")]).piece(body).end()
    }

    /// The head of a stream of events.
    #[must_use]
    pub fn stream() -> Self {
        Self::head(200, &[("content-type", "text/event-stream")])
    }

    /// Nothing of HTTP, not even a head, unless it is in later steps.
    #[must_use]
    pub const fn nothing() -> Self {
        Self(Vec::new())
    }

    /// Bytes as they are, outside of any chunk.
    #[must_use]
    pub fn raw(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Raw(Bytes::copy_from_slice(bytes.as_ref())))
    }

    /// A piece of the body, sent at once in a chunk of its own.
    #[must_use]
    pub fn piece(self, bytes: impl AsRef<[u8]>) -> Self {
        self.step(Step::Piece(Bytes::copy_from_slice(bytes.as_ref())))
    }

    /// Waits before the next step.
    #[must_use]
    pub fn pause(self, time: Duration) -> Self {
        self.step(Step::Pause(time))
    }

    /// Waits until the test says go on.
    #[must_use]
    pub fn wait(self, go_on: &Arc<Notify>) -> Self {
        self.step(Step::Wait(Arc::clone(go_on)))
    }

    /// The body is complete; the connection may be used again.
    #[must_use]
    pub fn end(self) -> Self {
        self.step(Step::End)
    }

    /// Resets the connection.
    #[must_use]
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// Closes the connection in order, wherever the answer is.
    #[must_use]
    pub fn close(self) -> Self {
        self.step(Step::Close)
    }

    /// Says nothing more and keeps the connection until the other side closes it.
    #[must_use]
    pub fn stall(self) -> Self {
        self.step(Step::Stall)
    }

    fn step(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }
}

#[derive(Debug, Default)]
struct Shared {
    scripts: Mutex<VecDeque<Script>>,
    received: Mutex<Vec<Received>>,
    closed: Mutex<usize>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The running server. It ends when it is dropped.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Aborts the server when dropped.
    _server: JoinSet<()>,
}

impl Provider {
    /// Starts one on a free port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let mut server = JoinSet::new();
        server.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, _server: server })
    }

    /// Its base URL, as a connection is given it.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Answers the next request by this script; the last script is played for all that follow.
    pub fn play(&self, script: Script) {
        locked(&self.shared.scripts).push_back(script);
    }

    /// Forgets the scripts.
    pub fn forget(&self) {
        locked(&self.shared.scripts).clear();
    }

    /// All requests so far.
    pub fn received(&self) -> Vec<Received> {
        locked(&self.shared.received).clone()
    }

    /// How many answers were broken off by the other side.
    pub fn abandoned(&self) -> usize {
        *locked(&self.shared.closed)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    // A connection that breaks is what many scripts are about.
                    let _ = serve(stream, &shared).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::new();
    while let Some(request) = read(&mut stream, &mut buffer).await? {
        locked(&shared.received).push(request);
        let script = {
            let mut scripts = locked(&shared.scripts);
            match scripts.len() {
                0 => Script::json(500, r#"{"error":{"message":"no script"}}"#),
                1 => scripts[0].clone(),
                _ => scripts.pop_front().unwrap_or_default(),
            }
        };
        for step in script.0 {
            if play(&mut stream, step).await.inspect_err(|_| *locked(&shared.closed) += 1)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Whether the connection is over.
async fn play(stream: &mut TcpStream, step: Step) -> io::Result<bool> {
    match step {
        Step::Raw(bytes) => stream.write_all(&bytes).await?,
        Step::Piece(bytes) => {
            let mut chunk = BytesMut::from(format!("{:x}\r\n", bytes.len()).as_bytes());
            chunk.extend_from_slice(&bytes);
            chunk.extend_from_slice(b"\r\n");
            stream.write_all(&chunk).await?;
        }
        Step::Pause(time) => tokio::time::sleep(time).await,
        Step::Wait(go_on) => go_on.notified().await,
        Step::End => stream.write_all(b"0\r\n\r\n").await?,
        Step::Reset => {
            stream.set_zero_linger()?;
            return Ok(true);
        }
        Step::Close => return Ok(true),
        Step::Stall => {
            let mut rest = [0; 1024];
            while stream.read(&mut rest).await? > 0 {}
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
    }
    Ok(false)
}

/// The next request, or none if the other side closed the connection.
async fn read(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<Received>> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer.split_to(end)).into_owned();
    buffer.advance(4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(Received {
        method: method.to_owned(),
        path: path.to_owned(),
        headers,
        body: buffer.split_to(length).freeze(),
    }))
}
