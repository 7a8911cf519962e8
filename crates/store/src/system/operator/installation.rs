//! The installation as a whole.

use chrono::{DateTime, Utc};
use domain::NodeId;

use super::Operator;
use crate::{StoreError, system::SignUpPolicy};

/// A process that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// Its last heartbeat; one a second while it lives.
    pub seen_at: DateTime<Utc>,
    /// Given up: silent for half a minute.
    pub silent: bool,
}

/// What the data lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// PostgreSQL's.
    pub database: String,
    /// The number of the last migration.
    pub migration: i64,
    /// The instant at which this is true.
    pub at: DateTime<Utc>,
}

impl Operator<'_> {
    /// Who may sign up.
    pub async fn sign_up_policy(&self) -> Result<SignUpPolicy, StoreError> {
        self.system().sign_up_policy().await
    }

    /// Sets who may sign up.
    pub async fn set_sign_up_policy(&self, policy: SignUpPolicy) -> Result<(), StoreError> {
        self.system().set_sign_up_policy(policy).await?;
        tracing::info!(operator = %self.user, policy = ?policy, "an operator set who may sign up");
        Ok(())
    }

    /// The processes that serve, and those that were silent lately; the last seen first.
    pub async fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        let mut tx = self.system().begin().await?;
        let rows = sqlx::query!(
            r#"SELECT node_id, seen_at, seen_at < exq_now() - interval '30 seconds' AS "silent!"
             FROM heartbeats ORDER BY seen_at DESC, node_id LIMIT 100"#
        )
        .fetch_all(&mut *tx)
        .await?;
        let node = |(id, seen_at, silent)| Node { id: NodeId::from_uuid(id), seen_at, silent };
        Ok(rows.into_iter().map(|row| node((row.node_id, row.seen_at, row.silent))).collect())
    }

    /// What the data lies in.
    pub async fn versions(&self) -> Result<Versions, StoreError> {
        let migration = self.store.migration().await?.unwrap_or_default();
        let mut tx = self.system().begin().await?;
        let row = sqlx::query!(
            r#"SELECT current_setting('server_version') AS "database!", exq_now() AS "at!""#
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(Versions { database: row.database, migration, at: row.at })
    }
}
