//! Which parts of a question coarse rollups answer: what lies within one of its stretches. What is left at
//! the edges is read from the finer ones, so that both together are the same rows, summed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::slices::{Ask, Grain};

/// Stretches of time, each up to and not with its end; rising, none empty, none beside another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ranges {
    pub(crate) starts: Vec<DateTime<Utc>>,
    pub(crate) ends: Vec<DateTime<Utc>>,
}

impl Ranges {
    fn add(&mut self, starts: DateTime<Utc>, ends: DateTime<Utc>) {
        if starts >= ends {
            return;
        }
        match self.ends.last_mut() {
            Some(last) if *last == starts => *last = ends,
            _ => {
                self.starts.push(starts);
                self.ends.push(ends);
            }
        }
    }
}

/// A question's time, by which rollups are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parts {
    pub(crate) coarse: Ranges,
    pub(crate) fine: Ranges,
}

impl Grain {
    /// The spans of coarse rollups, as `exq_coarse` has them.
    const fn coarse(self) -> TimeDelta {
        match self {
            Self::Quarters => TimeDelta::hours(1),
            Self::Days => TimeDelta::days(16),
        }
    }

    /// The shape of those that keep all dimensions, as `exq_coarse_shapes` has it.
    pub(crate) const fn all_dimensions(self) -> i16 {
        match self {
            Self::Quarters => 10,
            Self::Days => 0,
        }
    }
}

impl Ask<'_> {
    pub(crate) fn parts(&self) -> Parts {
        let span = self.grain.coarse();
        let mut parts = Parts::default();
        for (starts, ends) in self.bounds.iter().zip(self.bounds.iter().skip(1)) {
            let (starts, ends) = (*starts, *ends);
            let first = floor(starts + (span - TimeDelta::microseconds(1)), span);
            let last = floor(ends, span);
            if first < last {
                parts.fine.add(starts, first);
                parts.coarse.add(first, last);
                parts.fine.add(last, ends);
            } else {
                parts.fine.add(starts, ends);
            }
        }
        parts
    }
}

/// Where the span begins that an instant belongs to.
fn floor(at: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
    let since = (at - DateTime::UNIX_EPOCH).num_seconds();
    let into = since.rem_euclid(span.num_seconds());
    DateTime::UNIX_EPOCH + TimeDelta::seconds(since - into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slices::Only;

    /// `fine | coarse` in short, of stretches that begin and end at these instants.
    fn parts(grain: Grain, bounds: &[&str]) -> String {
        let bounds: Vec<_> = bounds.iter().map(|at| at.parse().unwrap()).collect();
        let only = Only::default();
        let parts = Ask { bounds: &bounds, grain, by: &[], only: &only }.parts();
        let text = |ranges: &Ranges| {
            let pairs = ranges.starts.iter().zip(&ranges.ends);
            let text = pairs.map(|(starts, ends)| {
                format!("{}–{}", starts.format("%d %H:%M"), ends.format("%d %H:%M"))
            });
            text.collect::<Vec<_>>().join(", ")
        };
        format!("{} | {}", text(&parts.fine), text(&parts.coarse))
    }

    #[test]
    fn hours_lie_within_stretches_and_quarters_are_what_is_left() {
        let parts = |bounds: &[&str]| parts(Grain::Quarters, bounds);
        let day = ["2026-11-01T15:00:00Z", "2026-11-02T15:00:00Z", "2026-11-03T15:00:00Z"];
        assert_eq!(parts(&day), " | 01 15:00–03 15:00");
        let day = ["2026-11-01T18:30:00Z", "2026-11-02T18:30:00Z", "2026-11-03T18:30:00Z"];
        assert_eq!(
            parts(&day),
            "01 18:30–01 19:00, 02 18:00–02 19:00, 03 18:00–03 18:30 | 01 19:00–02 18:00, 02 19:00–03 18:00"
        );
        let hour = ["2026-11-01T18:30:00Z", "2026-11-01T19:30:00Z", "2026-11-01T20:30:00Z"];
        assert_eq!(parts(&hour), "01 18:30–01 20:30 | ");
        assert_eq!(
            parts(&["2026-11-01T18:15:00Z", "2026-11-01T18:45:00Z"]),
            "01 18:15–01 18:45 | "
        );
        assert_eq!(parts(&["2026-11-01T18:00:00Z"]), " | ");
    }

    #[test]
    fn sixteen_days_lie_within_stretches_and_days_are_what_is_left() {
        let parts = |bounds: &[&str]| parts(Grain::Days, bounds);
        // Such spans begin on 26 October, 11 and 27 November.
        let bounds = ["2026-11-01T23:00:00Z", "2026-11-30T23:00:00Z"];
        assert_eq!(parts(&bounds), "01 23:00–11 00:00, 27 00:00–30 23:00 | 11 00:00–27 00:00");
        let bounds = ["2026-10-26T00:00:00Z", "2026-11-11T00:00:00Z", "2026-11-27T00:00:00Z"];
        assert_eq!(parts(&bounds), " | 26 00:00–27 00:00");
        let bounds = ["2026-10-26T00:00:01Z", "2026-11-26T23:59:59Z"];
        assert_eq!(parts(&bounds), "26 00:00–26 23:59 | ");
        assert_eq!(
            parts(&["1969-12-31T00:00:00Z", "1970-01-17T00:00:00Z"]),
            "31 00:00–01 00:00 | 01 00:00–17 00:00"
        );
    }
}
