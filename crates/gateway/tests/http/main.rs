//! The gateway over HTTP: a real database, a real ledger, a provider that plays a script.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]
#![expect(clippy::disallowed_methods, reason = "a transaction of a test ends with it")]

mod access;
mod app;
mod bodies;
mod budgets;
mod json;
mod keys;
mod personal;
mod prices;
mod rates;
mod refused;
mod reports;
mod sandbox;
mod scanner;
mod stories;
mod streams;
mod uses;
