//! How much was refused.

use chrono::{DateTime, Utc};
use domain::{Action, BudgetId, Caller, ReceiptId, Scope};

use crate::{Store, StoreError, budgets::scope_parts, slice_names::nameless};

/// Refusals of a key by a budget in a quarter of an hour, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRefusals {
    /// The receipt that tells more.
    pub receipt: ReceiptId,
    /// The last of them so far.
    pub last_at: DateTime<Utc>,
    /// How many.
    pub count: u64,
    /// Nothing was refused: the budget was observed only, and would have refused.
    pub observed: bool,
    /// The label of the key's project.
    pub project_name: String,
    /// The key's label, or what stands for it.
    pub key_name: String,
}

impl Store {
    /// What a budget refused last, or would have: the newest 10, of what the caller sees.
    pub async fn budget_refusals(
        &self,
        caller: &Caller,
        budget: BudgetId,
    ) -> Result<Vec<BudgetRefusals>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT r.id AS "id!", r.last_at AS "last_at!", r.count AS "count!", r.observed AS "observed!",
                p.name AS "project_name!", r.key_id AS "key_id!", k.name AS "key_name?"
             FROM receipts r JOIN projects p ON (p.org_id, p.id) = (r.org_id, r.project_id)
             LEFT JOIN api_keys k ON (k.org_id, k.id) = (r.org_id, r.key_id)
             WHERE r.org_id = $1 AND r.kind = 'budget' AND r.limit_id = $2
                AND r.quarter > exq_now() - interval '32 days'
             ORDER BY r.quarter DESC, r.last_at DESC LIMIT 10"#,
            caller.org.uuid(),
            budget.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| BudgetRefusals {
                receipt: ReceiptId::from_uuid(row.id),
                last_at: row.last_at,
                count: u64::try_from(row.count).unwrap_or(0),
                observed: row.observed,
                project_name: row.project_name,
                key_name: row.key_name.unwrap_or_else(|| nameless(row.key_id).to_owned()),
            })
            .collect())
    }

    /// Requests of a scope that were refused from `from` up to and not with `until`, by whatever
    /// limit.
    pub async fn refused(
        &self,
        caller: &Caller,
        on: Scope,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        caller.may(Action::List)?;
        let (kind, id) = scope_parts(on);
        let mut tx = self.tenant(caller).await?;
        let refused = sqlx::query_scalar!(
            r#"SELECT COALESCE(sum(count), 0)::bigint AS "refused!" FROM receipts
             WHERE org_id = $1 AND quarter >= $2 AND quarter < $3 AND NOT observed
             AND CASE $4 WHEN 'project' THEN project_id = $5 WHEN 'key' THEN key_id = $5 ELSE org_id = $5 END"#,
            caller.org.uuid(),
            from,
            until,
            kind,
            id
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(u64::try_from(refused).unwrap_or(0))
    }
}
