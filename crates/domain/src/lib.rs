//! Pure rules and types of Exchequer: no I/O, no clock, no randomness but in making ids.
//!
//! What belongs here: whatever can be decided from its arguments alone, and the words that the
//! other crates share. What never does: SQL, HTTP, async. It compiles to WebAssembly; what only a
//! server needs (time zones, making ids) sits behind the feature `server`.

pub mod access;
#[cfg(feature = "server")]
pub mod api_key;
pub mod caller;
pub mod environment;
pub mod id;
pub mod money;
pub mod price;
pub mod scope;
pub mod text;
pub mod threshold;
pub mod tokens;
pub mod usage;
#[cfg(feature = "server")]
pub mod window;

pub use access::{Action, Role};
pub use caller::{Caller, Forbidden};
pub use environment::Environment;
pub use id::{
    BudgetId, CrossingId, EventId, IdError, KeyId, NodeId, OrgId, OutboxId, PriceId, ProjectId,
    ReceiptId, SessionId, ThresholdId, UserId,
};
pub use money::{MoneyError, Usd};
pub use price::Price;
pub use scope::{Period, Scope};
pub use text::{Email, Name, TextError};
pub use threshold::Level;
pub use tokens::Tokens;
pub use usage::Outcome;
