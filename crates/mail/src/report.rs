//! What an organization spent in a week or a billing cycle.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{Rhythm, Usd};
use serde::Deserialize;

use crate::{
    Picture,
    alert::{facts::spent_most, name, parsed},
    letter::{Letter, Row, Tone},
    words::{count, dollars, listed, one_line, share},
};

/// What the outbox row of a report holds.
#[derive(Deserialize)]
pub(crate) struct Report {
    #[serde(deserialize_with = "name")]
    organization: String,
    #[serde(deserialize_with = "parsed")]
    zone: Tz,
    #[serde(deserialize_with = "parsed")]
    rhythm: Rhythm,
    starts: DateTime<Utc>,
    ends: DateTime<Utc>,
}

/// What a report tells, known when it is sent.
#[derive(Debug, Clone)]
pub struct Reported {
    /// What was spent.
    pub spent: Usd,
    /// What was spent in the window before.
    pub before: Usd,
    /// Of what was spent, what the sandbox answered: nobody is billed for that.
    pub sandbox: Usd,
    /// There are projects for rehearsals, which are left out.
    pub rehearses: bool,
    /// Forwarded requests.
    pub requests: i64,
    /// Of these, for models without a known price: what they cost is not in what was spent.
    pub unpriced: i64,
    /// Tokens in and out.
    pub tokens: (u64, u64),
    /// Requests that a budget or limit refused.
    pub refused: i64,
    /// What was spent from each day's first instant on.
    pub days: Vec<(DateTime<Utc>, Usd)>,
    /// The projects that spent most, and how much.
    pub projects: Vec<(String, Usd)>,
    /// The models that it was spent on most.
    pub models: Vec<(String, Usd)>,
}

impl Report {
    /// What the mail says.
    pub(crate) fn letter(self, link: String, told: &Reported) -> Letter {
        let (organization, spent) = (&self.organization, dollars(told.spent));
        let when = self.when();
        let every = match self.rhythm {
            Rhythm::Weekly => "week",
            Rhythm::Monthly => "billing cycle",
        };
        Letter {
            subject: format!("{organization}: {spent} spent {when}"),
            tone: Tone::Calm,
            kicker: format!("Report of the {every}"),
            heading: format!("{organization} spent {spent} {when}"),
            lede: format!(
                "{}. Days begin and end in {}.{}",
                compared(told, every),
                self.zone,
                if told.rehearses { " Projects for rehearsals are left out." } else { "" }
            ),
            course: None,
            rows: rows(told),
            picture: Picture::of_spend(&told.days, self.zone),
            action: "Open the usage",
            link,
            why: format!(
                "You get this because an owner of {organization} has it mailed after each {every}, to \
                 its owners and to whom else they named, or sent it to the own address."
            ),
            organization: Some(self.organization),
        }
    }

    /// As in “in November 2026”, “from 16 to 22 Nov 2026”.
    fn when(&self) -> String {
        let day = |at: DateTime<Utc>| at.with_timezone(&self.zone);
        match self.rhythm {
            // A change of zone can move either end into another month, never the middle.
            Rhythm::Monthly => {
                format!("in {}", day(self.starts + (self.ends - self.starts) / 2).format("%B %Y"))
            }
            Rhythm::Weekly => {
                let last = day(self.ends - TimeDelta::seconds(1));
                format!(
                    "from {} to {}",
                    day(self.starts).format("%-d %b"),
                    last.format("%-d %b %Y")
                )
            }
        }
    }
}

/// As in “$30.00 more than in the week before (12.4%)”.
fn compared(told: &Reported, every: &str) -> String {
    let (more, less) = (told.spent.minus(told.before), told.before.minus(told.spent));
    let (by, word) = if more >= Usd::ZERO { (more, "more") } else { (less, "less") };
    let part = share(by, told.before).map(|share| format!(" ({share})")).unwrap_or_default();
    match by {
        Usd::ZERO => format!("As much as in the {every} before"),
        by => format!("{} {word} than in the {every} before{part}", dollars(by)),
    }
}

fn rows(told: &Reported) -> Vec<Row> {
    let (input, output) = told.tokens;
    let mut rows = vec![
        Row::new("Spent", dollars(told.spent)),
        Row::new("Before", dollars(told.before)),
        Row::new("Requests", count(told.requests)),
        Row::new("Tokens", format!("{} in, {} out", count(input), count(output))),
    ];
    if told.sandbox > Usd::ZERO {
        let said = format!("{}, for which nobody is billed", dollars(told.sandbox));
        rows.insert(1, Row::new("Of it sandbox", said));
    }
    if told.refused > 0 {
        let said = format!("{} by budgets and limits", count(told.refused));
        rows.push(Row::new("Refused", said));
    }
    if told.unpriced > 0 {
        let said = format!("{} requests, which are not in what was spent", count(told.unpriced));
        rows.push(Row::new("Price unknown", said));
    }
    rows.extend(spent_most(&told.projects));
    if !told.models.is_empty() {
        let model = |(model, spent): &(String, Usd)| {
            format!("{} {}", one_line(model, domain::Name::LONGEST), dollars(*spent))
        };
        let models: Vec<String> = told.models.iter().map(model).collect();
        rows.push(Row::new("Models", listed(&models)));
    }
    rows
}
