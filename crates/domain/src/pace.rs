//! How many requests and tokens may pass in a minute and in a day.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Requests and tokens per minute and day of one project and model; none for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rates {
    /// Requests in a minute.
    pub requests_per_minute: Option<Rate>,
    /// Tokens in a minute.
    pub tokens_per_minute: Option<Rate>,
    /// Requests in a day of the organization's zone.
    pub requests_per_day: Option<Rate>,
    /// Tokens in such a day.
    pub tokens_per_day: Option<Rate>,
}

impl Rates {
    /// What they are called in forms, tables and the API.
    pub const NAMES: [&'static str; 4] =
        ["requests_per_minute", "tokens_per_minute", "requests_per_day", "tokens_per_day"];
    /// What they are called on pages.
    pub const LABELS: [&'static str; 4] =
        ["Requests per minute", "Tokens per minute", "Requests per day", "Tokens per day"];

    /// In the order of [`Rates::NAMES`].
    pub const fn all(&self) -> [Option<Rate>; 4] {
        [
            self.requests_per_minute,
            self.tokens_per_minute,
            self.requests_per_day,
            self.tokens_per_day,
        ]
    }

    /// From the order of [`Rates::NAMES`].
    pub const fn from_all(rates: [Option<Rate>; 4]) -> Self {
        let [requests_per_minute, tokens_per_minute, requests_per_day, tokens_per_day] = rates;
        Self { requests_per_minute, tokens_per_minute, requests_per_day, tokens_per_day }
    }

    /// The first of these that is above what `most` allows, as its place in [`Rates::NAMES`], with
    /// what is allowed.
    pub fn above(&self, most: &Self) -> Option<(usize, Rate)> {
        let pairs = self.all().into_iter().zip(most.all()).enumerate();
        pairs.into_iter().find_map(|(place, pair)| match pair {
            (Some(own), Some(most)) if own > most => Some((place, most)),
            _ => None,
        })
    }

    /// What is in force: the lower one of each, where either is set.
    #[must_use]
    pub fn within(&self, most: &Self) -> Self {
        let [mut rates, most] = [self.all(), most.all()];
        for (rate, most) in rates.iter_mut().zip(most) {
            *rate = match (*rate, most) {
                (Some(own), Some(most)) => Some(own.min(most)),
                (own, most) => own.or(most),
            };
        }
        Self::from_all(rates)
    }

    /// Whether none is set.
    pub fn are_unset(&self) -> bool {
        self.all().iter().all(Option::is_none)
    }
}

/// So many requests or tokens; at most [`Rate::MOST`]. Zero lets nothing through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rate(u64);

/// Not a number of requests or tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a whole number from 0 to 1,000,000,000,000, like 500 or 30,000")]
pub struct RateError;

impl Rate {
    /// More than any provider sells.
    pub const MOST: u64 = 1_000_000_000_000;

    /// So many, if they are in range.
    pub const fn new(number: u64) -> Option<Self> {
        if number <= Self::MOST { Some(Self(number)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Rate {
    type Err = RateError;

    /// Commas set thousands apart.
    fn from_str(text: &str) -> Result<Self, RateError> {
        let text = text.trim();
        let mut groups = text.split(',');
        let first = groups.next().unwrap_or_default();
        let whole = groups.clone().next().is_none() || (1..=3).contains(&first.len());
        if !whole || !groups.all(|group| group.len() == 3) {
            return Err(RateError);
        }
        let digits = text.replace(',', "");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(RateError);
        }
        digits.parse().ok().and_then(Self::new).ok_or(RateError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(all: [Option<u64>; 4]) -> Rates {
        Rates::from_all(all.map(|rate| rate.and_then(Rate::new)))
    }

    #[test]
    fn numbers_are_whole_and_in_range() {
        for (text, number) in
            [("0", 0), (" 500 ", 500), ("30,000", 30_000), ("1,000,000,000,000", Rate::MOST)]
        {
            assert_eq!(text.parse().map(Rate::get), Ok(number), "{text}");
        }
        for text in [
            "",
            ",",
            "-1",
            "1.5",
            "1,5",
            "1000,000",
            "1e3",
            "1000000000001",
            "99999999999999999999999",
            "١٢",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
        }
    }

    #[test]
    fn the_lower_one_is_in_force_and_the_higher_one_is_told() {
        let tier = rates([Some(500), None, Some(0), None]);
        let own = rates([Some(501), Some(7), None, None]);
        assert_eq!(own.within(&tier), rates([Some(500), Some(7), Some(0), None]));
        assert_eq!(own.above(&tier), Some((0, Rate(500))));
        assert_eq!(tier.above(&own), None);
        assert!(Rates::default().are_unset() && !own.are_unset());
    }
}
