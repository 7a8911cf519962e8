//! Clients that ask on and on until a budget is spent.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::EventId;
use testkit::soak::Random;
use tokio::task::JoinSet;

use crate::{
    cluster::Doors,
    program::{Reply, chat},
};

/// A request costs this much, by the price list.
pub(crate) const MODEL: &str = "sandbox-dime";

/// What clients saw, all together.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// A reply began with 200: these requests were admitted.
    pub(crate) admitted: Vec<EventId>,
    /// And those of them whose reply came whole.
    pub(crate) whole: Vec<EventId>,
    /// The connection broke before any head came.
    pub(crate) broken: u64,
    /// Refused because the budget is spent.
    pub(crate) spent: u64,
    /// Refused because running requests hold what is left.
    pub(crate) held: u64,
    /// Refused because the ledger, or the keys, could not be asked.
    pub(crate) unavailable: u64,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.admitted.extend(other.admitted);
        self.whole.extend(other.whole);
        self.broken += other.broken;
        self.spent += other.spent;
        self.held += other.held;
        self.unavailable += other.unavailable;
    }

    fn see(&mut self, reply: Option<Reply>) -> Next {
        let Some(reply) = reply else {
            self.broken += 1;
            return Next::Elsewhere;
        };
        match reply.status {
            200 => {
                let id = reply.id.parse().unwrap();
                self.admitted.push(id);
                if reply.complete {
                    self.whole.push(id);
                }
                Next::Again
            }
            429 if reply.header("x-should-retry") == Some("false") => {
                self.spent += 1;
                Next::Spent
            }
            429 => {
                self.held += 1;
                Next::Again
            }
            503 => {
                self.unavailable += 1;
                Next::Elsewhere
            }
            _ => panic!("{reply:?}"),
        }
    }
}

enum Next {
    Again,
    Elsewhere,
    Spent,
}

/// Clients of one key.
pub(crate) struct Load {
    clients: JoinSet<Seen>,
    is_last: Arc<AtomicBool>,
}

impl Load {
    /// So many clients, whose requests take 50 to 500 ms each, half of them as streams.
    pub(crate) fn start(doors: &Doors, secret: &str, clients: usize, seed: u64) -> Self {
        let is_last = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for client in 0..clients {
            let random = Random::new(seed, client as u64 + 1);
            let (doors, secret) = (doors.clone(), secret.to_owned());
            tasks.spawn(ask(doors, secret, client, random, Arc::clone(&is_last)));
        }
        Self { clients: tasks, is_last }
    }

    /// Waits until every client was refused for good; from now on nobody raises the budget.
    pub(crate) async fn finish(mut self) -> Seen {
        // What a node remembers of an earlier amount is over by then.
        tokio::time::sleep(Duration::from_millis(300)).await;
        self.is_last.store(true, Ordering::Relaxed);
        let mut seen = Seen::default();
        while let Some(client) = self.clients.join_next().await {
            seen.add(client.unwrap());
        }
        seen
    }
}

async fn ask(
    doors: Doors,
    secret: String,
    client: usize,
    mut random: Random,
    is_last: Arc<AtomicBool>,
) -> Seen {
    let (mut seen, mut turn) = (Seen::default(), client);
    loop {
        let was_last = is_last.load(Ordering::Relaxed);
        let sandbox = format!("delay_ms={}", random.of(50..501));
        let stream = random.of(0..2) == 0;
        let pause = match seen.see(chat(doors.door(turn), &secret, MODEL, &sandbox, stream).await) {
            Next::Again => continue,
            Next::Spent if was_last => return seen,
            Next::Spent => 50..150,
            Next::Elsewhere => {
                turn += 1;
                20..120
            }
        };
        tokio::time::sleep(Duration::from_millis(random.of(pause))).await;
    }
}
