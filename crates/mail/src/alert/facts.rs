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
        let pace = self.pace(facts.now).map(|said| Row::new("At this pace", said));
        pace.into_iter().chain(spent_most(&facts.tops)).collect()
    }

    fn pace(&self, now: DateTime<Utc>) -> Option<String> {
        let label = self.starts.with_timezone(&self.zone).date_naive();
        let window = Window { label, starts: self.starts, ends: self.ends };
        let day = |at: DateTime<Utc>| at.with_timezone(&self.zone).format("%-d %b");
        let end = forecast(self.spent, window, now)?;
        let said =
            format!("{} by the end of {}", dollars(end), day(self.ends - TimeDelta::seconds(1)));
        let ahead = self.budget.filter(|budget| self.spent < *budget);
        let reached = ahead.and_then(|budget| reached_on(self.spent, budget, window, now));
        Some(match reached {
            Some(at) => format!("{said}; the {} is reached about {}", self.limit().0, day(at)),
            None => said,
        })
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
