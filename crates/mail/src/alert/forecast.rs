//! A budget will be spent before its window ends.

use chrono::{DateTime, Utc};
use domain::Usd;
use serde::Deserialize;

use super::{Subject, facts::Facts};
use crate::{
    Picture,
    letter::{Letter, Row, Tone},
    words::dollars,
};

/// A budget as it was when that was seen.
#[derive(Deserialize)]
pub(crate) struct Forecast {
    #[serde(flatten)]
    subject: Subject,
    reached: DateTime<Utc>,
    /// What is spent when the window ends.
    #[serde(rename = "forecast")]
    end: Usd,
}

impl Forecast {
    /// What the mail says.
    pub(crate) fn letter(self, link: String, facts: Option<&Facts>) -> Letter {
        let Self { subject, reached, end } = self;
        let (who, which) = (subject.who(), subject.which());
        let at = reached.with_timezone(&subject.zone).format("%-d %b");
        let budget = dollars(subject.budget.unwrap_or(Usd::ZERO));
        let (resets, raisers) = (subject.resets(), subject.raisers());
        let then = if subject.observe {
            "It is observed only: requests that it would refuse are counted, and pass.".to_owned()
        } else {
            format!("Then requests are refused until {resets}, unless {raisers} raises it.")
        };
        let mut rows = vec![
            Row::new("Reached about", at.to_string()),
            Row::new("At this pace", format!("{} by the end of the window", dollars(end))),
        ];
        rows.extend(subject.rows());
        Letter {
            subject: format!("{who} will reach its {which} budget about {at}"),
            tone: Tone::Look,
            kicker: "Forecast".to_owned(),
            heading: format!("{who} will spend its {budget} before the window ends"),
            lede: format!(
                "If spending goes on as it has since the window began, the budget is reached about {at}. {then}"
            ),
            course: subject.course(),
            picture: facts.and_then(|facts| Picture::of_spend(&facts.parts, subject.zone)),
            rows,
            action: "Open the budgets",
            link,
            why: format!(
                "You get this because you are an owner of {}, where warnings of forecasts are on. It is mailed \
                 once in a window: not again before {resets}.",
                subject.organization
            ),
            organization: Some(subject.organization),
        }
    }
}
