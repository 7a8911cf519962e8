//! Organizations that were closed long enough ago are erased.

use domain::OrgId;

use super::System;
use crate::StoreError;

/// Rows of a table in one transaction.
const SLICE: i32 = 10_000;

/// How far the erasing of an organization has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// Which one.
    pub org: OrgId,
    /// Nothing of it is left.
    pub wholly: bool,
}

impl System<'_> {
    /// Erases a slice of an organization that was closed 30 days ago, by the database's clock, its
    /// ledger and its log too; none if there is no such organization that no other node is at.
    pub async fn erase_closed(self) -> Result<Option<Erased>, StoreError> {
        self.erase_slice(SLICE).await
    }

    /// As [`System::erase_closed`], with at most so many rows of a table.
    pub async fn erase_slice(self, most: i32) -> Result<Option<Erased>, StoreError> {
        let mut tx = self.begin().await?;
        let org = sqlx::query_scalar!(
            "SELECT org_id FROM organizations WHERE closed_at < (SELECT exq_now()) - interval '30 days'
             ORDER BY closed_at LIMIT 1 FOR UPDATE SKIP LOCKED"
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(org) = org else { return Ok(None) };
        // A slice may hold gigabytes of prompts and answers, and is tried again from its beginning.
        sqlx::query!("SELECT set_config('statement_timeout', '0', true)")
            .fetch_one(&mut *tx)
            .await?;
        let wholly = sqlx::query_scalar!(r#"SELECT exq_erase($1, $2) AS "wholly!""#, org, most)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Some(Erased { org: OrgId::from_uuid(org), wholly }))
    }
}
