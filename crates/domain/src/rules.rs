//! What an organization's owners decide for all who are in it.

use std::{fmt, str::FromStr};

/// How long new keys may live at most: 1 to 3,650 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MostDays(u16);

/// Not a number of days that can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a whole number of days from 1 to {}", MostDays::LONGEST)]
pub struct MostDaysError;

impl MostDays {
    /// Ten years.
    pub const LONGEST: u16 = 3_650;

    /// So many days, if they are in range.
    pub fn new(days: i64) -> Option<Self> {
        u16::try_from(days).ok().filter(|days| (1..=Self::LONGEST).contains(days)).map(Self)
    }

    /// The number.
    pub const fn days(self) -> u16 {
        self.0
    }
}

impl FromStr for MostDays {
    type Err = MostDaysError;

    fn from_str(text: &str) -> Result<Self, MostDaysError> {
        text.trim().parse().ok().and_then(Self::new).ok_or(MostDaysError)
    }
}

impl fmt::Display for MostDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Rules of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// Readers see that projects exist of which they are no members.
    pub projects_listed: bool,
    /// New keys expire within so many days.
    pub key_max_days: Option<MostDays>,
    /// New keys belong to service accounts; personal keys are refused.
    pub service_keys_only: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_in_range() {
        assert_eq!(" 90 ".parse().map(MostDays::days), Ok(90));
        for text in ["", "0", "-1", "3651", "1.5", "9999999999999999999", "ninety"] {
            assert_eq!(text.parse::<MostDays>(), Err(MostDaysError), "{text}");
        }
    }
}
