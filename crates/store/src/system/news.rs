//! News of changes, for every node's memory.

use domain::OrgId;

use super::System;
use crate::{StoreError, change::ChangeCursor};

impl System<'_> {
    /// Organizations that changed since the cursor was last moved, and moves it. The first call only
    /// sets it. A change may be told twice, never not at all: what a transaction wrote that was still
    /// running at the last read has its number at or above that read's oldest.
    pub async fn changed_orgs(self, cursor: &mut ChangeCursor) -> Result<Vec<OrgId>, StoreError> {
        let mut tx = self.begin_quick().await?;
        let row = sqlx::query!(
            r#"SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS "oldest!",
                ARRAY(SELECT DISTINCT org_id FROM changes WHERE xid >= $1::bigint::text::xid8) AS "orgs!""#,
            cursor.0
        )
        .fetch_one(&mut *tx)
        .await?;
        let first = cursor.0 == 0;
        cursor.0 = row.oldest;
        Ok(if first { Vec::new() } else { row.orgs.into_iter().map(OrgId::from_uuid).collect() })
    }

    /// Forgets changes that every living node has read.
    pub async fn prune_changes(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let pruned =
            sqlx::query!("DELETE FROM changes WHERE at < exq_now() - interval '10 minutes'")
                .execute(&mut *tx)
                .await?;
        tx.commit().await?;
        Ok(pruned.rows_affected())
    }
}
