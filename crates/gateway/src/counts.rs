//! What is counted in memory and written once a second: requests that providers did not serve, and those that
//! limits refused.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// More different counts than this are not kept while the database does not take them.
const MOST: usize = 50_000;

/// Counts since the last flush, by what they are of.
#[derive(Debug)]
pub(crate) struct Counts<K>(Mutex<HashMap<K, i64>>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq> Counts<K> {
    fn counts(&self) -> MutexGuard<'_, HashMap<K, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more.
    pub(crate) fn count(&self, of: K) {
        self.add(of, 1);
    }

    fn add(&self, of: K, requests: i64) {
        let mut counts = self.counts();
        if let Some(count) = counts.get_mut(&of) {
            *count += requests;
        } else if counts.len() < MOST {
            counts.insert(of, requests);
        }
    }

    /// What is to be written.
    pub(crate) fn take(&self) -> Vec<(K, i64)> {
        std::mem::take(&mut *self.counts()).into_iter().collect()
    }

    /// What could not be written, for the next time.
    pub(crate) fn put_back(&self, counts: Vec<(K, i64)>) {
        for (of, requests) in counts {
            self.add(of, requests);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_until_it_is_written() {
        let counts = Counts::default();
        counts.count("a");
        counts.count("a");
        let failed = counts.take();
        assert_eq!(failed, [("a", 2)]);
        counts.count("a");
        counts.count("b");
        counts.put_back(failed);
        let mut taken = counts.take();
        taken.sort_unstable();
        assert_eq!(taken, [("a", 3), ("b", 1)]);
        assert!(counts.take().is_empty());
    }
}
