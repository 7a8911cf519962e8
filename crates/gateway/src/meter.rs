//! What an answer shows of its cost: the usage it tells, and failing that, what was seen.

use std::{borrow::Cow, time::Instant};

use domain::ServiceTier;
use serde::Deserialize;

use crate::{
    usage::{Counted, Told, Usage},
    volume::Volume,
};

/// What one frame of a stream is to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// `[DONE]`, or the event that ends a stream: nothing comes after it.
    Done,
    /// Usage and no choices: the frame that a client must have asked for.
    UsageOnly,
    /// Anything else.
    Other,
}

/// Reads a copy of a stream. Keeps the last usage and counts what was generated.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    counted: Option<Counted>,
    tier: Option<ServiceTier>,
    complete: bool,
    /// `[DONE]` or the last event came: what follows is not of the answer.
    done: bool,
    chunks: u64,
    text: u64,
    first_output: Option<Instant>,
}

/// What a frame holds besides its usage.
#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    /// What was generated, in streams of OpenAI's Responses and Anthropic's messages.
    #[serde(default)]
    delta: Volume,
    /// The same in Gemini's.
    #[serde(default)]
    candidates: Option<Vec<Candidate>>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    content: Volume,
    #[serde(default)]
    finish_reason: Option<Volume>,
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

impl Chunk<'_> {
    /// Bytes of each thing that was generated.
    fn generated(&self) -> impl Iterator<Item = u64> {
        let choices = self.choices.iter().flatten().map(|choice| choice.delta.bytes());
        let candidates = self.candidates.iter().flatten().map(|candidate| candidate.content.0);
        choices.chain(candidates).chain([self.delta.0]).filter(|bytes| *bytes > 0)
    }

    /// Whether it is the event that ends a stream without `[DONE]`.
    fn is_last(&self) -> bool {
        let ends = ["response.completed", "response.incomplete", "response.failed", "message_stop"];
        self.kind.as_deref().is_some_and(|kind| ends.contains(&kind))
    }

    /// Whether a usage told here is the whole answer's.
    fn is_whole(&self) -> bool {
        match (&self.kind, &self.candidates) {
            // Running sums until the one that says why the answer ended.
            (Some(kind), _) if kind == "message_delta" => true,
            (Some(_), _) => self.is_last(),
            (None, Some(candidates)) => {
                candidates.iter().any(|candidate| candidate.finish_reason.is_some())
            }
            (None, None) => self.has_no_choices(),
        }
    }

    fn has_no_choices(&self) -> bool {
        self.choices.as_ref().is_none_or(Vec::is_empty)
    }
}

impl Meter {
    /// Takes the data of a frame.
    pub(crate) fn see(&mut self, data: &[u8]) -> Sight {
        if data.trim_ascii() == b"[DONE]" {
            self.done = true;
            return Sight::Done;
        }
        if self.done {
            return Sight::Other;
        }
        let Ok(chunk) = serde_json::from_slice::<Chunk<'_>>(data) else {
            // Whatever it is, the provider generated it.
            self.saw(data.len() as u64);
            return Sight::Other;
        };
        for bytes in chunk.generated() {
            self.saw(bytes);
        }
        let told = serde_json::from_slice::<Told<'_>>(data).unwrap_or_default();
        self.tier = told.tier().or(self.tier);
        if told.is_told() {
            self.counted = match (self.counted.take(), told.counted()) {
                (Some(before), Some(later)) => Some(before.then(later)),
                (_, later) => later,
            };
            self.complete = chunk.is_whole();
        }
        if chunk.is_last() {
            self.done = true;
            Sight::Done
        } else if told.is_told() && chunk.kind.is_none() && chunk.has_no_choices() {
            // Gemini tells it beside what it generated.
            if chunk.candidates.is_some() { Sight::Other } else { Sight::UsageOnly }
        } else {
            Sight::Other
        }
    }

    fn saw(&mut self, bytes: u64) {
        self.chunks += 1;
        self.text = self.text.saturating_add(bytes);
        if self.first_output.is_none() {
            self.first_output = Some(Instant::now());
        }
    }

    /// The last usage told, if it can be true.
    pub(crate) fn usage(&self) -> Option<Usage> {
        self.counted.as_ref()?.usage(self.tier)
    }

    /// Whether that usage is the whole answer's: it came in a frame of its own, after the last
    /// choice. Some providers tell a running sum in every frame, which a cut stream leaves short.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete && self.usage().is_some()
    }

    /// Whether the answer came to its end.
    pub(crate) fn has_ended(&self) -> bool {
        self.done || self.is_complete()
    }

    /// Generated tokens by what was seen: a token is four bytes, and no chunk is less than a token.
    pub(crate) fn seen_output(&self) -> u64 {
        let told = self.usage().map_or(0, |usage| usage.tokens.generated());
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
    Usage(Usage),
    /// No usage that can be true; so many output tokens by its size.
    Output(u64),
    /// Not JSON; so many output tokens by its size.
    Garbage(u64),
}

/// Where the APIs put what was generated.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    choices: Volume,
    #[serde(default)]
    output: Volume,
    #[serde(default)]
    content: Volume,
    #[serde(default)]
    candidates: Volume,
}

/// Reads a JSON answer.
pub(crate) fn answer(body: &[u8]) -> Shown {
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        return Shown::Garbage((body.len() as u64).div_ceil(4));
    };
    let told = serde_json::from_slice::<Told<'_>>(body).unwrap_or_default();
    if let Some(usage) = told.counted().and_then(|counted| counted.usage(told.tier())) {
        return Shown::Usage(usage);
    }
    let bytes = [answer.choices, answer.output, answer.content, answer.candidates];
    let bytes = bytes.iter().fold(0_u64, |sum, volume| sum.saturating_add(volume.0));
    Shown::Output(Volume(bytes).tokens())
}

#[cfg(test)]
mod tests {
    use domain::Tokens;

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
        assert_eq!(meter.usage().map(|usage| usage.tokens.output), Some(2));
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
    fn a_usage_told_twice_or_late_counts_once() {
        let mut meter = Meter::default();
        let frame = |output: u64| {
            format!(
                r#"{{"choices":[],"usage":{{"prompt_tokens":5,"completion_tokens":{output}}}}}"#
            )
        };
        meter.see(frame(2).as_bytes());
        meter.see(br#"{"choices":[{"delta":{"content":"a"}}]}"#);
        meter.see(frame(3).as_bytes());
        let tokens = Tokens { input: 5, output: 3, ..Tokens::default() };
        assert_eq!(meter.usage(), Some(Usage { tokens, tier: ServiceTier::Default }));
        // Anthropic's parts: sums only grow, and the start alone is not the whole.
        let mut meter = Meter::default();
        meter.see(
            br#"{"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}}"#,
        );
        assert!(!meter.is_complete());
        for _ in 0..2 {
            meter.see(br#"{"type":"message_delta","usage":{"output_tokens":7}}"#);
        }
        assert_eq!(meter.see(br#"{"type":"message_stop"}"#), Sight::Done);
        let tokens = Tokens { input: 9, output: 7, ..Tokens::default() };
        assert_eq!(meter.usage(), Some(Usage { tokens, tier: ServiceTier::Default }));
        assert!(meter.is_complete());
    }

    #[test]
    fn reads_json_answers() {
        let tokens = Tokens { input: 5, output: 2, ..Tokens::default() };
        let told = Usage { tokens, tier: ServiceTier::Default };
        assert_eq!(answer(format!("{{{USAGE}}}").as_bytes()), Shown::Usage(told));
        assert_eq!(answer(br#"{"choices":[{"message":{"content":"12345"}}]}"#), Shown::Output(2));
        assert_eq!(answer(br#"{"content":[{"text":"12345"}],"usage":null}"#), Shown::Output(2));
        assert_eq!(answer(b"<html>"), Shown::Garbage(2));
    }
}
