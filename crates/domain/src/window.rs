//! Windows: the days, weeks and months in which spend is counted, in an organization's zone.
//!
//! A window is made once and then stays as it is. The next one begins where the last one ends, and
//! ends where the zone valid by then says; so a change of zone makes one window longer or shorter,
//! never a gap or an overlap.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::Period;

/// A stretch of time, from its start up to and not with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// The local date that it is named after: the day, the Monday, the first of the month.
    pub label: NaiveDate,
    /// Its first instant.
    pub starts: DateTime<Utc>,
    /// The first instant that is no longer in it.
    pub ends: DateTime<Utc>,
}

impl Window {
    /// The first window of an organization: the one that holds `at`.
    pub fn first(period: Period, zone: Tz, at: DateTime<Utc>) -> Self {
        let mut label = floor(period, at.with_timezone(&zone).date_naive());
        // Where midnight is skipped or doubled, the local date alone can be one off.
        while first_instant(label, zone) > at {
            label = floor(period, label - Days::new(1));
        }
        let ends = first_instant(next(period, label), zone);
        Self { label, starts: first_instant(label, zone), ends }
    }

    /// The window that follows, by the zone valid now.
    #[must_use]
    pub fn following(&self, period: Period, zone: Tz) -> Self {
        let mut label = next(period, self.label);
        // After a move far to the west the next local period may already be over.
        while first_instant(next(period, label), zone) <= self.ends {
            label = next(period, label);
        }
        Self { label, starts: self.ends, ends: first_instant(next(period, label), zone) }
    }

    /// The window that is made next on the way to the one that holds `at`: the following one, or, where
    /// several days or weeks have passed in which nothing was counted, the one that holds `at` itself. Of
    /// months, which are shown as billing cycles, none is left out.
    #[must_use]
    pub fn towards(&self, at: DateTime<Utc>, period: Period, zone: Tz) -> Self {
        let following = self.following(period, zone);
        let last = Self::first(period, zone, at);
        let jumps = period != Period::Month && last.starts >= following.ends;
        if jumps { last } else { following }
    }

    /// Whether the instant lies in it.
    pub fn contains(&self, at: DateTime<Utc>) -> bool {
        self.starts <= at && at < self.ends
    }
}

/// Whether the parts of a stretch are hours.
pub fn are_hours(starts: DateTime<Utc>, ends: DateTime<Utc>) -> bool {
    ends - starts <= TimeDelta::days(2)
}

/// Where the hours of a stretch of up to two days begin, or the days of a longer one; then its end.
pub fn parts(starts: DateTime<Utc>, ends: DateTime<Utc>, zone: Tz) -> Vec<DateTime<Utc>> {
    let next = |at: &DateTime<Utc>| {
        let day = || Window::first(Period::Day, zone, *at).ends;
        Some(if are_hours(starts, ends) { *at + TimeDelta::hours(1) } else { day() })
    };
    let begins = std::iter::successors(Some(starts), next).take_while(|at| *at < ends);
    begins.chain([ends]).collect()
}

/// The quarter of an hour that holds the instant; every zone's days are made of whole ones.
pub fn quarter(at: DateTime<Utc>) -> DateTime<Utc> {
    let past = TimeDelta::seconds(at.timestamp().rem_euclid(900))
        + TimeDelta::nanoseconds(i64::from(at.timestamp_subsec_nanos()));
    at - past
}

fn floor(period: Period, date: NaiveDate) -> NaiveDate {
    match period {
        Period::Day => date,
        Period::Week => date - Days::new(u64::from(date.weekday().num_days_from_monday())),
        Period::Month => date - Days::new(u64::from(date.day0())),
    }
}

fn next(period: Period, label: NaiveDate) -> NaiveDate {
    match period {
        Period::Day => label + Days::new(1),
        Period::Week => label + Days::new(7),
        Period::Month => label + Months::new(1),
    }
}

/// The first instant of a local date: midnight, or where the clocks skip it, what follows.
pub fn first_instant(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    (0..=96)
        .map(|quarters| midnight + TimeDelta::minutes(15 * quarters))
        .find_map(|local| local.and_local_timezone(zone).earliest())
        .map_or_else(|| midnight.and_utc(), |instant| instant.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn months_and_weeks_follow_the_local_calendar() {
        let oslo: Tz = "Europe/Oslo".parse().unwrap();
        let month = Window::first(Period::Month, oslo, at("2026-11-24T10:00:00Z"));
        assert_eq!(
            (month.starts, month.ends),
            (at("2026-10-31T23:00:00Z"), at("2026-11-30T23:00:00Z"))
        );
        let week = Window::first(Period::Week, oslo, at("2026-11-22T22:59:59Z"));
        assert_eq!(
            (week.starts, week.ends),
            (at("2026-11-15T23:00:00Z"), at("2026-11-22T23:00:00Z"))
        );
    }

    #[test]
    fn days_of_a_clock_change_have_their_length() {
        let oslo: Tz = "Europe/Oslo".parse().unwrap();
        let hours = |text| {
            let day = Window::first(Period::Day, oslo, at(text));
            (day.ends - day.starts).num_hours()
        };
        assert_eq!(hours("2026-03-29T12:00:00Z"), 23);
        assert_eq!(hours("2026-10-25T12:00:00Z"), 25);
    }

    #[test]
    fn a_skipped_midnight_and_a_skipped_day_leave_no_gap() {
        // Santiago springs forward at midnight; Samoa had no 30 December 2011.
        let santiago: Tz = "America/Santiago".parse().unwrap();
        let day = Window::first(Period::Day, santiago, at("2026-09-06T12:00:00Z"));
        assert_eq!(day.starts, at("2026-09-06T04:00:00Z"));
        let apia: Tz = "Pacific/Apia".parse().unwrap();
        let day = Window::first(Period::Day, apia, at("2011-12-30T09:00:00Z"));
        assert!(day.contains(at("2011-12-30T09:00:00Z")));
        assert!(day.following(Period::Day, apia).starts == day.ends);
    }

    #[test]
    fn a_change_of_zone_makes_one_cycle_longer_or_shorter() {
        let (tokyo, la): (Tz, Tz) = (Tz::Asia__Tokyo, Tz::America__Los_Angeles);
        let november = Window::first(Period::Month, tokyo, at("2026-11-10T00:00:00Z"));
        let december = november.following(Period::Month, la);
        assert_eq!(december.starts, november.ends);
        assert_eq!(december.ends, at("2027-01-01T08:00:00Z"));
    }

    /// What is jumped over is made of whole windows: the one that is arrived at is the chain's.
    #[test]
    fn an_idle_organization_goes_on_in_the_window_that_the_chain_leads_to() {
        for zone in ZONES {
            for period in Period::ALL {
                let mut window = Window::first(period, zone, at("2024-01-31T12:00:00Z"));
                let idle = window;
                for day in 0..500 {
                    let now = at("2024-01-31T12:00:00Z") + TimeDelta::days(day);
                    while !window.contains(now) {
                        window = window.following(period, zone);
                    }
                    let (mut jumped, mut steps) = (idle, 0);
                    while !jumped.contains(now) {
                        jumped = jumped.towards(now, period, zone);
                        steps += 1;
                    }
                    assert_eq!(jumped, window, "{zone} {now}");
                    assert!(steps <= 2 || period == Period::Month, "{zone} {now}: {steps}");
                }
                // After a change of zone nothing overlaps.
                let moved =
                    idle.towards(at("2025-06-01T00:00:00Z"), period, Tz::Pacific__Kiritimati);
                assert!(moved.starts >= idle.ends, "{zone}");
            }
        }
    }

    /// Five years of every zone that is asked for: each instant lies in exactly one window, no local
    /// date that has a first instant is left out, and none comes twice.
    #[test]
    fn five_years_of_cycles_join_in_every_zone() {
        // Half an hour, an hour, at midnight, none; a year in which Ramadan stops the clocks twice.
        for zone in [
            Tz::UTC,
            Tz::Europe__Oslo,
            Tz::America__New_York,
            Tz::Australia__Lord_Howe,
            Tz::America__Santiago,
            Tz::Africa__Casablanca,
        ] {
            for period in Period::ALL {
                let (from, until) = (at("2024-01-01T12:00:00Z"), at("2029-01-01T12:00:00Z"));
                let mut window = Window::first(period, zone, from);
                let mut lengths = Vec::new();
                while window.ends <= until {
                    let following = window.following(period, zone);
                    assert_eq!(following.starts, window.ends, "{zone} {window:?}");
                    assert_eq!(following.label, next(period, window.label), "{zone} {window:?}");
                    assert_eq!(following.starts, first_instant(following.label, zone));
                    let before = window.ends - TimeDelta::nanoseconds(1);
                    assert!(window.contains(before) && !following.contains(before));
                    assert!(following.contains(window.ends) && !window.contains(window.ends));
                    assert_eq!(Window::first(period, zone, window.ends), following);
                    lengths.push((window.ends - window.starts).num_minutes());
                    window = following;
                }
                if period == Period::Day {
                    assert_eq!(lengths.len(), 1_827, "{zone}");
                    lengths.sort_unstable();
                    lengths.dedup();
                    let shifts: &[i64] = match zone {
                        Tz::UTC => &[1_440],
                        Tz::Australia__Lord_Howe => &[1_410, 1_440, 1_470],
                        _ => &[1_380, 1_440, 1_500],
                    };
                    assert_eq!(lengths, shifts, "{zone}");
                }
            }
        }
    }

    const ZONES: [Tz; 8] = [
        Tz::UTC,
        Tz::Europe__Oslo,
        Tz::America__Los_Angeles,
        Tz::Asia__Kathmandu,
        Tz::Australia__Lord_Howe,
        Tz::Pacific__Apia,
        Tz::America__Santiago,
        Tz::Pacific__Kiritimati,
    ];

    #[test]
    fn a_day_has_hours_and_a_month_has_days() {
        let oslo: Tz = "Europe/Oslo".parse().unwrap();
        // Clocks go back on its last Sunday.
        let october = Window::first(Period::Month, oslo, at("2026-10-14T12:00:00Z"));
        let days = parts(october.starts, october.ends, oslo);
        assert_eq!((days.len(), days[0], days[31]), (32, october.starts, october.ends));
        assert_eq!(days[25] - days[24], TimeDelta::hours(25));
        let hours = parts(days[24], days[25], oslo);
        assert_eq!((hours.len(), hours[25]), (26, days[25]));
        let now = at("2026-10-14T12:00:00Z");
        assert_eq!(parts(now, now, oslo), [now]);
    }

    proptest! {
        #[test]
        fn windows_join_without_gap(
            seconds in 1_200_000_000_i64..1_900_000_000,
            zones in prop::collection::vec(0..ZONES.len(), 1..40),
            period in prop::sample::select(Period::ALL.to_vec()),
        ) {
            let start = Utc.timestamp_opt(seconds, 0).unwrap();
            let mut window = Window::first(period, ZONES[zones[0]], start);
            prop_assert!(window.contains(start));
            for zone in zones {
                let following = window.following(period, ZONES[zone]);
                prop_assert_eq!(following.starts, window.ends);
                prop_assert!(following.ends > following.starts);
                prop_assert!(following.label > window.label);
                prop_assert_eq!(quarter(following.ends), following.ends);
                window = following;
            }
        }
    }
}
