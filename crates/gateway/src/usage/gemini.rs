//! Google's Gemini: `promptTokenCount` includes what was cached; thoughts and the prompts of tools
//! are counted beside. Sound and pictures are told by modality, of the prompt, of its cached part and
//! of the answer; what has no modality is text, and so are documents and the pictures of a film.

use domain::Tokens;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wire {
    prompt_token_count: u64,
    cached_content_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
    tool_use_prompt_token_count: Option<u64>,
    #[serde(default)]
    prompt_tokens_details: Option<Vec<Part>>,
    #[serde(default)]
    cache_tokens_details: Option<Vec<Part>>,
    #[serde(default)]
    candidates_tokens_details: Option<Vec<Part>>,
    #[serde(default)]
    tool_use_prompt_tokens_details: Option<Vec<Part>>,
    #[serde(default)]
    pub(super) service_tier: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    #[serde(default)]
    modality: String,
    #[serde(default)]
    token_count: u64,
}

/// Tokens of a modality.
fn of(parts: Option<&Vec<Part>>, modality: &str) -> u64 {
    parts
        .into_iter()
        .flatten()
        .filter(|part| part.modality.eq_ignore_ascii_case(modality))
        .fold(0, |sum, part| sum.saturating_add(part.token_count))
}

impl Wire {
    pub(super) fn tokens(&self) -> Option<Tokens> {
        let cached = self.cached_content_token_count.unwrap_or(0);
        let tools = self.tool_use_prompt_token_count.unwrap_or(0);
        let fresh = self.prompt_token_count.checked_sub(cached)?.checked_add(tools)?;
        let of_prompt = |modality| {
            let cached = of(self.cache_tokens_details.as_ref(), modality);
            of(self.prompt_tokens_details.as_ref(), modality)
                .saturating_sub(cached)
                .saturating_add(of(self.tool_use_prompt_tokens_details.as_ref(), modality))
        };
        let (audio_input, image_input) = (of_prompt("AUDIO"), of_prompt("IMAGE"));
        let answer = self.candidates_token_count.unwrap_or(0);
        let audio_output = of(self.candidates_tokens_details.as_ref(), "AUDIO");
        let image_output = of(self.candidates_tokens_details.as_ref(), "IMAGE");
        Some(Tokens {
            input: fresh.checked_sub(audio_input)?.checked_sub(image_input)?,
            cached,
            audio_input,
            image_input,
            output: answer.checked_sub(audio_output)?.checked_sub(image_output)?,
            reasoning: self.thoughts_token_count.unwrap_or(0),
            audio_output,
            image_output,
            ..Tokens::default()
        })
    }
}
