//! How long an admin key lives.

use chrono::TimeDelta;

/// A time from a second to a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(u32);

/// A number of seconds that is no lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an admin key lives for 1 second to 365 days ({} seconds)", Lifetime::LONGEST)]
pub struct LifetimeError;

impl Lifetime {
    /// The longest, in seconds.
    pub const LONGEST: u32 = 365 * 24 * 60 * 60;

    /// Of so many seconds.
    pub fn from_seconds(seconds: i64) -> Result<Self, LifetimeError> {
        match u32::try_from(seconds) {
            Ok(seconds @ 1..=Self::LONGEST) => Ok(Self(seconds)),
            _ => Err(LifetimeError),
        }
    }

    /// Of so many times 24 hours.
    pub fn from_days(days: i64) -> Result<Self, LifetimeError> {
        Self::from_seconds(days.saturating_mul(24 * 60 * 60))
    }

    /// Its length.
    pub fn length(self) -> TimeDelta {
        TimeDelta::seconds(self.0.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_at_least_a_second_and_at_most_a_year() {
        for seconds in [i64::MIN, -1, 0, 31_536_001, i64::MAX] {
            assert_eq!(Lifetime::from_seconds(seconds), Err(LifetimeError), "{seconds}");
        }
        assert_eq!(Lifetime::from_days(i64::MAX), Err(LifetimeError));
        assert_eq!(Lifetime::from_days(365), Lifetime::from_seconds(31_536_000));
        assert_eq!(Lifetime::from_seconds(1).unwrap().length(), TimeDelta::seconds(1));
    }
}
