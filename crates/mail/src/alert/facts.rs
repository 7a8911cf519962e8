//! How the spend of an alert came about: who spent most, and where it will end.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Usd,
    forecast::{forecast, reached_on},
    window::Window,
};

use super::Subject;
use crate::{
    letter::Row,
    words::{dollars, listed, one_line},
};

/// What is known when the mail is sent.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What was spent when: from an instant on, up to the next one; by day or by hour.
    pub parts: Vec<(DateTime<Utc>, Usd)>,
    /// Who spent most, and how much.
    pub tops: Vec<(String, Usd)>,
    /// The present instant.
    pub now: DateTime<Utc>,
}

impl Subject {
    /// Where it will end, and who spent most.
    pub(super) fn outlook(&self, facts: &Facts) -> Vec<Row> {
        let pace = self.pace(facts).map(|said| Row::new("At this pace", said));
        pace.into_iter().chain(spent_most(&facts.tops)).collect()
    }

    /// What blocks ends where it is reached; what is observed, or has no budget, goes on.
    fn pace(&self, facts: &Facts) -> Option<String> {
        let label = self.starts.with_timezone(&self.zone).date_naive();
        let window = Window { label, starts: self.starts, ends: self.ends };
        let day = |at: DateTime<Utc>| at.with_timezone(&self.zone).format("%-d %b");
        // What was spent since the alert counts, too: a mail may have waited.
        let spent: Usd = facts.parts.iter().map(|(_, sum)| *sum).sum();
        let now = facts.now;
        let end = forecast(spent, window, now)?;
        let last = day(self.ends - TimeDelta::seconds(1));
        let said = format!("{} by the end of {last}", dollars(end));
        let budget = self.budget.filter(|budget| end >= *budget);
        let reached = budget.filter(|budget| spent < *budget);
        let reached = reached.and_then(|budget| reached_on(spent, budget, window, now));
        let limit = self.limit().0;
        match (reached.map(day), budget) {
            (Some(at), _) if !self.observe => Some(format!("The {limit} is reached about {at}")),
            (Some(at), _) => Some(format!("{said}; the {limit} is reached about {at}")),
            (None, Some(_)) if !self.observe => None,
            (None, _) => Some(said),
        }
    }
}

/// Who spent most, in a row of a mail.
pub(crate) fn spent_most(tops: &[(String, Usd)]) -> Option<Row> {
    let name = |(name, charge): &(String, Usd)| {
        format!("{} {}", one_line(name, domain::Name::LONGEST), dollars(*charge))
    };
    let tops: Vec<String> = tops.iter().map(name).collect();
    (!tops.is_empty()).then(|| Row::new("Spent most", listed(&tops)))
}
