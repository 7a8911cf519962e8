//! What a reservation is asked for, and what is booked in the end.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{
    BudgetId, EventId, KeyId, OrgId, Outcome, Period, Price, ProjectId, ReceiptId, Scope, Tokens,
    Usd, UserId,
};

/// A request that asks to be admitted.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its id, from here to the usage event.
    pub id: EventId,
    /// Who is billed.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// With which key.
    pub key: KeyId,
    /// Whose key it is, if a person's.
    pub member: Option<UserId>,
    /// Whether its usage is told apart by key. If not, intent and event carry no key; the key's
    /// counters count all the same.
    pub tracked: bool,
    /// The model as the client named it.
    pub model: String,
    /// The price version that it will be charged with.
    pub price: Arc<Price>,
    /// Answered by the sandbox provider.
    pub sandbox: bool,
    /// Answered as a stream.
    pub streamed: bool,
    /// The most that it can cost.
    pub bound: Usd,
}

/// How an admitted request ended.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Whether the usage is the provider's, seen, or the bound.
    pub outcome: Outcome,
    /// The provider's status, if it answered.
    pub status: Option<u16>,
    /// Tokens by class.
    pub tokens: Tokens,
    /// What it cost.
    pub charge: Usd,
    /// From admission to the first token of a stream, in milliseconds.
    pub first_token_ms: Option<u32>,
    /// From admission to the last byte, in milliseconds.
    pub total_ms: Option<u32>,
}

/// Why a request was not admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The amount is spent: waiting does not help before the window ends.
    Spent(Limit),
    /// The amount is held by running requests: it may fit when they are done.
    Held(Limit),
    /// No commit could be had: nothing may be forwarded.
    Unavailable,
    /// The tables would not take the caller's data.
    Invalid,
}

/// The limit that stood in the way, with its numbers at that moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The budget.
    pub budget: BudgetId,
    /// Counts its changes.
    pub revision: i32,
    /// What it limits.
    pub scope: Scope,
    /// Per what.
    pub period: Period,
    /// Its amount.
    pub amount: Usd,
    /// Of which this is spent.
    pub spent: Usd,
    /// And this is held by running requests.
    pub held: Usd,
    /// By so many.
    pub running: u32,
    /// When the window ends.
    pub resets_at: DateTime<Utc>,
    /// The record of the refusal.
    pub receipt: ReceiptId,
}
