//! Refusals, counted in memory and written once a second: a storm at a limit writes next to nothing.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::ReceiptId;
use store::system::{
    KeyState,
    receipts::{Cause, ReceiptRow},
};

/// More different receipts than this are not kept while the database does not take them.
const MOST: usize = 50_000;

/// Counts since the last flush; a receipt's id already says which budget, revision, key and quarter
/// of an hour it is about.
#[derive(Debug, Default)]
pub(crate) struct Receipts(Mutex<HashMap<ReceiptId, ReceiptRow>>);

impl Receipts {
    fn rows(&self) -> MutexGuard<'_, HashMap<ReceiptId, ReceiptRow>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more refusal.
    pub(crate) fn count(&self, key: &KeyState, cause: Cause) {
        self.add(ReceiptRow { org: key.org, project: key.project, key: key.key, cause, count: 1 });
    }

    fn add(&self, row: ReceiptRow) {
        let mut rows = self.rows();
        let full = rows.len() >= MOST;
        match rows.entry(row.cause.receipt()) {
            Entry::Occupied(mut known) => known.get_mut().count += row.count,
            Entry::Vacant(place) if !full => drop(place.insert(row)),
            Entry::Vacant(_) => {}
        }
    }

    /// What is to be written, in the order of ids so that nodes do not wait for each other in a ring.
    pub(crate) fn take(&self) -> Vec<ReceiptRow> {
        let mut rows: Vec<_> = std::mem::take(&mut *self.rows()).into_values().collect();
        rows.sort_unstable_by_key(|row| (row.org, row.cause.receipt()));
        rows
    }

    /// What could not be written, for the next time.
    pub(crate) fn put_back(&self, rows: Vec<ReceiptRow>) {
        for row in rows {
            self.add(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::OrgId;

    use super::*;

    #[test]
    fn counts_until_it_is_written() {
        let crate::refusal::Refused { limit, bound, .. } = crate::refusal::tests::example(false);
        let (receipts, cause) =
            (Receipts::default(), || Cause::Amount { limit: limit.clone(), bound });
        let key = crate::keys::tests::key(OrgId::generate());
        let counts = || receipts.take().iter().map(|row| row.count).collect::<Vec<_>>();
        receipts.count(&key, cause());
        receipts.count(&key, cause());
        let failed = receipts.take();
        receipts.count(&key, cause());
        receipts.put_back(failed);
        assert_eq!(counts(), [3]);
        assert!(counts().is_empty());
    }
}
