//! Whole programs on one database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't get what it needs has failed"
)]
#![expect(clippy::disallowed_methods, reason = "tasks of a test end with its runtime")]

mod admin;
mod books;
mod cluster;
#[cfg(feature = "failpoints")]
mod crash;
mod crossing;
mod cuts;
mod death;
mod edge;
mod failpoints;
mod leaving;
mod load;
mod lock;
mod mail;
mod outage;
mod program;
mod reasons;
mod sampler;
mod site;
mod stop;
mod taken_back;
