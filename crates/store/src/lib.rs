//! Postgres: the only crate with SQL.
