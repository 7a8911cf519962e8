//! Whole programs on one database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't get what it needs has failed"
)]

mod admin;
mod budget;
mod death;
mod lock;
mod program;
mod stop;
