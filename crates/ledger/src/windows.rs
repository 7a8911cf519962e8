//! The counters that a node knows, and how late it is by the database's clock.

use std::{collections::HashMap, time::Instant};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{OrgId, Period, Scope};

use crate::{COUNTERS, CounterRef, Request, Reserving};

/// Counters by place, and the clock.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// With the organization: a personal key has counters in several.
    known: HashMap<(OrgId, Scope, Period), CounterRef>,
    clock: Option<(DateTime<Utc>, Instant)>,
}

/// How many counters a node remembers before it starts anew.
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

    /// The counters of a request, if all are known and current.
    pub(crate) fn of(&self, request: &Request) -> Option<[CounterRef; COUNTERS]> {
        let now = self.now()?;
        let found: Vec<CounterRef> = Reserving::places(request)
            .into_iter()
            .map_while(|(scope, period)| {
                let place = (request.org, scope, period);
                self.known.get(&place).filter(|c| c.starts <= now && now < c.ends).copied()
            })
            .collect();
        found.try_into().ok()
    }

    /// The places of a request whose counters must be asked for.
    pub(crate) fn missing(&self, request: &Request) -> Vec<(OrgId, Scope, Period)> {
        let now = self.now();
        Reserving::places(request)
            .into_iter()
            .map(|(scope, period)| (request.org, scope, period))
            .filter(|place| {
                let over = |c: &CounterRef| now.is_none_or(|now| now < c.starts || c.ends <= now);
                self.known.get(place).is_none_or(over)
            })
            .collect()
    }

    /// Remembers what the book answered.
    pub(crate) fn learn(&mut self, places: &[(OrgId, Scope, Period)], counters: &[CounterRef]) {
        if self.known.len() > MOST {
            self.known.clear();
        }
        self.known.extend(places.iter().copied().zip(counters.iter().copied()));
    }

    /// Forgets everything, so that it is asked for again.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }
}
