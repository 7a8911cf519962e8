//! A wire to Postgres that can be cut, also between a commit and its answer.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Forwards connections to the database until it is told to cut all of them; new ones go on.
pub struct Wire {
    /// The database's address through this wire.
    pub url: String,
    cuts: watch::Sender<u64>,
    silences: watch::Sender<u64>,
    answers: Arc<Answers>,
}

/// Answers to commits that are to be lost, and that were.
#[derive(Default)]
struct Answers {
    to_lose: AtomicU64,
    lost: AtomicU64,
}

impl Answers {
    /// Whether this one is to be lost.
    fn loses(&self) -> bool {
        let one_less = |left: u64| left.checked_sub(1);
        let lost =
            self.to_lose.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok();
        self.lost.fetch_add(u64::from(lost), Ordering::Relaxed);
        lost
    }
}

impl Wire {
    /// Between a program and the database at `url` (`postgres://user@host:port/name`).
    #[expect(clippy::disallowed_methods, reason = "a test's tasks end with its runtime")]
    pub async fn to(url: &str) -> Self {
        let (front, name) = url.rsplit_once('/').unwrap();
        let (user, target) = front.rsplit_once('@').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cuts, cut) = watch::channel(0);
        let (silences, silence) = watch::channel(0);
        let answers = Arc::new(Answers::default());
        let (target, shared) = (target.to_owned(), Arc::clone(&answers));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (target, answers) = (target.clone(), Arc::clone(&shared));
                let (mut cut, mut silence) = (cut.clone(), silence.clone());
                tokio::spawn(async move {
                    let mut client = client;
                    let Ok(mut server) = TcpStream::connect(target).await else { return };
                    cut.mark_unchanged();
                    silence.mark_unchanged();
                    // Dropping both ends is the cut: what was sent may have been heard.
                    tokio::select! {
                        _ = carry(&mut client, &mut server, &answers) => {}
                        _ = cut.changed() => {}
                        _ = silence.changed() => drop(cut.changed().await),
                    }
                });
            }
        });
        Self { url: format!("{user}@{address}/{name}"), cuts, silences, answers }
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Carries nothing on its connections any more and leaves them open, as when the other machine has
    /// lost its power; new ones go on.
    pub fn fall_silent(&self) {
        self.silences.send_modify(|silences| *silences += 1);
    }

    /// Cuts the next connection on which something is committed when the answer comes: it is
    /// committed, and nobody hears of it.
    pub fn lose_answer(&self) {
        self.answers.to_lose.fetch_add(1, Ordering::Relaxed);
    }

    /// From now on all answers are heard.
    pub fn lose_no_more(&self) {
        self.answers.to_lose.store(0, Ordering::Relaxed);
    }

    /// How many answers were lost that way.
    pub fn lost_answers(&self) -> u64 {
        self.answers.lost.load(Ordering::Relaxed)
    }
}

async fn carry(
    client: &mut TcpStream,
    server: &mut TcpStream,
    answers: &Answers,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let (mut commits, mut is_committing) = (Commits::default(), false);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let bytes = &asked[..read?];
                if bytes.is_empty() {
                    return Ok(());
                }
                is_committing = commits.sees(bytes);
                server.write_all(bytes).await?;
            }
            read = server.read(&mut answered) => {
                let bytes = &answered[..read?];
                if bytes.is_empty() || is_committing && answers.loses() {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}

/// What of a connection's messages commits: the ledger's batch, which is one statement and its own
/// transaction, and `COMMIT`.
#[derive(Default)]
struct Commits {
    /// The prepared statement of the batch, with the zero that ends its name.
    batch: Option<Vec<u8>>,
}

impl Commits {
    /// Whether these bytes ask for a commit.
    fn sees(&mut self, bytes: &[u8]) -> bool {
        if let Some(at) = find(bytes, b"FROM exq_ledger_record(") {
            // A Parse message is type, length, name, query.
            let name = bytes[..at].windows(7).rposition(|seven| seven == b"sqlx_s_");
            self.batch = name.and_then(|from| {
                let end = bytes[from..].iter().position(|byte| *byte == 0)?;
                Some(bytes[from..=from + end].to_vec())
            });
            return false;
        }
        let is_batch = self.batch.as_ref().is_some_and(|name| find(bytes, name).is_some());
        is_batch || find(bytes, b"COMMIT\0").is_some()
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
