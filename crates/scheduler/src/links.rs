//! Where mails lead.

use async_trait::async_trait;
use secrecy::SecretString;
use store::{StoreError, system::Mail};

/// Where the button of a mail leads.
#[derive(Debug, Clone)]
pub enum Link {
    /// To this address. It may hold a token, which is made while the mail is sent and stored
    /// nowhere.
    To(SecretString),
    /// Nowhere any more: what the mail is about is over, and it is not sent.
    Void,
}

/// Knows where each mail leads. Whoever puts the program together implements it, because those who
/// make tokens stand beside the scheduler and not below it.
#[async_trait]
pub trait Links: Send + Sync + 'static {
    /// Where this mail leads.
    async fn link(&self, mail: &Mail) -> Result<Link, StoreError>;

    /// Where a reader who is no owner has such mails stopped.
    fn mute(&self, mail: &Mail) -> SecretString;
}
