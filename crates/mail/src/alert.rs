//! Alerts: what the ledger says crossed, in words.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Period, Usd};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    letter::{Letter, Row, Tone},
    words::{dollars, listed, moment, one_line, percent, share},
};

/// What every alert tells, as the ledger writes it.
#[derive(Deserialize)]
struct Subject {
    #[serde(deserialize_with = "name")]
    organization: String,
    #[serde(deserialize_with = "parsed")]
    zone: Tz,
    scope: Kind,
    #[serde(deserialize_with = "name")]
    scope_name: String,
    #[serde(deserialize_with = "parsed")]
    period: Period,
    starts: DateTime<Utc>,
    ends: DateTime<Utc>,
    spent: Usd,
    budget: Option<Usd>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Org,
    Project,
    Key,
}

/// Thresholds that were crossed at once.
#[derive(Deserialize)]
pub(crate) struct Threshold {
    #[serde(flatten)]
    subject: Subject,
    thresholds: Vec<Fired>,
}

#[derive(Deserialize)]
struct Fired {
    fires_at: Usd,
    percent: Option<u32>,
}

/// A budget that began to refuse.
#[derive(Deserialize)]
pub(crate) struct Blocked {
    #[serde(flatten)]
    subject: Subject,
    since: DateTime<Utc>,
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(one_line(&String::deserialize(from)?, domain::Name::LONGEST))
}

fn parsed<'de, D: Deserializer<'de>, T: FromStr>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| D::Error::custom(format_args!("“{text}” is not known")))
}

impl Subject {
    /// As in “Project Data lab”.
    fn who(&self) -> String {
        match self.scope {
            Kind::Org => self.scope_name.clone(),
            Kind::Project => format!("Project {}", self.scope_name),
            Kind::Key => format!("Key {}", self.scope_name),
        }
    }

    /// As in “November”, “weekly”: which of its budgets.
    fn which(&self) -> String {
        match self.period {
            Period::Day | Period::Week => self.period.adjective().to_owned(),
            Period::Month => {
                // A change of zone can move either end into another month, never the middle.
                let middle = self.starts + (self.ends - self.starts) / 2;
                middle.with_timezone(&self.zone).format("%B").to_string()
            }
        }
    }

    const fn now(&self) -> &'static str {
        match self.period {
            Period::Day => "today",
            Period::Week => "this week",
            Period::Month => "this month",
        }
    }

    fn resets(&self) -> String {
        moment(self.ends, self.zone)
    }

    fn rows(&self) -> Vec<Row> {
        let adjective = self.period.adjective();
        let budget = self.budget.map_or_else(
            || format!("No {adjective} budget"),
            |budget| format!("{}, {adjective}", dollars(budget)),
        );
        vec![
            Row::new("Spent", dollars(self.spent)),
            Row::new("Budget", budget),
            Row::new("Concerns", self.who()),
            Row::new("Counted from", moment(self.starts, self.zone)),
            Row::new("Resets", format!("{}, {}", self.resets(), self.zone)),
        ]
    }

    /// The bar under the heading and what it says.
    fn course(&self) -> Option<(i128, String)> {
        let budget = self.budget?;
        let left = dollars(budget.left_after(self.spent));
        let said = format!("{} spent, {left} left", share(self.spent, budget)?);
        Some((percent(self.spent, budget)?, said))
    }
}

impl Threshold {
    fn names(&self) -> Vec<String> {
        let name = |fired: &Fired| {
            fired.percent.map_or_else(|| dollars(fired.fires_at), |percent| format!("{percent}%"))
        };
        self.thresholds.iter().map(name).collect()
    }

    fn title(&self) -> String {
        let (who, now, which) = (self.subject.who(), self.subject.now(), self.subject.which());
        let names = listed(&self.names());
        let shares = self.thresholds.iter().filter(|fired| fired.percent.is_some()).count();
        match (shares, self.thresholds.len()) {
            (1, 1) => format!("{who} has spent {names} of its {which} budget"),
            (0, _) => format!("{who} passed {names} {now}"),
            (shares, all) if shares == all => format!("{who} passed {names} of its {which} budget"),
            (_, all) => format!("{who} passed {all} thresholds {now}: {names}"),
        }
    }

    fn lede(&self) -> String {
        let Subject { organization, spent, budget, .. } = &self.subject;
        let (adjective, resets) = (self.subject.period.adjective(), self.subject.resets());
        match budget {
            None => format!(
                "A threshold blocks nothing, and {} has no {adjective} budget that would. An owner \
                 of {organization} may set one.",
                self.subject.who()
            ),
            Some(budget) if spent < budget => format!(
                "This threshold blocks nothing. Once the {adjective} budget of {} is spent, \
                 requests are refused until {resets}, unless an owner of {organization} raises it.",
                dollars(*budget)
            ),
            Some(budget) => format!(
                "The {adjective} budget of {} is spent: requests are refused until {resets}, \
                 unless an owner of {organization} raises it.",
                dollars(*budget)
            ),
        }
    }

    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let spent = dollars(self.subject.spent);
        let of = self.subject.budget.map(|budget| format!(" of {}", dollars(budget)));
        let plural = if self.thresholds.len() == 1 { "" } else { "s" };
        let mut rows = Vec::new();
        for fired in &self.thresholds {
            let amount = dollars(fired.fires_at);
            let share = fired.percent.map(|percent| format!("{percent}%, {amount}"));
            rows.push(Row::new("Threshold", share.unwrap_or(amount)));
        }
        rows.extend(self.subject.rows());
        Letter {
            subject: self.title(),
            tone: Tone::Look,
            kicker: format!("Threshold{plural} passed: {}", listed(&self.names())),
            heading: format!(
                "{} has spent {spent}{} {}",
                self.subject.who(),
                of.unwrap_or_default(),
                self.subject.now()
            ),
            lede: self.lede(),
            course: self.subject.course(),
            rows,
            action: "Open the budgets",
            link,
            why: format!(
                "You get this because you are an owner of {}. A threshold is mailed once in a \
                 window: not again before {}.",
                self.subject.organization,
                self.subject.resets()
            ),
            organization: self.subject.organization,
        }
    }
}

impl Blocked {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let subject = self.subject;
        let budget = subject.budget.unwrap_or(Usd::ZERO);
        let (who, adjective) = (subject.who(), subject.period.adjective());
        let (amount, resets) = (dollars(budget), subject.resets());
        let clock = self.since.with_timezone(&subject.zone).format("%H:%M");
        let state = if subject.spent < budget {
            format!(
                "What is left of the {adjective} budget of {amount} is too little for a request."
            )
        } else {
            format!("The {adjective} budget of {amount} is spent.")
        };
        let mut rows = vec![Row::new("Refused since", moment(self.since, subject.zone))];
        rows.extend(subject.rows());
        Letter {
            subject: format!(
                "{who}: requests have been refused since {clock}, {adjective} budget of {amount} \
                 reached"
            ),
            tone: Tone::Stopped,
            kicker: "Budget reached, refusing".to_owned(),
            heading: format!("{who}: requests have been refused since {clock}"),
            lede: format!(
                "{state} Requests are refused until {resets}, unless an owner of {} raises the budget.",
                subject.organization
            ),
            course: subject.course(),
            rows,
            action: "Raise the budget",
            link,
            why: format!(
                "You get this because you are an owner of {}. It is mailed once in a window, and \
                 again only if a changed budget is reached.",
                subject.organization
            ),
            organization: subject.organization,
        }
    }
}
