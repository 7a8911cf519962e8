//! What the pages about money say, against what the ledger booked: the real router, a real database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't get what it needs has failed"
)]

mod alerts;
mod budgets;
mod keys;
mod overview;
mod receipts;
mod rights;
#[path = "../pages/support.rs"]
#[expect(unreachable_pub, reason = "shared with the tests of the other pages")]
mod site;
mod spender;
mod usage;
