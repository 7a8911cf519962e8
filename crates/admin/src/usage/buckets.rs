//! Time in buckets of a minute, an hour or a day, all of them whole and of UTC.

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};

use super::endpoint::Meter;

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Minute,
    Hour,
    Day,
}

impl Width {
    /// By its word, where the endpoint has it.
    pub(super) fn of(word: &str, meter: Option<Meter>) -> Option<Self> {
        match word {
            "1m" if meter != Some(Meter::Costs) => Some(Self::Minute),
            "1h" => Some(Self::Hour),
            "1d" => Some(Self::Day),
            _ => None,
        }
    }

    /// In seconds.
    pub(super) const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// How many buckets a page has unless told otherwise, and how many it may have.
    pub(super) fn limits(self, meter: Option<Meter>) -> (i64, RangeInclusive<i64>) {
        match self {
            Self::Minute => (60, 1..=1_440),
            Self::Hour => (24, 1..=168),
            Self::Day if meter == Some(Meter::Costs) => (7, 1..=180),
            Self::Day => (7, 1..=31),
        }
    }

    /// The beginning of the bucket that holds a time, in seconds since 1970.
    pub(super) const fn floor(self, at: i64) -> i64 {
        at - at.rem_euclid(self.seconds())
    }
}

/// The buckets of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Buckets {
    width: Width,
    /// Where the first one begins.
    from: i64,
    /// Where the page's last one ends.
    until: i64,
    /// Where the last one of all pages ends.
    last: i64,
}

impl Buckets {
    /// At most so many of those from one beginning of a bucket to another.
    pub(super) fn new(width: Width, from: i64, last: i64, most: i64) -> Self {
        let until = from.saturating_add(most.saturating_mul(width.seconds())).min(last).max(from);
        Self { width, from, until, last }
    }

    /// Each one's beginning and end.
    pub(super) fn stretches(self) -> impl Iterator<Item = (i64, i64)> {
        let width = self.width.seconds();
        let starts = std::iter::successors(Some(self.from), move |at| at.checked_add(width));
        starts.take_while(move |at| *at < self.until).map(move |at| (at, at.saturating_add(width)))
    }

    /// Where the next page begins.
    pub(super) fn next(self) -> Option<i64> {
        (self.until < self.last).then_some(self.until)
    }

    /// Where each one begins, and the end of the last; empty if there is none.
    pub(super) fn bounds(self) -> Vec<DateTime<Utc>> {
        let ends = self.stretches().last().map(|(_, end)| end);
        let starts = self.stretches().map(|(start, _)| start);
        starts.chain(ends).filter_map(|at| DateTime::from_timestamp(at, 0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_each_bucket_once() {
        let mut from = 7_200;
        let mut seen = Vec::new();
        loop {
            let page = Buckets::new(Width::Hour, from, 7_200 + 5 * 3_600, 2);
            assert_eq!(page.bounds().len(), page.stretches().count() + 1);
            seen.extend(page.stretches());
            match page.next() {
                Some(next) => from = next,
                None => break,
            }
        }
        assert_eq!(seen.len(), 5);
        assert!(seen.windows(2).all(|two| two[0].1 == two[1].0), "{seen:?}");
        let none = Buckets::new(Width::Hour, 7_200, 3_600, 2);
        assert_eq!((none.bounds(), none.next()), (vec![], None));
    }

    #[test]
    fn buckets_begin_at_whole_ones() {
        assert_eq!(Width::Day.floor(86_399), 0);
        assert_eq!(Width::Minute.floor(119), 60);
    }
}
