//! Anthropic's messages: `input_tokens` leaves out what was read from a cache and written to one.
//! What was written is told as a sum, and by how long it is kept; where only the sum is told it is
//! five minutes, which is the default. A stream tells the prompt in `message_start` and running sums
//! in `message_delta`.

use domain::Tokens;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Wire {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_creation: Option<Written>,
    output_tokens_details: Option<Output>,
    #[serde(default)]
    pub(super) service_tier: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Written {
    ephemeral_1h_input_tokens: Option<u64>,
    ephemeral_5m_input_tokens: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Output {
    thinking_tokens: Option<u64>,
}

impl Wire {
    /// Sums only grow: the larger one is the later one, whatever is told twice.
    pub(super) fn then(self, later: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.max(later.input_tokens),
            output_tokens: self.output_tokens.max(later.output_tokens),
            cache_read_input_tokens: self
                .cache_read_input_tokens
                .max(later.cache_read_input_tokens),
            cache_creation_input_tokens: self
                .cache_creation_input_tokens
                .max(later.cache_creation_input_tokens),
            cache_creation: later.cache_creation.or(self.cache_creation),
            output_tokens_details: later.output_tokens_details.or(self.output_tokens_details),
            service_tier: if later.service_tier.is_null() {
                self.service_tier
            } else {
                later.service_tier
            },
        }
    }

    pub(super) fn tokens(&self) -> Option<Tokens> {
        let (input, output) = (self.input_tokens?, self.output_tokens?);
        let hour = self.cache_creation.and_then(|written| written.ephemeral_1h_input_tokens);
        let minutes = self.cache_creation.and_then(|written| written.ephemeral_5m_input_tokens);
        let cache_write_1h = hour.unwrap_or(0);
        let cache_write = match self.cache_creation_input_tokens {
            Some(sum) => sum.checked_sub(cache_write_1h)?,
            None => minutes.unwrap_or(0),
        };
        let reasoning = self.output_tokens_details.and_then(|details| details.thinking_tokens);
        let reasoning = reasoning.unwrap_or(0);
        Some(Tokens {
            input,
            cached: self.cache_read_input_tokens.unwrap_or(0),
            cache_write,
            cache_write_1h,
            output: output.checked_sub(reasoning)?,
            reasoning,
            ..Tokens::default()
        })
    }
}
