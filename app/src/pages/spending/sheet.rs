//! Usage as a sheet: time down, groups across. Chart, tables and file are made of the same one, and
//! all sums are of whole numbers.

use std::collections::HashMap;

use domain::window::Window;
use store::{
    Names,
    explore::Cut,
    slices::{Apart, Dimension, Slice},
    usage::Totals,
};

use super::question::{Filter, Measure, value_of};

/// So many groups have a colour of their own.
pub(super) const LARGEST: usize = 7;
/// So many groups have a line of their own.
pub(super) const LISTED: usize = 100;
/// The colour of the others.
const OTHER: u8 = 8;

/// The whole.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) measure: Measure,
    pub(super) spans: Vec<Window>,
    /// The groups, the largest first.
    pub(super) lines: Vec<Line>,
    /// How many groups have no line, and what they used together.
    pub(super) rest: Option<(usize, Totals)>,
    /// Of each span, over all groups.
    pub(super) by_span: Vec<Totals>,
    /// Everything.
    pub(super) total: Totals,
}

/// One group.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) group: Apart,
    /// What it is called in each dimension, and what it is there.
    pub(super) names: Vec<(String, Filter)>,
    /// Over all spans.
    pub(super) totals: Totals,
    /// Of each span; zero unless it is among the largest.
    pub(super) spans: Vec<Totals>,
}

impl Line {
    /// `Search`, `Search · gpt-4.1`.
    pub(super) fn name(&self) -> String {
        self.names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" · ")
    }

    /// Its id, or the model, in the first dimension.
    pub(super) fn id(&self) -> &str {
        self.names.first().map(|(_, filter)| filter.value.as_str()).unwrap_or_default()
    }

    /// The filters that let it through alone.
    pub(super) fn filters(&self) -> Vec<Filter> {
        self.names.iter().map(|(_, filter)| filter.clone()).collect()
    }
}

/// One of the parts that bars are made of: a large group, or all the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) colour: u8,
    /// By the measure, of each span.
    pub(super) values: Vec<i128>,
}

impl Part {
    pub(super) fn total(&self) -> i128 {
        self.values.iter().sum()
    }
}

pub(super) fn sum<'a>(totals: impl IntoIterator<Item = &'a Totals>) -> Totals {
    totals.into_iter().fold(Totals::default(), |sum, totals| sum.plus(*totals))
}

/// Each value with all before it.
pub(super) fn adding(values: impl IntoIterator<Item = i128>) -> Vec<i128> {
    let add = |sum: &mut i128, value: i128| {
        *sum = sum.saturating_add(value);
        Some(*sum)
    };
    values.into_iter().scan(0, add).collect()
}

/// The colour of the group at a place, the largest first.
pub(super) fn colour(place: usize) -> u8 {
    if place < LARGEST { u8::try_from(place + 1).unwrap_or(OTHER) } else { OTHER }
}

/// What each span used.
pub(super) fn by_span(spans: usize, slices: &[Slice]) -> Vec<Totals> {
    let mut sums = vec![Totals::default(); spans];
    for slice in slices {
        if let Some(sum) = sums.get_mut(slice.stretch) {
            *sum = sum.plus(slice.totals);
        }
    }
    sums
}

impl Sheet {
    /// `by`: what the cut tells apart.
    pub(super) fn new(
        spans: Vec<Window>,
        cut: &Cut,
        by: &[Dimension],
        names: &Names,
        measure: Measure,
    ) -> Self {
        let mut large: HashMap<Apart, Vec<Totals>> = HashMap::new();
        for slice in &cut.largest {
            let line =
                large.entry(slice.apart()).or_insert_with(|| vec![Totals::default(); spans.len()]);
            if let Some(span) = line.get_mut(slice.stretch) {
                *span = span.plus(slice.totals);
            }
        }
        let line = |slice: &Slice| {
            let group = slice.apart();
            let name = |dimension: &Dimension| {
                let value = value_of(*dimension, &group);
                (names.label(*dimension, slice), Filter { dimension: *dimension, value })
            };
            Line {
                names: by.iter().map(name).collect(),
                totals: slice.totals,
                spans: large.remove(&group).unwrap_or_else(|| vec![Totals::default(); spans.len()]),
                group,
            }
        };
        let (listed, others) = cut.groups.split_at(cut.groups.len().min(LISTED));
        let rest = sum(others.iter().map(|slice| &slice.totals));
        let lines: Vec<_> = listed.iter().map(line).collect();
        let total = sum(lines.iter().map(|line| &line.totals)).plus(rest);
        Self {
            measure,
            lines,
            rest: (!others.is_empty()).then_some((others.len(), rest)),
            by_span: by_span(spans.len(), &cut.stretches),
            total,
            spans,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The seven largest groups, then the others together.
    pub(super) fn parts(&self) -> Vec<Part> {
        let value = |totals: &Totals| self.measure.of(totals);
        let large = &self.lines[..self.lines.len().min(LARGEST)];
        let mut parts: Vec<_> = large
            .iter()
            .enumerate()
            .map(|(place, line)| Part {
                name: line.name(),
                colour: colour(place),
                values: line.spans.iter().map(value).collect(),
            })
            .collect();
        if self.lines.len() > LARGEST {
            let other = |(span, whole): (usize, &Totals)| {
                let told: i128 = parts.iter().map(|part| part.values[span]).sum();
                value(whole) - told
            };
            let values = self.by_span.iter().enumerate().map(other).collect();
            parts.push(Part { name: "Other".to_owned(), colour: OTHER, values });
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use chrono_tz::Tz;
    use domain::{Period, Tokens, Usd};
    use store::BillingCycle;

    use super::*;
    use crate::pages::spending::stretch::Stretch;

    fn november() -> Vec<Window> {
        let at: DateTime<Utc> = "2026-11-18T13:32:07Z".parse().unwrap();
        let window = Window::first(Period::Month, Tz::UTC, at);
        Stretch::cycle(BillingCycle { window, zone: Tz::UTC }, None).spans
    }

    fn slice(stretch: usize, group: usize, pico: i128) -> Slice {
        let apart = Apart { model: Some(format!("m{group}")), ..Apart::default() };
        let totals = Totals {
            requests: 1,
            tokens: Tokens { input: 10, cached: 5, output: 1, ..Tokens::default() },
            charge: Usd::from_pico(pico),
            ..Totals::default()
        };
        Slice::of(stretch, apart, totals)
    }

    /// So many groups on each of three days, with amounts that no float holds.
    fn slices(groups: usize) -> Vec<Slice> {
        let amount = |group| 1_000_000_000_000_000_001 * i128::try_from(group).unwrap();
        (0..3)
            .flat_map(|day| (1..=groups).map(move |group| slice(day, group, amount(group))))
            .collect()
    }

    fn sheet(cut: &Cut, measure: Measure) -> Sheet {
        Sheet::new(november(), cut, &[Dimension::Model], &Names::default(), measure)
    }

    #[test]
    fn the_seven_largest_and_the_others_are_the_whole() {
        let mut cut = Cut::of(slices(10), Measure::Cost.size());
        let whole = sheet(&cut, Measure::Cost);
        let parts = whole.parts();
        assert_eq!(parts.len(), 8);
        assert_eq!((parts[0].name.as_str(), parts[0].colour), ("m10", 1));
        assert_eq!((parts[7].name.as_str(), parts[7].colour), ("Other", 8));
        let all: i128 = parts.iter().map(Part::total).sum();
        assert_eq!(all, 3 * 55 * 1_000_000_000_000_000_001);
        assert_eq!(all, whole.total.charge.pico());
        assert_eq!(sum(&whole.by_span), whole.total);
        assert_eq!(whole.by_span.len(), 30);
        // The course of the seven largest is enough.
        let top: Vec<Apart> = cut.groups[..7].iter().map(Slice::apart).collect();
        cut.largest.retain(|slice| top.contains(&slice.apart()));
        assert_eq!(sheet(&cut, Measure::Cost).parts(), parts);
    }

    #[test]
    fn thousands_of_groups_have_a_hundred_lines() {
        let sheet = sheet(&Cut::of(slices(2_500), Measure::Cost.size()), Measure::Cost);
        let (count, rest) = sheet.rest.unwrap();
        assert_eq!((sheet.lines.len(), count), (LISTED, 2_400));
        let listed = sum(sheet.lines.iter().map(|line| &line.totals));
        assert_eq!(listed.plus(rest), sheet.total);
        assert_eq!(sum(&sheet.by_span), sheet.total);
        let parts: i128 = sheet.parts().iter().map(Part::total).sum();
        assert_eq!(parts, sheet.total.charge.pico());
    }

    #[test]
    fn seven_groups_need_no_others() {
        let parts = sheet(&Cut::of(slices(7), Measure::Requests.size()), Measure::Requests).parts();
        assert_eq!(parts.iter().map(|part| part.colour).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
        assert!(sheet(&Cut::default(), Measure::Tokens).parts().is_empty());
    }

    #[test]
    fn sums_add_up() {
        assert_eq!(adding([1, 0, 5]), [1, 1, 6]);
    }
}
