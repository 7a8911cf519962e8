//! What stands on a statement, and what does not yet.

use bigdecimal::BigDecimal;
use chrono::NaiveDate;
use domain::{Caller, ProjectId, TokenClass, Usd, window::Window};
use sqlx::types::Uuid;

use crate::{StoreError, money::usd, tx::Tx};

/// Requests, tokens and money; of an adjustment differences, which may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Forwarded requests that are done.
    pub requests: i64,
    /// Of these, charged by an estimate.
    pub estimated: i64,
    /// Of these, for models without a known price: what they cost is not in the charge.
    pub unpriced: i64,
    /// Tokens by class.
    pub tokens: [i64; TokenClass::COUNT],
    /// What they cost, as far as it is known.
    pub charge: Usd,
}

impl Numbers {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            estimated: self.estimated + other.estimated,
            unpriced: self.unpriced + other.unpriced,
            tokens: std::array::from_fn(|class| self.tokens[class] + other.tokens[class]),
            charge: self.charge.plus(other.charge),
        }
    }

    /// The sum of lines.
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        lines.into_iter().fold(Self::default(), |sum, line| sum.plus(line.numbers))
    }
}

/// Usage of one model in one project and cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The label of the cycle in which it was used.
    pub cycle: NaiveDate,
    /// The label of the cycle on whose statement it stands; none if it stands on none yet.
    pub statement: Option<NaiveDate>,
    /// Its project.
    pub project: ProjectId,
    /// What the project is called on the statement.
    pub project_name: String,
    /// Its model.
    pub model: String,
    /// How much.
    pub numbers: Numbers,
}

struct Row {
    cycle: NaiveDate,
    statement: Option<NaiveDate>,
    project_id: Uuid,
    project: String,
    model: String,
    requests: i64,
    estimated: i64,
    unpriced: i64,
    tokens: Vec<i64>,
    charge: BigDecimal,
}

impl Row {
    fn read(self) -> Result<Line, StoreError> {
        Ok(Line {
            cycle: self.cycle,
            statement: self.statement,
            project: ProjectId::from_uuid(self.project_id),
            project_name: self.project,
            model: self.model,
            numbers: Numbers {
                requests: self.requests,
                estimated: self.estimated,
                unpriced: self.unpriced,
                tokens: std::array::from_fn(|class| self.tokens.get(class).copied().unwrap_or(0)),
                charge: usd(&self.charge)?,
            },
        })
    }
}

/// The lines that a source has (`l`: a statement's, or of usage that stands on none): the cycle's own
/// first, then earlier ones, each by project and model. Its arguments are the organization, and where the
/// cycle begins and ends.
macro_rules! lines {
    ($tx:expr, $source:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            Row,
            r#"SELECT c.label AS cycle, s.label AS "statement?", l.project_id AS "project_id!",
                COALESCE(l.project, 'A former project') AS "project!", l.model AS "model!", l.requests AS "requests!",
                l.estimated AS "estimated!", l.unpriced AS "unpriced!",
                ARRAY[l.input, l.cached, l.cache_write, l.cache_write_1h, l.audio_input, l.image_input, l.output,
                    l.reasoning, l.audio_output, l.image_output] AS "tokens!: Vec<i64>", l.charge AS "charge!"
             FROM ("#
                + $source
                + r#") l
             JOIN windows c ON c.org_id = $1 AND c.period = 'month' AND c.starts = l.cycle
             LEFT JOIN windows s ON s.org_id = $1 AND s.period = 'month' AND s.starts = l.statement
             ORDER BY l.cycle = $2 DESC, l.cycle, l.statement NULLS LAST, l.project, l.project_id, l.model"#,
            $($argument),+
        )
        .fetch_all(&mut **$tx)
        .await?
        .into_iter()
        .map(Row::read)
        .collect()
    };
}

/// What the cycle's statement says.
pub(super) async fn billed(
    tx: &mut Tx,
    caller: &Caller,
    window: Window,
) -> Result<Vec<Line>, StoreError> {
    lines!(
        tx,
        "SELECT * FROM statement_lines b WHERE b.org_id = $1 AND b.statement = $2",
        caller.org.uuid(),
        window.starts
    )
}

/// What it would say if the cycle were closed now.
pub(super) async fn draft(
    tx: &mut Tx,
    caller: &Caller,
    window: Window,
) -> Result<Vec<Line>, StoreError> {
    lines!(
        tx,
        "SELECT NULL::timestamptz AS statement, p.name AS project, u.*
         FROM exq_unbilled($1, LEAST($2, (SELECT min(f.cycle) FROM statements f WHERE f.org_id = $1)), $3) u
         LEFT JOIN projects p ON p.org_id = $1 AND p.id = u.project_id
         WHERE u.cycle = $2 OR u.cycle IN (SELECT f.cycle FROM statements f WHERE f.org_id = $1)",
        caller.org.uuid(),
        window.starts,
        window.ends
    )
}

/// What became known of the cycle's usage after it was closed, on a later statement or on none yet.
pub(super) async fn since(
    tx: &mut Tx,
    caller: &Caller,
    window: Window,
) -> Result<Vec<Line>, StoreError> {
    lines!(
        tx,
        "SELECT b.statement, b.project, b.cycle, b.project_id, b.model, b.requests, b.estimated, b.unpriced, b.input,
            b.cached, b.cache_write, b.cache_write_1h, b.audio_input, b.image_input, b.output, b.reasoning,
            b.audio_output, b.image_output, b.charge
         FROM statement_lines b WHERE b.org_id = $1 AND b.cycle = $2 AND b.statement > $2
         UNION ALL
         SELECT NULL, p.name, u.* FROM exq_unbilled($1, $2, $3) u
         LEFT JOIN projects p ON p.org_id = $1 AND p.id = u.project_id",
        caller.org.uuid(),
        window.starts,
        window.ends
    )
}
