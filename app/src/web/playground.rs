//! What the playground's page sends requests through. Pages talk to no provider: the program that they
//! are part of hands this in.

use std::sync::Arc;

use domain::{EventId, OrgId, Price, ReceiptId, Usd};
use futures_util::future::BoxFuture;
use store::system::Player;

/// Sends people's requests, which are admitted, booked and charged as all others.
pub trait Playground: Send + Sync {
    /// The models with a price that would be answered, by name.
    fn models(&self, org: OrgId) -> Vec<Arc<Price>>;

    /// The most that it can cost.
    fn most(&self, org: OrgId, prompt: &Prompt) -> Option<Usd>;

    /// Sends it under this id, and waits for the answer. It is booked though nobody waits any more.
    fn send(&self, player: Player, id: EventId, prompt: &Prompt) -> BoxFuture<'static, Reply>;
}

/// What a person asks of one model.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Of whom, at which price.
    pub model: Arc<Price>,
    /// What the model is told beforehand.
    pub system: Option<String>,
    /// What it is asked.
    pub text: String,
    /// The most tokens of its answer.
    pub most: u64,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Answered {
        /// Its text; may be empty.
        text: String,
        /// It ended because it was as long as it may be.
        cut: bool,
    },
    /// None, by the gateway or the provider.
    Unanswered {
        /// Why, in the words of who did not, without the receipt’s address.
        why: String,
        /// The record of it, if a limit refused.
        receipt: Option<ReceiptId>,
    },
}
