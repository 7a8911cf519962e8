//! What a limit concerns, and how long its window is.

use std::{fmt, str::FromStr};

use crate::{IdError, KeyId, OrgId, ProjectId};

/// What a counter counts and a budget limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The whole organization.
    Org(OrgId),
    /// One project.
    Project(ProjectId),
    /// One API key.
    Key(KeyId),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Org(id) => id.fmt(f),
            Self::Project(id) => id.fmt(f),
            Self::Key(id) => id.fmt(f),
        }
    }
}

impl FromStr for Scope {
    type Err = IdError;

    /// The kind is told by the id's prefix.
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.starts_with(ProjectId::PREFIX) {
            text.parse().map(Self::Project)
        } else if text.starts_with(KeyId::PREFIX) {
            text.parse().map(Self::Key)
        } else {
            text.parse().map(Self::Org)
        }
    }
}

/// How long a window is. The month is the billing cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A local day.
    Day,
    /// From Monday.
    Week,
    /// A calendar month.
    Month,
}

impl Period {
    /// All of them, shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The word for tables and commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// As in “monthly budget”.
    pub const fn adjective(self) -> &'static str {
        match self {
            Self::Day => "daily",
            Self::Week => "weekly",
            Self::Month => "monthly",
        }
    }
}

/// A text that names no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a window is day, week or month")]
pub struct PeriodError;

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        Self::ALL.into_iter().find(|period| period.as_str() == text).ok_or(PeriodError)
    }
}
