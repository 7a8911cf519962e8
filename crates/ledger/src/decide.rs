//! The rules: who is admitted. Pure, so that a property test can hold them against a plain model
//! and against the database's fast path.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use domain::{BudgetId, KeyId, ReceiptId, Scope, Usd, window::quarter};

use crate::{
    BudgetLeft, Counted, CounterRef, Limit, LimitId, Pace, PaceLeft, Place, RateLimited, Reserving,
    Standing, TooMany,
};

/// What the reservations of a batch are measured against, under its locks, after what its endings
/// give back and spend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The database's time.
    pub at: DateTime<Utc>,
    /// Amounts of money.
    pub quotas: Vec<Quota>,
    /// Keys that may have so many requests at once.
    pub guards: Vec<Guard>,
    /// Rate limits.
    pub rates: Vec<Rate>,
}

/// An amount per window, and how much of it is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The counter that it is compared with.
    pub counter: i64,
    /// The budget; none for the usage limit.
    pub budget: Option<BudgetId>,
    /// Counts its changes; of a usage limit, the tier.
    pub revision: i32,
    /// What is in force, raises included.
    pub amount: Usd,
    /// Refuses nothing, and tells what it would have refused.
    pub observed: bool,
    /// Charges booked.
    pub spent: Usd,
    /// Bounds of the open intents.
    pub held: Usd,
    /// How many that is.
    pub running: u32,
}

/// A key's guard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The key's counter of the day.
    pub counter: i64,
    /// Requests of the key that run, whenever they began.
    pub running: u64,
    /// The most.
    pub most: u32,
}

/// A rate that has a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// Its row.
    pub id: i64,
    /// Counts the changes of the project's own limit; 0 for none.
    pub revision: i32,
    /// In the order of [`Pace::ALL`].
    pub used: [u64; 4],
    /// In the same order; none for no limit.
    pub limits: [Option<u64>; 4],
}

/// What becomes of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Its bound is held on all its counters.
    Admit(Box<Standing>),
    /// It may fit when running requests are done; the counter that stands in the way.
    Wait(i64, Box<Limit>),
    /// It does not fit what is left unspent.
    Refuse(Refused),
}

impl Decision {
    /// Whether its bound is held.
    pub const fn admits(&self) -> bool {
        matches!(self, Self::Admit(_))
    }
}

/// What said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// An amount of money, by its counter.
    Spent(i64, Box<Limit>),
    /// A rate limit, by its row.
    Rate(i64, Box<RateLimited>),
    /// A key's guard, by its counter.
    Running(i64, Box<TooMany>),
}

/// Decides in order of arrival, each reservation all or nothing.
///
/// A reservation does not overtake one that waits for the same counter, not even a smaller one.
pub fn decide(found: Found, reservations: &[Reserving]) -> Vec<Decision> {
    let mut table = Table::new(found);
    reservations
        .iter()
        .map(|reserving| {
            let decision = table.judge(reserving);
            if let Decision::Wait(counter, _) = &decision {
                table.waited_for.insert(*counter);
            }
            decision
        })
        .collect()
}

/// Whether a bound fits an amount, given what is spent and held: an amount that is reached refuses
/// even a bound of zero.
pub fn fits(amount: Usd, spent: Usd, held: Usd, bound: Usd) -> bool {
    spent < amount && spent.plus(held).plus(bound) <= amount
}

struct Table {
    at: DateTime<Utc>,
    quotas: HashMap<i64, Quota>,
    guards: HashMap<i64, Guard>,
    rates: HashMap<i64, Rate>,
    waited_for: HashSet<i64>,
}

impl Table {
    fn new(found: Found) -> Self {
        Self {
            at: found.at,
            quotas: found.quotas.into_iter().map(|quota| (quota.counter, quota)).collect(),
            guards: found.guards.into_iter().map(|guard| (guard.counter, guard)).collect(),
            rates: found.rates.into_iter().map(|rate| (rate.id, rate)).collect(),
            waited_for: HashSet::new(),
        }
    }

    fn judge(&mut self, reserving: &Reserving) -> Decision {
        let bound = reserving.request.bound;
        let places = Reserving::places(&reserving.request);
        let (mut waits, mut observed) = (None, Vec::new());
        for (place, counter) in places.iter().zip(&reserving.counters) {
            let Some(quota) = self.quotas.get(&counter.id) else { continue };
            let limit = || limit(quota, place, counter, reserving.request.key, self.at);
            let fits_now = fits(quota.amount, quota.spent, quota.held, bound);
            let would_ever_fit = fits(quota.amount, quota.spent, Usd::ZERO, bound);
            if quota.observed {
                // What is held would only have made it wait.
                if !would_ever_fit {
                    observed.push(limit());
                }
            } else if !would_ever_fit {
                return Decision::Refuse(Refused::Spent(counter.id, Box::new(limit())));
            } else if waits.is_none() && (!fits_now || self.waited_for.contains(&counter.id)) {
                waits = Some((counter.id, limit()));
            }
        }
        if let Some(refused) = self.too_many(reserving).or_else(|| self.too_fast(reserving)) {
            return Decision::Refuse(refused);
        }
        if let Some((counter, limit)) = waits {
            return Decision::Wait(counter, Box::new(limit));
        }
        self.hold(reserving);
        Decision::Admit(Box::new(Standing { observed, ..self.standing(reserving, &places) }))
    }

    fn too_many(&self, reserving: &Reserving) -> Option<Refused> {
        let key = reserving.request.key;
        let guard = reserving.counters.iter().find_map(|counter| self.guards.get(&counter.id))?;
        (guard.running >= u64::from(guard.most)).then(|| {
            Refused::Running(
                guard.counter,
                Box::new(TooMany {
                    key,
                    most: guard.most,
                    running: guard.running,
                    receipt: ReceiptId::of(
                        key.uuid(),
                        "running",
                        guard.most.cast_signed(),
                        key,
                        quarter(self.at),
                    ),
                }),
            )
        })
    }

    fn too_fast(&self, reserving: &Reserving) -> Option<Refused> {
        let rate = self.rates.get(&reserving.rate)?;
        let request = &reserving.request;
        Pace::ALL.into_iter().enumerate().find_map(|(place, pace)| {
            let (limit, used) = (rate.limits[place]?, rate.used[place]);
            let wanted = wanted(pace, reserving);
            if used.saturating_add(wanted) <= limit {
                return None;
            }
            let whose = (request.project, &*request.model);
            let receipt = RateLimited::receipt(pace, whose, rate.revision, request.key, self.at);
            Some(Refused::Rate(
                rate.id,
                Box::new(RateLimited {
                    project: request.project,
                    model: request.model.clone(),
                    revision: rate.revision,
                    pace,
                    limit,
                    used,
                    wanted,
                    at: self.at,
                    resets_at: resets_at(pace, reserving, self.at),
                    receipt,
                }),
            ))
        })
    }

    fn hold(&mut self, reserving: &Reserving) {
        for counter in &reserving.counters {
            if let Some(quota) = self.quotas.get_mut(&counter.id) {
                quota.held = quota.held.plus(reserving.request.bound);
                quota.running += 1;
            }
            if let Some(guard) = self.guards.get_mut(&counter.id) {
                guard.running += 1;
            }
        }
        if let Some(rate) = self.rates.get_mut(&reserving.rate) {
            for (used, pace) in rate.used.iter_mut().zip(Pace::ALL) {
                *used = used.saturating_add(wanted(pace, reserving));
            }
        }
    }

    /// What is left after it is held. The organization's budgets are nobody's business but its own.
    fn standing(&self, reserving: &Reserving, places: &[Place]) -> Standing {
        let budget = places
            .iter()
            .zip(&reserving.counters)
            .filter(|(place, _)| {
                matches!(place.counted, Counted::Scope(Scope::Project(_) | Scope::Key(_)))
            })
            .filter_map(|(_, counter)| {
                let quota = self.quotas.get(&counter.id).filter(|quota| !quota.observed)?;
                Some(BudgetLeft {
                    remaining: quota.amount.minus(quota.spent).minus(quota.held),
                    resets_at: counter.ends,
                })
            })
            .min_by_key(|left| left.remaining);
        let left = |paces: [Pace; 2]| {
            let rate = self.rates.get(&reserving.rate)?;
            paces.into_iter().find_map(|pace| {
                let place = Pace::ALL.iter().position(|one| *one == pace)?;
                let limit = rate.limits[place]?;
                Some(PaceLeft {
                    limit,
                    remaining: limit.saturating_sub(rate.used[place]),
                    at: self.at,
                    resets_at: resets_at(pace, reserving, self.at),
                })
            })
        };
        Standing {
            budget,
            requests: left([Pace::RequestsPerMinute, Pace::RequestsPerDay]),
            tokens: left([Pace::TokensPerMinute, Pace::TokensPerDay]),
            observed: Vec::new(),
        }
    }
}

fn wanted(pace: Pace, reserving: &Reserving) -> u64 {
    match pace {
        Pace::RequestsPerMinute | Pace::RequestsPerDay => 1,
        Pace::TokensPerMinute | Pace::TokensPerDay => reserving.request.tokens,
    }
}

fn resets_at(pace: Pace, reserving: &Reserving, at: DateTime<Utc>) -> DateTime<Utc> {
    match pace {
        Pace::RequestsPerMinute | Pace::TokensPerMinute => {
            at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at) + TimeDelta::minutes(1)
        }
        Pace::RequestsPerDay | Pace::TokensPerDay => reserving.day().ends,
    }
}

fn limit(
    quota: &Quota,
    place: &Place,
    counter: &CounterRef,
    key: KeyId,
    at: DateTime<Utc>,
) -> Limit {
    let by = quota.budget.map_or(LimitId::UsageLimit(place.org), LimitId::Budget);
    Limit {
        by,
        revision: quota.revision,
        scope: match place.counted {
            Counted::Scope(scope) => scope,
            Counted::Usage => Scope::Org(place.org),
        },
        period: place.period,
        amount: quota.amount,
        spent: quota.spent,
        held: quota.held,
        running: quota.running,
        resets_at: counter.ends,
        receipt: by.receipt(quota.revision, key, at),
    }
}
