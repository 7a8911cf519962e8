//! Alerts: what the ledger says crossed, in words.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Period, Usd};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    letter::Row,
    words::{dollars, moment, one_line, percent, share},
};

pub(crate) mod blocked;
pub(crate) mod burn;
pub(crate) mod facts;
pub(crate) mod forecast;
pub(crate) mod raise_ended;
pub(crate) mod threshold;

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
    /// The budget is observed only: it counts what it would refuse, and refuses nothing.
    #[serde(default)]
    observe: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Org,
    Project,
    Key,
    /// The organization's usage limit.
    Usage,
}

pub(crate) fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(one_line(&String::deserialize(from)?, domain::Name::LONGEST))
}

pub(crate) fn parsed<'de, D: Deserializer<'de>, T: FromStr>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| D::Error::custom(format_args!("“{text}” is not known")))
}

impl Subject {
    /// As in “Project Data lab”.
    fn who(&self) -> String {
        match self.scope {
            Kind::Org | Kind::Usage => self.scope_name.clone(),
            Kind::Project => format!("Project {}", self.scope_name),
            Kind::Key => format!("Key {}", self.scope_name),
        }
    }

    /// Who may raise its budget, as in “an owner of Brackwater Freight or of the project”.
    fn raisers(&self) -> String {
        let also = match self.scope {
            Kind::Org | Kind::Usage => "",
            Kind::Project | Kind::Key => " or of the project",
        };
        format!("an owner of {}{also}", self.organization)
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

    /// What limits it.
    const fn limit(&self) -> (&'static str, &'static str) {
        match self.scope {
            Kind::Usage => ("usage limit", "Usage limit"),
            Kind::Org | Kind::Project | Kind::Key => ("budget", "Budget"),
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
            |budget| {
                let only = if self.observe { ", observed only" } else { "" };
                format!("{}, {adjective}{only}", dollars(budget))
            },
        );
        vec![
            Row::new("Spent", dollars(self.spent)),
            Row::new(self.limit().1, budget),
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
