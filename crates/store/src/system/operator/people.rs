//! Everybody with an account.

use chrono::{DateTime, Utc};
use domain::UserId;

use super::{Operator, Rows, pattern};
use crate::StoreError;

/// A person, as the operator sees one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Its id.
    pub id: UserId,
    /// What the person is called.
    pub name: String,
    /// The address.
    pub email: String,
    /// The address is known to be the person's.
    pub verified: bool,
    /// Runs the installation.
    pub operator: bool,
    /// How many organizations the person is in.
    pub organizations: u64,
    /// How many devices are signed in.
    pub sessions: u64,
    /// When one of them was last seen, give or take a day.
    pub seen_at: Option<DateTime<Utc>>,
    /// When the account was made.
    pub created_at: DateTime<Utc>,
}

impl Operator<'_> {
    /// Up to `most` people whose name or address has `search` in it, with accounts older than
    /// `before`; the newest first.
    pub async fn people(
        &self,
        search: &str,
        before: Option<UserId>,
        most: u16,
    ) -> Result<Rows<PersonRow>, StoreError> {
        let id = search.trim().parse::<UserId>().ok();
        let mut tx = self.system().begin().await?;
        let rows = sqlx::query!(
            r#"SELECT u.id, u.name, u.email, u.verified_at IS NOT NULL AS "verified!", u.operator, u.created_at,
                (SELECT count(*) FROM memberships m WHERE m.user_id = u.id) AS "organizations!",
                s.sessions AS "sessions!", s.seen_at AS "seen_at?"
             FROM users u CROSS JOIN LATERAL (SELECT count(*) AS sessions, max(s.seen_at) AS seen_at
                FROM sessions s WHERE s.user_id = u.id AND s.epoch = u.epoch AND s.expires_at > exq_now()) s
             WHERE ($1::uuid IS NULL OR u.id < $1) AND (u.email LIKE $2 OR lower(u.name) LIKE $2 OR u.id = $3)
             ORDER BY u.id DESC LIMIT $4"#,
            before.map(UserId::uuid),
            pattern(search),
            id.map(UserId::uuid),
            i64::from(most) + 1
        )
        .fetch_all(&mut *tx)
        .await?;
        let rows = rows.into_iter().map(|row| PersonRow {
            id: UserId::from_uuid(row.id),
            name: row.name,
            email: row.email,
            verified: row.verified,
            operator: row.operator,
            organizations: u64::try_from(row.organizations).unwrap_or(0),
            sessions: u64::try_from(row.sessions).unwrap_or(0),
            seen_at: row.seen_at,
            created_at: row.created_at,
        });
        Ok(Rows::new(rows.collect(), most))
    }

    /// Signs somebody out on all devices; how many those were.
    pub async fn end_sessions(&self, user: UserId) -> Result<u64, StoreError> {
        self.system().account(user).await?.ok_or(StoreError::NotFound)?;
        let ended = self.system().delete_sessions_of(user).await?;
        tracing::info!(operator = %self.user, user = %user, ended, "an operator ended somebody's sessions");
        Ok(ended)
    }
}
