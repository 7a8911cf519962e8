//! What goes to the book in one call.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{EventId, NodeId, OrgId, Period, ProjectId, Scope};

use crate::{Realm, Request, Settlement};

/// What a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// All of a scope.
    Scope(Scope),
    /// What the usage limit is compared with: the organization without its sandbox requests.
    Usage,
}

/// Where a reservation is held: a counter, by what it counts and per what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The organization; a personal key has counters in several.
    pub org: OrgId,
    /// What is counted.
    pub counted: Counted,
    /// Per what.
    pub period: Period,
}

/// Whose pace it is: a project's use of a model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Paced {
    /// The organization.
    pub org: OrgId,
    /// The project.
    pub project: ProjectId,
    /// The model.
    pub model: String,
}

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
    /// Where it is held, in the order of [`Reserving::places`].
    pub counters: Vec<CounterRef>,
    /// The row of its rate.
    pub rate: i64,
}

impl Reserving {
    /// Where a request is held: organization, project and key, each by day, week and month, and the
    /// usage limit's month.
    pub fn places(request: &Request) -> Vec<Place> {
        let place = |counted| move |period| Place { org: request.org, counted, period };
        let scopes =
            [Scope::Org(request.org), Scope::Project(request.project), Scope::Key(request.key)];
        let counts =
            |scope: &Scope| request.realm != Realm::Rehearsal || !matches!(scope, Scope::Org(_));
        let mut places: Vec<Place> = scopes
            .into_iter()
            .filter(counts)
            .flat_map(|scope| Period::ALL.map(place(Counted::Scope(scope))))
            .collect();
        if request.realm == Realm::Provider {
            places.push(place(Counted::Usage)(Period::Month));
        }
        places
    }

    /// Whose rate it counts in.
    pub fn paced(request: &Request) -> Paced {
        Paced { org: request.org, project: request.project, model: request.model.clone() }
    }

    /// The organization's day that it belongs to.
    pub fn day(&self) -> CounterRef {
        self.counters[0]
    }
}

/// A reservation that was admitted, as the node remembers it.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// What was asked for.
    pub reserving: Reserving,
    /// When, by the database's clock: the time of the batch that held it.
    pub at: DateTime<Utc>,
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
    /// What its endings hold, as far as the node was told. The book compares it with what is written, and
    /// asks to decide where something is not known or not so.
    pub admitted: HashMap<EventId, Arc<Admitted>>,
}

impl Batch {
    /// A batch of nothing yet.
    pub fn empty(node: NodeId, epoch: i64, number: i64) -> Self {
        let (settlements, releases, reservations, admitted) = Default::default();
        Self { node, epoch, number, settlements, releases, reservations, admitted }
    }

    /// The time in which all its windows are current: from the latest start to the earliest end.
    pub fn valid(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let counters = || self.reservations.iter().flat_map(|reserving| &reserving.counters);
        (
            counters().map(|counter| counter.starts).max().unwrap_or(DateTime::UNIX_EPOCH),
            counters()
                .map(|counter| counter.ends)
                .min()
                .unwrap_or(DateTime::UNIX_EPOCH + TimeDelta::days(2_900_000)),
        )
    }
}
