//! Points in time for people, in the organization's zone.

use chrono::{DateTime, Datelike as _, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;

/// How much of a time is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// `18 Nov 2026`
    Day,
    /// `18 Nov 2026, 14:32`
    #[default]
    Minute,
    /// `18 Nov 2026, 14:32:07`, for "complete to".
    Second,
    /// `18 Nov 2026, 14:32:07.208`, for one request.
    Milli,
}

/// A time in words.
pub fn time_text(at: DateTime<Utc>, zone: Tz, precision: Precision) -> String {
    let format = match precision {
        Precision::Day => "%-d %b %Y",
        Precision::Minute => "%-d %b %Y, %H:%M",
        Precision::Second => "%-d %b %Y, %H:%M:%S",
        Precision::Milli => "%-d %b %Y, %H:%M:%S%.3f",
    };
    at.with_timezone(&zone).format(format).to_string()
}

/// A stretch of days in words: `1–18 Nov 2026`, `28 Oct–3 Nov 2026`.
pub fn days_text(first: DateTime<Utc>, last: DateTime<Utc>, zone: Tz) -> String {
    let (first, last) = (first.with_timezone(&zone), last.with_timezone(&zone));
    let end = last.format("%-d %b %Y");
    if first.date_naive() == last.date_naive() {
        end.to_string()
    } else if (first.year(), first.month()) == (last.year(), last.month()) {
        format!("{}–{end}", first.format("%-d"))
    } else if first.year() == last.year() {
        format!("{}–{end}", first.format("%-d %b"))
    } else {
        format!("{}–{end}", first.format("%-d %b %Y"))
    }
}

/// `12 s ago`, `9 min ago`, `3 h ago`, `5 days ago`: for "last used" alone. From 90 days on a date.
pub fn ago(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let passed = (now - at).max(TimeDelta::zero());
    match (passed.num_seconds(), passed.num_minutes(), passed.num_hours(), passed.num_days()) {
        (0..5, ..) => "now".to_owned(),
        (seconds @ 5..60, ..) => format!("{seconds} s ago"),
        (_, minutes @ 1..60, ..) => format!("{minutes} min ago"),
        (_, _, hours @ 1..24, _) => format!("{hours} h ago"),
        (_, _, _, 1) => "1 day ago".to_owned(),
        (_, _, _, days @ 2..=90) => format!("{days} days ago"),
        _ => time_text(at, zone, Precision::Day),
    }
}

/// A time in an element that programs can read.
#[component]
pub fn Time(at: DateTime<Utc>, zone: Tz, #[prop(optional)] precision: Precision) -> impl IntoView {
    let exact = at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::AutoSi, false);
    view! { <time datetime=exact>{time_text(at, zone, precision)}</time> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn times_and_days_are_the_zones() {
        let late = at("2026-11-18T23:32:07.208Z");
        assert_eq!(time_text(late, Tz::Europe__Oslo, Precision::Minute), "19 Nov 2026, 00:32");
        assert_eq!(time_text(late, Tz::UTC, Precision::Milli), "18 Nov 2026, 23:32:07.208");
        let html = view! { <Time at=late zone=Tz::Europe__Oslo/> }.to_html();
        assert!(html.contains(r#"datetime="2026-11-19T00:32:07.208+01:00""#), "{html}");
        assert_eq!(days_text(at("2026-11-01T00:00:00Z"), late, Tz::UTC), "1–18 Nov 2026");
        assert_eq!(days_text(at("2026-10-28T00:00:00Z"), late, Tz::UTC), "28 Oct–18 Nov 2026");
    }

    #[test]
    fn relative_only_up_to_ninety_days() {
        let now = at("2026-11-18T12:00:00Z");
        let texts = [
            "2026-11-18T12:00:01Z",
            "2026-11-18T11:59:48Z",
            "2026-11-18T11:51:00Z",
            "2026-11-17T12:00:01Z",
            "2026-11-15T11:00:00Z",
            "2026-01-01T00:00:00Z",
        ]
        .map(|text| ago(at(text), now, Tz::UTC));
        let expected = ["now", "12 s ago", "9 min ago", "23 h ago", "3 days ago", "1 Jan 2026"];
        assert_eq!(texts, expected);
    }
}
