//! How long a key lives, and how long the old one stays beside its successor.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

/// When a new key expires, as its maker chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It lives until it is revoked.
    Never,
    /// So many times 24 hours after it is made.
    Days(u16),
    /// At this instant.
    At(DateTime<Utc>),
}

/// Why a key can't expire then, as a sentence for who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryError {
    /// It would never have been valid.
    #[error("choose a date in the future")]
    Past,
    /// Later than any key may live.
    #[error("choose a date within ten years")]
    TooFar,
    /// The organization's rule.
    #[error("this organization’s keys must expire within {0} days of being made")]
    TooLong(u16),
}

impl Expiry {
    /// What a form offers, in days.
    pub const DAYS: [u16; 4] = [30, 60, 90, 365];
    /// What a form begins with, in days.
    pub const USUAL: u16 = 90;
    /// The longest that is ever taken, in days.
    pub const LONGEST: u16 = 3650;

    /// The instant for a key that is made now, or none; `rule` is the most days that the
    /// organization lets keys live.
    pub fn from_now(
        self,
        now: DateTime<Utc>,
        rule: Option<u16>,
    ) -> Result<Option<DateTime<Utc>>, ExpiryError> {
        self.of_key(now, now, rule)
    }

    /// The same for a key that was made earlier: the rule counts from then, so that no key outlives
    /// it by being changed.
    pub fn of_key(
        self,
        made: DateTime<Utc>,
        now: DateTime<Utc>,
        rule: Option<u16>,
    ) -> Result<Option<DateTime<Utc>>, ExpiryError> {
        let at = match self {
            Self::Never => None,
            Self::Days(days) => Some(after_days(now, days)),
            Self::At(at) => Some(at),
        };
        match (at, rule) {
            (None, None) => Ok(None),
            (Some(at), _) if at <= now => Err(ExpiryError::Past),
            (None, Some(days)) => Err(ExpiryError::TooLong(days)),
            (Some(at), Some(days)) if at > after_days(made, days) => {
                Err(ExpiryError::TooLong(days))
            }
            (Some(at), _) if at > after_days(now, Self::LONGEST) => Err(ExpiryError::TooFar),
            (Some(at), _) => Ok(Some(at)),
        }
    }

    /// For the successor of a key that was meant to live from `made` to `expires`: as long as that,
    /// unless the rule wants it shorter.
    pub fn of_successor(
        made: DateTime<Utc>,
        expires: Option<DateTime<Utc>>,
        rule: Option<u16>,
    ) -> Self {
        let whole = expires.map(|expires| (expires - made + TimeDelta::hours(12)).num_days());
        let days = whole.map(|days| u16::try_from(days.max(1)).unwrap_or(Self::LONGEST));
        match (days, rule) {
            (None, None) => Self::Never,
            (Some(days), None) | (None, Some(days)) => Self::Days(days.min(Self::LONGEST)),
            (Some(days), Some(rule)) => Self::Days(days.min(rule)),
        }
    }
}

fn after_days(now: DateTime<Utc>, days: u16) -> DateTime<Utc> {
    now + TimeDelta::days(days.into())
}

/// How long an old key stays valid beside the one that replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// Not at all.
    None,
    /// For an application that reads its key anew by itself.
    Hour,
    /// For a roll-out of today.
    Day,
    /// For a roll-out of this week.
    Week,
}

impl Overlap {
    /// All of them, as a form lists them.
    pub const ALL: [Self; 4] = [Self::None, Self::Hour, Self::Day, Self::Week];

    /// The word for forms and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "now",
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    /// The words for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "Now",
            Self::Hour => "In 1 hour",
            Self::Day => "In 24 hours",
            Self::Week => "In 7 days",
        }
    }

    /// Its length.
    pub const fn length(self) -> TimeDelta {
        match self {
            Self::None => TimeDelta::zero(),
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
            Self::Week => TimeDelta::days(7),
        }
    }
}

/// A text that names no overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("choose when the old key expires from the list")]
pub struct OverlapError;

impl FromStr for Overlap {
    type Err = OverlapError;

    fn from_str(text: &str) -> Result<Self, OverlapError> {
        Self::ALL.into_iter().find(|overlap| overlap.as_str() == text).ok_or(OverlapError)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::from_timestamp_nanos(1_795_000_000_000_000_000);

    proptest! {
        #[test]
        fn a_rule_is_never_outlived(seconds in -400_000_000_i64..400_000_000, rule in 1_u16..3650) {
            let at = NOW + TimeDelta::seconds(seconds);
            for expiry in [Expiry::Never, Expiry::At(at), Expiry::Days(rule), Expiry::Days(rule + 1)] {
                if let Ok(expires) = expiry.from_now(NOW, Some(rule)) {
                    let expires = expires.unwrap();
                    prop_assert!(NOW < expires && expires <= after_days(NOW, rule));
                }
            }
            let free = Expiry::At(at).from_now(NOW, None);
            prop_assert_eq!(free.is_ok(), seconds > 0 && at <= after_days(NOW, Expiry::LONGEST));
        }

        #[test]
        fn a_successor_may_always_be_made(seconds in 0_i64..900_000_000, rule in prop::option::of(1_u16..3650)) {
            let expires = NOW + TimeDelta::seconds(seconds);
            for expires in [None, Some(expires)] {
                let next = Expiry::of_successor(NOW, expires, rule);
                prop_assert!(next.from_now(NOW, rule).is_ok(), "{next:?}");
            }
        }
    }

    #[test]
    fn days_are_taken_up_to_the_rule_and_no_further() {
        let error = |expiry: Expiry, rule| expiry.from_now(NOW, rule).unwrap_err();
        assert_eq!(Expiry::Never.from_now(NOW, None), Ok(None));
        assert_eq!(error(Expiry::Never, Some(90)), ExpiryError::TooLong(90));
        assert_eq!(Expiry::Days(90).from_now(NOW, Some(90)), Ok(Some(after_days(NOW, 90))));
        assert_eq!(error(Expiry::Days(91), Some(90)), ExpiryError::TooLong(90));
        assert_eq!(error(Expiry::At(NOW), None), ExpiryError::Past);
        assert_eq!(error(Expiry::Days(4000), None), ExpiryError::TooFar);
    }

    #[test]
    fn the_rule_counts_from_when_the_key_was_made() {
        let later = after_days(NOW, 60);
        assert_eq!(Expiry::Days(31).of_key(NOW, later, Some(90)), Err(ExpiryError::TooLong(90)));
        assert!(Expiry::Days(30).of_key(NOW, later, Some(90)).is_ok());
    }

    #[test]
    fn a_successor_lives_as_long_as_the_old_key_was_meant_to() {
        let next =
            |days: i64, rule| Expiry::of_successor(NOW, Some(NOW + TimeDelta::days(days)), rule);
        assert_eq!(next(90, None), Expiry::Days(90));
        assert_eq!(next(365, Some(30)), Expiry::Days(30));
        assert_eq!(Expiry::of_successor(NOW, None, None), Expiry::Never);
        assert_eq!(Expiry::of_successor(NOW, None, Some(60)), Expiry::Days(60));
    }
}
