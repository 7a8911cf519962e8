//! How often a report comes.

use std::str::FromStr;

use crate::Period;

/// After which windows an organization gets a report of its spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rhythm {
    /// After each week.
    Weekly,
    /// After each billing cycle.
    Monthly,
}

impl Rhythm {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Weekly, Self::Monthly];

    /// The windows.
    pub const fn period(self) -> Period {
        match self {
            Self::Weekly => Period::Week,
            Self::Monthly => Period::Month,
        }
    }

    /// The word for tables: that of its period.
    pub const fn as_str(self) -> &'static str {
        self.period().as_str()
    }
}

impl FromStr for Rhythm {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|rhythm| rhythm.as_str() == text);
        known.ok_or("a report comes every week or month")
    }
}
