//! Sessions of browsers. The cookie passes by here only as its hash.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::UserId;
use serde::{Deserialize, Serialize};
use sqlx::{postgres::types::PgInterval, query, types::Uuid};

use crate::{StoreError, System, tx::Tx};

/// How often all sessions of an account were ended. A session belongs to the epoch in which the
/// account's credentials were read, and ends with it, even if it is stored later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub(super) i64);

/// A session that has not expired.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// What the browser's session holds.
    pub data: serde_json::Value,
    /// When it ends unless it is used.
    pub expires_at: DateTime<Utc>,
    /// It was last prolonged more than a day ago.
    pub stale: bool,
    /// Its user's epoch; the first one of a session that is nobody's.
    pub epoch: Epoch,
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
    /// With a user comes the epoch in which that was proved: if it is over, so is the session.
    pub async fn create_session(
        self,
        hash: &SessionHash,
        user: Option<(UserId, Epoch)>,
        data: &serde_json::Value,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let created = query!(
            "INSERT INTO sessions (id_hash, user_id, epoch, data, expires_at)
             VALUES ($1, $2, $3, $4, exq_now() + $5::interval) ON CONFLICT (id_hash) DO NOTHING",
            hash.as_slice(),
            user.map(|(user, _)| user.uuid()),
            user.map_or(0, |(_, Epoch(epoch))| epoch),
            data,
            interval(lifetime)
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(created.rows_affected() == 1)
    }

    /// Stores what a session now holds and prolongs it; false if it has ended: what was deleted
    /// meanwhile must not come back. Whose it is stays.
    pub async fn save_session(
        self,
        hash: &SessionHash,
        data: &serde_json::Value,
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let saved = query!(
            "UPDATE sessions SET data = $2, seen_at = exq_now(), expires_at = exq_now() + $3::interval
             WHERE id_hash = $1 AND expires_at > exq_now()",
            hash.as_slice(),
            data,
            interval(lifetime)
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(saved.rows_affected() == 1)
    }

    /// The session, unless it has ended: unused for its lifetime, ninety days after log-in, or with
    /// its epoch. Notes every five minutes that it is used.
    pub async fn load_session(
        self,
        hash: &SessionHash,
        lifetime: Duration,
    ) -> Result<Option<StoredSession>, StoreError> {
        let mut tx = self.begin().await?;
        let stored = query!(
            r#"WITH seen AS (
                UPDATE sessions SET seen_at = exq_now()
                WHERE id_hash = $1 AND expires_at > exq_now() AND seen_at < exq_now() - interval '5 minutes'
               )
               SELECT s.data, s.expires_at, s.epoch, s.expires_at < exq_now() + $2::interval - interval '1 day' AS "stale!"
               FROM sessions s LEFT JOIN users u ON u.id = s.user_id
               WHERE s.id_hash = $1 AND s.expires_at > exq_now() AND (s.user_id IS NULL OR s.epoch = u.epoch)
                AND COALESCE(to_timestamp((s.data ->> 'since')::float8), s.created_at) > exq_now() - interval '90 days'"#,
            hash.as_slice(),
            interval(lifetime)
        )
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(stored.map(|row| StoredSession {
            data: row.data,
            expires_at: row.expires_at,
            stale: row.stale,
            epoch: Epoch(row.epoch),
        }))
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
            r#"SELECT s.id, COALESCE(s.id_hash = $2, false) AS "this!", s.seen_at, exq_now() AS "now!",
                s.data #>> '{device,agent}' AS agent, s.data #>> '{device,address}' AS address,
                COALESCE(to_timestamp((s.data ->> 'since')::float8), s.created_at) AS "since!"
               FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch
               WHERE s.user_id = $1 AND s.data ? 'user' AND s.expires_at > exq_now()
               ORDER BY 2 DESC, s.seen_at DESC, s.id"#,
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
        end_sessions(&mut tx, user, Some(keep)).await?;
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
        let (_, ended) = end_sessions(&mut tx, user, None).await?;
        tx.commit().await?;
        Ok(ended)
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

/// Ends the user's sessions but the one that is kept, those too that somebody is about to store.
/// Answers the epoch that begins, and how many ended. Locks the user's row, so it comes before
/// whatever else of the account is locked.
pub(super) async fn end_sessions(
    tx: &mut Tx,
    user: UserId,
    keep: Option<&SessionHash>,
) -> Result<(Epoch, u64), StoreError> {
    let epoch = sqlx::query_scalar!(
        "UPDATE users SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch",
        user.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    let keep = keep.map(<[u8; 32]>::as_slice);
    let ended = query!(
        "DELETE FROM sessions WHERE user_id = $1 AND id_hash IS DISTINCT FROM $2",
        user.uuid(),
        keep
    )
    .execute(&mut **tx)
    .await?;
    // One that was over already stays so.
    query!(
        "UPDATE sessions SET epoch = $3::bigint WHERE user_id = $1 AND id_hash = $2 AND epoch = $3::bigint - 1",
        user.uuid(),
        keep,
        epoch
    )
    .execute(&mut **tx)
    .await?;
    Ok((Epoch(epoch), ended.rows_affected()))
}

fn interval(duration: Duration) -> PgInterval {
    // Far longer than any lifetime that is asked for.
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
