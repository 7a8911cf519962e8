//! What an organization's owners decide for all who are in it.

use std::{fmt, str::FromStr};

/// A whole number of days, from one to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Days<const MOST: u16>(u16);

/// How long new keys may live at most: up to ten years.
pub type MostDays = Days<3_650>;

/// How long prompts and answers are kept.
pub type KeptDays = Days<90>;

/// Not such a number of days; the most there can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a whole number of days from 1 to {0}")]
pub struct DaysError(u16);

impl<const MOST: u16> Days<MOST> {
    /// So many days, if they are in range.
    pub fn new(days: i64) -> Option<Self> {
        u16::try_from(days).ok().filter(|days| (1..=MOST).contains(days)).map(Self)
    }

    /// The number.
    pub const fn days(self) -> u16 {
        self.0
    }
}

impl<const MOST: u16> FromStr for Days<MOST> {
    type Err = DaysError;

    fn from_str(text: &str) -> Result<Self, DaysError> {
        text.trim().parse().ok().and_then(Self::new).ok_or(DaysError(MOST))
    }
}

impl<const MOST: u16> fmt::Display for Days<MOST> {
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
            assert_eq!(text.parse::<MostDays>(), Err(DaysError(3_650)), "{text}");
        }
        assert_eq!(
            ("90".parse().map(KeptDays::days), "91".parse()),
            (Ok(90), Err::<KeptDays, _>(DaysError(90)))
        );
    }
}
