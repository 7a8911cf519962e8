//! What was not forwarded: receipts, the newest first. A receipt stands for all that one limit
//! refused to one key in a quarter of an hour.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, KeyId, ProjectId, ReceiptId};

use super::{Filter, Key, key};
use crate::{Store, StoreError};

/// Refusals on one receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusals {
    /// The receipt that tells more.
    pub receipt: ReceiptId,
    /// The last of them so far.
    pub last_at: DateTime<Utc>,
    /// How many.
    pub count: u64,
    /// What said no.
    pub by: By,
    /// Nothing was refused: the budget is observed only, and would have refused.
    pub observed: bool,
    /// The label of the key's project.
    pub project_name: String,
    /// Whose they were.
    pub key: Key,
}

/// What said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A budget of the organization, the project or the key.
    OrgBudget,
    /// See there.
    ProjectBudget,
    /// See there.
    KeyBudget,
    /// What the organization's tier allows.
    UsageLimit,
    /// Requests or tokens in a time.
    RateLimit,
    /// What a key may do at once, or spend on one request.
    Guard,
}

/// A part of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalsPart {
    /// The newest first.
    pub rows: Vec<Refusals>,
    /// There are older ones than the last.
    pub more: bool,
}

impl Store {
    /// What was refused, of a filter's project, key and stretch of time: a receipt knows nothing of the
    /// rest. Those before a receipt; one that is gone has none before it.
    pub async fn refusals(
        &self,
        caller: &Caller,
        filter: &Filter,
        before: Option<ReceiptId>,
    ) -> Result<RefusalsPart, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"WITH place AS (SELECT r.quarter, r.last_at, r.id FROM receipts r WHERE r.org_id = $1 AND r.id = $2)
             SELECT r.id AS "id!", r.last_at AS "last_at!", r.count AS "count!", r.kind AS "kind!", r.scope AS "scope!",
                r.observed AS "observed!", p.name AS "project_name!", r.key_id AS "key_id!", k.name AS "key_name?",
                k.last_four AS "last_four?"
             FROM receipts r JOIN projects p ON (p.org_id, p.id) = (r.org_id, r.project_id)
             LEFT JOIN api_keys k ON (k.org_id, k.id) = (r.org_id, r.key_id)
             WHERE r.org_id = $1 AND r.quarter <= COALESCE((SELECT quarter FROM place), 'infinity')
                AND ($2::uuid IS NULL OR (r.quarter, r.last_at, r.id) < (SELECT quarter, last_at, id FROM place))
                AND ($3::uuid IS NULL OR r.project_id = $3) AND ($4::uuid IS NULL OR r.key_id = $4)
                AND r.quarter >= COALESCE(exq_quarter($5), '-infinity') AND r.quarter < COALESCE($6::timestamptz, 'infinity')
                AND ($5::timestamptz IS NULL OR r.last_at >= $5)
             ORDER BY r.quarter DESC, r.last_at DESC, r.id DESC LIMIT $7"#,
            caller.org.uuid(),
            before.map(ReceiptId::uuid),
            filter.project.map(ProjectId::uuid),
            filter.key.map(KeyId::uuid),
            filter.from,
            filter.until,
            i64::from(Self::MOST_REQUESTS) + 1
        )
        .fetch_all(&mut *tx)
        .await?;
        let most = usize::from(Self::MOST_REQUESTS);
        let more = rows.len() > most;
        let rows = rows.into_iter().take(most).map(|row| Refusals {
            receipt: ReceiptId::from_uuid(row.id),
            last_at: row.last_at,
            count: u64::try_from(row.count).unwrap_or(0),
            by: by(&row.kind, &row.scope),
            observed: row.observed,
            project_name: row.project_name,
            key: key(row.key_id, row.key_name, row.last_four),
        });
        Ok(RefusalsPart { rows: rows.collect(), more })
    }
}

fn by(kind: &str, scope: &str) -> By {
    match (kind, scope) {
        ("budget", "org") => By::OrgBudget,
        ("budget", "project") => By::ProjectBudget,
        ("budget", _) => By::KeyBudget,
        ("usage_limit", _) => By::UsageLimit,
        ("requests" | "tokens", _) => By::RateLimit,
        _ => By::Guard,
    }
}
