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
use store::system::{KeyState, Named, Presented, Proof, Reach, Unbilled};

/// How old the last news may be.
const FRESH: Duration = Duration::from_secs(1);
/// How long it is remembered that a key does not exist, or that nobody is billed.
const UNKNOWN: Duration = Duration::from_secs(1);
/// How long any key is remembered.
const EVERYTHING: Duration = Duration::from_mins(1);
/// The most keys, known and unknown, in memory.
const MOST: usize = 20_000;
/// The most answers of one personal key, by what its requests name.
const CHOICES: usize = 32;

/// Where a request goes, or why nowhere.
pub(crate) type Choice = Result<Arc<KeyState>, Unbilled>;

#[derive(Debug)]
struct Entry {
    known: Option<(Proof, Goes)>,
    since: Instant,
}

/// Where a key's requests go.
#[derive(Debug)]
enum Goes {
    Project(Arc<KeyState>),
    /// By what a request names; nothing stops a client from naming something else every time.
    Personal {
        orgs: Vec<OrgId>,
        choices: HashMap<Named, (Choice, Instant)>,
    },
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
    /// There is no such key.
    Nobody,
    /// Remembered.
    Known(Proof, Choice),
    /// The key is remembered, not where its request goes: ask as for [`Lookup::Ask`], but only on
    /// behalf of who holds the key.
    Unchosen(Proof, u64),
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

    /// Whether the news are young enough to decide anything.
    pub(crate) fn are_fresh(&self, now: Instant) -> bool {
        self.read().are_fresh(now)
    }

    /// What is known of a public id, and of what a request with it names.
    pub(crate) fn find(&self, public_id: &str, named: Named, now: Instant) -> Lookup {
        let inner = self.read();
        if !inner.are_fresh(now) {
            return Lookup::Stale;
        }
        let recent = |since: Instant| now.saturating_duration_since(since) < UNKNOWN;
        match inner.entries.get(public_id) {
            Some(Entry { known: None, since }) if recent(*since) => Lookup::Nobody,
            None | Some(Entry { known: None, .. }) => Lookup::Ask(inner.generation),
            Some(Entry { known: Some((proof, Goes::Project(key))), .. }) => {
                Lookup::Known(*proof, Ok(Arc::clone(key)))
            }
            Some(Entry { known: Some((proof, Goes::Personal { choices, .. })), .. }) => {
                match choices.get(&named) {
                    Some((choice, since)) if choice.is_ok() || recent(*since) => {
                        Lookup::Known(*proof, choice.clone())
                    }
                    _ => Lookup::Unchosen(*proof, inner.generation),
                }
            }
        }
    }

    /// Remembers what the database answered, unless something was forgotten since it was asked: the
    /// answer may be from before the change. Gives it back as [`Lookup::Known`] or
    /// [`Lookup::Nobody`].
    pub(crate) fn learn(
        &self,
        public_id: &str,
        named: Named,
        found: Option<Presented>,
        generation: u64,
        now: Instant,
    ) -> Lookup {
        let mut inner = self.write();
        let remembers = inner.generation == generation;
        let Some(Presented { proof, reach }) = found else {
            if remembers {
                inner.put(public_id, Entry { known: None, since: now });
            }
            return Lookup::Nobody;
        };
        match reach {
            Reach::Project(key) => {
                let key = Arc::new(key);
                if remembers {
                    let known = Some((proof, Goes::Project(Arc::clone(&key))));
                    inner.put(public_id, Entry { known, since: now });
                }
                Lookup::Known(proof, Ok(key))
            }
            Reach::Personal { orgs, choice } => {
                let choice = choice.map(Arc::new);
                if remembers {
                    let mut choices = inner.choices(public_id);
                    choices.insert(named, (choice.clone(), now));
                    let known = Some((proof, Goes::Personal { orgs, choices }));
                    inner.put(public_id, Entry { known, since: now });
                }
                Lookup::Known(proof, choice)
            }
        }
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
            inner.entries.retain(|_, entry| match &mut entry.known {
                None => false,
                Some((_, Goes::Project(key))) => !changed.contains(&key.org),
                Some((_, Goes::Personal { orgs, choices })) => {
                    // The person may be a new member of theirs.
                    choices.retain(|_, (choice, _)| choice.is_ok());
                    !orgs.iter().any(|org| changed.contains(org))
                }
            });
        }
        inner.asked = Some(asked);
    }
}

impl Inner {
    fn are_fresh(&self, now: Instant) -> bool {
        self.asked.is_some_and(|asked| now.saturating_duration_since(asked) <= FRESH)
    }

    fn put(&mut self, public_id: &str, entry: Entry) {
        if self.entries.len() >= MOST {
            self.entries.retain(|_, entry| entry.known.is_some());
        }
        if self.entries.len() >= MOST {
            self.entries.clear();
        }
        self.entries.insert(public_id.into(), entry);
    }

    /// Takes out the choices of a personal key, with room for one more; whatever else is known of
    /// the key is to be put in anew.
    fn choices(&mut self, public_id: &str) -> HashMap<Named, (Choice, Instant)> {
        let known = self.entries.remove(public_id).and_then(|entry| entry.known);
        let Some((_, Goes::Personal { mut choices, .. })) = known else {
            return HashMap::new();
        };
        if choices.len() >= CHOICES {
            choices.retain(|_, (choice, _)| choice.is_ok());
        }
        if choices.len() >= CHOICES {
            choices.clear();
        }
        choices
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::{KeyId, Permissions, ProjectId};

    use super::*;

    pub(crate) fn key(org: OrgId) -> KeyState {
        KeyState {
            key: KeyId::generate(),
            org,
            project: ProjectId::generate(),
            project_name: "Search".to_owned(),
            member: None,
            tracked: true,
            permissions: Permissions::All,
            models: None,
            rehearsal: false,
            fingerprints: false,
            bodies: false,
            unpriced: false,
            max_request: None,
            obstacle: None,
        }
    }

    const PROOF: Proof = Proof { secret_hash: [0; 32], void: false, until: None };
    const NOTHING: Named = Named { org: None, project: None };

    #[test]
    fn news_are_fresh_for_a_second_once_they_were_heard() {
        let (keys, now) = (Keys::default(), Instant::now());
        assert!(!keys.are_fresh(now));
        keys.news(&[], now);
        assert!(keys.are_fresh(now + FRESH));
        assert!(!keys.are_fresh(now + FRESH + Duration::from_millis(1)));
    }

    fn of_project(org: OrgId) -> Presented {
        Presented { proof: PROOF, reach: Reach::Project(key(org)) }
    }

    fn personal(orgs: &[OrgId], choice: Result<KeyState, Unbilled>) -> Presented {
        Presented { proof: PROOF, reach: Reach::Personal { orgs: orgs.to_vec(), choice } }
    }

    fn names(org: OrgId) -> Named {
        Named { org: Some(org), project: None }
    }

    fn generation(keys: &Keys, now: Instant) -> u64 {
        match keys.find("nobody", NOTHING, now) {
            Lookup::Ask(generation) => generation,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn knows_nothing_without_fresh_news() {
        let (keys, now) = (Keys::default(), Instant::now());
        assert_eq!(keys.find("a", NOTHING, now), Lookup::Stale);
        keys.news(&[], now);
        assert!(matches!(keys.find("a", NOTHING, now + FRESH), Lookup::Ask(_)));
        let later = now + FRESH + Duration::from_millis(1);
        assert_eq!(keys.find("a", NOTHING, later), Lookup::Stale);
    }

    #[test]
    fn forgets_the_keys_of_an_organization_that_changed() {
        let (keys, now) = (Keys::default(), Instant::now());
        let (one, other) = (OrgId::generate(), OrgId::generate());
        keys.news(&[], now);
        let at = generation(&keys, now);
        keys.learn("one", NOTHING, Some(of_project(one)), at, now);
        keys.learn("other", NOTHING, Some(of_project(other)), at, now);
        keys.learn("unknown", NOTHING, None, at, now);
        assert_eq!(keys.find("unknown", NOTHING, now), Lookup::Nobody);
        keys.news(&[one], now);
        assert!(matches!(keys.find("one", NOTHING, now), Lookup::Ask(_)));
        assert!(matches!(keys.find("other", NOTHING, now), Lookup::Known(PROOF, Ok(_))));
        assert!(matches!(keys.find("unknown", NOTHING, now), Lookup::Ask(_)));
    }

    #[test]
    fn a_project_key_is_the_same_whatever_is_named() {
        let (keys, now) = (Keys::default(), Instant::now());
        keys.news(&[], now);
        let at = generation(&keys, now);
        keys.learn("key", NOTHING, Some(of_project(OrgId::generate())), at, now);
        let found = keys.find("key", names(OrgId::generate()), now);
        assert!(matches!(found, Lookup::Known(PROOF, Ok(_))));
    }

    #[test]
    fn remembers_of_a_personal_key_where_each_request_goes() {
        let (keys, now) = (Keys::default(), Instant::now());
        let (own, other) = (OrgId::generate(), OrgId::generate());
        keys.news(&[], now);
        let at = generation(&keys, now);
        keys.learn("key", NOTHING, Some(personal(&[own], Ok(key(own)))), at, now);
        assert!(matches!(keys.find("key", NOTHING, now), Lookup::Known(PROOF, Ok(_))));
        assert_eq!(keys.find("key", names(other), now), Lookup::Unchosen(PROOF, at));
        let unbilled = personal(&[own], Err(Unbilled::Organization));
        keys.learn("key", names(other), Some(unbilled), at, now);
        let refused = Lookup::Known(PROOF, Err(Unbilled::Organization));
        assert_eq!(keys.find("key", names(other), now), refused);
        // The other organization may have taken the person in.
        keys.news(&[other], now);
        assert!(matches!(keys.find("key", names(other), now), Lookup::Unchosen(PROOF, _)));
        assert!(matches!(keys.find("key", NOTHING, now), Lookup::Known(PROOF, Ok(_))));
        keys.news(&[own], now);
        assert!(matches!(keys.find("key", NOTHING, now), Lookup::Ask(_)));
    }

    #[test]
    fn does_not_remember_an_answer_from_before_a_change() {
        let (keys, now) = (Keys::default(), Instant::now());
        let org = OrgId::generate();
        keys.news(&[], now);
        let before = generation(&keys, now);
        keys.news(&[org], now);
        keys.learn("key", NOTHING, Some(of_project(org)), before, now);
        assert!(matches!(keys.find("key", NOTHING, now), Lookup::Ask(_)));
    }

    #[test]
    fn forgets_everything_every_minute_and_the_unknown_every_second() {
        let (keys, now) = (Keys::default(), Instant::now());
        keys.news(&[], now);
        let at = generation(&keys, now);
        let org = OrgId::generate();
        keys.learn("key", NOTHING, Some(of_project(org)), at, now);
        keys.learn("unknown", NOTHING, None, at, now);
        keys.learn("personal", NOTHING, Some(personal(&[], Err(Unbilled::Organization))), at, now);
        let later = now + UNKNOWN;
        keys.news(&[], later);
        assert!(matches!(keys.find("unknown", NOTHING, later), Lookup::Ask(_)));
        assert!(matches!(keys.find("personal", NOTHING, later), Lookup::Unchosen(..)));
        assert!(matches!(keys.find("key", NOTHING, later), Lookup::Known(PROOF, Ok(_))));
        let later = now + EVERYTHING;
        keys.news(&[], later);
        assert!(matches!(keys.find("key", NOTHING, later), Lookup::Ask(_)));
    }

    #[test]
    fn stays_small() {
        let (keys, now) = (Keys::default(), Instant::now());
        keys.news(&[], now);
        let at = generation(&keys, now);
        for id in 0..MOST + 10 {
            keys.learn(&id.to_string(), NOTHING, None, at, now);
        }
        assert!(keys.read().entries.len() <= MOST);
        let own = OrgId::generate();
        keys.learn("key", NOTHING, Some(personal(&[own], Ok(key(own)))), at, now);
        for _ in 0..CHOICES - 1 {
            let unbilled = personal(&[own], Err(Unbilled::Organization));
            keys.learn("key", names(OrgId::generate()), Some(unbilled), at, now);
        }
        // What is of no use makes room first.
        let unbilled = personal(&[own], Err(Unbilled::Organization));
        keys.learn("key", names(own), Some(unbilled), at, now);
        assert!(matches!(keys.find("key", NOTHING, now), Lookup::Known(PROOF, Ok(_))));
        for _ in 0..10 * CHOICES {
            let found = Some(personal(&[own], Ok(key(own))));
            keys.learn("key", names(OrgId::generate()), found, at, now);
        }
        let inner = keys.read();
        match &inner.entries["key"].known {
            Some((_, Goes::Personal { choices, .. })) => assert!(choices.len() <= CHOICES),
            other => panic!("{other:?}"),
        }
    }
}
