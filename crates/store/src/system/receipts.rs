//! Receipts of refusals.

use domain::{KeyId, OrgId, ProjectId};
use ledger::Limit;

use super::System;
use crate::{StoreError, budgets::scope_parts, money::numeric};

/// Refusals by one limit of one key since the last flush.
#[derive(Debug, Clone)]
pub struct ReceiptRow {
    /// Whose.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// By which key.
    pub key: KeyId,
    /// The limit, with its numbers at the first refusal.
    pub limit: Limit,
    /// How many.
    pub count: i64,
}

impl System<'_> {
    /// Adds the counts.
    pub async fn flush_receipts(self, rows: &[ReceiptRow]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for row in rows {
            let (scope, _) = scope_parts(row.limit.scope);
            sqlx::query!(
                "INSERT INTO receipts AS r (org_id, id, budget_id, revision, project_id, key_id, scope, period,
                    quarter, amount, spent, held, resets_at, count, first_at, last_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, exq_quarter(exq_now()), $9, $10, $11, $12, $13, exq_now(), exq_now())
                 ON CONFLICT (org_id, id) DO UPDATE SET count = r.count + excluded.count, last_at = excluded.last_at",
                row.org.uuid(),
                row.limit.receipt.uuid(),
                row.limit.budget.uuid(),
                row.limit.revision,
                row.project.uuid(),
                row.key.uuid(),
                scope,
                row.limit.period.as_str(),
                numeric(row.limit.amount),
                numeric(row.limit.spent),
                numeric(row.limit.held),
                row.limit.resets_at,
                row.count
            )
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }
}
