//! No tenant sees another: every route, every person, every id.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't get what it needs has failed"
)]

mod bodies;
mod broken;
mod canary;
mod playground;
mod routes;
mod timing;
mod walk;
mod world;
