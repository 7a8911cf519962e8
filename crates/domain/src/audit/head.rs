//! The head of a chain: how long it is and what it ends with, in one signed line that people keep
//! elsewhere.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

use super::{
    Hash,
    hash::{hex, unhex},
};
use crate::OrgId;

/// What a chain was at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Whose chain.
    pub org: OrgId,
    /// How many entries.
    pub count: u64,
    /// The last entry's hash.
    pub hash: Hash,
    /// When; whole seconds.
    pub at: DateTime<Utc>,
}

/// A head with the signature of the installation. That the signature is right is checked where keys
/// are: a value of this type only has the right form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedHead {
    /// What is signed.
    pub head: Head,
    /// The Ed25519 key that it was signed with.
    pub key: [u8; 32],
    /// Over [`Head::signed_text`].
    pub signature: [u8; 64],
}

/// A text that is not a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Another form.
    #[error(
        "a head is one line: {FORM}.<organization>.<count>.<hash>.<time>.<public key>.<signature>"
    )]
    Form,
    /// The signature is not this key's.
    #[error("the head’s signature is wrong: it was changed, or not copied whole")]
    Signature,
}

/// Begins the text of every head.
const FORM: &str = "exq-audit-1";

impl Head {
    /// What is signed: the text up to the public key.
    pub fn signed_text(&self, key: &[u8; 32]) -> String {
        let Self { org, count, hash, at } = self;
        format!("{FORM}.{org}.{count}.{hash}.{}.{}", at.timestamp(), hex(key))
    }
}

impl SignedHead {
    /// The public key, as pages and commands write it: 64 hexadecimal digits.
    pub fn key_text(&self) -> String {
        hex(&self.key)
    }
}

impl fmt::Display for SignedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.head.signed_text(&self.key), hex(&self.signature))
    }
}

impl FromStr for SignedHead {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let read = || {
            let mut parts = text.trim().split('.');
            let mut next = || parts.next();
            (next()? == FORM).then_some(())?;
            let head = Head {
                org: next()?.parse().ok()?,
                count: next()?.parse().ok().filter(|count| *count > 0)?,
                hash: next()?.parse().ok()?,
                at: DateTime::from_timestamp(next()?.parse().ok()?, 0)?,
            };
            let signed = Self { head, key: unhex(next()?)?, signature: unhex(next()?)? };
            parts.next().is_none().then_some(signed)
        };
        // Each head has one text, so that what was read is what was signed.
        read().filter(|head: &Self| head.to_string() == text.trim()).ok_or(HeadError::Form)
    }
}
