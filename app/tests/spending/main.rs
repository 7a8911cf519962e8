//! What the pages about money say, against what the ledger booked: the real router, a real database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't get what it needs has failed"
)]

mod advisor;
mod alerts;
mod bodies;
mod budgets;
mod corrections;
mod counted;
mod exports;
mod keys;
mod latency;
mod overview;
mod readers;
mod receipts;
mod reports;
mod requests;
mod retention;
mod rights;
#[path = "../pages/support.rs"]
pub mod site;
mod spender;
mod statements;
mod tags;
mod usage;
mod views;
