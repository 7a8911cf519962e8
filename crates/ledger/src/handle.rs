//! What a request holds in its hands: the handle and the guard.

use std::time::Duration;

use domain::{EventId, OrgId, Usd};
use tokio::sync::{mpsc, oneshot};

use crate::{Refusal, Request, Settlement, Standing};

/// How long a finished reply waits for its commit before it is completed all the same: the intent is
/// durable and stands for it.
const COMMIT_PATIENCE: Duration = Duration::from_secs(5);

/// What the loop is told.
pub(crate) enum Command {
    Reserve(Waiting),
    Settle { org: OrgId, id: EventId, settlement: Settlement, done: Option<oneshot::Sender<()>> },
    Release { org: OrgId, id: EventId },
}

/// A reservation whose caller waits.
pub(crate) struct Waiting {
    pub(crate) request: Request,
    answer: oneshot::Sender<Result<Reservation, Refusal>>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Waiting {
    /// Whether the caller left.
    pub(crate) fn is_gone(&self) -> bool {
        self.answer.is_closed()
    }

    /// Hands over the guard; if the caller left, the guard's drop releases what was held.
    pub(crate) fn admit(self, standing: Standing) {
        let reservation = Reservation {
            standing,
            held: Some(Held {
                org: self.request.org,
                id: self.request.id,
                bound: self.request.bound,
                forwarded: false,
                commands: self.commands,
            }),
        };
        drop(self.answer.send(Ok(reservation)));
    }

    pub(crate) fn refuse(self, refusal: Refusal) {
        drop(self.answer.send(Err(refusal)));
    }
}

/// The ledger of this node. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    commands: mpsc::UnboundedSender<Command>,
}

impl Ledger {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Command>) {
        let (commands, received) = mpsc::unbounded_channel();
        (Self { commands }, received)
    }

    /// Asks for admission. Answers when the intent is committed, or why it is not; waits up to two
    /// seconds where running requests alone stand in the way.
    pub async fn reserve(&self, request: Request) -> Result<Reservation, Refusal> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { request, answer, commands: self.commands.clone() };
        self.commands.send(Command::Reserve(waiting)).map_err(|_| Refusal::Unavailable)?;
        answered.await.unwrap_or(Err(Refusal::Unavailable))
    }
}

struct Held {
    org: OrgId,
    id: EventId,
    bound: Usd,
    forwarded: bool,
    commands: mpsc::UnboundedSender<Command>,
}

/// An admitted request. Dropped before [`Reservation::forwarding`] it is released; dropped after, it
/// is booked at its bound as unknown: nothing that may have cost something is lost.
#[must_use = "dropping it ends the request"]
pub struct Reservation {
    held: Option<Held>,
    standing: Standing,
}

impl Reservation {
    /// The request's id.
    pub fn id(&self) -> Option<EventId> {
        self.held.as_ref().map(|held| held.id)
    }

    /// What is held.
    pub fn bound(&self) -> Usd {
        self.held.as_ref().map_or(Usd::ZERO, |held| held.bound)
    }

    /// What is left of the limits that it was measured against.
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// From here on the provider may have seen the request.
    pub fn forwarding(&mut self) {
        if let Some(held) = &mut self.held {
            held.forwarded = true;
        }
    }

    /// The provider surely did nothing.
    pub fn release(mut self) {
        if let Some(held) = &mut self.held {
            held.forwarded = false;
        }
    }

    /// Books how it ended and waits for the commit, at most five seconds: `false` then, and it will
    /// be booked all the same. It is on its way before the first await, so a cancelled caller loses
    /// nothing.
    pub async fn settle(mut self, settlement: Settlement) -> bool {
        let Some(held) = self.held.take() else {
            return false;
        };
        let (done, committed) = oneshot::channel();
        let command = Command::Settle { org: held.org, id: held.id, settlement, done: Some(done) };
        if held.commands.send(command).is_err() {
            return false;
        }
        matches!(tokio::time::timeout(COMMIT_PATIENCE, committed).await, Ok(Ok(())))
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        let command = if held.forwarded {
            Command::Settle {
                org: held.org,
                id: held.id,
                settlement: Settlement::unknown(held.bound),
                done: None,
            }
        } else {
            Command::Release { org: held.org, id: held.id }
        };
        // A loop that is gone takes no commands: the intent stays and the reaper books it.
        drop(held.commands.send(command));
    }
}
