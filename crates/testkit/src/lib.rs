//! What tests need: real databases, builders, a mail catcher, a scripted provider.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that can't get what it needs has failed"
)]

mod database;
mod furniture;
mod nonce;
mod postgres;
pub mod provider;
mod proxy;
pub mod smtp;
pub mod soak;
mod tenant;

pub use database::Database;
pub use furniture::{Furniture, Stored};
pub use nonce::without_nonce;
pub use postgres::Postgres;
pub use proxy::Wire;
pub use tenant::{PEPPER, Tenant};
