//! Days and cycles, by their names.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::window::Window;

/// The place of the day that holds the instant; what lies outside belongs to the first or last, so
/// that nothing is lost.
pub(super) fn place(days: &[Window], at: DateTime<Utc>) -> usize {
    days.partition_point(|day| day.starts <= at).saturating_sub(1)
}

/// `November 2026`.
pub(super) fn cycle_name(cycle: Window) -> String {
    cycle.label.format("%B %Y").to_string()
}

/// `November`, where the year goes without saying.
pub(super) fn month_name(cycle: Window) -> String {
    cycle.label.format("%B").to_string()
}

/// `2026-11`, as addresses name a cycle.
pub(super) fn slug(cycle: Window) -> String {
    cycle.label.format("%Y-%m").to_string()
}

/// `18 Nov`.
pub(super) fn day_name(day: NaiveDate) -> String {
    day.format("%-d %b").to_string()
}

/// `Wed 18 Nov`.
pub(super) fn weekday_name(day: NaiveDate) -> String {
    day.format("%a %-d %b").to_string()
}

/// The last day of a window: `30 Nov`.
pub(super) fn last_day(window: Window, zone: Tz) -> String {
    let last = window.ends - chrono::TimeDelta::seconds(1);
    day_name(last.with_timezone(&zone).date_naive())
}

/// `1–30 Nov 2026`.
pub(super) fn stretch(window: Window, zone: Tz) -> String {
    let last = window.ends - chrono::TimeDelta::seconds(1);
    crate::components::days_text(window.starts, last, zone)
}

/// `in 12 days`, `tomorrow`, `today`, by local dates.
pub(super) fn until(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let date = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    match (date(at) - date(now)).num_days() {
        ..=0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    }
}

/// How far the cycle before had come when it was as old as this one is now; its end if this one is
/// over.
pub(super) fn same_age(cycle: Window, before: Window, now: DateTime<Utc>) -> DateTime<Utc> {
    if cycle.contains(now) {
        (before.starts + (now - cycle.starts)).min(before.ends)
    } else {
        before.ends
    }
}

#[cfg(test)]
mod tests {
    use domain::Period;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn november() -> Window {
        Window::first(Period::Month, Tz::Europe__Oslo, at("2026-11-18T13:32:07Z"))
    }

    #[test]
    fn every_instant_has_a_place() {
        let days: Vec<_> = std::iter::successors(Some(november()), |month| {
            Some(month.following(Period::Month, Tz::Europe__Oslo))
        })
        .take(3)
        .collect();
        assert_eq!(place(&days, days[1].starts), 1);
        assert_eq!(place(&days, at("2020-01-01T00:00:00Z")), 0);
        assert_eq!(place(&days, at("2030-01-01T00:00:00Z")), 2);
        assert_eq!(weekday_name(november().label), "Sun 1 Nov");
    }

    #[test]
    fn names() {
        let cycle = november();
        assert_eq!(cycle_name(cycle), "November 2026");
        assert_eq!(slug(cycle), "2026-11");
        assert_eq!(last_day(cycle, Tz::Europe__Oslo), "30 Nov");
        assert_eq!(stretch(cycle, Tz::Europe__Oslo), "1–30 Nov 2026");
        let now = at("2026-11-18T13:32:07Z");
        assert_eq!(until(cycle.ends, now, Tz::Europe__Oslo), "in 13 days");
        assert_eq!(until(now, now, Tz::Europe__Oslo), "today");
    }

    #[test]
    fn compares_with_the_same_age() {
        let cycle = november();
        let before = Window::first(Period::Month, Tz::Europe__Oslo, at("2026-10-02T00:00:00Z"));
        let cut = same_age(cycle, before, at("2026-11-18T13:32:07Z"));
        assert_eq!(cut - before.starts, at("2026-11-18T13:32:07Z") - cycle.starts);
        assert_eq!(same_age(cycle, before, cycle.ends), before.ends);
        let february = Window::first(Period::Month, Tz::UTC, at("2026-02-02T00:00:00Z"));
        let march = Window::first(Period::Month, Tz::UTC, at("2026-03-02T00:00:00Z"));
        assert_eq!(same_age(march, february, at("2026-03-31T00:00:00Z")), february.ends);
    }
}
