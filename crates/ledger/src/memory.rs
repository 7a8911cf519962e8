//! Limits that were found reached a moment ago: a storm at a limit writes nothing.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use domain::Usd;

use crate::{Pace, Refusal, Refused, Reserving};

/// How long a node may refuse without asking: a raise is in force after it at the latest.
const REMEMBERED: Duration = Duration::from_millis(250);

/// What refused: a counter's amount, a rate's pace, a key's guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Gate {
    Amount(i64),
    Pace(i64, Pace),
    Running(i64),
}

#[derive(Debug)]
struct Reached {
    since: Instant,
    /// What did not fit: what is at least as large does not either.
    least: Least,
    refusal: Refusal,
}

/// How much was asked for.
#[derive(Debug)]
enum Least {
    Bound(Usd),
    Tokens(u64),
    Any,
}

/// What this node remembers.
#[derive(Debug, Default)]
pub(crate) struct Memory(HashMap<Gate, Reached>);

impl Memory {
    /// A refusal that needs no asking, for a request at least as large as one just refused; `at` is
    /// the database's time.
    pub(crate) fn refusal(
        &self,
        reserving: &Reserving,
        at: DateTime<Utc>,
        now: Instant,
    ) -> Option<Refusal> {
        if self.0.is_empty() {
            return None;
        }
        let counters = reserving.counters.iter();
        let amounts = counters.clone().map(|counter| Gate::Amount(counter.id));
        let guards = counters.map(|counter| Gate::Running(counter.id));
        let paces = Pace::ALL.into_iter().map(|pace| Gate::Pace(reserving.rate, pace));
        amounts.chain(guards).chain(paces).find_map(|gate| {
            let reached = self.0.get(&gate)?;
            let is_over = now.duration_since(reached.since) >= REMEMBERED
                || matches!(&reached.refusal, Refusal::Rate(limit) if limit.resets_at <= at);
            let as_large = match reached.least {
                Least::Bound(bound) => reserving.request.bound >= bound,
                Least::Tokens(tokens) => reserving.request.tokens >= tokens,
                Least::Any => true,
            };
            let key = reserving.request.key;
            (!is_over && as_large).then(|| reached.refusal.clone().said_to(key, at))
        })
    }

    /// Remembers a refusal; forgets those that are over.
    pub(crate) fn remember(
        &mut self,
        reserving: &Reserving,
        refused: Refused,
        now: Instant,
    ) -> Refusal {
        self.0.retain(|_, reached| now.duration_since(reached.since) < REMEMBERED);
        let (gate, least, refusal) = match refused {
            Refused::Spent(counter, limit) => {
                let least = Least::Bound(reserving.request.bound);
                (Gate::Amount(counter), least, Refusal::Spent(*limit))
            }
            Refused::Rate(rate, limit) => {
                let least = match limit.pace {
                    Pace::RequestsPerMinute | Pace::RequestsPerDay => Least::Any,
                    Pace::TokensPerMinute | Pace::TokensPerDay => {
                        Least::Tokens(reserving.request.tokens)
                    }
                };
                (Gate::Pace(rate, limit.pace), least, Refusal::Rate(*limit))
            }
            Refused::Running(counter, most) => {
                (Gate::Running(counter), Least::Any, Refusal::Running(*most))
            }
        };
        self.0.insert(gate, Reached { since: now, least, refusal: refusal.clone() });
        refusal
    }

    /// Requests of this node have ended: guards of requests at once may let in others.
    pub(crate) fn freed(&mut self) {
        self.0.retain(|gate, _| !matches!(gate, Gate::Running(_)));
    }
}
