//! Transactions, each under the role that fits it. All of them lock in one order, which stands in
//! `migrations/README.md`.

use std::ops::{Deref, DerefMut};

use domain::{Caller, OrgId, Role, audit};
use sqlx::{PgPool, Postgres, Transaction, types::Uuid};

use crate::{
    Store, StoreError,
    audit::{append, hold},
};

/// A transaction in progress; dropped without `commit`, it is rolled back.
pub(crate) type Tx = Transaction<'static, Postgres>;

impl Store {
    /// A transaction that reads what the caller sees of the organization. The database refuses to
    /// write in it: what a person changes goes through [`Store::change`].
    pub(crate) async fn tenant(&self, caller: &Caller) -> Result<Tx, StoreError> {
        tenant(&self.pool, caller, "on").await
    }

    /// As [`Store::tenant`], and may write what nobody has changed: windows and counters that begin.
    pub(crate) async fn counting(&self, caller: &Caller) -> Result<Tx, StoreError> {
        tenant(&self.pool, caller, "off").await
    }

    /// As [`Store::tenant`], and all its statements see the same instant of the database.
    pub(crate) async fn glimpse(&self, caller: &Caller) -> Result<Tx, StoreError> {
        let mut tx = begin(&self.pool).await?;
        sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *tx).await?;
        enter(&mut tx, caller.org, &sees(caller), "on").await?;
        Ok(tx)
    }

    /// A transaction that changes something, and says what in the audit log.
    pub(crate) async fn change(&self, caller: &Caller) -> Result<Change, StoreError> {
        let tx = tenant(&self.pool, caller, "off").await?;
        Ok(Change { tx, caller: caller.clone(), also: Vec::new() })
    }
}

/// A transaction that can only be committed with an entry of the audit log.
pub(crate) struct Change {
    tx: Tx,
    caller: Caller,
    also: Vec<audit::Change>,
}

impl Change {
    /// An entry of its own for what the change brings about; written when it is committed, before
    /// the entry of the change.
    pub(crate) fn also(&mut self, change: audit::Change) {
        self.also.push(change);
    }

    /// Locks the end of the chain now, for what locks counters behind it: who waits for the end must
    /// not hold what requests wait for.
    pub(crate) async fn hold_end(&mut self) -> Result<(), StoreError> {
        hold(&mut self.tx, self.caller.org).await
    }

    /// Commits with the entry, for which it locks the end of the chain.
    pub(crate) async fn commit(mut self, change: audit::Change) -> Result<(), StoreError> {
        for change in self.also.iter().chain([&change]) {
            append(&mut self.tx, &self.caller, change).await?;
        }
        Ok(self.tx.commit().await?)
    }
}

impl Deref for Change {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.tx
    }
}

impl DerefMut for Change {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.tx
    }
}

async fn tenant(pool: &PgPool, caller: &Caller, read_only: &str) -> Result<Tx, StoreError> {
    scoped(pool, caller.org, &sees(caller), read_only).await
}

/// What a reader does not see, the database itself keeps back (`migrations/…_readers.sql`).
fn sees(caller: &Caller) -> String {
    match (caller.role, caller.user()) {
        (Role::Owner, _) => "all".to_owned(),
        (Role::Reader, Some(user)) => user.uuid().to_string(),
        (Role::Reader, None) => String::new(),
    }
}

/// A transaction that reads only what every member sees of an organization.
pub(crate) async fn lobby(pool: &PgPool, org: OrgId) -> Result<Tx, StoreError> {
    scoped(pool, org, "", "on").await
}

async fn scoped(pool: &PgPool, org: OrgId, sees: &str, read_only: &str) -> Result<Tx, StoreError> {
    let mut tx = begin(pool).await?;
    enter(&mut tx, org, sees, read_only).await?;
    Ok(tx)
}

async fn enter(tx: &mut Tx, org: OrgId, sees: &str, read_only: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT set_config('role', 'exq_tenant', true) AS role, set_config('app.org', $1::uuid::text, true) AS org,
            set_config('app.sees', $2, true) AS sees, set_config('transaction_read_only', $3, true) AS read_only",
        org.uuid(),
        sees,
        read_only
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
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

/// Waits for other transactions that do the same to the same thing, until this one is over: what they
/// wrote is then there to be counted. Comes after all locks but the end of an audit log.
pub(crate) async fn one_at_a_time(tx: &mut Tx, what: &str, of: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1 || $2::uuid::text, 0)) AS locked",
        what,
        of
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// A system transaction that sees one instant of the database and writes nothing; it may take long.
pub(crate) async fn snapshot(pool: &PgPool) -> Result<Tx, StoreError> {
    let mut tx = begin(pool).await?;
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(&mut *tx)
        .await?;
    // Before the instant is chosen: a month that is dropped behind it would be there in no form.
    sqlx::query!("LOCK TABLE ONLY events IN ACCESS SHARE MODE").execute(&mut *tx).await?;
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
