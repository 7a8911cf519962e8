//! Bringing the database up to date.

use sqlx::{Acquire as _, AssertSqlSafe, PgConnection, migrate::Migrator};

use crate::{Store, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// Idempotent; before the migrations.
const ROLES: &str = include_str!("roles.sql");

impl Store {
    /// Makes the roles and applies what is missing; several nodes may do so at once.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        let connection = connection.acquire().await?;
        sqlx::raw_sql(ROLES).execute(&mut *connection).await?;
        sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
        run(&mut *connection).await?;
        index_partitions(&mut *connection).await?;
        sqlx::query("SET statement_timeout = '30s'").execute(&mut *connection).await?;
        self.system().make_partitions().await?;
        self.system().fill_price_book().await
    }

    /// Whether the database has all migrations of this program, for `/readyz`.
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        let newest = MIGRATIONS.iter().map(|migration| migration.version).max();
        Ok(self.migration().await? >= newest)
    }

    /// The number of the last migration that the database has.
    pub(crate) async fn migration(&self) -> Result<Option<i64>, StoreError> {
        // Not checked while compiling: the table is sqlx's own.
        let applied = "SELECT max(version) FROM _sqlx_migrations WHERE success";
        Ok(sqlx::query_scalar(applied).fetch_one(&self.pool).await?)
    }
}

/// Of several nodes one applies them, which may take minutes; the others wait for it. What it waits for
/// itself keeps requests waiting, so not for long.
async fn run(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("SET lock_timeout = 0").execute(&mut *connection).await?;
    sqlx::query("SELECT pg_advisory_lock(hashtext('exq_migrate'))")
        .execute(&mut *connection)
        .await?;
    sqlx::query("SET lock_timeout = '5s'").execute(&mut *connection).await?;
    let applied = MIGRATIONS.run(&mut *connection).await;
    sqlx::query("SELECT pg_advisory_unlock(hashtext('exq_migrate'))")
        .execute(&mut *connection)
        .await?;
    Ok(applied?)
}

/// Partitions of the events without their part of the index that the request log goes along.
const UNINDEXED: &str = "
SELECT c.relname FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
WHERE h.inhparent = 'events'::regclass AND NOT EXISTS (SELECT FROM pg_inherits i JOIN pg_index x ON x.indexrelid = i.inhrelid
    WHERE i.inhparent = 'events_project'::regclass AND x.indrelid = c.oid) ORDER BY c.relname";

/// Builds it there, one after the other and beside what goes on: a migration that did so would keep
/// requests waiting as long as it takes. One node does it (another one that waited for it would be
/// waited for in turn, and goes on); what it leaves undone the next start does.
async fn index_partitions(connection: &mut PgConnection) -> Result<(), StoreError> {
    let ours = "SELECT pg_try_advisory_lock(hashtext('exq_index'))";
    if !sqlx::query_scalar(ours).fetch_one(&mut *connection).await? {
        return Ok(());
    }
    sqlx::query("SET lock_timeout = 0").execute(&mut *connection).await?;
    let partitions: Vec<String> = sqlx::query_scalar(UNINDEXED).fetch_all(&mut *connection).await?;
    for partition in partitions {
        // The names stand in the catalogue, made by `exq_partition`.
        for statement in [
            format!("DROP INDEX IF EXISTS {partition}_project"),
            format!(
                "CREATE INDEX CONCURRENTLY {partition}_project ON {partition} (org_id, project_id, id)"
            ),
            format!("ALTER INDEX events_project ATTACH PARTITION {partition}_project"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
        }
    }
    sqlx::query("SELECT pg_advisory_unlock(hashtext('exq_index'))")
        .execute(&mut *connection)
        .await?;
    sqlx::query("SET lock_timeout = '5s'").execute(&mut *connection).await?;
    Ok(())
}
