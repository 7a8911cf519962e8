//! A model does worse than in its own past.

use chart::Unit;
use domain::Usd;
use serde::Deserialize;

use crate::{
    alert::name,
    letter::{Letter, Row, Tone},
    words::{count, listed},
};

/// A model's day beside its past, as it was when that was seen.
#[derive(Deserialize)]
pub(crate) struct Drift {
    #[serde(deserialize_with = "name")]
    organization: String,
    #[serde(deserialize_with = "name")]
    model: String,
    worse: Vec<Worse>,
    today: Side,
    before: Side,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Worse {
    Failing,
    Refused,
    FirstToken,
    Slower,
    Dearer,
}

#[derive(Deserialize)]
struct Side {
    requests: u64,
    failed: u64,
    /// None if it was not counted all the time.
    #[serde(default)]
    refused: Option<u64>,
    first_us: Option<u64>,
    total_us: Option<u64>,
    cost: Option<Usd>,
}

impl Worse {
    const fn said(self) -> &'static str {
        match self {
            Self::Failing => "more requests fail",
            Self::Refused => "more requests are refused",
            Self::FirstToken => "first tokens come later",
            Self::Slower => "answers take longer",
            Self::Dearer => "requests cost more",
        }
    }
}

impl Side {
    fn failed(&self) -> String {
        share(self.failed, self.requests)
    }

    fn refused(&self) -> Option<String> {
        self.refused.map(|refused| share(refused, self.requests.saturating_add(refused)))
    }

    fn cost(&self) -> Option<String> {
        self.cost.map(|cost| format!("${cost}"))
    }
}

/// As in `12.5% of 240`.
fn share(part: u64, whole: u64) -> String {
    let tenths = part.saturating_mul(1_000) / whole.max(1);
    format!("{}.{}% of {}", tenths / 10, tenths % 10, count(whole))
}

fn time(micros: Option<u64>) -> Option<String> {
    micros.map(|micros| Unit::Time.text(micros.into()))
}

impl Drift {
    /// What the mail says.
    pub(crate) fn letter(self, link: String) -> Letter {
        let Self { organization, model, worse, today, before } = self;
        let said: Vec<_> = worse.iter().map(|worse| worse.said().to_owned()).collect();
        let said = listed(&said);
        let row = |label, now: Option<String>, then: Option<String>| {
            let then =
                then.map_or_else(|| "unknown before".to_owned(), |then| format!("{then} before"));
            now.map(|now| Row::new(label, format!("{now} today, {then}")))
        };
        let rows = [
            row("Failed", Some(today.failed()), Some(before.failed())),
            // Of a past of which nobody knows it, nothing is said.
            row("Refused", before.refused().and_then(|_| today.refused()), before.refused()),
            row("First token", time(today.first_us), time(before.first_us)),
            row("Whole answer", time(today.total_us), time(before.total_us)),
            row("Cost a request", today.cost(), before.cost()),
        ];
        Letter {
            subject: format!("{model}: {said} than before"),
            tone: Tone::Look,
            kicker: "Model monitoring".to_owned(),
            heading: format!("{model} does worse today"),
            lede: format!(
                "Compared with its own last 28 days in {organization}, {said}. Failed are requests without an \
                 answer and those that the provider did not serve, but for those that it rejected; refused are those \
                 that a rate limit or a guard stopped, of these and what was forwarded (a spent budget has an alert of its \
                 own); times are those within which half of them came. \
                 This warning itself stops nothing."
            ),
            course: None,
            rows: rows.into_iter().flatten().collect(),
            picture: None,
            action: "Look at its latency",
            link,
            why: format!(
                "You get this because you are an owner of {organization}, where warnings of models are on. It is \
                 mailed once for each model and day."
            ),
            organization: Some(organization),
        }
    }
}
