//! Clients of a node that is to die: each kind of request, over and over.

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
    load::Seen,
    program::{chat, head, leave_after},
};

/// How many a node has.
const CLIENTS: u64 = 6;

/// Whom they ask, and as whom.
#[derive(Debug, Clone)]
pub(super) struct Aim {
    pub(super) port: u16,
    pub(super) key: String,
    /// A key whose budget is spent.
    pub(super) poor: String,
}

/// What they saw.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) booked: Seen,
    /// Answered, and cost nothing: refused, or the provider failed.
    pub(super) unbooked: Vec<EventId>,
}

impl Told {
    pub(super) fn add(&mut self, other: Self) {
        self.booked.admitted.extend(other.booked.admitted);
        self.booked.whole.extend(other.booked.whole);
        self.unbooked.extend(other.unbooked);
    }
}

/// The clients of one node.
pub(super) struct Clients {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<Told>,
}

impl Clients {
    pub(super) fn new(aim: &Aim, seed: u64) -> Self {
        let (stop, mut tasks) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        for client in 0..CLIENTS {
            let (aim, stop, random) = (aim.clone(), Arc::clone(&stop), Random::new(seed, client));
            tasks.spawn(ask(aim, stop, random));
        }
        Self { stop, tasks }
    }

    /// Their node is dead.
    pub(super) async fn finish(self) -> Told {
        self.stop.store(true, Ordering::Relaxed);
        let mut told = Told::default();
        for one in self.tasks.join_all().await {
            told.add(one);
        }
        told
    }
}

async fn ask(aim: Aim, stop: Arc<AtomicBool>, mut random: Random) -> Told {
    let mut told = Told::default();
    while !stop.load(Ordering::Relaxed) {
        let pause = format!("delay_ms={}", random.of(0..40));
        let dime = async |steering: &str, stream| {
            chat(aim.port, &aim.key, "sandbox-dime", &format!("{pause},{steering}"), stream).await
        };
        let (is_booked, reply) = match random.of(0..8) {
            0 | 1 => (true, dime("", false).await),
            2 | 3 => (true, dime("", true).await),
            4 => (false, dime("status=503", false).await),
            5 => (true, dime("reset_after=60", true).await),
            6 => (false, chat(aim.port, &aim.poor, "sandbox-dime", "", false).await),
            _ => {
                leave(&aim, &mut random).await;
                // What the provider takes and says nothing to.
                (false, None)
            }
        };
        let Some(reply) = reply else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Ok(id) = reply.id.parse() else { continue };
        match reply.status {
            200 => {
                told.booked.admitted.push(id);
                if reply.complete && !reply.body.contains("\"error\"") {
                    told.booked.whole.push(id);
                }
            }
            429 | 503 if !is_booked => told.unbooked.push(id),
            429 | 503 => {}
            _ => panic!("{reply:?}"),
        }
    }
    told
}

/// Leaves in the middle of a stream, or asks a provider that breaks the connection.
async fn leave(aim: &Aim, random: &mut Random) {
    let (model, sandbox) = if random.of(0..2) == 0 {
        ("gpt-4o-mini", "")
    } else {
        ("sandbox-tokens", "first_token_ms=30")
    };
    let body = format!(
        r#"{{"model":"{model}","stream":true,"max_tokens":64,"messages":[{{"role":"user","content":"Hello"}}]}}"#
    );
    let request = format!("{}{body}", head(&aim.key, sandbox, body.len()));
    leave_after(aim.port, &request, random.of(200..3_000)).await;
}
