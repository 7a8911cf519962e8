//! What the loop asks of the place where everything is written.

use std::future::Future;

use chrono::{DateTime, Utc};
use domain::{EventId, NodeId, OrgId};

use crate::{Batch, CounterRef, Decision, Found, Paced, Place, Settling};

/// Why the book did not write.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The connection broke, or no answer came: the batch may or may not have been applied.
    #[error("the answer was lost")]
    Lost(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A lock was not to be had in time, or a deadlock was broken: nothing was written.
    #[error("a lock was not to be had")]
    Locked,
    /// The tables would not take the data: nothing was written.
    #[error("the tables would not take the data: {0}")]
    BadData(String),
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// Everything is written; what the reservations were measured against.
    Done(Found),
    /// Not the plain case: not all reservations fit together, or a window is over, a row is gone, an ending
    /// has no intent or is not known to the node. Nothing is written, ask [`Book::decide`].
    Contended,
    /// A window is over by the database's clock: nothing is written.
    Stale(DateTime<Utc>),
    /// A counter or rate is gone: nothing is written.
    Missing,
    /// The node was given up: nothing is written.
    Superseded,
    /// The number is taken: nothing is written.
    Void,
}

/// The slow path's answer: one decision per reservation, in the same order.
pub type Decisions = Vec<Decision>;

/// The fate of a batch whose answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was applied as sent, at this instant.
    Applied(DateTime<Utc>),
    /// It never will be; its number is spent.
    Void,
    /// The node was given up.
    Superseded,
}

/// Rows that reservations are held on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// One for each place, in the same order.
    pub counters: Vec<CounterRef>,
    /// One for each rate, in the same order.
    pub rates: Vec<i64>,
    /// The database's time.
    pub at: DateTime<Utc>,
}

/// Where everything is written. Implemented on Postgres by the store.
pub trait Book: Send + Sync + 'static {
    /// Registers a node, whose first batch has the number 1, under the epoch that is answered.
    fn register(&self, node: NodeId) -> impl Future<Output = Result<i64, BookError>> + Send;

    /// Tells that the node lives.
    fn beat(&self, node: NodeId) -> impl Future<Output = Result<(), BookError>> + Send;

    /// Tells that the node is done for good, so that nobody waits for its heartbeat.
    fn leave(&self, node: NodeId) -> impl Future<Output = Result<(), BookError>> + Send;

    /// The current counter of each place and the row of each rate, made where they are missing, and
    /// the database's time.
    fn rows(
        &self,
        places: &[Place],
        paced: &[Paced],
    ) -> impl Future<Output = Result<Rows, BookError>> + Send;

    /// Writes a batch in one commit if all its reservations fit together.
    fn apply(&self, batch: &Batch) -> impl Future<Output = Result<Applied, BookError>> + Send;

    /// Locks what the batch touches, lets `rule` decide, and writes what it decided in one commit.
    /// [`Applied::Contended`] is never answered. `rule` may be called and the commit still fail.
    fn decide<F>(
        &self,
        batch: &Batch,
        rule: F,
    ) -> impl Future<Output = Result<Applied, BookError>> + Send
    where
        F: FnOnce(Found) -> Decisions + Send;

    /// Finds out what became of a batch whose answer was lost, and makes sure that it stays so.
    fn void(&self, batch: &Batch) -> impl Future<Output = Result<Fate, BookError>> + Send;

    /// Ends the intent of a settlement that the tables would not take at its bound, under the next
    /// batch number, and keeps what it carried aside.
    fn quarantine(
        &self,
        batch: &Batch,
        settling: &Settling,
        reason: &str,
    ) -> impl Future<Output = Result<Applied, BookError>> + Send;

    /// The node's open intents that are older than `seconds`.
    fn open(
        &self,
        node: NodeId,
        epoch: i64,
        seconds: i32,
    ) -> impl Future<Output = Result<Vec<(OrgId, EventId)>, BookError>> + Send;
}
