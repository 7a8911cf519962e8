//! A budget or the usage limit refuses.

use chrono::{DateTime, Utc};
use domain::Usd;
use serde::Deserialize;

use super::{Kind, Subject, facts::Facts};
use crate::{
    Picture,
    letter::{Letter, Row, Tone},
    words::{dollars, moment},
};

/// A budget or usage limit that began to refuse.
#[derive(Deserialize)]
pub(crate) struct Blocked {
    #[serde(flatten)]
    subject: Subject,
    since: DateTime<Utc>,
}

impl Blocked {
    /// What the mail says.
    pub(crate) fn letter(self, link: String, facts: Option<&Facts>) -> Letter {
        let subject = &self.subject;
        let budget = subject.budget.unwrap_or(Usd::ZERO);
        let (adjective, amount) = (subject.period.adjective(), dollars(budget));
        let (limit, _) = subject.limit();
        let said = self.said();
        let mut rows = vec![Row::new("Refused since", moment(self.since, subject.zone))];
        rows.extend(subject.rows());
        rows.extend(facts.map(|facts| subject.outlook(facts)).unwrap_or_default());
        let picture = facts.and_then(|facts| Picture::of_spend(&facts.parts, subject.zone));
        let organization = subject.organization.clone();
        let (raises, action) = match subject.scope {
            Kind::Usage => (
                "unless whoever runs this installation raises it, or it rises by itself with the usage tier"
                    .to_owned(),
                "Open the limits",
            ),
            Kind::Org | Kind::Project | Kind::Key => {
                (format!("unless {} raises the budget", subject.raisers()), "Raise the budget")
            }
        };
        Letter {
            subject: if said.reached {
                format!("{}, {adjective} {limit} of {amount} reached", said.heading)
            } else {
                format!("{} of the {adjective} {limit} of {amount}", said.heading)
            },
            tone: Tone::Stopped,
            kicker: said.kicker,
            heading: said.heading,
            lede: format!("{}, {raises}.", said.state),
            course: subject.course(),
            rows,
            picture,
            action,
            link,
            why: format!(
                "You get this because you are an owner of {organization}. It is mailed once in a window, and \
                 again only if a changed {limit} is reached."
            ),
            organization: Some(organization),
        }
    }

    /// What happened.
    fn said(&self) -> Said {
        let subject = &self.subject;
        let budget = subject.budget.unwrap_or(Usd::ZERO);
        let (who, adjective) = (subject.who(), subject.period.adjective());
        let (amount, resets, (limit, named)) = (dollars(budget), subject.resets(), subject.limit());
        let clock = self.since.with_timezone(&subject.zone).format("%H:%M");
        if subject.spent >= budget {
            return Said {
                reached: true,
                kicker: format!("{named} reached, refusing"),
                heading: format!("{who}: requests have been refused since {clock}"),
                state: format!(
                    "The {adjective} {limit} of {amount} is spent. Requests are refused until {resets}"
                ),
            };
        }
        let left = dollars(budget.left_after(subject.spent));
        Said {
            reached: false,
            kicker: "Too little left for a request".to_owned(),
            heading: format!("{who}: a request was refused at {clock}, {left} is left"),
            state: format!(
                "It could have cost more than what is left of the {adjective} {limit} of {amount}. Requests \
                 that fit still pass; larger ones are refused until {resets}"
            ),
        }
    }
}

/// What happened, in words.
struct Said {
    /// All of it is spent.
    reached: bool,
    kicker: String,
    heading: String,
    state: String,
}
