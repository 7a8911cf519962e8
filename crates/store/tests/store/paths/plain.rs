//! The plain model: a list of requests, and what limits say of them, added up from nothing.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use domain::{BudgetId, EventId, KeyId, Period, Scope, Usd};
use ledger::{Batch, Counted, Decision, Found, Guard, Quota, Rate, Reserving};

/// A budget with the raises that it had.
#[derive(Debug, Clone)]
pub(super) struct Amount {
    pub(super) id: BudgetId,
    pub(super) revision: i32,
    pub(super) own: Usd,
    pub(super) observed: bool,
    /// Amount, beginning, end.
    pub(super) raises: Vec<(Usd, DateTime<Utc>, DateTime<Utc>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Ended(Usd),
    Released,
}

#[derive(Debug, Clone)]
struct Known {
    id: EventId,
    key: KeyId,
    bound: Usd,
    counters: Vec<i64>,
    rate: i64,
    minute: DateTime<Utc>,
    day: DateTime<Utc>,
    /// What the rates count.
    tokens: u64,
    state: State,
}

/// What one counter must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sum {
    pub(super) spent: Usd,
    pub(super) held: Usd,
    pub(super) requests: i64,
    pub(super) running: i64,
}

/// All that happened in one organization, and its limits as they are.
#[derive(Debug, Clone, Default)]
pub(super) struct Plain {
    requests: Vec<Known>,
    pub(super) tier: i32,
    pub(super) usage_limit: Usd,
    pub(super) tier_rates: [Option<u64>; 4],
    /// By model: revision, and in the order of `Pace::ALL`.
    pub(super) own_rates: HashMap<String, (i32, [Option<u64>; 4])>,
    pub(super) guards: HashMap<KeyId, u32>,
    pub(super) budgets: HashMap<(Scope, Period), Amount>,
}

impl Plain {
    /// Nothing happened, on the first tier.
    pub(super) fn new() -> Self {
        Self { tier: 1, usage_limit: Usd::from_dollars(100), ..Self::default() }
    }

    /// The open requests, in the order in which they were admitted.
    pub(super) fn open(&self) -> Vec<(EventId, Usd)> {
        let open = self.requests.iter().filter(|known| known.state == State::Open);
        open.map(|known| (known.id, known.bound)).collect()
    }

    /// What a batch's reservations are measured against, after its endings.
    pub(super) fn found(&self, batch: &Batch, at: DateTime<Utc>) -> Found {
        let mut after = self.clone();
        after.end(batch);
        let mut found = Found { at, ..Found::default() };
        let (mut counters, mut rates) = (BTreeMap::new(), BTreeMap::new());
        for reserving in &batch.reservations {
            let places = Reserving::places(&reserving.request);
            for (place, counter) in places.iter().zip(&reserving.counters) {
                counters.insert(counter.id, *place);
            }
            rates.insert(reserving.rate, reserving);
        }
        for (id, place) in counters {
            found.quotas.extend(after.quota(id, place.counted, place.period, at));
            if let (Counted::Scope(Scope::Key(key)), Period::Day) = (place.counted, place.period)
                && let Some(most) = after.guards.get(&key)
            {
                let runs = |known: &&Known| known.key == key && known.state == State::Open;
                let running = after.requests.iter().filter(runs).count() as u64;
                found.guards.push(Guard { counter: id, running, most: *most });
            }
        }
        found.rates.extend(rates.into_values().filter_map(|reserving| after.rate(reserving, at)));
        found
    }

    fn quota(&self, id: i64, counted: Counted, period: Period, at: DateTime<Utc>) -> Option<Quota> {
        let Sum { spent, held, running, .. } = self.sums().get(&id).copied().unwrap_or_default();
        let quota = Quota {
            counter: id,
            budget: None,
            revision: self.tier,
            amount: self.usage_limit,
            observed: false,
            spent,
            held,
            running: u32::try_from(running).unwrap(),
        };
        let Counted::Scope(scope) = counted else { return Some(quota) };
        let budget = self.budgets.get(&(scope, period))?;
        let raises = budget.raises.iter().filter(|(_, from, until)| *from <= at && at < *until);
        Some(Quota {
            budget: Some(budget.id),
            revision: budget.revision,
            amount: raises.map(|raise| raise.0).fold(budget.own, Usd::max),
            observed: budget.observed,
            ..quota
        })
    }

    fn rate(&self, reserving: &Reserving, at: DateTime<Utc>) -> Option<Rate> {
        let own = self.own_rates.get(&reserving.request.model);
        let (revision, own) = own.copied().unwrap_or_default();
        let least = |place: usize| own[place].into_iter().chain(self.tier_rates[place]).min();
        let limits = std::array::from_fn(least);
        limits.iter().any(Option::is_some).then(|| {
            let counts =
                |known: &&Known| known.rate == reserving.rate && known.state != State::Released;
            let counted = || self.requests.iter().filter(counts);
            let minute = || counted().filter(|known| known.minute == minute_of(at));
            let day = || counted().filter(|known| known.day == reserving.day().starts);
            let used = [
                minute().count() as u64,
                minute().map(|known| known.tokens).sum(),
                day().count() as u64,
                day().map(|known| known.tokens).sum(),
            ];
            Rate { id: reserving.rate, revision, used, limits }
        })
    }

    /// What a batch did.
    pub(super) fn take(&mut self, batch: &Batch, decided: &[Decision], at: DateTime<Utc>) {
        self.end(batch);
        for (reserving, decision) in batch.reservations.iter().zip(decided) {
            if decision.admits() {
                let request = &reserving.request;
                self.requests.push(Known {
                    id: request.id,
                    key: request.key,
                    bound: request.bound,
                    counters: reserving.counters.iter().map(|counter| counter.id).collect(),
                    rate: reserving.rate,
                    minute: minute_of(at),
                    day: reserving.day().starts,
                    tokens: request.tokens,
                    state: State::Open,
                });
            }
        }
    }

    fn end(&mut self, batch: &Batch) {
        for settling in &batch.settlements {
            let known = self.known(settling.id);
            known.state = State::Ended(settling.settlement.charge);
            known.tokens = settling.settlement.used().unwrap_or(known.tokens);
        }
        for (_, id) in &batch.releases {
            self.known(*id).state = State::Released;
        }
    }

    fn known(&mut self, id: EventId) -> &mut Known {
        self.requests.iter_mut().find(|known| known.id == id).unwrap()
    }

    /// By counter.
    pub(super) fn sums(&self) -> HashMap<i64, Sum> {
        let mut sums: HashMap<i64, Sum> = HashMap::new();
        for known in &self.requests {
            for id in &known.counters {
                let sum = sums.entry(*id).or_default();
                match known.state {
                    State::Open => {
                        sum.held = sum.held.plus(known.bound);
                        sum.running += 1;
                    }
                    State::Ended(charge) => {
                        sum.spent = sum.spent.plus(charge);
                        sum.requests += 1;
                    }
                    State::Released => {}
                }
            }
        }
        sums
    }
}

fn minute_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::minutes(1)).unwrap()
}
