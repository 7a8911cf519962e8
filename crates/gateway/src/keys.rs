//! Keys in memory, for as long as they are known to be what the database says.
//!
//! Every 250 ms a node asks which organizations changed and forgets their keys; every minute it
//! forgets all. If it could not ask for a second it knows nothing any more: then nothing is admitted.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{Duration, Instant},
};

use domain::OrgId;
use store::system::KeyState;

/// How old the last news may be.
const FRESH: Duration = Duration::from_secs(1);
/// How long a key that does not exist is remembered.
const UNKNOWN: Duration = Duration::from_secs(1);
/// How long any key is remembered.
const EVERYTHING: Duration = Duration::from_mins(1);
/// The most keys, known and unknown, in memory.
const MOST: usize = 20_000;

/// What is remembered of a public id.
pub(crate) type Known = Option<Arc<KeyState>>;

#[derive(Debug)]
struct Entry {
    known: Known,
    since: Instant,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<Box<str>, Entry>,
    /// Counts how often something was forgotten: what was read before is not to be remembered.
    generation: u64,
    /// When the last successful question for news was asked.
    asked: Option<Instant>,
    cleared: Option<Instant>,
}

/// Keys by public id.
#[derive(Debug, Default)]
pub(crate) struct Keys(RwLock<Inner>);

/// What memory answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// Remembered.
    Known(Known),
    /// Ask the database, and give this back with its answer.
    Ask(u64),
    /// The news are too old to decide anything.
    Stale,
}

impl Keys {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a public id.
    pub(crate) fn find(&self, public_id: &str, now: Instant) -> Lookup {
        let inner = self.read();
        let fresh = |asked: Instant| now.saturating_duration_since(asked) <= FRESH;
        if !inner.asked.is_some_and(fresh) {
            return Lookup::Stale;
        }
        match inner.entries.get(public_id) {
            Some(entry)
                if entry.known.is_some()
                    || now.saturating_duration_since(entry.since) < UNKNOWN =>
            {
                Lookup::Known(entry.known.clone())
            }
            _ => Lookup::Ask(inner.generation),
        }
    }

    /// Remembers what the database answered, unless something was forgotten since it was asked: the
    /// answer may be from before the change.
    pub(crate) fn learn(&self, public_id: &str, known: Known, generation: u64, now: Instant) {
        let mut inner = self.write();
        if inner.generation != generation {
            return;
        }
        if inner.entries.len() >= MOST {
            inner.entries.retain(|_, entry| entry.known.is_some());
        }
        if inner.entries.len() >= MOST {
            inner.entries.clear();
        }
        inner.entries.insert(public_id.into(), Entry { known, since: now });
    }

    /// Takes the news: organizations that changed, as of the moment when that was asked.
    pub(crate) fn news(&self, changed: &[OrgId], asked: Instant) {
        let mut inner = self.write();
        let over = |cleared: Instant| asked.saturating_duration_since(cleared) >= EVERYTHING;
        if inner.cleared.is_none_or(over) {
            inner.cleared = Some(asked);
            inner.generation += 1;
            inner.entries.clear();
        } else if !changed.is_empty() {
            inner.generation += 1;
            // A key that was unknown may be a new one of theirs.
            inner.entries.retain(|_, entry| {
                entry.known.as_ref().is_some_and(|key| !changed.contains(&key.org))
            });
        }
        inner.asked = Some(asked);
    }
}

#[cfg(test)]
mod tests {
    use domain::{KeyId, ProjectId};

    use super::*;

    fn key(org: OrgId) -> Arc<KeyState> {
        Arc::new(KeyState {
            key: KeyId::generate(),
            org,
            project: ProjectId::generate(),
            member: None,
            secret_hash: [0; 32],
            revoked: false,
            archived: false,
            suspended: false,
            billing: true,
        })
    }

    fn generation(keys: &Keys, now: Instant) -> u64 {
        match keys.find("nobody", now) {
            Lookup::Ask(generation) => generation,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn knows_nothing_without_fresh_news() {
        let (keys, now) = (Keys::default(), Instant::now());
        assert_eq!(keys.find("a", now), Lookup::Stale);
        keys.news(&[], now);
        assert!(matches!(keys.find("a", now + FRESH), Lookup::Ask(_)));
        assert_eq!(keys.find("a", now + FRESH + Duration::from_millis(1)), Lookup::Stale);
    }

    #[test]
    fn forgets_the_keys_of_an_organization_that_changed() {
        let (keys, now) = (Keys::default(), Instant::now());
        let (one, other) = (OrgId::generate(), OrgId::generate());
        keys.news(&[], now);
        let at = generation(&keys, now);
        keys.learn("one", Some(key(one)), at, now);
        keys.learn("other", Some(key(other)), at, now);
        keys.learn("unknown", None, at, now);
        assert_eq!(keys.find("unknown", now), Lookup::Known(None));
        keys.news(&[one], now);
        assert!(matches!(keys.find("one", now), Lookup::Ask(_)));
        assert!(matches!(keys.find("other", now), Lookup::Known(Some(_))));
        assert!(matches!(keys.find("unknown", now), Lookup::Ask(_)));
    }

    #[test]
    fn does_not_remember_an_answer_from_before_a_change() {
        let (keys, now) = (Keys::default(), Instant::now());
        let org = OrgId::generate();
        keys.news(&[], now);
        let before = generation(&keys, now);
        keys.news(&[org], now);
        keys.learn("key", Some(key(org)), before, now);
        assert!(matches!(keys.find("key", now), Lookup::Ask(_)));
    }

    #[test]
    fn forgets_everything_every_minute_and_the_unknown_every_second() {
        let (keys, now) = (Keys::default(), Instant::now());
        keys.news(&[], now);
        let at = generation(&keys, now);
        keys.learn("key", Some(key(OrgId::generate())), at, now);
        keys.learn("unknown", None, at, now);
        let later = now + UNKNOWN;
        keys.news(&[], later);
        assert!(matches!(keys.find("unknown", later), Lookup::Ask(_)));
        assert!(matches!(keys.find("key", later), Lookup::Known(Some(_))));
        let later = now + EVERYTHING;
        keys.news(&[], later);
        assert!(matches!(keys.find("key", later), Lookup::Ask(_)));
    }

    #[test]
    fn stays_small() {
        let (keys, now) = (Keys::default(), Instant::now());
        keys.news(&[], now);
        let at = generation(&keys, now);
        for id in 0..MOST + 10 {
            keys.learn(&id.to_string(), None, at, now);
        }
        assert!(keys.read().entries.len() <= MOST);
    }
}
