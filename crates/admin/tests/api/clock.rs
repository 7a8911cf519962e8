//! The database's clock, stopped.

use chrono::{DateTime, Utc};
use testkit::Database;

/// Stops it. It shows what a table says from now on.
pub(crate) async fn stop(database: &Database, at: DateTime<Utc>) {
    database
        .tamper(
            "CREATE TABLE stopped (at timestamptz);
             INSERT INTO stopped VALUES (now());
             GRANT SELECT ON stopped TO PUBLIC;
             CREATE OR REPLACE FUNCTION exq_now() RETURNS timestamptz LANGUAGE sql VOLATILE
             AS $$ SELECT at FROM public.stopped $$",
        )
        .await;
    set(database, at).await;
}

/// Sets it.
pub(crate) async fn set(database: &Database, at: DateTime<Utc>) {
    database.tamper(&format!("UPDATE stopped SET at = '{}'", at.to_rfc3339())).await;
}

/// A time as people write it.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}
