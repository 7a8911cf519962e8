//! The request log: what was forwarded, request by request.

mod findings;
mod list;
mod one;
mod refused;

use chrono::{DateTime, Utc};
use domain::{EventId, KeyId, Outcome, ProjectId, Tag, Tokens, Usd};
pub use findings::{Finding, FindingKind, Findings};
pub use list::{Lines, Next};
pub use one::{ChargedBy, Found, Person, Running, Told};
pub use refused::{By, Refusals, RefusalsPart};
use sqlx::types::{BigDecimal, Uuid};

use crate::{StoreError, money::usd};

/// Which requests are asked for; what is none lets everything through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this project.
    pub project: Option<ProjectId>,
    /// With this key.
    pub key: Option<KeyId>,
    /// To this model, as clients name it.
    pub model: Option<String>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// Streamed, or not.
    pub streamed: Option<bool>,
    /// Answered by the sandbox, or not.
    pub sandbox: Option<bool>,
    /// With this tag.
    pub tag: Option<Tag>,
    /// Admitted at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Admitted before it.
    pub until: Option<DateTime<Utc>>,
}

/// The key of a request, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// A key of the project.
    Named {
        /// Its id.
        id: KeyId,
        /// Its label.
        name: String,
        /// Its last four characters.
        last_four: Option<String>,
    },
    /// One of the keys that are not told apart.
    Untracked,
    /// None: a person sent it from the project's playground.
    Playground,
    /// A person's own.
    Personal,
}

/// A request that was forwarded, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: EventId,
    /// When it was admitted.
    pub at: DateTime<Utc>,
    /// In which project.
    pub project: ProjectId,
    /// The project's label.
    pub project_name: String,
    /// With which key.
    pub key: Key,
    /// The model, as the client named it.
    pub model: String,
    /// Answered as a stream.
    pub streamed: bool,
    /// Answered by the sandbox.
    pub sandbox: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// What it used.
    pub tokens: Tokens,
    /// What it is charged; without meaning where no price is known.
    pub charge: Usd,
    /// A price is known for it.
    pub priced: bool,
    /// From admission to a stream's first token, in milliseconds.
    pub first_token_ms: Option<u32>,
    /// From admission to the last byte, in milliseconds.
    pub total_ms: Option<u32>,
}

/// Columns of an event that lists and pages show, with the names beside them.
struct Row {
    id: Uuid,
    admitted_at: DateTime<Utc>,
    project_id: Uuid,
    project_name: String,
    key_id: Uuid,
    key_name: Option<String>,
    last_four: Option<String>,
    model: String,
    streamed: bool,
    sandbox: bool,
    outcome: String,
    tokens: Vec<i64>,
    charge: BigDecimal,
    priced: bool,
    first_token_ms: Option<i32>,
    total_ms: Option<i32>,
}

impl Row {
    fn line(self) -> Result<Line, StoreError> {
        Ok(Line {
            id: EventId::from_uuid(self.id),
            at: self.admitted_at,
            project: ProjectId::from_uuid(self.project_id),
            project_name: self.project_name,
            key: key(self.key_id, self.key_name, self.last_four),
            model: self.model,
            streamed: self.streamed,
            sandbox: self.sandbox,
            outcome: outcome(&self.outcome)?,
            tokens: tokens(&self.tokens)?,
            charge: usd(&self.charge)?,
            priced: self.priced,
            first_token_ms: self.first_token_ms.map(i32::cast_unsigned),
            total_ms: self.total_ms.map(i32::cast_unsigned),
        })
    }
}

fn key(id: Uuid, name: Option<String>, last_four: Option<String>) -> Key {
    match name {
        Some(name) => Key::Named { id: KeyId::from_uuid(id), name, last_four },
        None if id.is_nil() => Key::Untracked,
        None if KeyId::from_uuid(id).is_playground() => Key::Playground,
        None => Key::Personal,
    }
}

fn outcome(word: &str) -> Result<Outcome, StoreError> {
    let mut all = Outcome::ALL.into_iter();
    all.find(|outcome| outcome.as_str() == word).ok_or(StoreError::Damaged("an outcome"))
}

/// Ten counts, in the order of the classes.
fn tokens(counts: &[i64]) -> Result<Tokens, StoreError> {
    let counts = <[i64; domain::TokenClass::COUNT]>::try_from(counts);
    let counts = counts.map_err(|_| StoreError::Damaged("the tokens of a request"))?;
    Ok(Tokens::from_classes(counts.map(|count| u64::try_from(count).unwrap_or(0))))
}
