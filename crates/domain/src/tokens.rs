//! Tokens by class.

use serde::{Deserialize, Serialize};

/// Tokens of one request or of many, by class. The classes do not overlap: `input` excludes
/// `cached`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// Prompt tokens that were processed anew.
    pub input: u64,
    /// Prompt tokens that the provider had in its cache.
    pub cached: u64,
    /// Generated tokens.
    pub output: u64,
}

impl Tokens {
    /// All classes together.
    pub const fn total(self) -> u64 {
        self.input.saturating_add(self.cached).saturating_add(self.output)
    }
}
