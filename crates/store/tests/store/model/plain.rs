//! The plain model: lists of open and ended requests, and sums over them from nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{EventId, OrgId, Outcome, Period, Scope, Usd};
use ledger::{Batch, Counted, Decision, Reserving};
use testkit::soak::Random;

/// What becomes of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Admit,
    Wait,
    Refuse,
}

impl Verdict {
    pub(super) const fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Admit(_) => Self::Admit,
            Decision::Wait(..) => Self::Wait,
            Decision::Refuse(_) => Self::Refuse,
        }
    }
}

#[derive(Debug, Clone)]
struct Open {
    org: OrgId,
    bound: Usd,
    counters: Vec<i64>,
}

#[derive(Debug, Clone)]
struct Ended {
    open: Open,
    outcome: Outcome,
    charge: Usd,
}

/// What one counter must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sum {
    pub(super) spent: Usd,
    pub(super) held: Usd,
    pub(super) requests: i64,
    pub(super) running: i64,
}

/// Everything that happened.
#[derive(Debug, Default)]
pub(super) struct Plain {
    open: BTreeMap<EventId, Open>,
    ended: BTreeMap<EventId, Ended>,
    /// The sums, kept along the way; [`Plain::is_sound`] adds them up from nothing.
    sums: HashMap<i64, Sum>,
    pub(super) budgets: HashMap<(Scope, Period), Usd>,
    /// How far the clock was moved.
    pub(super) hours: i64,
    late: u64,
    released: u64,
    refused: u64,
    waited: u64,
}

impl Plain {
    /// A batch: its endings, then its reservations.
    pub(super) fn take(&mut self, batch: &Batch) -> Vec<Verdict> {
        for settling in &batch.settlements {
            let (outcome, charge) = (settling.settlement.outcome, settling.settlement.charge);
            match self.open.remove(&settling.id) {
                Some(open) => self.book(settling.id, open, outcome, charge),
                None => self.correct(settling.id, outcome, charge),
            }
        }
        for (_, id) in &batch.releases {
            match self.open.remove(id) {
                Some(open) => {
                    self.give_back(&open);
                    self.released += 1;
                }
                None => self.correct(*id, Outcome::Released, Usd::ZERO),
            }
        }
        let mut waited = HashSet::new();
        batch.reservations.iter().map(|one| self.judge(one, &mut waited)).collect()
    }

    /// An ending that comes too late: it replaces what was booked because nobody knew better.
    fn correct(&mut self, id: EventId, outcome: Outcome, charge: Usd) {
        let at_bound = |outcome| matches!(outcome, Outcome::Interrupted | Outcome::Unknown);
        let Some(ended) = self.ended.get_mut(&id) else { return };
        let replaced = match outcome {
            Outcome::Released => ended.outcome == Outcome::Interrupted,
            outcome => at_bound(ended.outcome) && !at_bound(outcome),
        };
        if replaced {
            for sum in summed(&mut self.sums, &ended.open.counters) {
                sum.spent = sum.spent.plus(charge).minus(ended.charge);
            }
            (ended.outcome, ended.charge) = (outcome, charge);
            self.late += 1;
        }
    }

    fn book(&mut self, id: EventId, open: Open, outcome: Outcome, charge: Usd) {
        self.give_back(&open);
        for sum in summed(&mut self.sums, &open.counters) {
            sum.spent = sum.spent.plus(charge);
            sum.requests += 1;
        }
        self.ended.insert(id, Ended { open, outcome, charge });
    }

    fn give_back(&mut self, open: &Open) {
        for sum in summed(&mut self.sums, &open.counters) {
            sum.held = sum.held.minus(open.bound);
            sum.running -= 1;
        }
    }

    /// All or nothing, and nobody overtakes who waits for the same counter.
    fn judge(&mut self, reserving: &Reserving, waited: &mut HashSet<i64>) -> Verdict {
        let bound = reserving.request.bound;
        let places = Reserving::places(&reserving.request);
        let mut in_the_way = None;
        for (place, counter) in places.iter().zip(&reserving.counters) {
            let Counted::Scope(scope) = place.counted else { continue };
            let Some(amount) = self.budgets.get(&(scope, place.period)) else { continue };
            let sum = self.sums.get(&counter.id).copied().unwrap_or_default();
            if sum.spent >= *amount || sum.spent.plus(bound) > *amount {
                self.refused += 1;
                return Verdict::Refuse;
            }
            if waited.contains(&counter.id) || sum.spent.plus(sum.held).plus(bound) > *amount {
                in_the_way.get_or_insert(counter.id);
            }
        }
        if let Some(counter) = in_the_way {
            waited.insert(counter);
            self.waited += 1;
            return Verdict::Wait;
        }
        let counters: Vec<i64> = reserving.counters.iter().map(|counter| counter.id).collect();
        for sum in summed(&mut self.sums, &counters) {
            sum.held = sum.held.plus(bound);
            sum.running += 1;
        }
        let open = Open { org: reserving.request.org, bound, counters };
        self.open.insert(reserving.request.id, open);
        Verdict::Admit
    }

    /// Whether a request has begun and not ended.
    pub(super) fn is_open(&self, id: EventId) -> bool {
        self.open.contains_key(&id)
    }

    /// The node died; how many requests that ended.
    pub(super) fn interrupt_all(&mut self) -> u64 {
        let open = std::mem::take(&mut self.open);
        let many = open.len() as u64;
        for (id, open) in open {
            let charge = open.bound;
            self.book(id, open, Outcome::Interrupted, charge);
        }
        many
    }

    /// Some open request.
    pub(super) fn open(&self, random: &mut Random) -> Option<(OrgId, EventId, Usd)> {
        let at = random.index(self.open.len());
        self.open.iter().nth(at).map(|(id, open)| (open.org, *id, open.bound))
    }

    /// Some request that has ended, of the last thousand.
    pub(super) fn ended(&self, random: &mut Random) -> Option<(OrgId, EventId, Usd)> {
        let at = random.index(self.ended.len().min(1_000));
        self.ended.iter().rev().nth(at).map(|(id, ended)| (ended.open.org, *id, ended.open.bound))
    }

    /// What every counter must show, as it was kept along the way.
    pub(super) const fn sums(&self) -> &HashMap<i64, Sum> {
        &self.sums
    }

    /// Whether that is what all requests add up to.
    pub(super) fn is_sound(&self) -> bool {
        let anew = self.added_up();
        self.sums.iter().all(|(id, sum)| anew.get(id).copied().unwrap_or_default() == *sum)
    }

    fn added_up(&self) -> HashMap<i64, Sum> {
        let mut sums: HashMap<i64, Sum> = HashMap::new();
        for open in self.open.values() {
            for id in &open.counters {
                let sum = sums.entry(*id).or_default();
                sum.held = sum.held.plus(open.bound);
                sum.running += 1;
            }
        }
        for ended in self.ended.values() {
            for id in &ended.open.counters {
                let sum = sums.entry(*id).or_default();
                sum.spent = sum.spent.plus(ended.charge);
                sum.requests += 1;
            }
        }
        sums
    }

    /// What happened, in words.
    pub(super) fn saw(&self) -> String {
        let count = |outcome| self.ended.values().filter(|ended| ended.outcome == outcome).count();
        format!(
            "{} answered, {} estimated, {} unknown, {} interrupted, {} ended late, {} of them for nothing, {} released, \
             {} refused, {} made to wait, {} hours went by",
            count(Outcome::Answered),
            count(Outcome::Estimated),
            count(Outcome::Unknown),
            count(Outcome::Interrupted),
            self.late,
            count(Outcome::Released),
            self.released,
            self.refused,
            self.waited,
            self.hours
        )
    }
}

/// The sums of these counters.
fn summed<'a>(
    sums: &'a mut HashMap<i64, Sum>,
    counters: &[i64],
) -> impl Iterator<Item = &'a mut Sum> {
    for id in counters {
        sums.entry(*id).or_default();
    }
    sums.iter_mut().filter(|(id, _)| counters.contains(id)).map(|(_, sum)| sum)
}
