//! A mail catcher: an SMTP server on loopback that keeps what it takes, and misbehaves as the local
//! part of the recipient says (what follows a `+` does not count).
//!
//! | local part | what happens |
//! | --- | --- |
//! | `p421` | 421 to the recipient, then the connection is closed |
//! | `p450`, `p451`, `p550` | the recipient is refused, for now or for good |
//! | `hang` | no answer to the recipient |
//! | `d450`, `d550` | the mail is refused after its final dot, for now or for good |
//! | `cutbefore` | the connection is reset within the mail |
//! | `cutafter` | the mail is taken, then the connection is reset instead of an answer |
//! | `hangdot` | the mail is taken, no answer follows |
//!
//! [`Smtp::ails`] makes it misbehave towards everybody, until [`Smtp::heals`].

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};

/// A mail that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// The address it came from, of the envelope.
    pub from: String,
    /// The addresses it went to, of the envelope.
    pub to: Vec<String>,
    /// Head and body as they were before dots were doubled; lines end in `\r\n`.
    pub data: String,
}

impl Caught {
    /// The names of the head's lines, in order.
    pub fn header_names(&self) -> Vec<&str> {
        self.head()
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap_or_default())
            .collect()
    }

    /// The first value of a header, unfolded, still encoded.
    pub fn header(&self, name: &str) -> Option<String> {
        self.head().replace("\r\n ", " ").split("\r\n").find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    fn head(&self) -> &str {
        self.data.split_once("\r\n\r\n").map_or(&self.data, |(head, _)| head)
    }
}

/// What everybody is treated as.
type Ailment = Arc<Mutex<Option<&'static str>>>;

/// The running server. It ends when it is dropped.
#[derive(Debug)]
pub struct Smtp {
    address: SocketAddr,
    mails: Arc<watch::Sender<Vec<Caught>>>,
    ailment: Ailment,
    /// Aborts the server when dropped.
    _server: JoinSet<()>,
}

impl Smtp {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mails = Arc::new(watch::Sender::new(Vec::new()));
        let mut server = JoinSet::new();
        let ailment = Ailment::default();
        server.spawn(accept(listener, Arc::clone(&mails), Arc::clone(&ailment)));
        Self { address, mails, ailment, _server: server }
    }

    /// From now on treats everybody as this local part.
    pub fn ails(&self, persona: &'static str) {
        *self.ailment.lock().unwrap_or_else(PoisonError::into_inner) = Some(persona);
    }

    /// From now on treats everybody as their own local part says.
    pub fn heals(&self) {
        *self.ailment.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Its URL, as the setting is given it.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// All mails that it took so far.
    pub fn mails(&self) -> Vec<Caught> {
        self.mails.borrow().clone()
    }

    /// Waits up to ten seconds until it has taken `count` mails.
    pub async fn wait_for(&self, count: usize) -> Vec<Caught> {
        let mut mails = self.mails.subscribe();
        let taken = mails.wait_for(|mails| mails.len() >= count);
        let taken = timeout(Duration::from_secs(10), taken).await;
        taken.expect("not enough mails came within ten seconds").unwrap().clone()
    }
}

async fn accept(listener: TcpListener, mails: Arc<watch::Sender<Vec<Caught>>>, ailment: Ailment) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                let session = Session {
                    stream: BufReader::new(stream),
                    from: String::new(),
                    to: Vec::new(),
                    mails: Arc::clone(&mails),
                    ailment: Arc::clone(&ailment),
                };
                connections.spawn(async move {
                    // A connection that breaks is what many personas are about.
                    let _ = session.serve().await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

struct Session {
    stream: BufReader<TcpStream>,
    from: String,
    to: Vec<String>,
    mails: Arc<watch::Sender<Vec<Caught>>>,
    ailment: Ailment,
}

impl Session {
    /// Whom a recipient is treated as.
    fn persona(&self, address: &str) -> String {
        let ailment = *self.ailment.lock().unwrap_or_else(PoisonError::into_inner);
        ailment.map_or_else(|| persona(address).to_owned(), str::to_owned)
    }

    async fn serve(mut self) -> io::Result<()> {
        self.say("220 catcher.example ESMTP").await?;
        while let Some(line) = self.line().await? {
            let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => self.say("250-catcher.example\r\n250 8BITMIME").await?,
                "HELO" | "NOOP" => self.say("250 2.0.0 fine").await?,
                "MAIL" => {
                    self.from = address(&line);
                    self.say("250 2.1.0 go on").await?;
                }
                "RCPT" => self.recipient(address(&line)).await?,
                "DATA" if self.to.is_empty() => self.say("503 5.5.1 to whom").await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.to.clear();
                    self.say("250 2.0.0 forgotten").await?;
                }
                "QUIT" => return self.say("221 2.0.0 bye").await,
                _ => self.say("500 5.5.2 what").await?,
            }
        }
        Ok(())
    }

    async fn recipient(&mut self, address: String) -> io::Result<()> {
        match self.persona(&address).as_str() {
            "p421" => {
                self.say("421 4.3.2 closing").await?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            "p450" => self.say("450 4.2.1 try later").await,
            "p451" => self.say("451 4.3.0 an error of mine").await,
            "p550" => self.say("550 5.1.1 no such user").await,
            "hang" => std::future::pending().await,
            _ => {
                self.to.push(address);
                self.say("250 2.1.5 known").await
            }
        }
    }

    async fn data(&mut self) -> io::Result<()> {
        let persona = self.persona(&self.to[0]);
        self.say("354 go on, end with a dot").await?;
        let mut data = String::new();
        loop {
            let Some(line) = self.line().await? else { return Ok(()) };
            if persona == "cutbefore" {
                return self.reset();
            }
            if line == ".\r\n" {
                break;
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        let to = std::mem::take(&mut self.to);
        match persona.as_str() {
            "d450" => return self.say("450 4.3.0 later").await,
            "d550" => return self.say("554 5.7.1 rejected").await,
            _ => {}
        }
        self.mails.send_modify(|mails| mails.push(Caught { from: self.from.clone(), to, data }));
        match persona.as_str() {
            "cutafter" => self.reset(),
            "hangdot" => std::future::pending().await,
            _ => self.say("250 2.0.0 queued").await,
        }
    }

    /// Closes the connection without farewell.
    fn reset(&self) -> io::Result<()> {
        self.stream.get_ref().set_zero_linger()?;
        Err(io::ErrorKind::ConnectionReset.into())
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await
    }

    /// The next line with its end, or none if the other side closed the connection.
    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).await?;
        Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()))
    }
}

/// What stands in angle brackets.
fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

fn persona(address: &str) -> &str {
    address.split(['@', '+']).next().unwrap_or_default()
}
