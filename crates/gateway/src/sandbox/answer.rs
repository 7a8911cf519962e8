//! What the sandbox says.

use std::fmt::Write as _;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{
    PREFIX, Steering, chunks,
    inputs::{Inputs, MOST_INPUTS},
};
use crate::{ask::Ask, bound::SANDBOX_OUTPUT, content::Messages};

/// What every answer begins with.
const LABEL: &str = "[sandbox]";
/// Words that an answer is made of; a token is a word.
const WORDS: [&str; 5] = ["no", "model", "wrote", "this", "text"];
/// More words than this are counted and not written.
const WRITTEN: u64 = 10_000;
const VECTOR: [f32; 4] = [0.5, -0.5, 0.5, -0.5];
/// The same as little-endian bytes in base 64, which some clients ask for.
const VECTOR_BASE64: &str = "AAAAPwAAAL8AAAA/AAAAvw==";

/// An answer to a chat.
pub(super) struct Completion {
    pub(super) model: String,
    pub(super) choices: u64,
    /// Output tokens of each choice.
    pub(super) tokens: u64,
    prompt: u64,
    cached: u64,
    omit_usage: bool,
}

#[derive(Deserialize)]
struct Chat {
    messages: Messages,
}

impl Completion {
    pub(super) fn new(ask: &Ask<'_>, body: &Bytes, steering: &Steering) -> Self {
        let text = serde_json::from_slice::<Chat>(body)
            .map(|chat| chat.messages.0.text)
            .unwrap_or_default();
        let prompt = text.tokens().max(1);
        let asked = match ask.model.strip_prefix(PREFIX) {
            Some("tokens") => ask.size.max_output.unwrap_or(SANDBOX_OUTPUT),
            // A short text: each word once.
            _ => 1 + WORDS.len() as u64,
        };
        Self {
            model: ask.model.clone().into_owned(),
            choices: ask.size.choices,
            tokens: steering.tokens.unwrap_or(asked),
            prompt,
            cached: steering.cached.min(prompt),
            omit_usage: steering.omit_usage,
        }
    }

    /// The words of a choice, each with the space before it.
    pub(super) fn words(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(LABEL)
            .chain(WORDS.into_iter().cycle())
            .take(usize::try_from(self.tokens.min(WRITTEN)).unwrap_or(0))
    }

    /// The usage, unless it shall be left out.
    pub(super) fn usage(&self) -> Option<serde_json::Value> {
        let output = self.tokens.saturating_mul(self.choices);
        (!self.omit_usage).then(|| {
            json!({
                "prompt_tokens": self.prompt,
                "completion_tokens": output,
                "total_tokens": self.prompt.saturating_add(output),
                "prompt_tokens_details": { "cached_tokens": self.cached },
            })
        })
    }

    /// The answer in one piece.
    pub(super) fn json(&self) -> String {
        let text = self.words().collect::<Vec<_>>().join(" ");
        let choices: Vec<_> = (0..self.choices)
            .map(|index| {
                json!({
                    "index": index,
                    "message": { "role": "assistant", "content": text },
                    "finish_reason": "stop",
                })
            })
            .collect();
        let mut answer = json!({
            "id": "chatcmpl-sandbox",
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "choices": choices,
        });
        if let Some(usage) = self.usage() {
            answer["usage"] = usage;
        }
        answer.to_string()
    }

    /// The answer as a stream's frames, with the usage in one of its own if asked for.
    pub(super) fn chunks(self, usage: bool) -> impl Iterator<Item = Bytes> + Send + use<> {
        chunks::of(self, usage)
    }
}

#[derive(Deserialize)]
struct Embedding<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    input: Inputs,
    encoding_format: Option<String>,
}

/// An answer to an embedding: the same vector for each input. None for more inputs than OpenAI takes.
pub(super) fn embedding(body: &[u8], steering: &Steering) -> Option<String> {
    let wire: Option<Embedding<'_>> = serde_json::from_slice(body).ok();
    let Inputs { count: inputs, tokens } =
        wire.as_ref().map_or(Inputs { count: 1, tokens: 1 }, |wire| wire.input);
    if inputs > MOST_INPUTS {
        return None;
    }
    let base64 =
        wire.as_ref().is_some_and(|wire| wire.encoding_format.as_deref() == Some("base64"));
    let vector = if base64 { json!(VECTOR_BASE64) } else { json!(VECTOR) };
    let tokens = steering.tokens.unwrap_or(tokens).max(1);
    let mut answer = String::from(r#"{"object":"list","data":["#);
    for index in 0..inputs {
        let comma = if index > 0 { "," } else { "" };
        let item = json!({ "object": "embedding", "index": index, "embedding": vector });
        // Writing to a text can't fail.
        let _ = write!(answer, "{comma}{item}");
    }
    let model = wire.and_then(|wire| wire.model).map_or("null", RawValue::get);
    let _ = write!(answer, r#"],"model":{model}"#);
    if !steering.omit_usage {
        let _ = write!(
            answer,
            r#","usage":{}"#,
            json!({ "prompt_tokens": tokens, "total_tokens": tokens })
        );
    }
    answer.push('}');
    Some(answer)
}
