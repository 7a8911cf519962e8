//! Thresholds were crossed.

use domain::Usd;
use serde::Deserialize;

use super::{Subject, facts::Facts};
use crate::{
    Picture,
    letter::{Letter, Row, Tone},
    words::{dollars, listed},
};

/// Thresholds that were crossed at once.
#[derive(Deserialize)]
pub(crate) struct Threshold {
    #[serde(flatten)]
    subject: Subject,
    thresholds: Vec<Fired>,
    /// The reader is told by a threshold's own list of addresses, and not as an owner.
    #[serde(default)]
    listed: bool,
}

#[derive(Deserialize)]
struct Fired {
    fires_at: Usd,
    percent: Option<u32>,
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
        let Subject { spent, budget, .. } = &self.subject;
        let raisers = self.subject.raisers();
        let (adjective, resets) = (self.subject.period.adjective(), self.subject.resets());
        match budget {
            None => format!(
                "A threshold blocks nothing, and {} has no {adjective} budget that would, unless \
                 {raisers} sets one.",
                self.subject.who()
            ),
            Some(budget) if self.subject.observe && spent < budget => format!(
                "This threshold blocks nothing, and the {adjective} budget of {} is observed only: once \
                 it is spent, requests that it would have refused are counted, and pass.",
                dollars(*budget)
            ),
            Some(budget) if self.subject.observe => format!(
                "The {adjective} budget of {} is spent. It is observed only: requests that it would have \
                 refused are counted, and pass.",
                dollars(*budget)
            ),
            Some(budget) if spent < budget => format!(
                "This threshold blocks nothing. Once the {adjective} budget of {} is spent, \
                 requests are refused until {resets}, unless {raisers} raises it.",
                dollars(*budget)
            ),
            Some(budget) => format!(
                "The {adjective} budget of {} is spent: requests are refused until {resets}, \
                 unless {raisers} raises it.",
                dollars(*budget)
            ),
        }
    }

    fn why(&self) -> String {
        let (organization, resets) = (&self.subject.organization, self.subject.resets());
        let reason = if self.listed {
            format!(
                "You get this because somebody at {organization} wants this address to be told. An \
                 owner there can take it off the threshold."
            )
        } else {
            format!("You get this because you are an owner of {organization}.")
        };
        format!("{reason} A threshold is mailed once in a window: not again before {resets}.")
    }

    /// What the mail says.
    pub(crate) fn letter(self, link: String, facts: Option<&Facts>) -> Letter {
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
        rows.extend(facts.map(|facts| self.subject.outlook(facts)).unwrap_or_default());
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
            picture: facts.and_then(|facts| Picture::of_spend(&facts.parts, self.subject.zone)),
            action: "Open the budgets",
            link,
            why: self.why(),
            organization: Some(self.subject.organization),
        }
    }
}
