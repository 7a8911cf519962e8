//! Folding usage by tag.

use super::System;
use crate::StoreError;

/// Most deltas of one statement.
pub const TAGS_AT_ONCE: u64 = 2_000;

/// So many values of one key have rows of their own in a day; all others are one.
pub const TAG_VALUES: u64 = 1_000;

impl System<'_> {
    /// Moves a slice of what is not folded yet into the rollups by tag; answers how many. Any node may do
    /// it at any time, and one does: which values have rows of their own is decided here, once for a day. A
    /// value that has rows keeps them, and one that came too late has none all day. Who finds another node
    /// at it leaves it to that one.
    pub async fn fold_tags(self) -> Result<u64, StoreError> {
        let mut tx = self.begin_taking().await?;
        // Before the statement that must see what the last one has decided; held until the commit.
        let ours = sqlx::query_scalar!(
            r#"SELECT pg_try_advisory_xact_lock(hashtext('exq_fold_tags')) AS "ours!""#
        );
        if !ours.fetch_one(&mut *tx).await? {
            return Ok(0);
        }
        let folded = sqlx::query_file_scalar!(
            "src/system/tags/fold.sql",
            TAGS_AT_ONCE.cast_signed(),
            TAG_VALUES.cast_signed()
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(u64::try_from(folded).unwrap_or(0))
    }
}
