//! A day costs much more than it usually does.

use domain::Usd;
use serde::Deserialize;

use super::{Subject, facts::Facts, facts::spent_most};
use crate::{
    Picture,
    letter::{Letter, Row, Tone},
    words::{dollars, moment},
};

/// A day as it was when that was seen.
#[derive(Deserialize)]
pub(crate) struct Burn {
    #[serde(flatten)]
    subject: Subject,
    usual: Usd,
}

impl Burn {
    /// What the mail says.
    pub(crate) fn letter(self, link: String, facts: Option<&Facts>) -> Letter {
        let Self { subject, usual } = self;
        let weekday = subject.starts.with_timezone(&subject.zone).format("%A");
        let (who, spent, usual) = (subject.who(), dollars(subject.spent), dollars(usual));
        let mut rows = vec![
            Row::new("Spent today", spent.clone()),
            Row::new("Usual", format!("{usual} in a whole {weekday}, the median of the last four")),
            Row::new(
                "Counted from",
                format!("{}, {}", moment(subject.starts, subject.zone), subject.zone),
            ),
        ];
        rows.extend(facts.and_then(|facts| spent_most(&facts.tops)));
        Letter {
            subject: format!("{who} has spent {spent} today, usual for a {weekday} is {usual}"),
            tone: Tone::Look,
            kicker: "Unusual spend".to_owned(),
            heading: format!("{who} has spent {spent} today"),
            lede: format!(
                "That is at least twice what a whole {weekday} usually costs. This warning blocks nothing: \
                 a budget does."
            ),
            course: None,
            picture: facts.and_then(|facts| Picture::of_spend(&facts.parts, subject.zone)),
            rows,
            action: "See today’s usage",
            link,
            why: format!(
                "You get this because you are an owner of {}, where warnings of unusual spend are on. It is \
                 mailed once in a day.",
                subject.organization
            ),
            organization: Some(subject.organization),
        }
    }
}
