//! Who made a thing, as pages say it.

use std::fmt;

use uuid::Uuid;

/// Who made a key or a service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Maker {
    /// A member: by address for owners of the organization, by name for others.
    Member(String),
    /// A person who is no longer a member.
    Former,
    /// A program with an admin key.
    AdminKey,
    /// The operator, by a command.
    Operator,
}

impl Maker {
    /// The person of a row, if a person made it, with what the caller may see if
    /// still a member; else `program`.
    pub(crate) fn of(person: Option<Uuid>, seen: Option<String>, program: Self) -> Self {
        match (person, seen) {
            (None, _) => program,
            (Some(_), Some(seen)) => Self::Member(seen),
            (Some(_), None) => Self::Former,
        }
    }
}

/// For people.
impl fmt::Display for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Member(seen) => seen,
            Self::Former => "Somebody who left",
            Self::AdminKey => "A program with an admin key",
            Self::Operator => "The operator, by a command",
        })
    }
}
