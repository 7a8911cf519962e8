//! For how long requests are kept one by one.

use std::str::FromStr;

use chrono::{DateTime, Months, Utc};

/// So many months; or without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention(Option<u16>);

/// Why requests can't be kept for so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// Pages would compare with what is gone.
    #[error(
        "keep requests for at least {} months: this month is compared with that of the year before, and charges are corrected for 90 days",
        Retention::LEAST
    )]
    Short,
    /// That is as good as without end.
    #[error(
        "keep requests for at most {} months, or leave this empty to keep them without end",
        Retention::MOST
    )]
    Long,
    /// No whole number.
    #[error("write a whole number of months, or leave this empty to keep requests without end")]
    NoNumber,
}

impl Retention {
    /// Nothing is dropped.
    pub const ENDLESS: Self = Self(None);
    /// The fewest months.
    pub const LEAST: u16 = 13;
    /// The most.
    pub const MOST: u16 = 120;

    /// So many months.
    pub const fn months(months: u16) -> Result<Self, RetentionError> {
        match months {
            0..Self::LEAST => Err(RetentionError::Short),
            Self::LEAST..=Self::MOST => Ok(Self(Some(months))),
            _ => Err(RetentionError::Long),
        }
    }

    /// How many; none for without end.
    pub const fn get(self) -> Option<u16> {
        self.0
    }

    /// What was admitted up to this instant is older than is kept.
    pub fn cut(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        now.checked_sub_months(Months::new(self.0?.into()))
    }

    /// From when on a month of UTC that ends at this instant is older than is kept.
    pub fn over(self, ends: DateTime<Utc>) -> Option<DateTime<Utc>> {
        ends.checked_add_months(Months::new(self.0?.into()))
    }
}

impl FromStr for Retention {
    type Err = RetentionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "" => Ok(Self::ENDLESS),
            digits if digits.len() > 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Err(RetentionError::Long)
            }
            digits => {
                let months: u32 = digits.parse().map_err(|_| RetentionError::NoNumber)?;
                Self::months(u16::try_from(months).unwrap_or(u16::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn months_are_read_and_what_is_wrong_is_said() {
        assert_eq!("".parse(), Ok(Retention::ENDLESS));
        assert_eq!(" 13 ".parse(), Retention::months(13));
        assert_eq!("120".parse::<Retention>().unwrap().get(), Some(120));
        for (text, error) in [
            ("0", RetentionError::Short),
            ("12", RetentionError::Short),
            ("121", RetentionError::Long),
            ("70000", RetentionError::Long),
            ("99999999999999999999", RetentionError::Long),
            ("-13", RetentionError::NoNumber),
            ("13.5", RetentionError::NoNumber),
            ("a year", RetentionError::NoNumber),
        ] {
            assert_eq!(text.parse::<Retention>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_month_is_over_when_its_end_is_so_many_months_ago() {
        let kept = Retention::months(13).unwrap();
        let ends = at("2025-02-01T00:00:00Z");
        assert_eq!(kept.over(ends), Some(at("2026-03-01T00:00:00Z")));
        for (now, is_over) in [
            ("2026-02-28T23:59:59.999Z", false),
            ("2026-03-01T00:00:00Z", true),
            ("2026-03-31T12:00:00Z", true),
        ] {
            assert_eq!(ends <= kept.cut(at(now)).unwrap(), is_over, "{now}");
        }
        assert_eq!(Retention::ENDLESS.cut(ends), None);
        assert_eq!(Retention::ENDLESS.over(ends), None);
    }
}
