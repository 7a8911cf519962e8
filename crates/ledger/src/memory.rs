//! Budgets that were found spent a moment ago: a storm at a limit writes nothing.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use domain::Usd;

use crate::{Limit, Refusal, Reserving};

/// How long a node may refuse without asking: a raise is in force after it at the latest.
const REMEMBERED: Duration = Duration::from_millis(250);

#[derive(Debug)]
struct Spent {
    since: Instant,
    /// The smallest bound that did not fit.
    bound: Usd,
    limit: Limit,
}

/// What this node remembers, by counter.
#[derive(Debug, Default)]
pub(crate) struct Memory(HashMap<i64, Spent>);

impl Memory {
    /// A refusal that needs no asking, for a bound at least as large as one just refused.
    pub(crate) fn refusal(&self, reserving: &Reserving, now: Instant) -> Option<Refusal> {
        reserving.counters.iter().find_map(|counter| {
            let spent = self.0.get(&counter.id)?;
            (now.duration_since(spent.since) < REMEMBERED && reserving.request.bound >= spent.bound)
                .then(|| Refusal::Spent(spent.limit.clone()))
        })
    }

    /// Remembers a refusal; forgets those that are over.
    pub(crate) fn remember(&mut self, counter: i64, bound: Usd, limit: Limit, now: Instant) {
        self.0.retain(|_, spent| now.duration_since(spent.since) < REMEMBERED);
        self.0.insert(counter, Spent { since: now, bound, limit });
    }
}
