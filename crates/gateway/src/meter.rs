//! What an answer shows of its cost: the usage it tells, and failing that, what was seen.

use std::time::Instant;

use domain::Tokens;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{usage, volume::Volume};

/// What one frame of a stream is to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// `[DONE]`: nothing comes after it.
    Done,
    /// Usage and no choices: the frame that a client must have asked for.
    UsageOnly,
    /// Anything else.
    Other,
}

/// Reads a copy of a stream. Keeps the last usage and counts what was generated.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    usage: Option<Tokens>,
    complete: bool,
    chunks: u64,
    text: u64,
    first_output: Option<Instant>,
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(default)]
    choices: Option<Vec<Choice>>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
}

/// The parts of a delta that are generated, by the names that providers use.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Delta {
    content: Volume,
    refusal: Volume,
    reasoning: Volume,
    reasoning_content: Volume,
    tool_calls: Volume,
    function_call: Volume,
    audio: Volume,
}

impl Delta {
    fn bytes(&self) -> u64 {
        [
            self.content,
            self.refusal,
            self.reasoning,
            self.reasoning_content,
            self.tool_calls,
            self.function_call,
            self.audio,
        ]
        .iter()
        .map(|volume| volume.0)
        .sum()
    }
}

impl Meter {
    /// Takes the data of a frame.
    pub(crate) fn see(&mut self, data: &[u8]) -> Sight {
        if data.trim_ascii() == b"[DONE]" {
            return Sight::Done;
        }
        let Ok(chunk) = serde_json::from_slice::<Chunk<'_>>(data) else {
            // Whatever it is, the provider generated it.
            self.saw(data.len() as u64);
            return Sight::Other;
        };
        let choices = chunk.choices.unwrap_or_default();
        for choice in &choices {
            let bytes = choice.delta.bytes();
            if bytes > 0 {
                self.saw(bytes);
            }
        }
        let Some(told) = chunk.usage else {
            return Sight::Other;
        };
        self.usage = usage::read(told.get());
        self.complete = choices.is_empty();
        if choices.is_empty() { Sight::UsageOnly } else { Sight::Other }
    }

    fn saw(&mut self, bytes: u64) {
        self.chunks += 1;
        self.text = self.text.saturating_add(bytes);
        if self.first_output.is_none() {
            self.first_output = Some(Instant::now());
        }
    }

    /// The last usage told, if it can be true.
    pub(crate) const fn usage(&self) -> Option<Tokens> {
        self.usage
    }

    /// Whether that usage is the whole answer's: it came in a frame of its own, after the last
    /// choice. Some providers tell a running sum in every frame, which a cut stream leaves short.
    pub(crate) const fn is_complete(&self) -> bool {
        self.complete && self.usage.is_some()
    }

    /// Output tokens by what was seen: a token is four bytes, and no chunk is less than a token.
    pub(crate) fn seen_output(&self) -> u64 {
        let told = self.usage.map_or(0, |tokens| tokens.output);
        self.text.div_ceil(4).max(self.chunks).max(told)
    }

    /// When the first generated text came.
    pub(crate) const fn first_output(&self) -> Option<Instant> {
        self.first_output
    }
}

/// What a JSON answer shows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Its usage.
    Usage(Tokens),
    /// No usage that can be true; so many output tokens by its size.
    Output(u64),
    /// Not JSON; so many output tokens by its size.
    Garbage(u64),
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(default)]
    choices: Volume,
}

/// Reads a JSON answer.
pub(crate) fn answer(body: &[u8]) -> Shown {
    match serde_json::from_slice::<Answer<'_>>(body) {
        Ok(answer) => answer
            .usage
            .and_then(|told| usage::read(told.get()))
            .map_or_else(|| Shown::Output(answer.choices.tokens()), Shown::Usage),
        Err(_) => Shown::Garbage((body.len() as u64).div_ceil(4)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USAGE: &str = r#""usage":{"prompt_tokens":5,"completion_tokens":2}"#;

    #[test]
    fn tells_frames_apart() {
        let mut meter = Meter::default();
        for (data, sight) in [
            (
                r#"{"choices":[{"delta":{"role":"assistant","content":""}}],"usage":null}"#
                    .to_owned(),
                Sight::Other,
            ),
            (r#"{"choices":[{"delta":{"content":"hello"}}]}"#.to_owned(), Sight::Other),
            (r#"{"choices":[],"prompt_filter_results":[]}"#.to_owned(), Sight::Other),
            (format!(r#"{{"choices":[],{USAGE}}}"#), Sight::UsageOnly),
            ("[DONE] ".to_owned(), Sight::Done),
        ] {
            assert_eq!(meter.see(data.as_bytes()), sight, "{data}");
        }
        assert!(meter.is_complete());
        assert_eq!(meter.usage().map(|tokens| tokens.output), Some(2));
        assert_eq!(meter.seen_output(), 2);
    }

    #[test]
    fn counts_at_least_a_token_a_chunk_and_a_quarter_of_the_bytes() {
        let mut meter = Meter::default();
        meter.see(br#"{"choices":[{"delta":{"content":"a"}},{"delta":{"tool_calls":[{"function":{"arguments":"b"}}]}}]}"#);
        assert_eq!(meter.seen_output(), 2);
        meter.see(br#"{"choices":[{"delta":{"content":"0123456789"}}]}"#);
        assert_eq!(meter.seen_output(), 3);
        meter.see(b"not JSON");
        assert_eq!(meter.seen_output(), 5);
    }

    #[test]
    fn a_running_sum_is_not_complete_and_a_false_last_usage_is_none() {
        let mut meter = Meter::default();
        meter.see(format!(r#"{{"choices":[{{"delta":{{"content":"a"}}}}],{USAGE}}}"#).as_bytes());
        assert!(!meter.is_complete());
        assert_eq!(meter.seen_output(), 2);
        meter.see(br#"{"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":2}}"#);
        assert_eq!(meter.usage(), None);
    }

    #[test]
    fn reads_json_answers() {
        let told = Tokens { input: 5, output: 2, ..Tokens::default() };
        assert_eq!(answer(format!("{{{USAGE}}}").as_bytes()), Shown::Usage(told));
        assert_eq!(answer(br#"{"choices":[{"message":{"content":"12345"}}]}"#), Shown::Output(2));
        assert_eq!(answer(b"<html>"), Shown::Garbage(2));
    }
}
