//! What waits to be written.

use std::{collections::HashMap, time::Instant};

use domain::{EventId, OrgId};
use tokio::sync::oneshot;

use crate::{
    Settling,
    handle::{Command, Waiting},
};

/// A reservation and since when it waits.
pub(crate) struct Asking {
    pub(crate) waiting: Waiting,
    pub(crate) since: Instant,
}

/// A settlement and who waits for its commit.
pub(crate) struct Ended {
    pub(crate) settling: Settling,
    pub(crate) done: Option<oneshot::Sender<()>>,
}

/// Commands that go, or went, into one batch.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) settlements: Vec<Ended>,
    pub(crate) releases: Vec<(OrgId, EventId)>,
    pub(crate) reservations: Vec<Asking>,
}

impl Work {
    pub(crate) fn len(&self) -> usize {
        self.settlements.len() + self.releases.len() + self.reservations.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn push(&mut self, command: Command, now: Instant) {
        match command {
            Command::Reserve(waiting) => self.reservations.push(Asking { waiting, since: now }),
            Command::Release { org, id } => self.releases.push((org, id)),
            Command::Settle { org, id, settlement, done } => {
                self.settlements.push(Ended { settling: Settling { org, id, settlement }, done });
            }
        }
    }

    /// Two halves, what ends before what begins; none for less than two commands.
    pub(crate) fn halve(mut self) -> Result<(Self, Self), Self> {
        if self.len() < 2 {
            return Err(self);
        }
        let mut rest = self.len() / 2;
        let first = Self {
            settlements: take(&mut self.settlements, &mut rest),
            releases: take(&mut self.releases, &mut rest),
            reservations: take(&mut self.reservations, &mut rest),
        };
        Ok((first, self))
    }

    /// By organization, so that one tenant's stuck row stops only that tenant.
    pub(crate) fn by_organization(self) -> HashMap<OrgId, Self> {
        let mut parts: HashMap<OrgId, Self> = HashMap::new();
        for ended in self.settlements {
            parts.entry(ended.settling.org).or_default().settlements.push(ended);
        }
        for release in self.releases {
            parts.entry(release.0).or_default().releases.push(release);
        }
        for asking in self.reservations {
            parts.entry(asking.waiting.request.org).or_default().reservations.push(asking);
        }
        parts
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.settlements.append(&mut other.settlements);
        self.releases.append(&mut other.releases);
        self.reservations.append(&mut other.reservations);
    }
}

fn take<T>(from: &mut Vec<T>, rest: &mut usize) -> Vec<T> {
    let taken: Vec<T> = from.drain(..from.len().min(*rest)).collect();
    *rest -= taken.len();
    taken
}
