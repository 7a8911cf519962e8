//! What a page or file of usage is about: its address, put beside the organization's cycles, zone
//! and clock.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{Action, window::Window};
use store::{
    BillingCycle,
    slices::{Dimension, Only},
};

use crate::{
    pages::spending::{
        calendar::slug,
        question::{Question, Range, label, word},
        stretch::{Kind, Stretch},
    },
    web::{App, Failure, Member},
};

/// So many days of quarters of an hour are read: of other zones than the organization's.
pub(super) const QUARTERED: i64 = 93;
/// The longest range, in days.
const LONGEST: i64 = 3_660;

/// An address that was understood.
pub(in crate::pages::spending) struct Asked {
    /// As typed.
    pub(super) typed: Question,
    /// With what is usual instead of what is wrong.
    pub(in crate::pages::spending) question: Question,
    /// A sentence for everything that is wrong.
    pub(in crate::pages::spending) faults: Vec<String>,
    /// All billing cycles, the newest first.
    pub(super) cycles: Vec<BillingCycle>,
    pub(super) stretch: Stretch,
    /// What it is compared with.
    pub(super) before: Option<Stretch>,
    /// What is read is complete up to this instant.
    pub(super) now: DateTime<Utc>,
}

impl Asked {
    pub(in crate::pages::spending) async fn read(
        app: &App,
        member: &Member,
        query: Option<&str>,
    ) -> Result<Self, Failure> {
        let typed = Question::read(query);
        let (mut question, mut faults) = (typed.clone(), typed.faults.clone());
        let cycles = app.store.cycles(&member.caller).await?;
        let (now, current) = (cycles.now, cycles.current);
        let cycles: Vec<_> = cycles.all().copied().collect();
        let own = member.organization.zone;
        let other = zone(&mut question, own, &mut faults);
        let today = now.with_timezone(&other.unwrap_or(own)).date_naive();
        let kind = wanted(&question.range, &cycles, today).unwrap_or_else(|fault| {
            faults.push(format!("{fault} This billing cycle is shown instead."));
            question.range = Range::ThisCycle;
            Kind::Cycle(current)
        });
        let other = other.filter(|_| is_short(kind, own, &mut question, &mut faults));
        who(&mut question, member.can(Action::SeeWhole), &mut faults);
        faults.extend(question.filters.iter().filter(|filter| !filter.is_right()).map(|filter| {
            let (value, kind) = (&filter.value, word(filter.dimension));
            format!("“{value}” is the id of no {kind}, so nothing matches it.")
        }));
        let stretch = match kind {
            Kind::Cycle(cycle) => Stretch::cycle(cycle, other),
            Kind::Dates(first, last) => {
                Stretch::dates(first, last, other.unwrap_or(own), other.is_none())
            }
        };
        let before = match kind {
            _ if !question.compared => None,
            Kind::Dates(first, last) => Some(stretch.days_before(first, last)),
            Kind::Cycle(cycle) => {
                before(&cycles, cycle).map(|before| Stretch::cycle(before, other))
            }
        };
        Ok(Self { typed, question, faults, cycles, stretch, before, now })
    }

    /// How many spans have begun.
    pub(super) fn begun(&self) -> usize {
        self.stretch.spans.partition_point(|span| span.starts <= self.now)
    }

    /// Which usage is meant.
    pub(super) fn only(&self) -> Only {
        self.question.only()
    }

    /// The cycle before the one that is shown, if one is.
    pub(super) fn older_cycle(&self) -> Option<Window> {
        let Kind::Cycle(cycle) = self.stretch.kind else { return None };
        before(&self.cycles, cycle).map(|before| before.window)
    }
}

/// The cycle before one of these.
fn before(cycles: &[BillingCycle], cycle: BillingCycle) -> Option<BillingCycle> {
    cycles.iter().find(|it| it.window.starts < cycle.window.starts).copied()
}

/// The zone that is asked for, unless it is the organization's.
fn zone(question: &mut Question, own: Tz, faults: &mut Vec<String>) -> Option<Tz> {
    let typed = question.zone.as_ref()?;
    let zone = typed.parse::<Tz>();
    if zone.is_err() {
        let own = own.name();
        faults.push(format!(
            "There is no time zone “{typed}”; days are those of {own}. Choose a zone from the list."
        ));
    }
    let other = zone.ok().filter(|zone| *zone != own);
    if other.is_none() {
        question.zone = None;
    }
    other
}

/// Whether it may be shown in another zone than the organization's.
fn is_short(kind: Kind, own: Tz, question: &mut Question, faults: &mut Vec<String>) -> bool {
    let is_long = match kind {
        Kind::Cycle(_) => false,
        Kind::Dates(first, last) => (last - first).num_days() >= QUARTERED,
    };
    if is_long && let Some(zone) = question.zone.take() {
        let own = own.name();
        faults.push(format!(
            "In {zone} at most {QUARTERED} days can be shown, because longer ranges are summed by the days of {own}: these are shown."
        ));
    }
    !is_long
}

/// Members are for those who see the whole organization.
fn who(question: &mut Question, whole: bool, faults: &mut Vec<String>) {
    let is_member = |dimension: Dimension| dimension == Dimension::Member;
    let asked = question.dimensions().into_iter().any(is_member)
        || question.filters.iter().any(|filter| is_member(filter.dimension));
    if whole || !asked {
        return;
    }
    let member = label(Dimension::Member).to_lowercase();
    faults.push(format!("Usage by {member} is for owners of the organization, and is left out."));
    question.and = question.and.filter(|and| !is_member(*and));
    if is_member(question.by) {
        question.by = question.and.take().unwrap_or(Dimension::Project);
    }
    question.filters.retain(|filter| !is_member(filter.dimension));
}

/// What the range means today, or what is wrong with it.
fn wanted(range: &Range, cycles: &[BillingCycle], today: NaiveDate) -> Result<Kind, String> {
    let cycle = |cycle: Option<&BillingCycle>, fault: &dyn Fn() -> String| {
        cycle.map(|cycle| Kind::Cycle(*cycle)).ok_or_else(fault)
    };
    match range {
        Range::ThisCycle => cycle(cycles.first(), &|| "There is no billing cycle yet.".to_owned()),
        Range::LastCycle => {
            cycle(cycles.get(1), &|| "There was no billing cycle before this one.".to_owned())
        }
        Range::Cycle(name) => cycle(cycles.iter().find(|it| slug(it.window) == *name), &|| {
            format!("There is no billing cycle “{name}”.")
        }),
        Range::Days(days) => {
            Ok(Kind::Dates(today - chrono::Days::new(u64::from(*days).saturating_sub(1)), today))
        }
        Range::Dates(from, until) => dates(from, until, today),
    }
}

/// Two dates as typed; without the second up to today.
pub(in crate::pages::spending) fn dates(
    from: &str,
    until: &str,
    today: NaiveDate,
) -> Result<Kind, String> {
    if from.is_empty() {
        return Err("A range needs the date on which it begins.".to_owned());
    }
    let first = date(from)?;
    let last = if until.is_empty() { today.max(first) } else { date(until)? };
    if last < first {
        let day = |date: NaiveDate| date.format("%-d %b %Y");
        return Err(format!(
            "The range ends on {}, before it begins on {}.",
            day(last),
            day(first)
        ));
    }
    if (last - first).num_days() >= LONGEST {
        return Err("A range is at most ten years long.".to_owned());
    }
    Ok(Kind::Dates(first, last))
}

fn date(text: &str) -> Result<NaiveDate, String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| format!("“{text}” is no date: write one like 2026-11-24."))?;
    if (2000..2100).contains(&date.year()) {
        Ok(date)
    } else {
        Err(format!("“{text}” is too far away: choose dates from 2000 to 2099."))
    }
}

#[cfg(test)]
mod tests {
    use domain::Period;

    use super::*;

    fn cycles() -> Vec<BillingCycle> {
        let at = |text: &str| text.parse().unwrap();
        let window = |text| Window::first(Period::Month, Tz::UTC, at(text));
        let cycle = |text| BillingCycle { window: window(text), zone: Tz::UTC };
        vec![cycle("2026-11-18T13:32:07Z"), cycle("2026-10-18T13:32:07Z")]
    }

    /// What an address means on 18 November 2026, in short.
    fn meant(query: &str) -> Result<String, String> {
        let today = "2026-11-18".parse().unwrap();
        let kind = wanted(&Question::read(Some(query)).range, &cycles(), today)?;
        Ok(match kind {
            Kind::Cycle(cycle) => slug(cycle.window),
            Kind::Dates(first, last) => format!("{first} {last}"),
        })
    }

    #[test]
    fn ranges() {
        for (query, expected) in [
            ("", "2026-11"),
            ("range=last", "2026-10"),
            ("cycle=2026-10", "2026-10"),
            ("range=today", "2026-11-18 2026-11-18"),
            ("range=7d", "2026-11-12 2026-11-18"),
            ("range=30d", "2026-10-20 2026-11-18"),
            ("from=2026-11-01&until=2026-11-07", "2026-11-01 2026-11-07"),
            ("from=2026-11-01&until=2026-11-01&range=7d&cycle=2026-10", "2026-11-01 2026-11-01"),
            ("from=2026-11-01", "2026-11-01 2026-11-18"),
            ("from=2027-01-01", "2027-01-01 2027-01-01"),
            ("from=2017-01-01&until=2026-12-31", "2017-01-01 2026-12-31"),
        ] {
            assert_eq!(meant(query).as_deref(), Ok(expected), "{query}");
        }
    }

    #[test]
    fn wrong_ranges_are_said() {
        for (query, said) in [
            ("from=2026-11-07&until=2026-11-01", "ends on 1 Nov 2026, before it begins on 7 Nov"),
            ("until=2026-11-01", "the date on which it begins"),
            ("from=yesterday", "“yesterday” is no date"),
            ("from=2026-02-30", "“2026-02-30” is no date"),
            ("from=2026-11-01&until=%3Cscript%3E", "“<script>” is no date"),
            ("from=1926-11-01&until=2026-11-01", "too far away"),
            ("from=%2B262142-12-31", "too far away"),
            ("from=2026-01-01&until=2099-12-31", "at most ten years"),
            ("cycle=1999-01", "no billing cycle “1999-01”"),
        ] {
            let fault = meant(query).unwrap_err();
            assert!(fault.contains(said), "{query}: {fault}");
        }
        let none = wanted(&Range::LastCycle, &cycles()[..1], "2026-11-18".parse().unwrap());
        assert!(none.unwrap_err().contains("no billing cycle before"));
    }

    #[test]
    fn other_zones_are_for_short_ranges() {
        let own = Tz::Europe__Oslo;
        let read = |query| {
            let (mut question, mut faults) = (Question::read(Some(query)), Vec::new());
            let zone = zone(&mut question, own, &mut faults);
            (zone, question.zone, faults.len())
        };
        assert_eq!(read("zone=Europe/Oslo"), (None, None, 0));
        assert_eq!(read("zone=Mars/Crater"), (None, None, 1));
        let kathmandu = "Asia/Kathmandu".to_owned();
        assert_eq!(read("zone=Asia/Kathmandu"), (Some(Tz::Asia__Kathmandu), Some(kathmandu), 0));
        let date = |text: &str| text.parse().unwrap();
        for (last, short) in [("2026-04-03", true), ("2026-04-04", false)] {
            let mut question = Question::read(Some("zone=Asia/Kathmandu"));
            let mut faults = Vec::new();
            let kind = Kind::Dates(date("2026-01-01"), date(last));
            assert_eq!(is_short(kind, own, &mut question, &mut faults), short);
            assert_eq!((faults.is_empty(), question.zone.is_some()), (short, short));
        }
    }

    #[test]
    fn members_are_for_owners() {
        let query = "by=member&and=model&member=service-accounts&model=a";
        for (whole, href, faults) in
            [(true, format!("/u?{query}"), 0), (false, "/u?by=model&model=a".to_owned(), 1)]
        {
            let (mut question, mut said) = (Question::read(Some(query)), Vec::new());
            who(&mut question, whole, &mut said);
            assert_eq!((question.href("/u"), said.len()), (href, faults));
        }
    }
}
