//! The stretch of time that a page of usage is about, and the bars that it is cut into.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    Period,
    window::{Window, first_instant, quarter},
};
use store::{BillingCycle, Until, slices::Grain};

use super::calendar::{cycle_name, day_name, month_name, same_age, weekday_name};
use crate::components::days_text;

/// How long a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Hour,
    Day,
    Week,
    Month,
}

impl Step {
    /// Bars that are told apart at a glance: from a day's 24 to some 120.
    fn of(starts: DateTime<Utc>, ends: DateTime<Utc>) -> Self {
        // A day may have 25 hours.
        match (ends - starts).num_hours() {
            ..=49 => Self::Hour,
            50..=2_905 => Self::Day,
            2_906..=17_570 => Self::Week,
            _ => Self::Month,
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// What it was asked for as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A billing cycle.
    Cycle(BillingCycle),
    /// From one date up to and with another.
    Dates(NaiveDate, NaiveDate),
}

/// A stretch of time in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) kind: Kind,
    pub(super) zone: Tz,
    /// The rollup that knows it.
    pub(super) grain: Grain,
    pub(super) step: Step,
    /// The bars; each begins where the one before ends.
    pub(super) spans: Vec<Window>,
}

impl Stretch {
    /// `other`: in days of this zone, not of the one that its usage is rolled up by.
    pub(super) fn cycle(cycle: BillingCycle, other: Option<Tz>) -> Self {
        let (Window { starts, ends, .. }, zone) = (cycle.window, other.unwrap_or(cycle.zone));
        let (kind, step) = (Kind::Cycle(cycle), Step::of(starts, ends));
        Self::cut(kind, starts, ends, zone, other.is_none(), step)
    }

    /// Both dates are within it. `own`: the zone's days are those that usage is rolled up by.
    pub(super) fn dates(first: NaiveDate, last: NaiveDate, zone: Tz, own: bool) -> Self {
        let starts = first_instant(first, zone);
        let ends = first_instant(last + Days::new(1), zone);
        Self::cut(Kind::Dates(first, last), starts, ends, zone, own, Step::of(starts, ends))
    }

    /// As many days before these dates, cut into bars as long.
    pub(super) fn days_before(&self, first: NaiveDate, last: NaiveDate) -> Self {
        let days = u64::try_from((last - first).num_days() + 1).unwrap_or(1);
        let (first, last) = (first - Days::new(days), first - Days::new(1));
        let starts = first_instant(first, self.zone);
        let ends = first_instant(last + Days::new(1), self.zone);
        let own = self.grain == Grain::Days;
        Self::cut(Kind::Dates(first, last), starts, ends, self.zone, own, self.step)
    }

    fn cut(
        kind: Kind,
        starts: DateTime<Utc>,
        ends: DateTime<Utc>,
        zone: Tz,
        own: bool,
        step: Step,
    ) -> Self {
        let spans = match step {
            Step::Hour => hours(starts, ends, zone),
            Step::Day => periods(Period::Day, starts, ends, zone),
            Step::Week => periods(Period::Week, starts, ends, zone),
            Step::Month => periods(Period::Month, starts, ends, zone),
        };
        let grain = if own && step != Step::Hour { Grain::Days } else { Grain::Quarters };
        Self { kind, zone, grain, step, spans }
    }

    /// From its first instant to its end.
    pub(super) fn window(&self) -> Window {
        let starts = self.spans.first().map_or(DateTime::UNIX_EPOCH, |span| span.starts);
        let ends = self.spans.last().map_or(starts, |span| span.ends);
        Window { label: self.date(starts), starts, ends }
    }

    /// Where each bar begins, and the end of the last.
    pub(super) fn bounds(&self) -> Vec<DateTime<Utc>> {
        let starts = self.spans.iter().map(|span| span.starts);
        starts.chain(self.spans.last().map(|span| span.ends)).collect()
    }

    /// How much of it has passed when `other` has come as far as now.
    pub(super) fn until(&self, other: &Self, now: DateTime<Utc>) -> Until {
        let cut = same_age(other.window(), self.window(), now);
        let starts = self.window().starts;
        if cut >= self.window().ends {
            return Until { day: cut, quarter: cut };
        }
        let day = match self.grain {
            Grain::Days => Window::first(Period::Day, self.zone, cut).starts.max(starts),
            Grain::Quarters => starts,
        };
        Until { day, quarter: quarter(cut) }
    }

    fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// The dates on which a bar begins and ends.
    pub(super) fn dates_of(&self, span: &Window) -> (NaiveDate, NaiveDate) {
        (self.date(span.starts), self.date(span.ends - TimeDelta::seconds(1)))
    }

    /// `1–30 Nov 2026`.
    pub(super) fn days(&self) -> String {
        let Window { starts, ends, .. } = self.window();
        days_text(starts, ends - TimeDelta::seconds(1), self.zone)
    }

    /// `November 2026`, `1–7 Nov 2026`.
    pub(super) fn title(&self) -> String {
        match self.kind {
            Kind::Cycle(cycle) => cycle_name(cycle.window),
            Kind::Dates(..) => self.days(),
        }
    }

    /// `November`, `1–7 Nov 2026`: beside the one that it is compared with.
    pub(super) fn short_title(&self) -> String {
        match self.kind {
            Kind::Cycle(cycle) => month_name(cycle.window),
            Kind::Dates(..) => self.days(),
        }
    }

    /// A bar among others: `14:00`, `Wed 18 Nov`, `2–8 Nov 2026`, `November 2026`.
    pub(super) fn name(&self, span: &Window) -> String {
        match self.step {
            Step::Hour => self.hour(span),
            Step::Day => weekday_name(self.date(span.starts)),
            Step::Week => days_text(span.starts, span.ends - TimeDelta::seconds(1), self.zone),
            Step::Month => cycle_name(*span),
        }
    }

    /// A bar alone: `18 Nov`.
    pub(super) fn label(&self, span: &Window) -> String {
        match self.step {
            Step::Day => day_name(self.date(span.starts)),
            _ => self.name(span),
        }
    }

    /// Where the clocks change, an hour comes twice: then with its offset.
    fn hour(&self, span: &Window) -> String {
        let Window { starts, ends, .. } = self.window();
        let offset = |at: DateTime<Utc>| at.with_timezone(&self.zone).format("%z").to_string();
        let odd = offset(starts) != offset(ends);
        let several = self.date(starts) != self.date(ends - TimeDelta::seconds(1));
        let format = match (several, odd) {
            (false, false) => "%H:%M",
            (false, true) => "%H:%M %:z",
            (true, false) => "%-d %b, %H:%M",
            (true, true) => "%-d %b, %H:%M %:z",
        };
        span.starts.with_timezone(&self.zone).format(format).to_string()
    }

    /// What stands below each bar on the axis, where there is room.
    pub(super) fn ticks(&self) -> Vec<String> {
        let tick = |(place, span): (usize, &Window)| {
            let local = span.starts.with_timezone(&self.zone);
            match (self.step, place) {
                (Step::Hour, _) => local.format("%H:%M").to_string(),
                (Step::Day, 1..) => local.format("%-d").to_string(),
                (Step::Day, 0) | (Step::Week, _) => day_name(local.date_naive()),
                (Step::Month, _) => local.format("%b %y").to_string(),
            }
        };
        self.spans.iter().enumerate().map(tick).collect()
    }
}

/// Hours as the clocks show them, the last one perhaps shorter.
fn hours(starts: DateTime<Utc>, ends: DateTime<Utc>, zone: Tz) -> Vec<Window> {
    let next = |at: &DateTime<Utc>| Some(*at + TimeDelta::hours(1)).filter(|at| *at < ends);
    let hour = |starts: DateTime<Utc>| Window {
        label: starts.with_timezone(&zone).date_naive(),
        starts,
        ends: (starts + TimeDelta::hours(1)).min(ends),
    };
    std::iter::successors(Some(starts), next).map(hour).collect()
}

/// Days, weeks or months; what is outside the stretch is cut off.
fn periods(period: Period, starts: DateTime<Utc>, ends: DateTime<Utc>, zone: Tz) -> Vec<Window> {
    let first = Window::first(period, zone, starts);
    std::iter::successors(Some(first), |window| Some(window.following(period, zone)))
        .take_while(|window| window.starts < ends)
        .map(|window| Window {
            starts: window.starts.max(starts),
            ends: window.ends.min(ends),
            ..window
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn days(first: &str, last: &str, zone: Tz) -> Stretch {
        Stretch::dates(date(first), date(last), zone, true)
    }

    #[test]
    fn days_on_which_the_clocks_change_have_their_hours() {
        for (day, zone, count, last) in [
            ("2026-11-18", Tz::Europe__Oslo, 24, "23:00"),
            ("2026-03-29", Tz::Europe__Oslo, 23, "23:00 +02:00"),
            ("2026-10-25", Tz::Europe__Oslo, 25, "23:00 +01:00"),
            ("2026-11-18", Tz::Asia__Kolkata, 24, "23:00"),
            ("2026-11-18", Tz::Asia__Kathmandu, 24, "23:00"),
            // Half an hour more, half an hour less.
            ("2026-04-05", Tz::Australia__Lord_Howe, 25, "23:30 +10:30"),
            ("2026-10-04", Tz::Australia__Lord_Howe, 24, "23:30 +11:00"),
            // Midnight does not exist.
            ("2026-09-06", Tz::America__Santiago, 23, "23:00"),
        ] {
            let stretch = days(day, day, zone);
            assert_eq!((stretch.step, stretch.grain), (Step::Hour, Grain::Quarters));
            assert_eq!(stretch.spans.len(), count, "{day} {zone}");
            assert_eq!(stretch.name(stretch.spans.last().unwrap()), last, "{day} {zone}");
        }
        let twice = days("2026-10-25", "2026-10-25", Tz::Europe__Oslo);
        let names: Vec<_> = twice.spans[2..4].iter().map(|span| twice.name(span)).collect();
        assert_eq!(names, ["02:00 +02:00", "02:00 +01:00"]);
    }

    #[test]
    fn longer_stretches_have_longer_bars() {
        let oslo = Tz::Europe__Oslo;
        for (last, step, count) in [
            ("2026-01-01", Step::Hour, 24),
            ("2026-01-02", Step::Hour, 48),
            ("2026-01-03", Step::Day, 3),
            ("2026-04-30", Step::Day, 120),
            ("2026-05-31", Step::Week, 22),
            ("2027-12-31", Step::Week, 105),
            ("2035-12-31", Step::Month, 120),
        ] {
            let stretch = days("2026-01-01", last, oslo);
            assert_eq!((stretch.step, stretch.spans.len()), (step, count), "{last}");
            let hours = step == Step::Hour;
            assert_eq!(stretch.grain == Grain::Quarters, hours, "{last}");
            let others = Stretch::dates(date("2026-01-01"), date(last), oslo, false);
            assert_eq!(others.grain, Grain::Quarters);
        }
        let weeks = days("2026-01-01", "2026-12-31", oslo);
        assert_eq!(weeks.name(&weeks.spans[0]), "1–4 Jan 2026", "cut off");
        assert_eq!(weeks.dates_of(&weeks.spans[1]), (date("2026-01-05"), date("2026-01-11")));
        let months = days("2024-01-01", "2026-12-31", oslo);
        assert_eq!(months.name(&months.spans[1]), "February 2024");
        assert_eq!((months.ticks()[1].as_str(), weeks.ticks()[1].as_str()), ("Feb 24", "5 Jan"));
    }

    #[test]
    fn a_cycle_is_cut_by_the_days_of_any_zone() {
        let at = "2026-11-18T13:32:07Z".parse().unwrap();
        let cycle = Window::first(Period::Month, Tz::Europe__Oslo, at);
        let november = BillingCycle { window: cycle, zone: Tz::Europe__Oslo };
        let own = Stretch::cycle(november, None);
        assert_eq!((own.spans.len(), own.grain), (30, Grain::Days));
        assert_eq!((own.window().starts, own.window().ends), (cycle.starts, cycle.ends));
        assert_eq!(
            (own.title().as_str(), own.short_title().as_str()),
            ("November 2026", "November")
        );
        assert_eq!(
            (own.days().as_str(), own.label(&own.spans[17]).as_str()),
            ("1–30 Nov 2026", "18 Nov")
        );
        let other = Stretch::cycle(november, Some(Tz::Asia__Kathmandu));
        assert_eq!(other.grain, Grain::Quarters);
        assert_eq!(other.spans.len(), 31, "two parts of a day at its ends");
        assert_eq!((other.window().starts, other.window().ends), (cycle.starts, cycle.ends));
    }

    #[test]
    fn the_time_before_is_as_long_and_as_old() {
        let oslo = Tz::Europe__Oslo;
        let now = "2026-11-18T13:32:07Z".parse().unwrap();
        let week = days("2026-11-12", "2026-11-18", oslo);
        let before = week.days_before(date("2026-11-12"), date("2026-11-18"));
        assert_eq!((before.days().as_str(), before.step), ("5–11 Nov 2026", Step::Day));
        let until = before.until(&week, now);
        assert_eq!(until.day.to_rfc3339(), "2026-11-10T23:00:00+00:00");
        assert_eq!(until.quarter.to_rfc3339(), "2026-11-11T13:30:00+00:00");
        let over = days("2026-11-01", "2026-11-07", oslo);
        let before = over.days_before(date("2026-11-01"), date("2026-11-07"));
        let until = before.until(&over, now);
        assert_eq!((until.day, until.quarter), (before.window().ends, before.window().ends));
        let today = days("2026-11-18", "2026-11-18", oslo);
        let before = today.days_before(date("2026-11-18"), date("2026-11-18"));
        let until = before.until(&today, now);
        assert_eq!(until.day, before.window().starts);
        assert_eq!(until.quarter.to_rfc3339(), "2026-11-17T13:30:00+00:00");
    }

    const ZONES: [Tz; 8] = [
        Tz::UTC,
        Tz::Europe__Oslo,
        Tz::America__St_Johns,
        Tz::Asia__Kathmandu,
        Tz::Australia__Lord_Howe,
        Tz::America__Santiago,
        Tz::Africa__Casablanca,
        Tz::Pacific__Kiritimati,
    ];

    proptest! {
        /// No gap, no overlap, and only whole quarters of an hour, which the rollups have.
        #[test]
        fn bars_join(start in 0_u64..4_000, length in 0_u64..3_600, zone in 0..ZONES.len()) {
            let first = date("2020-01-01") + Days::new(start);
            let last = first + Days::new(length);
            let stretch = Stretch::dates(first, last, ZONES[zone], true);
            prop_assert_eq!(stretch.window().starts, first_instant(first, ZONES[zone]));
            prop_assert_eq!(stretch.window().ends, first_instant(last + Days::new(1), ZONES[zone]));
            prop_assert!(stretch.spans.len() <= 125, "{}", stretch.spans.len());
            for pair in stretch.spans.windows(2) {
                prop_assert_eq!(pair[0].ends, pair[1].starts);
            }
            for at in stretch.bounds() {
                prop_assert_eq!(quarter(at), at);
            }
            let bounds = stretch.bounds();
            prop_assert!(bounds.is_sorted() && bounds.len() == stretch.spans.len() + 1);
            let before = stretch.days_before(first, last);
            prop_assert_eq!(before.window().ends, stretch.window().starts);
            prop_assert_eq!(before.step, stretch.step);
        }
    }
}
