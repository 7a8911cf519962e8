//! A budget refuses.

use chrono::{DateTime, Utc};
use domain::Usd;
use serde::Deserialize;

use super::Subject;
use crate::{
    letter::{Letter, Row, Tone},
    words::{dollars, moment},
};

/// A budget that began to refuse.
#[derive(Deserialize)]
pub(crate) struct Blocked {
    #[serde(flatten)]
    subject: Subject,
    since: DateTime<Utc>,
}

impl Blocked {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let subject = self.subject;
        let budget = subject.budget.unwrap_or(Usd::ZERO);
        let (who, adjective) = (subject.who(), subject.period.adjective());
        let (amount, resets) = (dollars(budget), subject.resets());
        let clock = self.since.with_timezone(&subject.zone).format("%H:%M");
        let reached = subject.spent >= budget;
        let (kicker, heading, state) = if reached {
            (
                "Budget reached, refusing",
                format!("{who}: requests have been refused since {clock}"),
                format!(
                    "The {adjective} budget of {amount} is spent. Requests are refused until {resets}"
                ),
            )
        } else {
            let left = dollars(budget.left_after(subject.spent));
            (
                "Too little left for a request",
                format!("{who}: a request was refused at {clock}, {left} is left"),
                format!(
                    "It could have cost more than what is left of the {adjective} budget of {amount}. Requests \
                     that fit still pass; larger ones are refused until {resets}"
                ),
            )
        };
        let mut rows = vec![Row::new("Refused since", moment(self.since, subject.zone))];
        rows.extend(subject.rows());
        Letter {
            subject: if reached {
                format!("{heading}, {adjective} budget of {amount} reached")
            } else {
                format!("{heading} of the {adjective} budget of {amount}")
            },
            tone: Tone::Stopped,
            kicker: kicker.to_owned(),
            heading,
            lede: format!(
                "{state}, unless an owner of {} raises the budget.",
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
            organization: Some(subject.organization),
        }
    }
}
