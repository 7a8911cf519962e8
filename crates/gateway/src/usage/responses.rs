//! OpenAI's Responses: `input_tokens` includes what was cached or written to a cache,
//! `output_tokens` includes reasoning.

use domain::Tokens;
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Wire {
    input_tokens: u64,
    output_tokens: u64,
    input_tokens_details: Option<Input>,
    output_tokens_details: Option<Output>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
struct Input {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
struct Output {
    reasoning_tokens: Option<u64>,
}

impl Wire {
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let details = self.input_tokens_details.clone().unwrap_or_default();
        let cached = details.cached_tokens.unwrap_or(0);
        let cache_write = details.cache_write_tokens.unwrap_or(0);
        let details = self.output_tokens_details.clone().unwrap_or_default();
        let reasoning = details.reasoning_tokens.unwrap_or(0);
        Some(Tokens {
            input: self.input_tokens.checked_sub(cached)?.checked_sub(cache_write)?,
            cached,
            cache_write,
            output: self.output_tokens.checked_sub(reasoning)?,
            reasoning,
            ..Tokens::default()
        })
    }
}
