//! For how long requests are kept one by one, and which months there are.

use chrono::{DateTime, Utc};
use domain::{Job, Retention};

use super::{Operator, jobs::Past};
use crate::{StoreError, system::Month};

/// What is kept, and what was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// For how long.
    pub retention: Retention,
    /// Months that are kept one request by one, the oldest first, and the bytes that each takes.
    pub months: Vec<(Month, u64)>,
    /// Months of which only sums are left, the last first, and when they were dropped; a hundred at most.
    pub dropped: Vec<(Month, DateTime<Utc>)>,
    /// The last time that something was to be dropped.
    pub last: Option<Past>,
    /// The instant at which this is true.
    pub at: DateTime<Utc>,
}

impl Operator<'_> {
    /// What is kept, and what was dropped.
    pub async fn kept(&self) -> Result<Kept, StoreError> {
        let retention = self.system().retention().await?;
        let last = self.past_of_job(Job::Drop).await?.into_iter().next();
        let mut tx = self.system().begin().await?;
        let at = sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut *tx).await?;
        let months = sqlx::query!(
            r#"SELECT starts AS "starts!", ends AS "ends!", bytes AS "bytes!" FROM exq_months()
             WHERE starts <= $1 ORDER BY starts"#,
            at
        )
        .fetch_all(&mut *tx)
        .await?;
        let dropped = sqlx::query!(
            "SELECT starts, ends, dropped_at FROM dropped_months ORDER BY starts DESC LIMIT 100"
        )
        .fetch_all(&mut *tx)
        .await?;
        let months = months.into_iter().map(|row| {
            (Month { starts: row.starts, ends: row.ends }, u64::try_from(row.bytes).unwrap_or(0))
        });
        let dropped = dropped
            .into_iter()
            .map(|row| (Month { starts: row.starts, ends: row.ends }, row.dropped_at));
        Ok(Kept { retention, months: months.collect(), dropped: dropped.collect(), last, at })
    }

    /// Sets for how long requests are kept one by one.
    pub async fn set_retention(&self, retention: Retention) -> Result<(), StoreError> {
        self.system().set_retention(retention).await?;
        tracing::info!(
            operator = %self.user, months = ?retention.get(),
            address = self.origin.address.map(tracing::field::display),
            "an operator set for how long requests are kept one by one"
        );
        Ok(())
    }
}
