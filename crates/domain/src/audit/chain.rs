//! Walking along a chain: whether each entry is where and as it was written.

use std::fmt;

use super::{Body, End, Entry, Head};

/// A chain that is checked entry by entry, in its order.
#[derive(Debug, Clone)]
pub struct Chain {
    end: End,
    head: Option<Head>,
    last: Option<Body>,
    without: u64,
}

/// The first entry of a chain that is not as it was written, and what is the matter with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{damage}", self.place())]
pub struct Fault {
    /// Which entry.
    pub seq: u64,
    /// What is the matter.
    pub damage: Damage,
}

impl Fault {
    fn place(&self) -> String {
        match self.damage {
            Damage::Cut { .. } => String::new(),
            _ => format!("entry {} ", self.seq),
        }
    }
}

/// What can be the matter with an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The hash does not follow from the one before and the body.
    Edited,
    /// Not there: one with a higher number stands in its place.
    Missing {
        /// That number.
        found: u64,
    },
    /// Its number stands a second time, or behind a higher one.
    Repeated,
    /// The body can't be read.
    Unreadable,
    /// A personal value is not the one whose hash the body has.
    Personal {
        /// Which.
        name: String,
    },
    /// A column beside the body says something else than the body.
    Column {
        /// Which.
        name: &'static str,
    },
    /// From here on the chain ends too early.
    Cut {
        /// How many entries are missing.
        missing: u64,
    },
    /// The chain up to it hangs together, but is not the one that the head was made of.
    Rewritten,
}

impl Damage {
    /// A word for programs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Missing { .. } => "missing",
            Self::Repeated => "repeated",
            Self::Unreadable => "unreadable",
            Self::Personal { .. } => "personal",
            Self::Column { .. } => "column",
            Self::Cut { .. } => "cut",
            Self::Rewritten => "rewritten",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited => f.write_str("was edited, or the one before it"),
            Self::Missing { found } => write!(
                f,
                "is not in its place, entry {found} stands there: it was deleted or moved, or others were put in between"
            ),
            Self::Repeated => f.write_str("stands there twice, or behind a later one: it was put in or moved"),
            Self::Unreadable => f.write_str("can’t be read"),
            Self::Personal { name } => write!(f, "has another “{name}” than it was written with"),
            Self::Column { name } => write!(f, "has another “{name}” beside its body than in it"),
            Self::Cut { missing: 1 } => f.write_str("1 entry is missing at the end"),
            Self::Cut { missing } => write!(f, "{missing} entries are missing at the end"),
            Self::Rewritten => f.write_str(
                "does not have the hash that the head names: it or one before it was changed, and all hashes after it were made anew",
            ),
        }
    }
}

/// A chain in which nothing is the matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Where it ends.
    pub end: End,
    /// What its last entry says; none if it is empty.
    pub last: Option<Body>,
    /// How many personal values do not stand beside their hashes: erased, or taken out by whoever
    /// handed the entries on. The chain can't tell which.
    pub without: u64,
}

impl Chain {
    /// A chain of which nothing is read yet; with a head, it must contain what the head was made of.
    pub fn new(head: Option<Head>) -> Self {
        Self { end: End::default(), head, last: None, without: 0 }
    }

    /// Checks the next entry, and answers what its body says.
    pub fn push(&mut self, entry: &Entry) -> Result<&Body, Fault> {
        let seq = self.end.count + 1;
        let body = entry.read().ok_or(Fault { seq, damage: Damage::Unreadable })?;
        if body.seq > seq {
            return Err(Fault { seq, damage: Damage::Missing { found: body.seq } });
        }
        if body.seq < seq {
            return Err(Fault { seq: body.seq, damage: Damage::Repeated });
        }
        let fault = |damage| Err(Fault { seq, damage });
        if self.end.link(&entry.body) != entry.hash {
            return fault(Damage::Edited);
        }
        if let Some(name) = false_value(&body, entry) {
            return fault(Damage::Personal { name });
        }
        if self.head.is_some_and(|head| head.count == seq && head.hash != entry.hash) {
            return fault(Damage::Rewritten);
        }
        let there = |name: &&String| entry.personal.get(*name).is_some_and(Option::is_some);
        let there = body.personal.keys().filter(there).count();
        self.without += u64::try_from(body.personal.len() - there).unwrap_or(u64::MAX);
        self.end = End { count: seq, hash: Some(entry.hash) };
        Ok(self.last.insert(body))
    }

    /// No entry follows.
    pub fn end(self) -> Result<Whole, Fault> {
        let missing = self.head.map_or(0, |head| head.count.saturating_sub(self.end.count));
        if missing > 0 {
            return Err(Fault { seq: self.end.count + 1, damage: Damage::Cut { missing } });
        }
        Ok(Whole { end: self.end, last: self.last, without: self.without })
    }
}

/// A personal value that is not what the body has the hash of; an erased one is all right, one that
/// the body does not know is not.
fn false_value(body: &Body, entry: &Entry) -> Option<String> {
    let is_true = |name: &String, value: &Option<super::Salted>| {
        let written = body.personal.get(name);
        written.is_some_and(|hash| value.as_ref().is_none_or(|value| value.hash(name) == *hash))
    };
    entry.personal.iter().find(|(name, value)| !is_true(name, value)).map(|(name, _)| name.clone())
}
