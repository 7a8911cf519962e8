//! The rules: who is admitted. Pure, so that a property test can hold them against a plain model
//! and against the database's fast path.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::{BudgetId, EventId, KeyId, Period, ReceiptId, Scope, Usd, window::quarter};

use crate::{Limit, Reserving};

/// A counter's numbers under lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// Its row.
    pub id: i64,
    /// What it counts.
    pub scope: Scope,
    /// Per what.
    pub period: Period,
    /// When its window ends.
    pub ends: DateTime<Utc>,
    /// Charges booked.
    pub spent: Usd,
    /// Bounds of the open intents.
    pub held: Usd,
    /// How many that is.
    pub running: u32,
    /// The budget of this scope and period, if there is one.
    pub budget: Option<BudgetRow>,
}

/// A budget's amount as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRow {
    /// The budget.
    pub id: BudgetId,
    /// Counts its changes.
    pub revision: i32,
    /// Its amount.
    pub amount: Usd,
}

/// What a settlement or a release does to counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The request.
    pub id: EventId,
    /// Where its bound is held.
    pub counters: Vec<i64>,
    /// The bound.
    pub bound: Usd,
}

/// What settlements cost, by request.
pub type Charges = HashMap<EventId, Usd>;

/// What becomes of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Its bound is held on all its counters.
    Admit,
    /// It may fit when running requests are done.
    Wait(Box<(i64, Limit)>),
    /// It does not fit what is left unspent.
    Refuse(Box<(i64, Limit)>),
}

/// Decides in order of arrival, each reservation all or nothing, after what ends has given back what
/// it held and has spent what it cost (`charges`, by request; none for a release).
///
/// A reservation does not overtake one that waits for the same counter, not even a smaller one.
pub fn decide(
    counters: Vec<Counter>,
    endings: &[Ending],
    charges: &Charges,
    reservations: &[Reserving],
    at: DateTime<Utc>,
) -> Vec<Decision> {
    let mut counters: HashMap<i64, Counter> =
        counters.into_iter().map(|counter| (counter.id, counter)).collect();
    for ending in endings {
        for id in &ending.counters {
            if let Some(counter) = counters.get_mut(id) {
                counter.held = counter.held.minus(ending.bound);
                counter.running = counter.running.saturating_sub(1);
                counter.spent =
                    counter.spent.plus(charges.get(&ending.id).copied().unwrap_or(Usd::ZERO));
            }
        }
    }
    let mut waited_for = HashSet::new();
    reservations
        .iter()
        .map(|reserving| {
            let decision = judge(&counters, &waited_for, reserving, at);
            match &decision {
                Decision::Admit => hold(&mut counters, reserving),
                Decision::Wait(limit) => {
                    waited_for.insert(limit.0);
                }
                Decision::Refuse(_) => {}
            }
            decision
        })
        .collect()
}

/// Whether a bound fits a budget, given what is spent and held: a budget that is reached refuses
/// even a bound of zero.
pub fn fits(budget: Usd, spent: Usd, held: Usd, bound: Usd) -> bool {
    spent < budget && spent.plus(held).plus(bound) <= budget
}

fn judge(
    counters: &HashMap<i64, Counter>,
    waited_for: &HashSet<i64>,
    reserving: &Reserving,
    at: DateTime<Utc>,
) -> Decision {
    let bound = reserving.request.bound;
    let mut waits = None;
    for counter in reserving.counters.iter().filter_map(|named| counters.get(&named.id)) {
        let Some(budget) = &counter.budget else {
            continue;
        };
        let limit = || Box::new((counter.id, limit(counter, budget, reserving.request.key, at)));
        if !fits(budget.amount, counter.spent, Usd::ZERO, bound) {
            return Decision::Refuse(limit());
        }
        if waits.is_none()
            && (waited_for.contains(&counter.id)
                || !fits(budget.amount, counter.spent, counter.held, bound))
        {
            waits = Some(limit());
        }
    }
    waits.map_or(Decision::Admit, Decision::Wait)
}

fn hold(counters: &mut HashMap<i64, Counter>, reserving: &Reserving) {
    for named in &reserving.counters {
        if let Some(counter) = counters.get_mut(&named.id) {
            counter.held = counter.held.plus(reserving.request.bound);
            counter.running += 1;
        }
    }
}

fn limit(counter: &Counter, budget: &BudgetRow, key: KeyId, at: DateTime<Utc>) -> Limit {
    Limit {
        budget: budget.id,
        revision: budget.revision,
        scope: counter.scope,
        period: counter.period,
        amount: budget.amount,
        spent: counter.spent,
        held: counter.held,
        running: counter.running,
        resets_at: counter.ends,
        receipt: ReceiptId::of(budget.id, budget.revision, key, quarter(at)),
    }
}
