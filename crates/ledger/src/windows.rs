//! The counters and rates that a node knows, and how late it is by the database's clock.

use std::{collections::HashMap, time::Instant};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{KeyId, OrgId, ProjectId};

use crate::{CounterRef, Paced, Place, Realm, Request, Reserving, Rows};

/// Counters by place, rates by project and model, and the clock.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    known: HashMap<Place, CounterRef>,
    /// The same once more: all that a request is held on, by one look.
    held: HashMap<Whose, Vec<CounterRef>>,
    rates: HashMap<(OrgId, ProjectId), HashMap<String, i64>>,
    clock: Option<(DateTime<Utc>, Instant)>,
}

/// What decides on which counters a request is held.
type Whose = (OrgId, ProjectId, KeyId, Realm);

fn whose(request: &Request) -> Whose {
    (request.org, request.project, request.key, request.realm)
}

impl CounterRef {
    fn contains(&self, now: DateTime<Utc>) -> bool {
        self.starts <= now && now < self.ends
    }
}

/// How many of each a node remembers before it starts anew.
const MOST: usize = 100_000;

impl Windows {
    /// The database's time as far as this node can tell.
    pub(crate) fn now(&self) -> Option<DateTime<Utc>> {
        let (at, since) = self.clock?;
        Some(at + TimeDelta::from_std(since.elapsed()).unwrap_or_default())
    }

    /// Takes note of the database's time.
    pub(crate) fn set_clock(&mut self, at: DateTime<Utc>) {
        self.clock = Some((at, Instant::now()));
    }

    /// Where a request is held, if all of it is known and current.
    pub(crate) fn of(&mut self, request: &Request) -> Option<Reserving> {
        let now = self.now()?;
        let rate = self.rate(request)?;
        let counters = match self.held(request, now) {
            Some(counters) => counters.clone(),
            None => self.gather(request, now)?,
        };
        Some(Reserving { request: request.clone(), counters, rate })
    }

    /// The places of a request whose counters must be asked for, and its rate if that must be.
    pub(crate) fn missing(&self, request: &Request) -> (Vec<Place>, Option<Paced>) {
        let paced = self.rate(request).is_none().then(|| Reserving::paced(request));
        let now = self.now();
        if now.is_some_and(|now| self.held(request, now).is_some()) {
            return (Vec::new(), paced);
        }
        let mut places = Reserving::places(request);
        places.retain(|place| now.and_then(|now| self.current(place, now)).is_none());
        (places, paced)
    }

    fn held(&self, request: &Request, now: DateTime<Utc>) -> Option<&Vec<CounterRef>> {
        let counters = self.held.get(&whose(request))?;
        counters.iter().all(|counter| counter.contains(now)).then_some(counters)
    }

    fn gather(&mut self, request: &Request, now: DateTime<Utc>) -> Option<Vec<CounterRef>> {
        let places = Reserving::places(request);
        let counters: Vec<CounterRef> =
            places.iter().map(|place| self.current(place, now)).collect::<Option<_>>()?;
        if self.held.len() >= MOST {
            self.held.clear();
        }
        self.held.insert(whose(request), counters.clone());
        Some(counters)
    }

    fn current(&self, place: &Place, now: DateTime<Utc>) -> Option<CounterRef> {
        self.known.get(place).filter(|counter| counter.contains(now)).copied()
    }

    fn rate(&self, request: &Request) -> Option<i64> {
        self.rates.get(&(request.org, request.project))?.get(&request.model).copied()
    }

    /// Remembers what the book answered.
    pub(crate) fn learn(&mut self, places: &[Place], paced: &[Paced], rows: &Rows) {
        self.set_clock(rows.at);
        let rates: usize = self.rates.values().map(HashMap::len).sum();
        if self.known.len() > MOST || rates > MOST {
            self.forget();
        }
        self.known.extend(places.iter().copied().zip(rows.counters.iter().copied()));
        for (paced, rate) in paced.iter().zip(&rows.rates) {
            let rates = self.rates.entry((paced.org, paced.project)).or_default();
            rates.insert(paced.model.clone(), *rate);
        }
    }

    /// Forgets everything, so that it is asked for again.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
        self.rates.clear();
        self.held.clear();
    }
}
