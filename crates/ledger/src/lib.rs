//! Budgets that hold: the pure part.
//!
//! [`Ledger`] is the handle that a request asks. Behind it one loop per node takes everything that
//! is waiting, makes one [`Batch`] and hands it to a [`Book`], which the store implements on
//! Postgres: one call, one commit, then all are answered. Where a batch does not fit as a whole,
//! [`decide`] says in order of arrival who is admitted. `docs/ledger.md` tells the whole of it.

mod batch;
mod book;
mod decide;
mod handle;
mod limit;
mod memory;
mod node;
mod parked;
mod request;
mod windows;
mod work;

pub use batch::{Admitted, Batch, Counted, CounterRef, Paced, Place, Reserving, Settling};
pub use book::{Applied, Book, BookError, Decisions, Fate, Rows};
pub use decide::{Decision, Found, Guard, Quota, Rate, Refused, decide, fits};
pub use handle::{Ledger, Reservation};
pub use limit::{BudgetLeft, Limit, LimitId, Pace, PaceLeft, RateLimited, Standing, TooMany};
pub use node::Node;
pub use request::{Realm, Refusal, Request, Settlement};
