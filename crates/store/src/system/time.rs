//! Time: the clock, and the partitions of the events, made ahead.

use chrono::{DateTime, Utc};

use super::System;
use crate::StoreError;

impl System<'_> {
    /// The database's time.
    pub async fn now(self) -> Result<DateTime<Utc>, StoreError> {
        let mut tx = self.begin().await?;
        Ok(sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut *tx).await?)
    }

    /// Makes the partitions from last month's to three months ahead; those that exist stay.
    pub async fn make_partitions(self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query!(
            "SELECT exq_partition(exq_now() - interval '1 month', exq_now() + interval '3 months')"
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
