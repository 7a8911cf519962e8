//! How one forwarded request went, for its page. Nothing of what was asked or answered is in it.

use std::borrow::Cow;

use crate::Tags;

/// The story of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// What followed `/v1` in its address.
    pub endpoint: Cow<'static, str>,
    /// The provider's id of it, if its answer named one.
    pub provider_id: Option<String>,
    /// The most tokens that it asked for; none if it named no maximum.
    pub max_output: Option<u64>,
    /// How many answers it asked for.
    pub choices: u64,
    /// It named words at which the answer shall end.
    pub stops: bool,
    /// What its client says about it.
    pub tags: Tags,
    /// When what happened.
    pub moments: Moments,
}

/// Microseconds since a request was received, by a clock that only goes forward. None: it did not
/// come to that, or nobody can tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moments {
    /// Its key was known and its body read.
    pub read: u64,
    /// It was known what it asks for and the most that it can cost: the ledger was asked.
    pub asked: u64,
    /// Its reservation was committed.
    pub admitted: u64,
    /// A connection to the provider was there, a kept or a new one.
    pub connected: Option<u64>,
    /// The head of the provider's answer came.
    pub first_byte: Option<u64>,
    /// The first output of a stream came.
    pub first_token: Option<u64>,
    /// The answer's last byte came, or no more was waited for.
    pub last: u64,
}
