//! What was used and what it cost: rollups and what is not folded yet, read together in one
//! statement, so that a chart's sum is the ledger at every instant.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, Period, Tokens, Usd, window::Window};
use sqlx::types::Uuid;

use crate::{Store, StoreError, money::usd, system::window, tx::Tx};

/// By what usage is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// By project.
    Project,
    /// By API key.
    Key,
    /// By model.
    Model,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Project, Self::Key, Self::Model];

    /// The word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Key => "key",
            Self::Model => "model",
        }
    }
}

/// Requests, tokens and money of a day and a group, or summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Forwarded requests that are done.
    pub requests: i64,
    /// Of these, charged by an estimate.
    pub estimated: i64,
    /// Of these, for models without a known price: what they cost is not in the charge.
    pub unpriced: i64,
    /// Tokens by class.
    pub tokens: Tokens,
    /// What they cost, as far as it is known.
    pub charge: Usd,
}

impl Totals {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            estimated: self.estimated + other.estimated,
            unpriced: self.unpriced + other.unpriced,
            tokens: self.tokens.plus(other.tokens),
            charge: self.charge.plus(other.charge),
        }
    }
}

/// One cell: a day and a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The day's first instant.
    pub day: DateTime<Utc>,
    /// The group's id, or the model.
    pub group: String,
    /// The group's label.
    pub name: String,
    /// What was used.
    pub totals: Totals,
}

/// Usage of a stretch of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Cells that are not empty, by day.
    pub cells: Vec<Cell>,
    /// Refused requests.
    pub refused: u64,
    /// Requests still running.
    pub running: u64,
    /// The instant up to which it is complete.
    pub complete_to: DateTime<Utc>,
}

impl Store {
    /// The organization's billing cycles so far, the current one first.
    pub async fn cycles(&self, caller: &Caller) -> Result<Vec<Window>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.counting(caller).await?;
        let at = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#).fetch_one(&mut *tx).await?;
        window(&mut tx, caller.org, Period::Month, at).await?;
        let rows = sqlx::query!(
            "SELECT label, starts, ends FROM windows WHERE org_id = $1 AND period = 'month' AND starts <= $2
             ORDER BY starts DESC",
            caller.org.uuid(),
            at
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(rows
            .into_iter()
            .map(|row| Window { label: row.label, starts: row.starts, ends: row.ends })
            .collect())
    }

    /// Usage of the days that begin from `from` up to and not with `until`.
    pub async fn usage(
        &self,
        caller: &Caller,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        group: Group,
    ) -> Result<Usage, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let cells = cells(&mut tx, caller, from, until, group).await?;
        let rest = sqlx::query!(
            r#"SELECT exq_now() AS "at!",
                (SELECT count(*) FROM intents WHERE org_id = $1 AND admitted_at >= $2 AND admitted_at < $3) AS "running!",
                (SELECT COALESCE(sum(count), 0)::bigint FROM receipts
                    WHERE org_id = $1 AND quarter >= $2 AND quarter < $3 AND NOT observed) AS "refused!""#,
            caller.org.uuid(),
            from,
            until
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(Usage {
            cells,
            refused: u64::try_from(rest.refused).unwrap_or(0),
            running: u64::try_from(rest.running).unwrap_or(0),
            complete_to: rest.at,
        })
    }
}

async fn cells(
    tx: &mut Tx,
    caller: &Caller,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    group: Group,
) -> Result<Vec<Cell>, StoreError> {
    let rows = sqlx::query!(
            r#"WITH used AS (
                SELECT day_starts, project_id, key_id, member_id, model, requests, estimated, unpriced,
                    input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output, charge
                FROM days WHERE org_id = $1 AND day_starts >= $2 AND day_starts < $3
                UNION ALL
                SELECT day_starts, project_id, key_id, member_id, model, requests, estimated, unpriced,
                    input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output, charge
                FROM deltas WHERE org_id = $1 AND day_starts >= $2 AND day_starts < $3
            ), grouped AS (
                SELECT day_starts, CASE $4 WHEN 'project' THEN project_id END AS project_id,
                    CASE $4 WHEN 'key' THEN key_id END AS key_id, CASE $4 WHEN 'model' THEN model END AS model,
                    -- A personal key has one person.
                    (array_agg(member_id))[1] AS member_id,
                    sum(requests)::bigint AS requests, sum(estimated)::bigint AS estimated,
                    sum(unpriced)::bigint AS unpriced,
                    ARRAY[sum(input), sum(cached), sum(cache_write), sum(cache_write_1h), sum(audio_input),
                        sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output)]::bigint[] AS tokens,
                    sum(charge) AS charge
                FROM used GROUP BY day_starts, 2, 3, 4
            )
            SELECT g.day_starts AS "day!", COALESCE(g.model, g.project_id::text, g.key_id::text) AS "key!",
                COALESCE(g.model, p.name, k.name) AS "name?", u.name AS "person?", g.requests AS "requests!",
                g.estimated AS "estimated!", g.unpriced AS "unpriced!", g.tokens AS "tokens!",
                g.charge AS "charge!"
            FROM grouped g LEFT JOIN projects p ON p.org_id = $1 AND p.id = g.project_id
            LEFT JOIN api_keys k ON k.org_id = $1 AND k.id = g.key_id
            LEFT JOIN users u ON u.id = g.member_id
            ORDER BY 1, 2"#,
            caller.org.uuid(),
            from,
            until,
            group.as_str()
        )
        .fetch_all(&mut **tx)
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Cell {
                day: row.day,
                name: row.name.unwrap_or_else(|| nameless(caller, &row.key, row.person)),
                group: row.key,
                totals: Totals {
                    requests: row.requests,
                    estimated: row.estimated,
                    unpriced: row.unpriced,
                    tokens: tokens(&row.tokens),
                    charge: usd(&row.charge)?,
                },
            })
        })
        .collect()
}

/// Sums of the classes, in their order.
pub(crate) fn tokens(sums: &[i64]) -> Tokens {
    let count = |at: usize| sums.get(at).and_then(|n| u64::try_from(*n).ok()).unwrap_or(0);
    Tokens::from_classes(std::array::from_fn(count))
}

/// What usage is called that is told apart by keys and that no key of a project has: of untracked
/// keys together, or of a personal key, whose person is an owner's business.
fn nameless(caller: &Caller, key: &str, person: Option<String>) -> String {
    if key.parse() == Ok(Uuid::nil()) {
        return "Untracked".to_owned();
    }
    match person {
        _ if caller.may(Action::SeeWhole).is_err() => "Personal key".to_owned(),
        Some(person) => format!("Personal key of {person}"),
        None => "Personal key of a former member".to_owned(),
    }
}
