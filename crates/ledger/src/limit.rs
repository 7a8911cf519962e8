//! What stood in the way of a request, with its numbers at that moment.

use chrono::{DateTime, Utc};
use domain::{BudgetId, KeyId, OrgId, Period, ProjectId, ReceiptId, Scope, Usd, window::quarter};

/// Which amount it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitId {
    /// A budget, set by people of the organization.
    Budget(BudgetId),
    /// The organization's usage limit, set by its tier.
    UsageLimit(OrgId),
}

impl LimitId {
    /// The record of what one of its revisions refused a key, in an instant's quarter of an hour.
    pub(crate) fn receipt(self, revision: i32, key: KeyId, at: DateTime<Utc>) -> ReceiptId {
        let id = match self {
            Self::Budget(budget) => budget.uuid(),
            Self::UsageLimit(org) => org.uuid(),
        };
        ReceiptId::of(id, "amount", revision, key, quarter(at))
    }
}

/// An amount of money per window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Which.
    pub by: LimitId,
    /// Counts its changes; of a usage limit, the tier.
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

/// What a rate limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pace {
    /// Requests per minute.
    RequestsPerMinute,
    /// Tokens per minute.
    TokensPerMinute,
    /// Requests per day.
    RequestsPerDay,
    /// Tokens per day.
    TokensPerDay,
}

impl Pace {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 4] =
        [Self::RequestsPerMinute, Self::TokensPerMinute, Self::RequestsPerDay, Self::TokensPerDay];

    /// `requests` or `tokens`.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::RequestsPerMinute | Self::RequestsPerDay => "requests",
            Self::TokensPerMinute | Self::TokensPerDay => "tokens",
        }
    }

    /// `minute` or `day`.
    pub const fn window(self) -> &'static str {
        match self {
            Self::RequestsPerMinute | Self::TokensPerMinute => "minute",
            Self::RequestsPerDay | Self::TokensPerDay => "day",
        }
    }
}

/// A rate limit that was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimited {
    /// Whose.
    pub project: ProjectId,
    /// For which model.
    pub model: String,
    /// Counts the changes of the project's own; 0 where the tier's alone holds.
    pub revision: i32,
    /// What it counts.
    pub pace: Pace,
    /// The most.
    pub limit: u64,
    /// Of which so much is used.
    pub used: u64,
    /// And the request would add this.
    pub wanted: u64,
    /// The database's time of the refusal.
    pub at: DateTime<Utc>,
    /// When the window ends.
    pub resets_at: DateTime<Utc>,
    /// The record of the refusal.
    pub receipt: ReceiptId,
}

impl RateLimited {
    /// The record of what this limit refused a key, in its quarter of an hour.
    pub(crate) fn receipt(
        pace: Pace,
        (project, model): (ProjectId, &str),
        revision: i32,
        key: KeyId,
        at: DateTime<Utc>,
    ) -> ReceiptId {
        let what = format!("{} {} {model}", pace.unit(), pace.window());
        ReceiptId::of(project.uuid(), &what, revision, key, quarter(at))
    }
}

/// A key's guard of requests at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooMany {
    /// The key.
    pub key: KeyId,
    /// The most.
    pub most: u32,
    /// How many run.
    pub running: u64,
    /// The record of the refusal.
    pub receipt: ReceiptId,
}

/// How much is left after a request was admitted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Of the tightest budget of the key or its project.
    pub budget: Option<BudgetLeft>,
    /// Of the requests of the minute, or where that has no limit, of the day.
    pub requests: Option<PaceLeft>,
    /// The same for tokens.
    pub tokens: Option<PaceLeft>,
    /// Budgets that are observed only and would have refused it.
    pub observed: Vec<Limit>,
}

/// What is left of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetLeft {
    /// Neither spent nor held.
    pub remaining: Usd,
    /// When the window ends.
    pub resets_at: DateTime<Utc>,
}

/// What is left of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceLeft {
    /// The most.
    pub limit: u64,
    /// Of which this is left.
    pub remaining: u64,
    /// The database's time of the admission.
    pub at: DateTime<Utc>,
    /// When the window ends.
    pub resets_at: DateTime<Utc>,
}
