//! Which parts of a question coarse rollups answer: what lies within one of its stretches, by the longest spans
//! that fit. What is left at the edges is read from the finer ones, so that all together are the same rows, summed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::slices::{Ask, Grain, Only};

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
    /// Of each range among coarse rollups: the shape.
    pub(crate) shapes: Vec<i16>,
    pub(crate) coarse: Ranges,
    pub(crate) fine: Ranges,
}

/// A span of coarse rollups, as `exq_coarse` has them.
#[derive(Debug, Clone, Copy)]
struct Span {
    length: TimeDelta,
    /// What the number of its shape has beyond that of the rollup that it sums. Only those that have nothing
    /// beyond are of rollups that keep all dimensions, too.
    beyond: i16,
}

/// The longest first.
const OF_DAYS: [Span; 3] = [
    Span { length: TimeDelta::days(64), beyond: 40 },
    Span { length: TimeDelta::days(16), beyond: 0 },
    Span { length: TimeDelta::days(4), beyond: 20 },
];
const OF_QUARTERS: [Span; 2] = [
    Span { length: TimeDelta::hours(6), beyond: 20 },
    Span { length: TimeDelta::hours(1), beyond: 0 },
];

impl Grain {
    const fn spans(self) -> &'static [Span] {
        match self {
            Self::Quarters => &OF_QUARTERS,
            Self::Days => &OF_DAYS,
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
    /// The parts, if a rollup of this shape answers the question; none: one that keeps all dimensions.
    pub(crate) fn parts(&self, shape: Option<i16>) -> Parts {
        let only_one = shape.is_none() || self.is_looked_up();
        let spans = self.grain.spans().iter().copied();
        let spans: Vec<_> = spans.filter(|span| span.beyond == 0 || !only_one).collect();
        let mut cut = Cut { fine: Ranges::default(), coarse: vec![Ranges::default(); spans.len()] };
        for (starts, ends) in self.bounds.iter().zip(self.bounds.iter().skip(1)) {
            cut.add(*starts, *ends, &spans);
        }
        let shape = shape.unwrap_or(self.grain.all_dimensions());
        let mut parts = Parts { fine: cut.fine, ..Parts::default() };
        for (span, ranges) in spans.iter().zip(cut.coarse) {
            parts.shapes.extend(ranges.starts.iter().map(|_| shape + span.beyond));
            parts.coarse.starts.extend(ranges.starts);
            parts.coarse.ends.extend(ranges.ends);
        }
        parts
    }

    /// A few of very many are found in less time than in spans of all, by the indexes that rollups by day have. The
    /// database chooses them if it knows what is asked for.
    pub(crate) fn is_looked_up(&self) -> bool {
        let Only { keys, projects, models, .. } = self.only;
        let by_pair = !projects.is_empty() && !models.is_empty();
        self.grain == Grain::Days && (!keys.is_empty() || by_pair)
    }
}

/// What time was cut into.
struct Cut {
    fine: Ranges,
    /// By the length of spans.
    coarse: Vec<Ranges>,
}

impl Cut {
    /// What lies within spans, and its edges by shorter ones.
    fn add(&mut self, starts: DateTime<Utc>, ends: DateTime<Utc>, spans: &[Span]) {
        let Some((Span { length, .. }, shorter)) = spans.split_first() else {
            return self.fine.add(starts, ends);
        };
        let first = floor(starts + (*length - TimeDelta::microseconds(1)), *length);
        let last = floor(ends, *length);
        if first < last {
            self.add(starts, first, shorter);
            let place = self.coarse.len() - spans.len();
            self.coarse[place].add(first, last);
            self.add(last, ends, shorter);
        } else {
            self.add(starts, ends, shorter);
        }
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
    use sqlx::types::Uuid;

    use super::*;

    /// Fine ranges, then coarse ones behind the number of their shape, in short.
    fn parts_of(grain: Grain, shape: Option<i16>, only: &Only, bounds: &[&str]) -> String {
        let bounds: Vec<_> = bounds.iter().map(|at| at.parse().unwrap()).collect();
        let parts = Ask { bounds: &bounds, grain, by: &[], only }.parts(shape);
        let text = |ranges: &Ranges| -> Vec<String> {
            let pairs = ranges.starts.iter().zip(&ranges.ends);
            let text = pairs.map(|(starts, ends)| {
                format!("{}–{}", starts.format("%d %H:%M"), ends.format("%d %H:%M"))
            });
            text.collect()
        };
        let coarse = parts.shapes.iter().zip(text(&parts.coarse));
        let coarse: Vec<_> = coarse.map(|(shape, range)| format!("{shape}: {range}")).collect();
        format!("{} | {}", text(&parts.fine).join(", "), coarse.join(", "))
    }

    /// Of rollups that keep all dimensions.
    fn parts(grain: Grain, bounds: &[&str]) -> String {
        parts_of(grain, None, &Only::default(), bounds)
    }

    #[test]
    fn hours_lie_within_stretches_and_quarters_are_what_is_left() {
        let parts = |bounds: &[&str]| parts(Grain::Quarters, bounds);
        let day = ["2026-11-01T15:00:00Z", "2026-11-02T15:00:00Z", "2026-11-03T15:00:00Z"];
        assert_eq!(parts(&day), " | 10: 01 15:00–03 15:00");
        let day = ["2026-11-01T18:30:00Z", "2026-11-02T18:30:00Z", "2026-11-03T18:30:00Z"];
        assert_eq!(
            parts(&day),
            "01 18:30–01 19:00, 02 18:00–02 19:00, 03 18:00–03 18:30 | 10: 01 19:00–02 18:00, 10: 02 19:00–03 18:00"
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
        assert_eq!(parts(&bounds), "01 23:00–11 00:00, 27 00:00–30 23:00 | 0: 11 00:00–27 00:00");
        let bounds = ["2026-10-26T00:00:00Z", "2026-11-11T00:00:00Z", "2026-11-27T00:00:00Z"];
        assert_eq!(parts(&bounds), " | 0: 26 00:00–27 00:00");
        let bounds = ["2026-10-26T00:00:01Z", "2026-11-26T23:59:59Z"];
        assert_eq!(parts(&bounds), "26 00:00–26 23:59 | ");
        assert_eq!(
            parts(&["1969-12-31T00:00:00Z", "1970-01-17T00:00:00Z"]),
            "31 00:00–01 00:00 | 0: 01 00:00–17 00:00"
        );
    }

    #[test]
    fn of_fewer_dimensions_the_longest_spans_that_fit_are_read() {
        let only = Only::default();
        let parts = |bounds: &[&str]| parts_of(Grain::Quarters, Some(11), &only, bounds);
        let tokyo = ["2026-11-01T15:00:00Z", "2026-11-02T15:00:00Z", "2026-11-03T15:00:00Z"];
        assert_eq!(
            parts(&tokyo),
            " | 31: 01 18:00–02 12:00, 31: 02 18:00–03 12:00, 11: 01 15:00–01 18:00, 11: 02 12:00–02 18:00, 11: 03 12:00–03 15:00"
        );
        let parts = |bounds: &[&str]| parts_of(Grain::Days, Some(4), &only, bounds);
        // Spans of 64 days begin on 7 August and 10 October, of four on 3 August and 3 November.
        let long = ["2026-07-30T22:00:00Z", "2026-11-04T23:00:00Z"];
        assert_eq!(
            parts(&long),
            "30 22:00–03 00:00, 03 00:00–04 23:00 | 44: 07 00:00–10 00:00, 4: 10 00:00–26 00:00, 24: 03 00:00–07 00:00, 24: 26 00:00–03 00:00"
        );
        let key = Only { keys: vec![Uuid::nil()], ..Only::default() };
        assert_eq!(
            parts_of(Grain::Days, Some(4), &key, &long),
            parts_of(Grain::Days, None, &key, &long).replace("0: ", "4: "),
            "a key is found by its index"
        );
    }
}
