//! When keys were last used, in memory until it is written.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use domain::{KeyId, OrgId};
use store::system::KeyState;

/// More different keys than this are not kept while the database does not take them.
const MOST: usize = 50_000;

/// Last uses since they were last written; of a personal key in each organization.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<(OrgId, KeyId), Instant>>);

impl Uses {
    fn times(&self) -> MutexGuard<'_, HashMap<(OrgId, KeyId), Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key was presented by who holds it.
    pub(crate) fn note(&self, key: &KeyState, at: Instant) {
        self.keep((key.org, key.key), at);
    }

    fn keep(&self, key: (OrgId, KeyId), at: Instant) {
        let mut times = self.times();
        if let Some(last) = times.get_mut(&key) {
            *last = at.max(*last);
        } else if times.len() < MOST {
            times.insert(key, at);
        }
    }

    /// What is to be written.
    pub(crate) fn take(&self) -> Vec<(OrgId, KeyId, Instant)> {
        std::mem::take(&mut *self.times())
            .into_iter()
            .map(|((org, key), at)| (org, key, at))
            .collect()
    }

    /// What could not be written, for the next time.
    pub(crate) fn put_back(&self, uses: Vec<(OrgId, KeyId, Instant)>) {
        for (org, key, at) in uses {
            self.keep((org, key), at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn keeps_the_last_use_until_it_is_written() {
        let (uses, key) = (Uses::default(), crate::keys::tests::key(OrgId::generate()));
        let (first, last) = (Instant::now(), Instant::now() + Duration::from_secs(1));
        uses.note(&key, last);
        uses.note(&key, first);
        let failed = uses.take();
        assert_eq!(failed, [(key.org, key.key, last)]);
        uses.note(&key, first);
        uses.put_back(failed);
        assert_eq!(uses.take(), [(key.org, key.key, last)]);
        assert!(uses.take().is_empty());
    }
}
