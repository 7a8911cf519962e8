//! A book in memory that fails as a database may: locks that are not to be had, answers that are lost
//! before, after or long before the commit, nodes given up, windows over, rows gone, bad data.

mod book;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{BudgetId, EventId, NodeId, OrgId, Outcome, Period, Scope, Usd};
use ledger::{
    Applied, Batch, BookError, Counted, Decision, Found, Place, Quota, Settlement, Settling, decide,
};
use testkit::soak::Random;

use crate::Ending;

/// A status that no settlement has that the tables would take.
pub(crate) const UNWRITABLE: u16 = 999;

/// How often what happened.
#[derive(Debug, Default)]
pub(crate) struct Saw(BTreeMap<&'static str, u64>);

impl Saw {
    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (what, times) in other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    /// Everything that may happen did.
    pub(crate) fn is_all(&self) -> bool {
        let all = [
            "applied late",
            "bad data",
            "fast",
            "fast endings",
            "given up",
            "interrupted",
            "locked",
            "lost after",
            "lost before",
            "missing",
            "quarantined",
            "refused",
            "released",
            "released late",
            "replaced late",
            "slow",
            "stale",
            "superseded",
            "voided",
            "voiding lost",
            "waiting",
        ];
        all.iter().all(|what| self.0.contains_key(what))
    }
}

impl fmt::Display for Saw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|(what, times)| format!("{what} {times}")).collect();
        f.write_str(&words.join(", "))
    }
}

#[derive(Debug, Default)]
struct NodeRow {
    epoch: i64,
    batch: i64,
    voided: i64,
    applied_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
struct Intent {
    org: OrgId,
    owner: (NodeId, i64),
    bound: Usd,
    counters: Vec<i64>,
    at: DateTime<Utc>,
    since: Instant,
}

#[derive(Debug)]
struct Event {
    outcome: Outcome,
    charge: Usd,
    counters: Vec<i64>,
    /// Given back after it was booked as interrupted.
    is_void: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counter {
    spent: Usd,
    held: Usd,
    running: u32,
}

struct State {
    random: Random,
    began: Instant,
    nodes: HashMap<NodeId, NodeRow>,
    places: HashMap<Place, i64>,
    counters: HashMap<i64, Counter>,
    budgets: HashMap<i64, (BudgetId, Usd)>,
    intents: BTreeMap<EventId, Intent>,
    events: HashMap<EventId, Event>,
    /// Whose answer was lost, and whose connection is still at work on it.
    late: Vec<Batch>,
    saw: Saw,
}

pub(crate) struct Paper(Mutex<State>);

fn lost() -> BookError {
    BookError::Lost("the connection broke".into())
}

impl Paper {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(State {
            random: Random::new(seed, u64::MAX - 1),
            began: Instant::now(),
            nodes: HashMap::new(),
            places: HashMap::new(),
            counters: HashMap::new(),
            budgets: HashMap::new(),
            intents: BTreeMap::new(),
            events: HashMap::new(),
            late: Vec::new(),
            saw: Saw::default(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn has_event(&self, id: EventId) -> bool {
        self.state().events.contains_key(&id)
    }

    /// Sets a budget so that this much is left, or removes it.
    pub(crate) fn limit(&self, scope: Scope, period: Period, left: Option<Usd>) {
        let state = &mut *self.state();
        for (place, id) in &state.places {
            if (place.counted, place.period) == (Counted::Scope(scope), period) {
                let counter = state.counters[id];
                let set = left.map(|left| (BudgetId::generate(), counter.spent.plus(left)));
                match set {
                    Some(budget) => drop(state.budgets.insert(*id, budget)),
                    None => drop(state.budgets.remove(id)),
                }
            }
        }
    }

    /// Takes some node for dead.
    pub(crate) fn give_up_one(&self) {
        let state = &mut *self.state();
        let at = state.random.index(state.nodes.len());
        let Some((&id, row)) = state.nodes.iter_mut().nth(at) else { return };
        let old = (id, row.epoch);
        row.epoch += 1;
        state.saw.count("given up");
        state.interrupt(old);
    }

    /// The books at the end against what owners told.
    pub(crate) fn close(&self, told: &HashMap<EventId, Ending>) -> Saw {
        let state = &mut *self.state();
        assert_eq!(state.intents.len(), 0, "requests are open at the end: {:?}", state.intents);
        for (id, event) in &state.events {
            assert!(told.contains_key(id), "{id:?} was booked and never asked for: {event:?}");
        }
        for (id, ending) in told {
            let booked = state.events.get(id).map(|event| (event.outcome, event.charge));
            let is_right = match *ending {
                Ending::Nothing => booked.is_none_or(|_| state.events[id].is_void),
                Ending::Bound(bound) => booked.is_some_and(|(outcome, charge)| {
                    charge == bound && outcome != Outcome::Answered
                }),
                Ending::Charge(charge) => booked == Some((Outcome::Answered, charge)),
                Ending::Quarantined(bound) => booked.is_some_and(|(_, charge)| charge == bound),
            };
            assert!(is_right, "{id:?}: {ending:?}, booked {booked:?}");
        }
        let mut sums: HashMap<i64, Counter> = HashMap::new();
        for event in state.events.values() {
            for id in &event.counters {
                let sum = sums.entry(*id).or_default();
                sum.spent = sum.spent.plus(event.charge);
            }
        }
        for (id, counter) in &state.counters {
            assert_eq!(sums.get(id).copied().unwrap_or_default(), *counter);
        }
        std::mem::take(&mut state.saw)
    }
}

impl State {
    fn at(&self) -> DateTime<Utc> {
        let elapsed = TimeDelta::from_std(self.began.elapsed()).unwrap();
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + elapsed
    }

    fn is(&mut self, one_of: u64) -> bool {
        self.random.of(0..one_of) == 0
    }

    /// Those who were lost and still at work come through now, or not yet.
    fn come_late(&mut self) {
        if !self.late.is_empty() && self.is(2) {
            let batch = self.late.remove(0);
            if matches!(self.fast(&batch), Applied::Done(_)) {
                self.saw.count("applied late");
            }
        }
    }

    /// Faults that befall any batch before anything is written.
    fn fault(&mut self, batch: &Batch) -> Option<Result<Applied, BookError>> {
        self.come_late();
        let is_bad = batch.settlements.iter().any(|one| one.settlement.status == Some(UNWRITABLE))
            || batch.reservations.iter().any(|one| one.request.model.contains('\0'));
        let (what, answer) = match self.random.of(0..400) {
            0..8 => ("locked", Err(BookError::Locked)),
            8..12 => ("lost before", Err(lost())),
            12..16 => ("stale", Ok(Applied::Stale(self.at()))),
            16..20 => ("missing", Ok(Applied::Missing)),
            20..30 if !is_bad => {
                self.late.push(batch.clone());
                return Some(Err(lost()));
            }
            _ if is_bad => ("bad data", Err(BookError::BadData("a text with a zero in it".into()))),
            _ => return None,
        };
        self.saw.count(what);
        Some(answer)
    }

    fn number(&mut self, batch: &Batch) -> Result<(), Applied> {
        let row = self.nodes.get(&batch.node).filter(|row| row.epoch == batch.epoch);
        match row {
            None => {
                self.saw.count("superseded");
                Err(Applied::Superseded)
            }
            Some(row) if row.batch != batch.number - 1 => Err(Applied::Void),
            Some(_) => Ok(()),
        }
    }

    fn fast(&mut self, batch: &Batch) -> Applied {
        if let Err(not) = self.number(batch) {
            return not;
        }
        let found = self.found(batch);
        let decisions = decide(found.clone(), &batch.reservations);
        if !decisions.iter().all(Decision::admits) || !self.remembers(batch) {
            return Applied::Contended;
        }
        self.saw.count("fast");
        self.write(batch, &decisions, found.at);
        Applied::Done(found)
    }

    /// Whether the node knows what all endings of a batch hold; what it knows must be right.
    fn remembers(&mut self, batch: &Batch) -> bool {
        let settled = batch.settlements.iter().map(|one| one.id);
        let mut ended = settled.chain(batch.releases.iter().map(|(_, id)| *id)).peekable();
        let has_endings = ended.peek().is_some();
        let all = ended.all(|id| {
            let (Some(intent), Some(known)) = (self.intents.get(&id), batch.admitted.get(&id))
            else {
                return false;
            };
            let request = &known.reserving.request;
            let counters: Vec<i64> = known.reserving.counters.iter().map(|one| one.id).collect();
            assert_eq!((intent.org, intent.bound), (request.org, request.bound));
            assert_eq!((&intent.counters, intent.at), (&counters, known.at));
            true
        });
        if all && has_endings {
            self.saw.count("fast endings");
        }
        all
    }

    /// What the reservations are measured against, after the endings.
    fn found(&self, batch: &Batch) -> Found {
        let mut after: HashMap<i64, Counter> = HashMap::new();
        let settled = batch.settlements.iter().map(|one| (one.id, one.settlement.charge));
        let released = batch.releases.iter().map(|(_, id)| (*id, Usd::ZERO));
        for (id, charge) in settled.chain(released) {
            let Some(intent) = self.intents.get(&id) else { continue };
            for id in &intent.counters {
                let counter = after.entry(*id).or_insert_with(|| self.counters[id]);
                counter.spent = counter.spent.plus(charge);
                counter.held = counter.held.minus(intent.bound);
                counter.running -= 1;
            }
        }
        let named: HashSet<i64> =
            batch.reservations.iter().flat_map(|one| &one.counters).map(|one| one.id).collect();
        let quotas = named.into_iter().filter_map(|id| {
            let (budget, amount) = *self.budgets.get(&id)?;
            let Counter { spent, held, running } = *after.get(&id).unwrap_or(&self.counters[&id]);
            let (counter, revision, observed) = (id, 1, false);
            Some(Quota {
                counter,
                budget: Some(budget),
                revision,
                amount,
                observed,
                spent,
                held,
                running,
            })
        });
        Found { at: self.at(), quotas: quotas.collect(), ..Found::default() }
    }

    fn write(&mut self, batch: &Batch, decisions: &[Decision], at: DateTime<Utc>) {
        for Settling { id, settlement, .. } in &batch.settlements {
            self.settle(*id, settlement);
        }
        for (_, id) in &batch.releases {
            if let Some(intent) = self.intents.remove(id) {
                self.saw.count("released");
                self.give_back(&intent);
            } else if let Some(event) = self.events.get_mut(id)
                && event.outcome == Outcome::Interrupted
                && !event.is_void
            {
                self.saw.count("released late");
                event.is_void = true;
                let (charge, counters) =
                    (std::mem::take(&mut event.charge), event.counters.clone());
                self.spend(&counters, Usd::ZERO.minus(charge));
            }
        }
        for (reserving, decision) in batch.reservations.iter().zip(decisions) {
            match decision {
                Decision::Admit(_) => {}
                Decision::Wait(..) => self.saw.count("waiting"),
                Decision::Refuse(_) => self.saw.count("refused"),
            }
            if !decision.admits() {
                continue;
            }
            let request = &reserving.request;
            let counters: Vec<i64> = reserving.counters.iter().map(|counter| counter.id).collect();
            for id in &counters {
                let counter = self.counters.get_mut(id).unwrap();
                counter.held = counter.held.plus(request.bound);
                counter.running += 1;
                if let Some((_, amount)) = self.budgets.get(id) {
                    assert!(counter.spent.plus(counter.held) <= *amount, "{counter:?} of {amount}");
                }
            }
            let owner = (batch.node, batch.epoch);
            let (org, bound, since) = (request.org, request.bound, Instant::now());
            let intent = Intent { org, owner, bound, counters, at, since };
            let old = self.intents.insert(request.id, intent);
            assert!(old.is_none() && !self.events.contains_key(&request.id), "admitted twice");
        }
        let row = self.nodes.get_mut(&batch.node).unwrap();
        (row.batch, row.applied_at) = (batch.number, Some(at));
    }

    fn settle(&mut self, id: EventId, settlement: &Settlement) {
        let (outcome, charge) = (settlement.outcome, settlement.charge);
        if let Some(intent) = self.intents.remove(&id) {
            self.give_back(&intent);
            self.spend(&intent.counters, charge);
            let event = Event { outcome, charge, counters: intent.counters, is_void: false };
            self.events.insert(id, event);
        } else if let Some(event) = self.events.get_mut(&id)
            && matches!(event.outcome, Outcome::Interrupted | Outcome::Unknown)
            && outcome == Outcome::Answered
        {
            self.saw.count("replaced late");
            let (old, counters) = (event.charge, event.counters.clone());
            (event.outcome, event.charge) = (outcome, charge);
            self.spend(&counters, charge.minus(old));
        }
    }

    fn give_back(&mut self, intent: &Intent) {
        for id in &intent.counters {
            let counter = self.counters.get_mut(id).unwrap();
            counter.held = counter.held.minus(intent.bound);
            counter.running -= 1;
        }
    }

    fn spend(&mut self, counters: &[i64], charge: Usd) {
        for id in counters {
            let counter = self.counters.get_mut(id).unwrap();
            counter.spent = counter.spent.plus(charge);
        }
    }

    fn interrupt(&mut self, owner: (NodeId, i64)) {
        let left: Vec<EventId> =
            self.intents.iter().filter(|(_, one)| one.owner == owner).map(|(id, _)| *id).collect();
        for id in left {
            self.saw.count("interrupted");
            let intent = self.intents.remove(&id).unwrap();
            self.give_back(&intent);
            self.spend(&intent.counters, intent.bound);
            let (outcome, charge) = (Outcome::Interrupted, intent.bound);
            let event = Event { outcome, charge, counters: intent.counters, is_void: false };
            self.events.insert(id, event);
        }
    }
}
