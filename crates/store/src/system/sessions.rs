//! Sessions of browsers. The cookie passes by here only as its hash.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::UserId;
use sqlx::{postgres::types::PgInterval, query};

use crate::{StoreError, System};

/// A session that has not expired.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// What the browser's session holds.
    pub data: serde_json::Value,
    /// When it ends unless it is used.
    pub expires_at: DateTime<Utc>,
    /// It was last saved more than a day ago: time to prolong it.
    pub stale: bool,
}

/// The SHA-256 of a session's cookie.
pub type SessionHash = [u8; 32];

impl System<'_> {
    /// Stores a new session that ends `lifetime` from now; false if there is one with this hash.
    pub async fn create_session(
        self,
        hash: &SessionHash,
        user: Option<UserId>,
        data: &serde_json::Value,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let created = query!(
            "INSERT INTO sessions (id_hash, user_id, data, expires_at) VALUES ($1, $2, $3, exq_now() + $4::interval)
             ON CONFLICT (id_hash) DO NOTHING",
            hash.as_slice(),
            user.map(UserId::uuid),
            data,
            interval(lifetime)
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(created.rows_affected() == 1)
    }

    /// Stores what a session now holds and prolongs it; false if it has ended: what was deleted
    /// meanwhile must not come back.
    pub async fn save_session(
        self,
        hash: &SessionHash,
        user: Option<UserId>,
        data: &serde_json::Value,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let saved = query!(
            "UPDATE sessions SET user_id = $2, data = $3, seen_at = exq_now(), expires_at = exq_now() + $4::interval
             WHERE id_hash = $1 AND expires_at > exq_now()",
            hash.as_slice(),
            user.map(UserId::uuid),
            data,
            interval(lifetime)
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(saved.rows_affected() == 1)
    }

    /// The session, unless it has ended.
    pub async fn load_session(
        self,
        hash: &SessionHash,
    ) -> Result<Option<StoredSession>, StoreError> {
        let mut tx = self.begin().await?;
        Ok(sqlx::query_as!(
            StoredSession,
            r#"SELECT data, expires_at, seen_at < exq_now() - interval '1 day' AS "stale!"
               FROM sessions WHERE id_hash = $1 AND expires_at > exq_now()"#,
            hash.as_slice()
        )
        .fetch_optional(&mut *tx)
        .await?)
    }

    /// Ends a session.
    pub async fn delete_session(self, hash: &SessionHash) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!("DELETE FROM sessions WHERE id_hash = $1", hash.as_slice())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Ends all sessions of a user, on all devices.
    pub async fn delete_sessions_of(self, user: UserId) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let ended = query!("DELETE FROM sessions WHERE user_id = $1", user.uuid())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(ended.rows_affected())
    }

    /// Forgets sessions that have ended; how many.
    pub async fn reap_sessions(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let reaped =
            query!("DELETE FROM sessions WHERE expires_at <= exq_now()").execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(reaped.rows_affected())
    }
}

fn interval(duration: Duration) -> PgInterval {
    // Far longer than any lifetime that is asked for.
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
