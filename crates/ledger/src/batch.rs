//! What goes to the book in one call.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{EventId, NodeId, OrgId, Period, Scope};

use crate::{Request, Settlement};

/// Counters that a reservation is held on: organization, project and key, by day, week and month.
pub const COUNTERS: usize = 9;

/// One counter, as a node remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterRef {
    /// Its row; rows are locked in order of it.
    pub id: i64,
    /// The window's first instant.
    pub starts: DateTime<Utc>,
    /// The window's end.
    pub ends: DateTime<Utc>,
}

/// A reservation in a batch.
#[derive(Debug, Clone)]
pub struct Reserving {
    /// What asks to be admitted.
    pub request: Request,
    /// Where it is held: by scope (organization, project, key), in each by period (day, week,
    /// month).
    pub counters: [CounterRef; COUNTERS],
}

impl Reserving {
    /// Scopes and periods in the order of `counters`.
    pub fn places(request: &Request) -> [(Scope, Period); COUNTERS] {
        let scopes =
            [Scope::Org(request.org), Scope::Project(request.project), Scope::Key(request.key)];
        std::array::from_fn(|place| (scopes[place / 3], Period::ALL[place % 3]))
    }

    /// The organization's day that it belongs to.
    pub const fn day(&self) -> CounterRef {
        self.counters[0]
    }
}

/// A settlement in a batch.
#[derive(Debug, Clone)]
pub struct Settling {
    /// The organization.
    pub org: OrgId,
    /// The request.
    pub id: EventId,
    /// How it ended.
    pub settlement: Settlement,
}

/// A batch. It is kept unchanged until its fate is known.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The node.
    pub node: NodeId,
    /// The node's epoch.
    pub epoch: i64,
    /// The batch's number: one more than the node's last.
    pub number: i64,
    /// Requests that ended with a usage.
    pub settlements: Vec<Settling>,
    /// Requests that were never forwarded.
    pub releases: Vec<(OrgId, EventId)>,
    /// Requests that ask to be admitted, in order of arrival.
    pub reservations: Vec<Reserving>,
}

impl Batch {
    /// The time in which all its windows are current: from the latest start to the earliest end.
    pub fn valid(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let counters = || self.reservations.iter().flat_map(|reserving| reserving.counters);
        (
            counters().map(|counter| counter.starts).max().unwrap_or(DateTime::UNIX_EPOCH),
            counters()
                .map(|counter| counter.ends)
                .min()
                .unwrap_or(DateTime::UNIX_EPOCH + TimeDelta::days(2_900_000)),
        )
    }
}
