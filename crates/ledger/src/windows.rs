//! The counters and rates that a node knows, and how late it is by the database's clock.

use std::{collections::HashMap, time::Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{CounterRef, Paced, Place, Request, Reserving, Rows};

/// Counters by place, rates by project and model, and the clock.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    known: HashMap<Place, CounterRef>,
    rates: HashMap<Paced, i64>,
    clock: Option<(DateTime<Utc>, Instant)>,
}

/// How many counters, and how many rates, a node remembers before it starts anew.
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
    pub(crate) fn of(&self, request: &Request) -> Option<Reserving> {
        let now = self.now()?;
        let current = |place| self.known.get(&place).filter(|c| c.starts <= now && now < c.ends);
        let counters = Reserving::places(request)
            .into_iter()
            .map(|place| current(place).copied())
            .collect::<Option<Vec<_>>>()?;
        let rate = *self.rates.get(&Reserving::paced(request))?;
        Some(Reserving { request: request.clone(), counters, rate })
    }

    /// The places of a request whose counters must be asked for, and its rate if that must be.
    pub(crate) fn missing(&self, request: &Request) -> (Vec<Place>, Option<Paced>) {
        let now = self.now();
        let over = |c: &CounterRef| now.is_none_or(|now| now < c.starts || c.ends <= now);
        let mut places = Reserving::places(request);
        places.retain(|place| self.known.get(place).is_none_or(over));
        let paced = Reserving::paced(request);
        let known = self.rates.contains_key(&paced);
        (places, (!known).then_some(paced))
    }

    /// Remembers what the book answered.
    pub(crate) fn learn(&mut self, places: &[Place], paced: &[Paced], rows: &Rows) {
        self.set_clock(rows.at);
        if self.known.len() > MOST || self.rates.len() > MOST {
            self.forget();
        }
        self.known.extend(places.iter().copied().zip(rows.counters.iter().copied()));
        self.rates.extend(paced.iter().cloned().zip(rows.rates.iter().copied()));
    }

    /// Forgets everything, so that it is asked for again.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
        self.rates.clear();
    }
}
