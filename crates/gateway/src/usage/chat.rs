//! OpenAI's chat completions and embeddings, and whoever speaks like them.
//!
//! `prompt_tokens` includes what was cached, written to a cache or heard; `completion_tokens`
//! includes reasoning and sound. Some providers count reasoning in the total alone: what the total
//! has beyond both is reasoning.

use domain::Tokens;
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Wire {
    prompt_tokens: u64,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<Prompt>,
    completion_tokens_details: Option<Completion>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
#[expect(clippy::struct_field_names, reason = "the provider's names")]
struct Prompt {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    audio_tokens: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Default)]
struct Completion {
    reasoning_tokens: Option<u64>,
    audio_tokens: Option<u64>,
}

impl Wire {
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let prompt = self.prompt_tokens;
        // Embeddings tell no completion, only a total.
        let Some(completion) = self.completion_tokens else {
            let output = self.total_tokens?.checked_sub(prompt)?;
            return Some(Tokens { input: prompt, output, ..Tokens::default() });
        };
        let details = self.prompt_tokens_details.clone().unwrap_or_default();
        let cached = details.cached_tokens.unwrap_or(0);
        let cache_write = details.cache_write_tokens.unwrap_or(0);
        let unheard = prompt.checked_sub(cached)?.checked_sub(cache_write)?;
        // What was heard may have been cached.
        let audio_input = details.audio_tokens.unwrap_or(0).min(unheard);

        let details = self.completion_tokens_details.clone().unwrap_or_default();
        let told = details.reasoning_tokens.unwrap_or(0);
        let both = prompt.saturating_add(completion);
        let beyond = self.total_tokens.unwrap_or(0).saturating_sub(both);
        let reasoning = told.max(beyond);
        let audio_output = details.audio_tokens.unwrap_or(0);
        let output = completion.checked_sub(reasoning - beyond)?.checked_sub(audio_output)?;
        Some(Tokens {
            input: unheard - audio_input,
            cached,
            cache_write,
            audio_input,
            output,
            reasoning,
            audio_output,
            ..Tokens::default()
        })
    }
}
