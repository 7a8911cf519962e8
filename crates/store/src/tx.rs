//! Transactions, each under the role that fits it. All of them lock in one order, which stands in
//! `migrations/README.md`.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use domain::{Caller, OrgId, Role, UserId, audit};
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction, types::Uuid};

use crate::{
    Store, StoreError,
    audit::{append, hold},
};

/// What a statement is planned for once serves all that it is asked for: by index, because the plan may be as old as
/// the time when there was nothing to read.
const ONE_PLAN: &str =
    "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off";

/// A transaction in progress; dropped without `commit`, it is rolled back.
pub(crate) type Tx = Transaction<'static, Postgres>;

impl Store {
    /// A transaction that reads what the caller sees of the organization. The database refuses to
    /// write in it: what a person changes goes through [`Store::change`].
    pub(crate) async fn tenant(&self, caller: &Caller) -> Result<Tx, StoreError> {
        tenant(&self.pool, "READ ONLY", caller.org, Sees::of(caller)).await
    }

    /// As [`Store::tenant`], and may write what nobody has changed: windows and counters that begin.
    pub(crate) async fn counting(&self, caller: &Caller) -> Result<Tx, StoreError> {
        tenant(&self.pool, "READ WRITE", caller.org, Sees::of(caller)).await
    }

    /// As [`Store::tenant`], and all its statements see the same instant of the database.
    pub(crate) async fn glimpse(&self, caller: &Caller) -> Result<Tx, StoreError> {
        let mode = "ISOLATION LEVEL REPEATABLE READ READ ONLY";
        tenant(&self.pool, mode, caller.org, Sees::of(caller)).await
    }

    /// As [`Store::tenant`], for what goes through the months of events: one plan fits all that is asked, and to make
    /// it takes twenty times as long as to follow it.
    pub(crate) async fn listing(&self, caller: &Caller) -> Result<Tx, StoreError> {
        let who = who(caller.org, Sees::of(caller));
        begin(&self.pool, format!("{ONE_PLAN}; {who}; BEGIN READ ONLY")).await
    }

    /// As [`Store::glimpse`], for all that sums rollups: one plan fits all that is asked (`tests/store/plans.rs`), and
    /// to make another each time takes as long as to read hundreds of rows. See [`plan`]. Groups are kept in a hash
    /// table: the database takes their number for so large that it would rather sort all rows.
    pub(crate) async fn summing(&self, caller: &Caller) -> Result<Tx, StoreError> {
        let mode = "ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let who = who(caller.org, Sees::of(caller));
        let groups = "SET LOCAL enable_sort = off";
        begin(&self.pool, format!("{ONE_PLAN}; {groups}; {who}; BEGIN {mode}")).await
    }

    /// A transaction that changes something, and says what in the audit log.
    pub(crate) async fn change(&self, caller: &Caller) -> Result<Change, StoreError> {
        let tx = self.counting(caller).await?;
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

/// What a member does not see, the database itself keeps back (`migrations/…_readers.sql`).
#[derive(Debug, Clone, Copy)]
enum Sees {
    All,
    /// What this person works on.
    Own(UserId),
    /// Only what every member sees.
    Shared,
}

impl Sees {
    fn of(caller: &Caller) -> Self {
        match (caller.role, caller.user()) {
            (Role::Owner, _) => Self::All,
            (Role::Reader, Some(user)) => Self::Own(user),
            (Role::Reader, None) => Self::Shared,
        }
    }
}

impl fmt::Display for Sees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Own(user) => write!(f, "{}", user.uuid()),
            Self::Shared => Ok(()),
        }
    }
}

/// A transaction that reads only what every member sees of an organization.
pub(crate) async fn lobby(pool: &PgPool, org: OrgId) -> Result<Tx, StoreError> {
    tenant(pool, "READ ONLY", org, Sees::Shared).await
}

async fn tenant(
    pool: &PgPool,
    mode: &'static str,
    org: OrgId,
    sees: Sees,
) -> Result<Tx, StoreError> {
    let who = who(org, sees);
    begin(pool, format!("{who}; BEGIN {mode}")).await
}

/// What the database must know to keep back the rest.
fn who(org: OrgId, sees: Sees) -> String {
    let org = org.uuid();
    format!("SET LOCAL app.org = '{org}'; SET LOCAL app.sees = '{sees}'; SET LOCAL ROLE exq_tenant")
}

/// As [`system`], for what takes some rows of a table after the other: by their keys and places, because the plan
/// may be as old as the time when there were none, and then reads all that have come since for each of them. What is
/// to be looked up one by one says so in the statement; all else is joined by a hash.
pub(crate) async fn taking(pool: &PgPool) -> Result<Tx, StoreError> {
    let by_key = "SET LOCAL enable_seqscan = off; SET LOCAL enable_nestloop = off";
    begin(pool, format!("{by_key}; SET LOCAL ROLE exq_system; BEGIN")).await
}

/// How the database plans a statement that it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// As it did before.
    OneForAll,
    /// It looks at what is asked first. Left to itself it would soon take the plan for all for cheaper, because it
    /// does not know how few a key's rows are.
    Anew,
}

/// From here on it plans so.
pub(crate) async fn plan(tx: &mut Tx, plan: Plan) -> Result<(), StoreError> {
    let mode = match plan {
        Plan::OneForAll => "force_generic_plan",
        Plan::Anew => "force_custom_plan",
    };
    sqlx::query!("SELECT set_config('plan_cache_mode', $1, true)", mode)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// A transaction that sees all organizations: for [`crate::system`] alone.
pub(crate) async fn system(pool: &PgPool) -> Result<Tx, StoreError> {
    begin(pool, "SET LOCAL ROLE exq_system; BEGIN".to_owned()).await
}

/// Begins with one message, for a page reads in dozens of transactions. `BEGIN` comes last: it goes on with what
/// Postgres has begun for the message, and if something before it fails, nothing is left begun. In a task of its
/// own: a `begin` that is cancelled while it waits for the server's answer leaves its connection inside a
/// transaction that nobody knows of (sqlx 0.9.0).
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that begins; the task ends with the answer"
)]
async fn begin(pool: &PgPool, statements: String) -> Result<Tx, StoreError> {
    let pool = pool.clone();
    // Of words of this file and numbers alone.
    let statements = AssertSqlSafe(statements);
    match tokio::spawn(async move { pool.begin_with(statements).await }).await {
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
    let mode = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    let mut tx = begin(pool, mode.to_owned()).await?;
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
