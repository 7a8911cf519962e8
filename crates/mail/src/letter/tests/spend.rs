//! How spend came about, and reports of it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Usd;
use serde_json::json;

use super::*;

/// Half of November: a little each day, and much on the 12th.
pub(super) fn facts() -> Facts {
    let starts: DateTime<Utc> = "2026-10-31T23:00:00Z".parse().unwrap();
    let part = |day: i64| {
        let cents = match day {
            11 => 150,
            ..16 => 10 + day,
            _ => 0,
        };
        (starts + TimeDelta::days(day), Usd::from_pico(i128::from(cents) * 10_000_000_000))
    };
    Facts {
        parts: (0..30).map(part).collect(),
        tops: vec![
            ("Support <assistant>".to_owned(), "3.10".parse().unwrap()),
            ("Search\r\nBcc: eve".to_owned(), "0.92".parse().unwrap()),
        ],
        now: starts + TimeDelta::days(16),
    }
}

#[test]
fn an_alert_shows_how_it_came_about_and_how_to_stop_it() {
    let mute = "https://exchequer.example.com/mute/org-1/mail_2/03";
    let around = Around { facts: Some(facts()), mute: Some(mute.to_owned()), ..Around::link(LINK) };
    let mail = render("threshold", &with(threshold(), json!({ "listed": true })), around).unwrap();
    insta::assert_snapshot!("facts.text", mail.text);
    insta::assert_snapshot!("facts.html", mail.html);
    let picture = mail.picture.unwrap();
    assert_eq!(picture.alt, "Spend by day: highest $1.50 on 12 Nov");
    assert_eq!((picture.first.as_str(), picture.last.as_str()), ("1 Nov", "30 Nov"));
    assert_eq!(mail.mute.as_deref(), Some(mute));
}

#[test]
fn a_days_alert_shows_its_hours_and_nothing_spent_shows_nothing() {
    let day = json!({
        "period": "day", "starts": "2026-10-24T22:00:00+00:00", "ends": "2026-10-25T23:00:00+00:00",
    });
    let starts: DateTime<Utc> = "2026-10-24T22:00:00Z".parse().unwrap();
    // The day on which clocks go back has 25 hours.
    let dollar = |hour| if hour == 24 { "1" } else { "0" }.parse().unwrap();
    let parts = (0..25).map(|hour| (starts + TimeDelta::hours(hour), dollar(hour))).collect();
    let now = starts + TimeDelta::minutes(24 * 60 + 45);
    let facts = Facts { parts, tops: Vec::new(), now };
    let around = Around { facts: Some(facts), ..Around::link(LINK) };
    let mail = render("blocked", &with(blocked(), day), around).unwrap();
    let picture = mail.picture.unwrap();
    assert_eq!(picture.alt, "Spend by hour: highest $1.00 at 23:00");
    assert_eq!((picture.first.as_str(), picture.last.as_str()), ("00:00", "23:00"));
    let facts = Facts { parts: Vec::new(), tops: Vec::new(), now };
    let around = Around { facts: Some(facts), ..Around::link(LINK) };
    assert_eq!(render("threshold", &threshold(), around).unwrap().picture, None);
}

/// A week of which each day cost a dollar more, as `System::report` tells it.
fn reported() -> Reported {
    let starts: DateTime<Utc> = "2026-11-15T23:00:00Z".parse().unwrap();
    let day = |day: i64| (starts + TimeDelta::days(day), Usd::from_dollars(day));
    Reported {
        spent: Usd::from_dollars(21),
        before: "18.75".parse().unwrap(),
        sandbox: Usd::ZERO,
        rehearses: false,
        requests: 12_345,
        unpriced: 0,
        tokens: (4_000_000, 250_000),
        refused: 0,
        days: (0..7).map(day).collect(),
        projects: vec![("Search".to_owned(), Usd::from_dollars(21))],
        models: vec![("gpt-5-mini".to_owned(), Usd::from_dollars(21))],
    }
}

fn report(rhythm: &str, ends: &str, told: Reported) -> Rendered {
    let params = json!({
        "organization": "Brackwater Freight", "zone": "Europe/Oslo", "rhythm": rhythm,
        "starts": "2026-11-15T23:00:00+00:00", "ends": ends,
    });
    let around = Around { report: Some(told), ..Around::link(LINK) };
    render("report", &params, around).unwrap()
}

#[test]
fn report_letter() {
    let mail = report("week", "2026-11-22T23:00:00+00:00", reported());
    assert_eq!(mail.subject, "Brackwater Freight: $21.00 spent from 16 Nov to 22 Nov 2026");
    insta::assert_snapshot!("report.text", mail.text);
    insta::assert_snapshot!("report.html", mail.html);
    assert_eq!(mail.picture.unwrap().alt, "Spend by day: highest $6.00 on 22 Nov");
    let less = Reported {
        before: Usd::from_dollars(42),
        refused: 1_200,
        unpriced: 7,
        sandbox: Usd::from_dollars(1),
        rehearses: true,
        ..reported()
    };
    let mail = report("month", "2026-12-16T23:00:00+00:00", less);
    assert_eq!(mail.subject, "Brackwater Freight: $21.00 spent in December 2026");
    for said in [
        "$21.00 less than in the billing cycle before (50.0%)",
        "1,200 by budgets",
        "7 requests, which",
    ] {
        assert!(mail.text.contains(said), "{said}: {}", mail.text);
    }
    let nothing = Reported {
        spent: Usd::ZERO,
        before: Usd::ZERO,
        requests: 0,
        tokens: (0, 0),
        days: Vec::new(),
        projects: Vec::new(),
        models: Vec::new(),
        ..reported()
    };
    let mail = report("week", "2026-11-22T23:00:00+00:00", nothing);
    assert!(mail.text.contains("As much as in the week before."), "{}", mail.text);
    assert_eq!(mail.picture, None);
    let nothing = render("report", &json!({}), Around::link(LINK));
    assert!(matches!(nothing, Err(RenderError::NothingToTell)));
}
