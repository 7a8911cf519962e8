//! Bringing the database up to date.

use sqlx::{Acquire as _, migrate::Migrator};

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
        MIGRATIONS.run(&mut *connection).await?;
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
