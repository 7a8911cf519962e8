//! A raise of a budget is over.

use chrono::{DateTime, Utc};
use domain::Usd;
use serde::Deserialize;

use super::Subject;
use crate::{
    alert::name,
    letter::{Letter, Row, Tone},
    words::{dollars, moment},
};

/// A raise that ended by itself.
#[derive(Deserialize)]
pub(crate) struct RaiseEnded {
    #[serde(flatten)]
    subject: Subject,
    raised: Usd,
    ended: DateTime<Utc>,
    #[serde(deserialize_with = "name")]
    reason: String,
}

impl RaiseEnded {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let subject = self.subject;
        let budget = subject.budget.unwrap_or(Usd::ZERO);
        let (who, adjective, amount) = (subject.who(), subject.period.adjective(), dollars(budget));
        let reached = subject.spent >= budget;
        let state = if reached && subject.observe {
            format!(
                "{} is spent already. The budget is observed only: requests that it would have refused \
                 are counted, and pass.",
                dollars(subject.spent)
            )
        } else if reached {
            format!(
                "{} is spent already, so requests are refused until {}, unless {} raises it again.",
                dollars(subject.spent),
                subject.resets(),
                subject.raisers()
            )
        } else {
            format!("{} is left of it.", dollars(budget.left_after(subject.spent)))
        };
        let mut rows = vec![
            Row::new("Raised to", dollars(self.raised)),
            Row::new("Ended", moment(self.ended, subject.zone)),
            Row::new("Reason of the raise", self.reason),
        ];
        rows.extend(subject.rows());
        Letter {
            subject: format!(
                "{who}: the raise has ended, the {adjective} budget is {amount} again"
            ),
            tone: if reached && !subject.observe { Tone::Stopped } else { Tone::Look },
            kicker: "Raise ended".to_owned(),
            heading: format!("{who}: the {adjective} budget is {amount} again"),
            lede: format!("It was raised to {} for a while. {state}", dollars(self.raised)),
            course: subject.course(),
            rows,
            picture: None,
            action: "See the budget",
            link,
            why: format!(
                "You get this because you are an owner of {}. It is mailed once for each raise that \
                 ends by itself.",
                subject.organization
            ),
            organization: Some(subject.organization),
        }
    }
}
