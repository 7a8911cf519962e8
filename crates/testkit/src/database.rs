//! A migrated database of its own for each test.

use std::{
    collections::hash_map::DefaultHasher,
    env,
    hash::{Hash as _, Hasher as _},
    str::FromStr as _,
};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};
use store::Store;

/// Migrations by name and text: a template is made anew when they change.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");

/// A fresh database in the cluster at `DATABASE_URL`, whose login role is neither superuser nor free
/// of row-level security, as in production.
pub struct Database {
    /// The store of one node.
    pub store: Store,
    /// Its address, for a program.
    pub url: String,
    /// A superuser's connections, for looking and for tampering.
    pub admin: PgPool,
}

impl Database {
    /// Makes one, as a copy of a migrated template.
    pub async fn new() -> Self {
        let cluster = env::var("DATABASE_URL")
            .expect("DATABASE_URL: run tests through make test or scripts/with-postgres");
        Self::on(&cluster).await
    }

    /// The same in another cluster, which a superuser reaches at this address.
    pub async fn on(cluster: &str) -> Self {
        let options = PgConnectOptions::from_str(cluster).unwrap();
        let mut admin = PgConnection::connect_with(&options).await.unwrap();
        let template = template(&mut admin, cluster).await;
        let name = format!("exq_test_{}", domain::EventId::generate().uuid().simple());
        sqlx::raw_sql(AssertSqlSafe(format!(
            "CREATE DATABASE {name} TEMPLATE {template} OWNER exchequer"
        )))
        .execute(&mut admin)
        .await
        .unwrap();
        admin.close().await.unwrap();
        let url = login(cluster, &name);
        let store = Store::connect(&url, 8).await.unwrap();
        let admin = PgPool::connect_lazy_with(options.database(&name));
        Self { store, url, admin }
    }

    /// The store of another node.
    pub async fn another(&self) -> Store {
        Store::connect(&self.url, 8).await.unwrap()
    }

    /// Moves the database's clock.
    pub async fn advance(&self, by: TimeDelta) {
        let body = format!(
            "CREATE OR REPLACE FUNCTION exq_now() RETURNS timestamptz LANGUAGE sql VOLATILE
             AS $$ SELECT clock_timestamp() + interval '{} seconds' $$",
            by.num_seconds()
        );
        sqlx::raw_sql(AssertSqlSafe(body)).execute(&self.admin).await.unwrap();
    }

    /// Stops the database's clock at an instant. From now on it shows what a table says: a function made
    /// anew for each instant would throw away the plans of all others.
    pub async fn stop_clock(&self, at: DateTime<Utc>) {
        self.tamper(
            "CREATE TABLE stopped (at timestamptz);
             INSERT INTO stopped VALUES (now());
             GRANT SELECT ON stopped TO PUBLIC;
             CREATE OR REPLACE FUNCTION exq_now() RETURNS timestamptz LANGUAGE sql VOLATILE
             AS $$ SELECT at FROM public.stopped $$",
        )
        .await;
        self.set_clock(at).await;
    }

    /// Sets the stopped clock.
    pub async fn set_clock(&self, at: DateTime<Utc>) {
        self.tamper(&format!("UPDATE stopped SET at = '{}'", at.to_rfc3339())).await;
    }

    /// Runs a statement as superuser.
    pub async fn tamper(&self, statement: &str) -> u64 {
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
            .execute(&self.admin)
            .await
            .unwrap()
            .rows_affected()
    }

    /// Runs a migration's text as the login does that migrates in production: no superuser.
    pub async fn migrate_by_hand(&self, text: &str) {
        let mut login = PgConnection::connect(&self.url).await.unwrap();
        if text.starts_with("-- no-transaction") {
            sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut login).await.unwrap();
            return;
        }
        let mut tx = login.begin().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// One text from a query as superuser; empty for NULL or no row.
    pub async fn look(&self, query: &str) -> String {
        sqlx::query_scalar::<_, Option<String>>(AssertSqlSafe(format!("SELECT ({query})::text")))
            .fetch_one(&self.admin)
            .await
            .unwrap()
            .unwrap_or_default()
    }
}

/// The template's name; made by whoever comes first, under a lock that all databases share.
async fn template(admin: &mut PgConnection, cluster: &str) -> String {
    let name = format!("exq_template_{:016x}", fingerprint());
    sqlx::query("SELECT pg_advisory_lock(7001)").execute(&mut *admin).await.unwrap();
    let made: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)",
    )
    .bind(&name)
    .fetch_one(&mut *admin)
    .await
    .unwrap();
    if !made {
        let prepare = "DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'exchequer') THEN
                    CREATE ROLE exchequer LOGIN CREATEDB CREATEROLE;
                END IF;
            END $$";
        sqlx::raw_sql(prepare).execute(&mut *admin).await.unwrap();
        for statement in [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("CREATE DATABASE {name} OWNER exchequer"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *admin).await.unwrap();
        }
        let roles = include_str!("../../store/src/roles.sql");
        sqlx::raw_sql(roles).execute(&mut *admin).await.unwrap();
        sqlx::raw_sql("GRANT exq_tenant, exq_system TO exchequer")
            .execute(&mut *admin)
            .await
            .unwrap();
        let store = Store::connect(&login(cluster, &name), 2).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await;
        sqlx::raw_sql(AssertSqlSafe(format!("ALTER DATABASE {name} IS_TEMPLATE true")))
            .execute(&mut *admin)
            .await
            .unwrap();
    }
    sqlx::query("SELECT pg_advisory_unlock(7001)").execute(&mut *admin).await.unwrap();
    name
}

fn fingerprint() -> u64 {
    let mut files: Vec<_> =
        std::fs::read_dir(MIGRATIONS).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.file_name().hash(&mut hasher);
        std::fs::read(&file).unwrap().hash(&mut hasher);
    }
    include_bytes!("../../store/prices/book.csv").hash(&mut hasher);
    hasher.finish()
}

fn login(cluster: &str, database: &str) -> String {
    let options = PgConnectOptions::from_str(cluster).unwrap();
    format!("postgres://exchequer@{}:{}/{database}", options.get_host(), options.get_port())
}
