//! An entry: a body that its hash covers, and the personal values beside it.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::{Change, Hash};
use crate::{AuditId, Caller, ProjectId};

/// What the hash covers. Its text is stored as it was written and never made anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Which entry of its chain, from 1.
    pub seq: u64,
    /// Its id.
    pub id: AuditId,
    /// When, by the database's clock.
    #[serde(serialize_with = "micros")]
    pub at: DateTime<Utc>,
    /// The [`super::Kind`], in its word for programs.
    pub action: String,
    /// The id of what was changed.
    pub subject: String,
    /// Who: an id, or `operator`.
    pub actor: String,
    /// The project that the subject belongs to, if to one.
    pub project: Option<ProjectId>,
    /// What was different before, by name.
    pub changes: BTreeMap<String, Sides>,
    /// The salted hashes of the personal values, by name.
    pub personal: BTreeMap<String, Hash>,
}

/// A value before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sides {
    /// Before; none for what was made.
    pub before: Option<String>,
    /// After; none for what is gone.
    pub after: Option<String>,
}

/// The personal values of an entry, by name; none for one that was erased.
pub type Personal = BTreeMap<String, Option<Salted>>;

/// A personal value, and the random text that keeps its hash from being guessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Salted {
    /// Random.
    pub salt: String,
    /// The value.
    pub value: String,
}

impl Salted {
    /// The hash that stands in the body: of salt, name and value, each ended by a zero byte.
    pub fn hash(&self, name: &str) -> Hash {
        let end: &[u8] = &[0];
        let parts = [self.salt.as_bytes(), end, name.as_bytes(), end, self.value.as_bytes(), end];
        Hash::of(parts)
    }
}

/// An entry as it is stored and exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The text of its [`Body`].
    pub body: String,
    /// The personal values.
    pub personal: Personal,
    /// SHA-256 of the previous entry's hash and the body.
    pub hash: Hash,
}

impl Entry {
    /// What the body says; none if it is not one.
    pub fn read(&self) -> Option<Body> {
        serde_json::from_str(&self.body).ok()
    }
}

/// The end of a chain: where the next entry goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct End {
    /// Entries so far.
    pub count: u64,
    /// The last one's hash; none in an empty chain.
    pub hash: Option<Hash>,
}

impl End {
    /// The hash of what follows with this body.
    pub(super) fn link(&self, body: &str) -> Hash {
        let last = self.hash.as_ref().map_or(&[][..], |hash| &hash.0);
        Hash::of([last, body.as_bytes()])
    }

    /// Writes the entry that follows. `email` is the acting person's address. Each personal value
    /// takes one of `salts`, which must be random; one without salt is left out.
    pub fn follow(
        &self,
        caller: &Caller,
        change: &Change,
        id: AuditId,
        at: DateTime<Utc>,
        email: Option<String>,
        mut salts: impl Iterator<Item = String>,
    ) -> Result<Entry, serde_json::Error> {
        let mut personal = Personal::new();
        let mut keep = |name: String, value: Option<String>| {
            if let (Some(value), Some(salt)) = (value, salts.next()) {
                personal.insert(name, Some(Salted { salt, value }));
            }
        };
        keep("actor".to_owned(), email);
        keep("address".to_owned(), caller.origin.address.map(|address| address.to_string()));
        keep("agent".to_owned(), caller.origin.agent.as_deref().map(ToOwned::to_owned));
        let mut changes = BTreeMap::new();
        for fact in &change.facts {
            let (before, after) = (fact.before.clone(), fact.after.clone());
            if fact.personal {
                keep(format!("{}.before", fact.name), before);
                keep(format!("{}.after", fact.name), after);
            } else {
                changes.insert(fact.name.to_owned(), Sides { before, after });
            }
        }
        let hashes = personal.iter().filter_map(|(name, value)| {
            value.as_ref().map(|value| (name.clone(), value.hash(name)))
        });
        let body = serde_json::to_string(&Body {
            seq: self.count + 1,
            id,
            at,
            action: change.kind.as_str().to_owned(),
            subject: change.subject.clone(),
            actor: caller.actor.to_string(),
            project: change.project,
            changes,
            personal: hashes.collect(),
        })?;
        let hash = self.link(&body);
        Ok(Entry { body, personal, hash })
    }

    /// Most personal values that an entry of this change can have, each of which needs a salt.
    pub fn most_salts(change: &Change) -> usize {
        3 + 2 * change.facts.iter().filter(|fact| fact.personal).count()
    }
}

/// As exact as the database keeps it.
fn micros<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}
