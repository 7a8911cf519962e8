//! Reservations that wait for running requests: held is not spent.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use domain::Scope;

use crate::{Limit, Request, handle::Waiting};

/// How long a reservation waits at most for what others hold.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often it asks again when nothing was released on this node.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(50);

struct Parked {
    waiting: Waiting,
    since: Instant,
    limit: Limit,
}

/// First come, first served.
#[derive(Default)]
pub(crate) struct Parking {
    queue: VecDeque<Parked>,
    offered: Option<Instant>,
}

impl Parking {
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The limit for which somebody waits already that the request would be judged by too.
    pub(crate) fn ahead_of(&self, request: &Request) -> Option<Limit> {
        let scopes =
            [Scope::Org(request.org), Scope::Project(request.project), Scope::Key(request.key)];
        self.queue
            .iter()
            .find(|parked| scopes.contains(&parked.limit.scope))
            .map(|parked| parked.limit.clone())
    }

    /// Puts a reservation aside; `since` is when it was first put aside.
    pub(crate) fn park(&mut self, waiting: Waiting, since: Instant, limit: Limit) {
        self.queue.push_back(Parked { waiting, since, limit });
    }

    /// Whether they should ask again, `freed` telling that this node has just given something back.
    pub(crate) fn due(&self, freed: bool, now: Instant) -> bool {
        !self.queue.is_empty()
            && (freed
                || self.offered.is_none_or(|offered| now.duration_since(offered) >= ASK_AGAIN))
    }

    /// Takes everyone out, in order, to be offered before what is new.
    pub(crate) fn offer(&mut self, now: Instant) -> Vec<(Waiting, Instant)> {
        self.offered = Some(now);
        self.queue.drain(..).map(|parked| (parked.waiting, parked.since)).collect()
    }

    /// Takes out those whose patience is over or whose caller is gone.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<(Waiting, Limit)> {
        let (over, kept) = self.queue.drain(..).partition(|parked: &Parked| {
            now.duration_since(parked.since) >= PATIENCE || parked.waiting.is_gone()
        });
        let over: VecDeque<Parked> = over;
        self.queue = kept;
        over.into_iter().map(|parked| (parked.waiting, parked.limit)).collect()
    }
}
