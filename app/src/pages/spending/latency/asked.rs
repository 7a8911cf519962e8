//! What the page is asked for, all of it in the address.

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{Histogram, ProjectId};
use store::{Project, latencies::Latency};
use uuid::Uuid;

use crate::{
    labels,
    pages::spending::{
        stretch::{Kind, Step, Stretch},
        usage::asked::dates,
    },
};

/// The longest range, in days.
pub(super) const LONGEST: i64 = 93;

/// What the chart is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Total,
    FirstToken,
}

impl Measure {
    pub(super) const ALL: [Self; 2] = [Self::Total, Self::FirstToken];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Total => "Whole answer",
            Self::FirstToken => labels::FIRST_TOKEN,
        }
    }

    pub(super) fn of(self, latency: &Latency) -> Histogram {
        match self {
            Self::Total => latency.total(),
            Self::FirstToken => latency.first_token.clone(),
        }
    }
}

/// Which stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Range {
    /// So many days up to and with today.
    Days(u16),
    /// From one date up to and with another, as typed.
    Dates(String, String),
}

/// The ranges of a word: in addresses, in words, and what is meant. The second is the usual one.
pub(super) const RANGES: [(&str, &str, u16); 4] = [
    ("today", labels::TODAY, 1),
    ("7d", "7 days", 7),
    ("30d", "30 days", 30),
    ("90d", "90 days", 90),
];
const USUAL: Range = Range::Days(7);

/// What stands in the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) range: Range,
    pub(super) measure: Measure,
    /// A project's id as typed, or nothing.
    pub(super) project: String,
    /// A model's name, or nothing.
    pub(super) model: String,
}

impl Question {
    fn read(query: Option<&str>, faults: &mut Vec<String>) -> Self {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query.unwrap_or_default()).unwrap_or_default();
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            // The database takes no zero byte; what stands for it is in no name.
            found.map(|(_, value)| value.trim().replace('\0', "\u{fffd}")).unwrap_or_default()
        };
        let (from, until, word) = (value("from"), value("until"), value("range"));
        let range = if !from.is_empty() || !until.is_empty() {
            Range::Dates(from, until)
        } else if let Some((.., days)) = RANGES.iter().find(|(known, ..)| *known == word) {
            Range::Days(*days)
        } else {
            if !word.is_empty() {
                faults.push(format!("There is no range “{word}”; the last 7 days are shown."));
            }
            USUAL
        };
        let measure =
            if value("measure") == "first" { Measure::FirstToken } else { Measure::Total };
        Self { range, measure, project: value("project"), model: value("model") }
    }

    /// What stands in the address; what is usual is left out.
    pub(super) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = match &self.range {
            Range::Dates(from, until) => vec![("from", from.clone()), ("until", until.clone())],
            usual if *usual == USUAL => vec![],
            Range::Days(days) => {
                let word = RANGES.iter().find(|(.., known)| known == days);
                word.map(|(word, ..)| ("range", (*word).to_owned())).into_iter().collect()
            }
        };
        if self.measure == Measure::FirstToken {
            pairs.push(("measure", "first".to_owned()));
        }
        pairs.push(("project", self.project.clone()));
        pairs.push(("model", self.model.clone()));
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// The address below the page's path.
    pub(super) fn href(&self, path: &str) -> String {
        match serde_urlencoded::to_string(self.pairs()) {
            Ok(query) if !query.is_empty() => format!("{path}?{query}"),
            _ => path.to_owned(),
        }
    }

    pub(super) fn with_range(&self, range: Range) -> Self {
        Self { range, ..self.clone() }
    }

    pub(super) fn with_measure(&self, measure: Measure) -> Self {
        Self { measure, ..self.clone() }
    }

    pub(super) fn with_project(&self, project: impl Into<String>) -> Self {
        Self { project: project.into(), ..self.clone() }
    }

    pub(super) fn with_model(&self, model: impl Into<String>) -> Self {
        Self { model: model.into(), ..self.clone() }
    }
}

/// An address that was understood.
pub(super) struct Asked {
    /// As typed.
    pub(super) typed: Question,
    /// With what is usual instead of what is wrong.
    pub(super) question: Question,
    /// A sentence for everything that is wrong.
    pub(super) faults: Vec<String>,
    pub(super) stretch: Stretch,
    /// What is read is complete up to this instant.
    pub(super) now: DateTime<Utc>,
    projects: Vec<Uuid>,
    models: Vec<String>,
}

impl Asked {
    /// `projects`: those that the person sees.
    pub(super) fn read(
        query: Option<&str>,
        projects: &[Project],
        zone: Tz,
        now: DateTime<Utc>,
    ) -> Self {
        let mut faults = Vec::new();
        let typed = Question::read(query, &mut faults);
        let mut question = typed.clone();
        let today = now.with_timezone(&zone).date_naive();
        let (first, last) = wanted(&question.range, today).unwrap_or_else(|fault| {
            faults.push(format!("{fault} The last 7 days are shown instead."));
            question.range = USUAL;
            (today - Days::new(6), today)
        });
        let project = project(&question.project, projects, &mut faults);
        let models = Some(question.model.clone()).filter(|model| !model.is_empty());
        Self {
            stretch: Stretch::dates(first, last, zone, true),
            typed,
            question,
            faults,
            now,
            projects: project.into_iter().collect(),
            models: models.into_iter().collect(),
        }
    }

    /// Whether it is told apart by hours.
    pub(super) fn hours(&self) -> bool {
        self.stretch.step == Step::Hour
    }

    pub(super) fn project_ids(&self) -> &[Uuid] {
        &self.projects
    }

    pub(super) fn models(&self) -> &[String] {
        &self.models
    }

    /// Whether more is asked for than a range, or something is wrong with it.
    pub(super) fn is_narrowed(&self) -> bool {
        !(self.projects.is_empty() && self.models.is_empty() && self.faults.is_empty())
    }

    /// A model that no request of the range was to may be a slip.
    pub(super) fn has_found_nothing(&mut self) {
        if let Some(model) = self.models.first() {
            self.faults.push(format!(
                "No request to a model “{model}” was forwarded in this time. Choose one from the table by model, or another range."
            ));
        }
    }

    /// All that may be there.
    pub(super) fn everything(&self) -> Question {
        let question = self.question.with_project("").with_model("");
        question.with_range(Range::Days(90))
    }
}

/// The project that is meant; what is none of the person's own matches nothing.
fn project(typed: &str, projects: &[Project], faults: &mut Vec<String>) -> Option<Uuid> {
    if typed.is_empty() {
        return None;
    }
    let id = typed.parse::<ProjectId>().ok();
    let known = id.filter(|id| projects.iter().any(|project| project.id == *id));
    if known.is_none() {
        faults.push(format!(
            "You have no project “{typed}”, so nothing matches it. Choose one from the list."
        ));
    }
    Some(known.map_or(Uuid::max(), ProjectId::uuid))
}

/// The first and the last date, or what is wrong.
fn wanted(range: &Range, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), String> {
    let (from, until) = match range {
        Range::Days(days) => {
            return Ok((today - Days::new(u64::from(*days).saturating_sub(1)), today));
        }
        Range::Dates(from, until) => (from, until),
    };
    let Kind::Dates(first, last) = dates(from, until, today)? else {
        return Err("A range has two dates.".to_owned());
    };
    if (last - first).num_days() >= LONGEST {
        return Err(format!("Times are shown for at most {LONGEST} days at once."));
    }
    Ok((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Asked {
        let now = "2026-11-18T13:32:07Z".parse().unwrap();
        Asked::read(Some(query), &[], Tz::Europe__Oslo, now)
    }

    #[test]
    fn an_address_reads_back() {
        for query in [
            "",
            "?range=today",
            "?range=90d&measure=first",
            "?from=2026-11-01&until=2026-11-07&model=a+%3Cb%3E",
            "?from=2026-11-01",
            "?project=proj_x&model=m",
        ] {
            let typed = read(query.strip_prefix('?').unwrap_or_default()).typed;
            assert_eq!(typed.href("/l"), format!("/l{query}"));
        }
        assert_eq!(read("range=7d&measure=total&x=%00").typed.href("/l"), "/l");
    }

    #[test]
    fn ranges_are_hours_or_days() {
        for (query, days, hours) in [
            ("", "12–18 Nov 2026", false),
            ("range=today", "18 Nov 2026", true),
            ("range=90d", "21 Aug–18 Nov 2026", false),
            ("from=2026-11-01&until=2026-11-02", "1–2 Nov 2026", true),
            ("from=2026-11-17", "17–18 Nov 2026", true),
            ("from=2026-08-01&until=2026-11-01", "1 Aug–1 Nov 2026", false),
        ] {
            let asked = read(query);
            assert_eq!((asked.stretch.days().as_str(), asked.hours()), (days, hours), "{query}");
            assert_eq!(asked.faults, [""; 0], "{query}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_the_usual_is_shown() {
        for (query, said) in [
            ("range=yesterday", "no range “yesterday”"),
            ("from=2026-11-07&until=2026-11-01", "ends on 1 Nov 2026, before it begins"),
            ("from=1926-11-01&until=2026-11-01", "too far away"),
            ("from=2020-01-01&until=2026-01-01", "at most 93 days"),
            ("from=2026-08-01&until=2026-11-02", "at most 93 days"),
            ("until=2026-11-01", "the date on which it begins"),
            ("from=x", "“x” is no date"),
            ("project=proj_0192000000007000800000000000000a", "no project “proj_"),
            ("project=%27--", "no project “'--”"),
        ] {
            let asked = read(query);
            assert!(
                asked.faults.len() == 1 && asked.faults[0].contains(said),
                "{:?}",
                asked.faults
            );
            assert_eq!(asked.stretch.days(), "12–18 Nov 2026", "{query}");
        }
        assert_eq!(read("project=x").project_ids(), [Uuid::max()]);
        assert!(read("").project_ids().is_empty() && read("").models().is_empty());
    }
}
