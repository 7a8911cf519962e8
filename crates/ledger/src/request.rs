//! What a reservation is asked for, and what is booked in the end.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{
    EventId, KeyId, OrgId, Outcome, Price, ProjectId, ServiceTier, Story, Tokens, Usd, UserId,
};

use crate::{Limit, RateLimited, TooMany};

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
    /// The price version that it will be charged with; none where no price is known.
    pub price: Option<Arc<Price>>,
    /// In which of the organization's counters it counts.
    pub realm: Realm,
    /// Answered as a stream.
    pub streamed: bool,
    /// The most that it can cost.
    pub bound: Usd,
    /// How many tokens it is taken for by the rate limits, until it has ended.
    pub tokens: u64,
}

/// How much of its organization a request concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Realm {
    /// Forwarded to a provider: all of its counters.
    Provider,
    /// Answered by the sandbox provider: not what the usage limit is compared with.
    Sandbox,
    /// The same, in a rehearsal project: none but those of project and key.
    Rehearsal,
}

/// How an admitted request ended.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Whether the usage is the provider's, seen, or the bound.
    pub outcome: Outcome,
    /// The provider's status, if it answered.
    pub status: Option<u16>,
    /// By which of the price's rates it is charged.
    pub service_tier: ServiceTier,
    /// Tokens by class.
    pub tokens: Tokens,
    /// What it cost.
    pub charge: Usd,
    /// From admission to the first token of a stream, in milliseconds.
    pub first_token_ms: Option<u32>,
    /// From admission to the last byte, in milliseconds.
    pub total_ms: Option<u32>,
    /// How it went; none where nobody is left to tell.
    pub story: Option<Arc<Story>>,
}

impl Settlement {
    /// Nobody knows what it used: the bound.
    pub fn unknown(bound: Usd) -> Self {
        Self::without_usage(Outcome::Unknown, bound)
    }

    /// It cost nothing.
    pub fn released() -> Self {
        Self::without_usage(Outcome::Released, Usd::ZERO)
    }

    fn without_usage(outcome: Outcome, charge: Usd) -> Self {
        Self {
            outcome,
            status: None,
            service_tier: ServiceTier::Default,
            tokens: Tokens::default(),
            charge,
            first_token_ms: None,
            total_ms: None,
            story: None,
        }
    }

    /// The tokens that its rate limits shall count instead of the estimate; none to keep that.
    pub fn used(&self) -> Option<u64> {
        match self.outcome {
            Outcome::Answered | Outcome::Estimated | Outcome::Corrected => {
                Some(self.tokens.total())
            }
            Outcome::Unknown | Outcome::Interrupted | Outcome::Released => None,
        }
    }
}

/// Why a request was not admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The amount is spent: waiting does not help before the window ends.
    Spent(Limit),
    /// The amount is held by running requests: it may fit when they are done.
    Held(Limit),
    /// The window of a rate limit is full.
    Rate(RateLimited),
    /// The key's guard: too many of its requests run.
    Running(TooMany),
    /// No commit could be had: nothing may be forwarded.
    Unavailable,
    /// The tables would not take the caller's data.
    Invalid,
}

impl Refusal {
    /// The same said to another key: each has receipts of its own.
    pub(crate) fn said_to(self, key: KeyId, at: DateTime<Utc>) -> Self {
        let amount = |limit: Limit| {
            let receipt = limit.by.receipt(limit.revision, key, at);
            Limit { receipt, ..limit }
        };
        match self {
            Self::Spent(limit) => Self::Spent(amount(limit)),
            Self::Held(limit) => Self::Held(amount(limit)),
            Self::Rate(limit) => {
                let whose = (limit.project, &*limit.model);
                let receipt = RateLimited::receipt(limit.pace, whose, limit.revision, key, at);
                Self::Rate(RateLimited { receipt, ..limit })
            }
            // Of the key itself, or of none.
            Self::Running(_) | Self::Unavailable | Self::Invalid => self,
        }
    }
}
