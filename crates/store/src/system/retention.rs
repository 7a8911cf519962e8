//! Requests are kept one by one for a time. Months that are older are dropped, the oldest first; what reconcile
//! compares of them is summed before, in the same transaction.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::{EventId, Retention};
use serde_json::json;
use sqlx::{query, query_scalar};

use super::System;
use crate::{StoreError, tx::Tx};

/// A month of UTC by the ids of requests, which are made by the clocks of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its first instant.
    pub starts: DateTime<Utc>,
    /// Its end.
    pub ends: DateTime<Utc>,
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.starts.format("%B %Y").fmt(f)
    }
}

/// What came of an attempt to drop the oldest month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropping {
    /// None is older than is kept.
    Nothing,
    /// It is gone.
    Dropped {
        /// The month.
        month: Month,
        /// So many requests of it are known by their sums alone from now on.
        requests: u64,
    },
    /// It is all there, and so are later ones.
    Stays {
        /// The month.
        month: Month,
        /// What stands in the way.
        why: Hindrance,
    },
}

/// Why a month stays though it is older than is kept; as a sentence's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    /// The last comparison found a difference; what is dropped could not tell any more where it comes from.
    #[error("the books do not agree, see what the nightly comparison found")]
    Difference,
    /// What is dropped was right when it was summed, or nobody knows.
    #[error("the books were not compared in the last night")]
    NotCompared,
    /// Intents.
    #[error("requests of it have not ended ({0})")]
    Open(u64),
    /// What the tables would not take.
    #[error("settlements of it lie in quarantine ({0})")]
    Quarantined(u64),
    /// The rollups do not have it yet.
    #[error("not all of its usage is folded")]
    Unfolded,
    /// A node's clock was behind.
    #[error("requests of it were admitted later than their IDs say, and are kept ({0})")]
    Late(u64),
    /// Its tables were in use.
    #[error("another node is at it, or its table was read all the while")]
    Busy,
}

impl System<'_> {
    /// For how long requests are kept one by one; without end until something is set.
    pub async fn retention(self) -> Result<Retention, StoreError> {
        let mut tx = self.begin().await?;
        let value = query_scalar!("SELECT value FROM settings WHERE name = 'retention'")
            .fetch_optional(&mut *tx)
            .await?;
        let damaged = StoreError::Damaged("for how long requests are kept");
        match value {
            None => Ok(Retention::ENDLESS),
            Some(value) if value.is_null() => Ok(Retention::ENDLESS),
            Some(value) => {
                let months = value.as_u64().and_then(|months| u16::try_from(months).ok());
                months.and_then(|months| Retention::months(months).ok()).ok_or(damaged)
            }
        }
    }

    /// Sets it.
    pub async fn set_retention(self, retention: Retention) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "INSERT INTO settings (name, value) VALUES ('retention', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            json!(retention.get())
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Drops the oldest month, if it is older than is kept. Whoever does so at the same time, it happens once.
    pub async fn drop_month(self) -> Result<Dropping, StoreError> {
        self.drop_month_within(40).await
    }

    /// As [`System::drop_month`], waiting at most so often for those who read the tables.
    pub async fn drop_month_within(self, tries: i32) -> Result<Dropping, StoreError> {
        let Some(cut) = self.retention().await?.cut(self.now().await?) else {
            return Ok(Dropping::Nothing);
        };
        let Some(month) = self.oldest_month(cut).await? else { return Ok(Dropping::Nothing) };
        self.keep_first_requests(month).await?;
        let mut tx = self.begin().await?;
        query!("SELECT set_config('statement_timeout', '0', true)").fetch_one(&mut *tx).await?;
        let stays = |why| Ok(Dropping::Stays { month, why });
        let closed = query_scalar!(r#"SELECT exq_month_close($1) AS "closed!""#, month.starts);
        if !closed.fetch_one(&mut *tx).await? {
            return stays(Hindrance::Busy);
        }
        if let Some(why) = hindrance(&mut tx, month).await? {
            return stays(why);
        }
        let (requests, late) = count(&mut tx, month, cut).await?;
        if late > 0 {
            return stays(Hindrance::Late(late));
        }
        seal(&mut tx, month).await?;
        let dropped =
            query_scalar!(r#"SELECT exq_month_drop($1, $2) AS "dropped!""#, month.starts, tries);
        if !dropped.fetch_one(&mut *tx).await? {
            return stays(Hindrance::Busy);
        }
        tx.commit().await?;
        Ok(Dropping::Dropped { month, requests })
    }

    /// The oldest that is over at an instant.
    async fn oldest_month(self, cut: DateTime<Utc>) -> Result<Option<Month>, StoreError> {
        let mut tx = self.begin().await?;
        Ok(sqlx::query_as!(
            Month,
            r#"SELECT starts AS "starts!", ends AS "ends!" FROM exq_months() WHERE ends <= $1 ORDER BY starts LIMIT 1"#,
            cut
        )
        .fetch_optional(&mut *tx)
        .await?)
    }

    /// Usage tiers ask when the first request was. Before everything else, because organizations are locked
    /// before all.
    async fn keep_first_requests(self, month: Month) -> Result<(), StoreError> {
        let (from, until) = ids(month);
        let mut tx = self.begin().await?;
        query!("SELECT set_config('statement_timeout', '0', true)").fetch_one(&mut *tx).await?;
        query!(
            "WITH held AS MATERIALIZED (SELECT org_id FROM organizations WHERE first_request_at IS NULL ORDER BY org_id
                FOR NO KEY UPDATE)
             UPDATE organizations o SET first_request_at = f.at
             FROM (SELECT e.org_id, min(e.admitted_at) AS at FROM events e JOIN held n ON n.org_id = e.org_id
                WHERE e.id >= $1 AND e.id < $2 AND NOT e.sandbox GROUP BY 1) f
             WHERE o.org_id = f.org_id AND o.first_request_at IS NULL",
            from.uuid(),
            until.uuid()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}

/// From which id to before which one.
fn ids(month: Month) -> (EventId, EventId) {
    (EventId::floor(month.starts), EventId::floor(month.ends))
}

/// What stands in the way, the gravest first.
async fn hindrance(tx: &mut Tx, month: Month) -> Result<Option<Hindrance>, StoreError> {
    let (from, until) = ids(month);
    let row = query!(
        r#"SELECT COALESCE((SELECT o.alarm FROM occurrences o WHERE o.job = 'reconcile' ORDER BY o.due DESC LIMIT 1), false)
                AS "differs!",
            COALESCE((SELECT max(o.due) FROM occurrences o WHERE o.job = 'reconcile') > exq_now() - interval '24 hours', true)
                AS "compared!",
            (SELECT count(*) FROM intents WHERE id >= $1 AND id < $2) AS "open!",
            (SELECT count(*) FROM quarantine WHERE id >= $1 AND id < $2) AS "quarantined!",
            EXISTS (SELECT FROM deltas WHERE quarter < $3) OR EXISTS (SELECT FROM timings WHERE admitted_at < $3)
                OR EXISTS (SELECT FROM tag_deltas WHERE quarter < $3)
                AS "unfolded!""#,
        from.uuid(),
        until.uuid(),
        month.ends
    )
    .fetch_one(&mut **tx)
    .await?;
    let open = u64::try_from(row.open).unwrap_or(0);
    let quarantined = u64::try_from(row.quarantined).unwrap_or(0);
    Ok(match (open, quarantined) {
        _ if row.differs => Some(Hindrance::Difference),
        _ if !row.compared => Some(Hindrance::NotCompared),
        (1.., _) => Some(Hindrance::Open(open)),
        (0, 1..) => Some(Hindrance::Quarantined(quarantined)),
        _ if row.unfolded => Some(Hindrance::Unfolded),
        _ => None,
    })
}

/// How many requests a month has, and how many of these were admitted after an instant.
async fn count(tx: &mut Tx, month: Month, cut: DateTime<Utc>) -> Result<(u64, u64), StoreError> {
    let (from, until) = ids(month);
    let row = query!(
        r#"SELECT count(*) AS "all!", count(*) FILTER (WHERE admitted_at > $3) AS "late!"
         FROM events WHERE id >= $1 AND id < $2"#,
        from.uuid(),
        until.uuid(),
        cut
    )
    .fetch_one(&mut **tx)
    .await?;
    let count = |count| u64::try_from(count).unwrap_or(0);
    Ok((count(row.all), count(row.late)))
}

/// Writes down what a closed month came to, and that it goes.
async fn seal(tx: &mut Tx, month: Month) -> Result<(), StoreError> {
    let (from, until) = ids(month);
    sqlx::query_file!("src/system/retention/seal_days.sql", from.uuid(), until.uuid())
        .execute(&mut **tx)
        .await?;
    query!(
        "INSERT INTO sealed_counters AS s (org_id, counter_id, requests, spent, booked)
         SELECT e.org_id, c.id, count(*), sum(e.charge), sum(COALESCE(e.booked, e.charge))
         FROM events e CROSS JOIN unnest(e.counters) AS c (id) WHERE e.id >= $1 AND e.id < $2 GROUP BY 1, 2
         ON CONFLICT (org_id, counter_id) DO UPDATE SET requests = s.requests + excluded.requests,
            spent = s.spent + excluded.spent, booked = s.booked + excluded.booked",
        from.uuid(),
        until.uuid()
    )
    .execute(&mut **tx)
    .await?;
    // Of months that had no partition of their own yet when there were no stories.
    query!(
        "DELETE FROM stories WHERE id >= $1 AND id < $2
            AND to_regclass('stories_' || to_char($3::timestamptz AT TIME ZONE 'UTC', 'YYYYMM')) IS NULL",
        from.uuid(),
        until.uuid(),
        month.starts
    )
    .execute(&mut **tx)
    .await?;
    query!(
        "INSERT INTO dropped_months (starts, ends, dropped_at) VALUES ($1, $2, exq_now())
         ON CONFLICT (starts) DO UPDATE SET dropped_at = excluded.dropped_at",
        month.starts,
        month.ends
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
