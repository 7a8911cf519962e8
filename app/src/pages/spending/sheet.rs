//! Usage of a cycle as a sheet: days down, groups across. Chart and tables are made of the same one,
//! and all sums are of whole numbers.

use std::collections::HashMap;

use domain::window::Window;
use store::usage::{Cell, Totals};

use super::{calendar::place, question::Measure};

/// So many groups have a colour of their own.
const LARGEST: usize = 7;
/// The colour of the others.
const OTHER: u8 = 8;

/// The whole.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) measure: Measure,
    pub(super) days: Vec<Window>,
    /// The groups, the largest by the measure first.
    pub(super) lines: Vec<Line>,
    /// Everything.
    pub(super) total: Totals,
}

/// One group.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its id, or the model.
    pub(super) group: String,
    pub(super) name: String,
    /// Of the whole cycle.
    pub(super) totals: Totals,
    /// Of each day.
    pub(super) days: Vec<Totals>,
}

/// One of the parts that bars are made of: a large group, or all the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    pub(super) colour: u8,
    /// By the measure, of each day.
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

/// The colour of the group at a place, the largest first.
pub(super) fn colour(place: usize) -> u8 {
    if place < LARGEST { u8::try_from(place + 1).unwrap_or(OTHER) } else { OTHER }
}

impl Sheet {
    pub(super) fn new(days: Vec<Window>, cells: &[Cell], measure: Measure) -> Self {
        let mut lines: HashMap<&str, Line> = HashMap::new();
        for cell in cells {
            let line = lines.entry(&cell.group).or_insert_with(|| Line {
                group: cell.group.clone(),
                name: cell.name.clone(),
                totals: Totals::default(),
                days: vec![Totals::default(); days.len()],
            });
            line.totals = line.totals.plus(cell.totals);
            if let Some(day) = line.days.get_mut(place(&days, cell.day)) {
                *day = day.plus(cell.totals);
            }
        }
        let mut lines: Vec<_> = lines.into_values().collect();
        lines.sort_by(|a, b| {
            let by_size = measure.of(&b.totals).cmp(&measure.of(&a.totals));
            by_size.then_with(|| (&a.name, &a.group).cmp(&(&b.name, &b.group)))
        });
        let total = sum(lines.iter().map(|line| &line.totals));
        Self { measure, days, lines, total }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The seven largest groups, then the others together.
    pub(super) fn parts(&self) -> Vec<Part> {
        let value = |totals: &Totals| self.measure.of(totals);
        let (large, small) = self.lines.split_at(self.lines.len().min(LARGEST));
        let mut parts: Vec<_> = large
            .iter()
            .enumerate()
            .map(|(place, line)| Part {
                name: line.name.clone(),
                colour: colour(place),
                values: line.days.iter().map(value).collect(),
            })
            .collect();
        if !small.is_empty() {
            let day =
                |day: usize| small.iter().filter_map(|line| line.days.get(day)).map(value).sum();
            let values = (0..self.days.len()).map(day).collect();
            parts.push(Part { name: "Other".to_owned(), colour: OTHER, values });
        }
        parts
    }

    /// The whole of each day.
    pub(super) fn by_day(&self) -> Vec<Totals> {
        let day = |day: usize| sum(self.lines.iter().filter_map(|line| line.days.get(day)));
        (0..self.days.len()).map(day).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::{DateTime, Utc};
    use chrono_tz::Tz;
    use domain::{Period, Tokens, Usd};

    use super::*;
    use crate::pages::spending::calendar;

    fn november() -> Vec<Window> {
        let at: DateTime<Utc> = "2026-11-18T13:32:07Z".parse().unwrap();
        calendar::days(Window::first(Period::Month, Tz::UTC, at), Tz::UTC)
    }

    fn cell(day: &Window, group: usize, pico: i128) -> Cell {
        Cell {
            day: day.starts,
            group: format!("g{group}"),
            name: format!("Group {group}"),
            totals: Totals {
                requests: 1,
                estimated: 0,
                unpriced: 0,
                tokens: Tokens { input: 10, cached: 5, output: 1, ..Tokens::default() },
                charge: Usd::from_pico(pico),
            },
        }
    }

    /// Ten groups on each of three days, with amounts that no float holds.
    pub(crate) fn sheet() -> Sheet {
        let days = november();
        let cells: Vec<_> = days[..3]
            .iter()
            .flat_map(|day| {
                (1..=10).map(|group| cell(day, group, 1_000_000_000_000_000_001 * group as i128))
            })
            .collect();
        Sheet::new(days, &cells, Measure::Cost)
    }

    #[test]
    fn the_seven_largest_and_the_others_are_the_whole() {
        let sheet = sheet();
        let parts = sheet.parts();
        assert_eq!(parts.len(), 8);
        assert_eq!((parts[0].name.as_str(), parts[0].colour), ("Group 10", 1));
        assert_eq!((parts[7].name.as_str(), parts[7].colour), ("Other", 8));
        let whole: i128 = parts.iter().map(Part::total).sum();
        assert_eq!(whole, 3 * 55 * 1_000_000_000_000_000_001);
        assert_eq!(whole, sheet.total.charge.pico());
        let by_day: i128 = sheet.by_day().iter().map(|day| day.charge.pico()).sum();
        assert_eq!(whole, by_day);
        assert_eq!(sheet.by_day().len(), 30);
    }

    #[test]
    fn a_cell_outside_the_days_is_not_lost() {
        let days = november();
        let mut stray = cell(&days[29], 1, 7);
        stray.day += chrono::TimeDelta::hours(5);
        let mut early = cell(&days[0], 1, 5);
        early.day -= chrono::TimeDelta::hours(5);
        let sheet = Sheet::new(days, &[stray, early], Measure::Cost);
        assert_eq!(sheet.parts()[0].total(), 12);
    }

    #[test]
    fn seven_groups_need_no_others() {
        let days = november();
        let cells: Vec<_> = (1..=7).map(|group| cell(&days[0], group, 1)).collect();
        let parts = Sheet::new(days.clone(), &cells, Measure::Requests).parts();
        assert_eq!(parts.iter().map(|part| part.colour).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
        assert!(Sheet::new(days, &[], Measure::Tokens).parts().is_empty());
    }
}
