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
    FirstToken,
    Slower,
    Dearer,
}

#[derive(Deserialize)]
struct Side {
    requests: u64,
    failed: u64,
    first_us: Option<u64>,
    total_us: Option<u64>,
    cost: Option<Usd>,
}

impl Worse {
    const fn said(self) -> &'static str {
        match self {
            Self::Failing => "more requests fail",
            Self::FirstToken => "first tokens come later",
            Self::Slower => "answers take longer",
            Self::Dearer => "requests cost more",
        }
    }
}

impl Side {
    /// As in `12.5% of 240`.
    fn failed(&self) -> String {
        let tenths = self.failed.saturating_mul(1_000) / self.requests.max(1);
        format!("{}.{}% of {}", tenths / 10, tenths % 10, count(self.requests))
    }

    fn cost(&self) -> Option<String> {
        self.cost.map(|cost| format!("${cost}"))
    }
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
                 answer and those that the provider did not serve, but for those that it rejected; times are those within which half of them came. \
                 Nothing was stopped."
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
