//! Transactions, each under the role that fits it.

use domain::{Caller, OrgId};
use sqlx::{PgPool, Postgres, Transaction};

use crate::{Store, StoreError};

/// A transaction in progress; dropped without `commit`, it is rolled back.
pub(crate) type Tx = Transaction<'static, Postgres>;

impl Store {
    /// A transaction that sees the caller's organization and no other.
    pub(crate) async fn tenant(&self, caller: &Caller) -> Result<Tx, StoreError> {
        tenant(&self.pool, caller.org).await
    }
}

pub(crate) async fn tenant(pool: &PgPool, org: OrgId) -> Result<Tx, StoreError> {
    let mut tx = begin(pool).await?;
    sqlx::query!(
        "SELECT set_config('role', 'exq_tenant', true) AS role, set_config('app.org', $1::uuid::text, true) AS org",
        org.uuid()
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(tx)
}

/// A transaction that sees all organizations: for [`crate::system`] alone.
pub(crate) async fn system(pool: &PgPool) -> Result<Tx, StoreError> {
    let mut tx = begin(pool).await?;
    sqlx::query!("SELECT set_config('role', 'exq_system', true)").fetch_one(&mut *tx).await?;
    Ok(tx)
}

/// Begins in a task of its own. A `begin` that is cancelled while it waits for the server's answer
/// leaves its connection inside a transaction that nobody knows of (sqlx 0.9.0).
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that begins; the task ends with the answer"
)]
async fn begin(pool: &PgPool) -> Result<Tx, StoreError> {
    let pool = pool.clone();
    match tokio::spawn(async move { pool.begin().await }).await {
        Ok(begun) => Ok(begun?),
        Err(_) => Err(StoreError::Unavailable(sqlx::Error::WorkerCrashed)),
    }
}

/// Goes on as the system inside a tenant's transaction, for the row that must be written with it.
pub(crate) async fn become_system(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query!("SELECT set_config('role', 'exq_system', true)").fetch_one(&mut **tx).await?;
    Ok(())
}

/// A system transaction that sees one instant of the database and writes nothing; it may take long.
pub(crate) async fn snapshot(pool: &PgPool) -> Result<Tx, StoreError> {
    let mut tx = begin(pool).await?;
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "SELECT set_config('role', 'exq_system', true) AS role, set_config('statement_timeout', '0', true) AS busy,
            set_config('idle_in_transaction_session_timeout', '0', true) AS idle,
            -- It reads whole tables: without statistics the planner would look up row by row.
            set_config('enable_nestloop', 'off', true) AS nestloop"
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(tx)
}
