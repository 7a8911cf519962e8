//! What providers did not serve, counted in memory and written once a second.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use store::system::ErrorOf;

/// More different counts than this are not kept while the database does not take them.
const MOST: usize = 50_000;

/// Counts since the last flush.
#[derive(Debug, Default)]
pub(crate) struct ProviderErrors(Mutex<HashMap<ErrorOf, i64>>);

impl ProviderErrors {
    fn counts(&self) -> MutexGuard<'_, HashMap<ErrorOf, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more.
    pub(crate) fn count(&self, of: ErrorOf) {
        self.add(of, 1);
    }

    fn add(&self, of: ErrorOf, requests: i64) {
        let mut counts = self.counts();
        if let Some(count) = counts.get_mut(&of) {
            *count += requests;
        } else if counts.len() < MOST {
            counts.insert(of, requests);
        }
    }

    /// What is to be written.
    pub(crate) fn take(&self) -> Vec<(ErrorOf, i64)> {
        std::mem::take(&mut *self.counts()).into_iter().collect()
    }

    /// What could not be written, for the next time.
    pub(crate) fn put_back(&self, counts: Vec<(ErrorOf, i64)>) {
        for (of, requests) in counts {
            self.add(of, requests);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{OrgId, ProjectId, ProviderError};

    use super::*;

    #[test]
    fn counts_until_it_is_written() {
        let of = |model: &str| ErrorOf {
            org: OrgId::generate(),
            project: ProjectId::generate(),
            model: model.to_owned(),
            error: ProviderError::Busy,
        };
        let (errors, first, second) = (ProviderErrors::default(), of("a"), of("b"));
        errors.count(first.clone());
        errors.count(first.clone());
        let failed = errors.take();
        assert_eq!(failed, [(first.clone(), 2)]);
        errors.count(first.clone());
        errors.count(second.clone());
        errors.put_back(failed);
        let mut counts = errors.take();
        counts.sort_unstable_by(|a, b| a.0.model.cmp(&b.0.model));
        assert_eq!(counts, [(first, 3), (second, 1)]);
        assert!(errors.take().is_empty());
    }
}
