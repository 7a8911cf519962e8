//! Pure rules and types of Exchequer: no I/O, no clock, no randomness but in making ids.
//!
//! What belongs here: whatever can be decided from its arguments alone, and the words that the
//! other crates share. What never does: SQL, HTTP, async. It compiles to WebAssembly; what only a
//! server needs (time zones, making ids) sits behind the feature `server`.

pub mod access;
pub mod addresses;
#[cfg(feature = "server")]
pub mod api_key;
pub mod audit;
pub mod body;
pub mod caller;
pub mod environment;
pub mod expiry;
#[cfg(feature = "server")]
pub mod forecast;
pub mod histogram;
pub mod id;
#[cfg(feature = "server")]
pub mod invoice;
pub mod job;
pub mod lifetime;
pub mod models;
pub mod money;
pub mod most;
pub mod pace;
pub mod permissions;
pub mod price;
pub mod provider_error;
pub mod replay;
pub mod retention;
pub mod rhythm;
pub mod rules;
pub mod scope;
pub mod story;
pub mod tags;
pub mod text;
pub mod threshold;
pub mod tier;
pub mod tokens;
pub mod usage;
pub mod watch;
#[cfg(feature = "server")]
pub mod window;

pub use access::{Action, Forbidden, ProjectRole, Role, Who};
pub use addresses::{Addresses, AddressesError};
pub use body::BodyPart;
pub use caller::{Actor, Caller, Origin};
pub use environment::Environment;
pub use expiry::{Expiry, ExpiryError, Overlap};
pub use histogram::Histogram;
pub use id::{
    AdminKeyId, AuditId, BudgetId, CrossingId, EventId, ExportId, FaultId, FormId, IdError,
    InvitationId, KeyId, NodeId, OrgId, OutboxId, PriceId, ProjectId, RaiseId, RateLimitId,
    ReceiptId, ServiceAccountId, SessionId, ThresholdId, UserId, ViewId,
};
pub use job::{Job, Loop, Schedule};
pub use lifetime::{Lifetime, LifetimeError};
pub use models::{Models, ModelsError};
pub use money::{MoneyError, Usd};
pub use pace::{Rate, RateError, Rates};
pub use permissions::{Endpoint, Permissions};
pub use price::Price;
pub use provider_error::ProviderError;
pub use replay::Replay;
pub use retention::{Retention, RetentionError};
pub use rhythm::Rhythm;
pub use rules::{KeptDays, MostDays, Rules};
pub use scope::{Period, Scope};
pub use story::{Moments, Story};
pub use tags::{Tag, TagError, TagKey, Tags};
pub use text::{Email, Name, TextError};
pub use threshold::Level;
pub use tier::{Earned, Missing, Tier, TierError, Tiers};
pub use tokens::{TokenClass, Tokens};
pub use usage::{Outcome, ServiceTier};
pub use watch::Watch;
