//! Organizations that are set aside, so that what can't be written for one holds up no other.

use std::time::{Duration, Instant};

use domain::OrgId;

use super::{Node, refuse_late};
use crate::{Book, work::Work};

/// A pause before what is set aside is tried again. Asking for a locked row takes a while, in which
/// nobody else's batch is written: that must not be most of the time.
const ASIDE: Duration = Duration::from_millis(500);

impl<B: Book> Node<B> {
    /// Somebody holds a row: the organizations of the batch go on one by one, and the one whose row
    /// it is waits for its turn.
    pub(super) fn single_out(&mut self, work: Work, queue: &mut Vec<Work>) {
        let mut parts = work.by_organization();
        if parts.len() > 1 {
            queue.extend(parts.into_values());
        } else if let Some((org, work)) = parts.drain().next() {
            self.set_aside(org, work);
        }
    }

    pub(super) fn set_aside(&mut self, org: OrgId, mut work: Work) {
        let now = Instant::now();
        refuse_late(&mut work, now);
        let (aside, again) = self.aside.entry(org).or_insert_with(|| (Work::default(), now));
        aside.append(work);
        *again = now + ASIDE;
    }

    /// What was set aside and is to be tried again, an organization at a time.
    pub(super) fn due_again(&mut self, now: Instant) -> Vec<Work> {
        let due = self.aside.extract_if(|_, (_, again)| *again <= now);
        due.map(|(_, (work, _))| work).collect()
    }

    /// What arrives for an organization that is set aside waits with it.
    pub(super) fn without_aside(&mut self, work: Work) -> Work {
        if self.aside.is_empty() {
            return work;
        }
        let mut others = Work::default();
        for (org, part) in work.by_organization() {
            match self.aside.get_mut(&org) {
                Some((aside, _)) => aside.append(part),
                None => others.append(part),
            }
        }
        others
    }
}
