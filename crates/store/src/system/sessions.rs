//! Sessions of browsers. The cookie passes by here only as its hash.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::UserId;
use sqlx::{postgres::types::PgInterval, query, types::Uuid};

use crate::{StoreError, System};

/// A session that has not expired.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// What the browser's session holds.
    pub data: serde_json::Value,
    /// When it ends unless it is used.
    pub expires_at: DateTime<Utc>,
    /// It was last prolonged more than a day ago.
    pub stale: bool,
}

/// A session as its owner sees it.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// Its name; opens nothing.
    pub id: Uuid,
    /// It is the one that asks.
    pub this: bool,
    /// What the browser called itself at log-in.
    pub agent: Option<String>,
    /// Its network address then.
    pub address: Option<String>,
    /// When it logged in.
    pub since: DateTime<Utc>,
    /// When it was last used, to five minutes.
    pub seen_at: DateTime<Utc>,
    /// The moment at which this was read.
    pub now: DateTime<Utc>,
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

    /// The session, unless it has ended: unused for its lifetime, or ninety days after log-in. Notes
    /// every five minutes that it is used.
    pub async fn load_session(
        self,
        hash: &SessionHash,
        lifetime: Duration,
    ) -> Result<Option<StoredSession>, StoreError> {
        let mut tx = self.begin().await?;
        let stored = sqlx::query_as!(
            StoredSession,
            r#"WITH seen AS (
                UPDATE sessions SET seen_at = exq_now()
                WHERE id_hash = $1 AND expires_at > exq_now() AND seen_at < exq_now() - interval '5 minutes'
               )
               SELECT data, expires_at, expires_at < exq_now() + $2::interval - interval '1 day' AS "stale!"
               FROM sessions WHERE id_hash = $1 AND expires_at > exq_now()
                AND COALESCE(to_timestamp((data ->> 'since')::float8), created_at) > exq_now() - interval '90 days'"#,
            hash.as_slice(),
            interval(lifetime)
        )
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// The sessions of a user that have not ended, the one with this hash first, then by last use.
    pub async fn sessions_of(
        self,
        user: UserId,
        this: Option<&SessionHash>,
    ) -> Result<Vec<OwnSession>, StoreError> {
        let mut tx = self.begin().await?;
        Ok(sqlx::query_as!(
            OwnSession,
            r#"SELECT id, COALESCE(id_hash = $2, false) AS "this!", seen_at, exq_now() AS "now!",
                data #>> '{device,agent}' AS agent, data #>> '{device,address}' AS address,
                COALESCE(to_timestamp((data ->> 'since')::float8), created_at) AS "since!"
               FROM sessions WHERE user_id = $1 AND data ? 'user' AND expires_at > exq_now()
               ORDER BY 2 DESC, seen_at DESC, id"#,
            user.uuid(),
            this.map(<[u8; 32]>::as_slice)
        )
        .fetch_all(&mut *tx)
        .await?)
    }

    /// Ends one session of a user, by its name; false if there is none.
    pub async fn end_session(self, user: UserId, id: Uuid) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let ended = query!("DELETE FROM sessions WHERE user_id = $1 AND id = $2", user.uuid(), id)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(ended.rows_affected() == 1)
    }

    /// Ends all sessions of a user but the one with this hash.
    pub async fn end_other_sessions(
        self,
        user: UserId,
        keep: &SessionHash,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "DELETE FROM sessions WHERE user_id = $1 AND id_hash <> $2",
            user.uuid(),
            keep.as_slice()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
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
