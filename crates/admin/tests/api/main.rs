//! The admin API over its real router and a real database, against OpenAI's own description of it.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

mod audit;
mod clock;
mod document;
mod limits;
mod operations;
mod paging;
mod retention;
mod rules;
mod spender;
mod spending;
mod strangers;
mod sums;
mod support;
mod usage;
