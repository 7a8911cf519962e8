//! The usage that a provider tells, brought to one way of counting: classes that do not overlap.
//!
//! Each API counts its own way. Which one an answer is of shows in the names that its usage has.

mod anthropic;
mod chat;
mod gemini;
mod responses;

use domain::{ServiceTier, Tokens};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// More tokens of one class than any request has: a number beyond it is a mistake.
const ABSURD: u64 = 1_000_000_000;

/// What an answer tells of its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Usage {
    /// Tokens by class.
    pub(crate) tokens: Tokens,
    /// By which rates the provider charges it.
    pub(crate) tier: ServiceTier,
}

/// Where an answer, or a frame of a stream, tells its usage.
#[derive(Debug, Deserialize, Default)]
pub(crate) struct Told<'a> {
    /// OpenAI's chat completions and embeddings, Anthropic's messages and `message_delta`.
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    /// Gemini's.
    #[serde(borrow, default, rename = "usageMetadata")]
    usage_metadata: Option<&'a RawValue>,
    /// What a frame of OpenAI's Responses carries.
    #[serde(borrow, default)]
    response: Option<Inner<'a>>,
    /// What Anthropic's `message_start` carries.
    #[serde(borrow, default)]
    message: Option<Inner<'a>>,
    /// OpenAI's word for the tier, beside the usage.
    #[serde(default)]
    service_tier: Value,
}

#[derive(Debug, Deserialize)]
struct Inner<'a> {
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(default)]
    service_tier: Value,
}

/// A usage as it was told, in its provider's way of counting; of a stream, what its frames told so
/// far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Counted {
    Chat(chat::Wire),
    Responses(responses::Wire),
    Anthropic(anthropic::Wire),
    Gemini(Box<gemini::Wire>),
}

impl<'a> Told<'a> {
    /// The usage object, if there is one.
    fn object(&self) -> Option<&'a RawValue> {
        let inner = [&self.response, &self.message].into_iter().flatten().next();
        self.usage.or(self.usage_metadata).or_else(|| inner?.usage)
    }

    /// Whether a usage is told at all.
    pub(crate) fn is_told(&self) -> bool {
        self.object().is_some()
    }

    /// Reads it. None where its numbers can't be true: negative, not whole, absurdly large.
    pub(crate) fn counted(&self) -> Option<Counted> {
        Counted::read(self.object()?.get())
    }

    /// The tier told beside the usage.
    pub(crate) fn tier(&self) -> Option<ServiceTier> {
        let inner = self.response.as_ref().map(|inner| &inner.service_tier);
        tier(&self.service_tier).or_else(|| tier(inner?))
    }
}

/// The provider's word for a tier. A reserved capacity (`scale`) is paid by other means than tokens:
/// what is listed stands for it.
fn tier(word: &Value) -> Option<ServiceTier> {
    match &*word.as_str()?.to_ascii_lowercase() {
        "flex" => Some(ServiceTier::Flex),
        "priority" | "fast" => Some(ServiceTier::Priority),
        "batch" => Some(ServiceTier::Batch),
        "default" | "standard" | "scale" => Some(ServiceTier::Default),
        _ => None,
    }
}

/// The names by which the APIs are told apart.
#[derive(Deserialize)]
struct Names {
    #[serde(default)]
    prompt_tokens: Option<Value>,
    #[serde(default)]
    total_tokens: Option<Value>,
    #[serde(default)]
    input_tokens_details: Option<Value>,
    #[serde(default, rename = "promptTokenCount")]
    prompt_token_count: Option<Value>,
}

impl Counted {
    fn read(json: &str) -> Option<Self> {
        let names: Names = serde_json::from_str(json).ok()?;
        if names.prompt_tokens.is_some() {
            serde_json::from_str(json).ok().map(Self::Chat)
        } else if names.prompt_token_count.is_some() {
            serde_json::from_str(json).ok().map(|wire| Self::Gemini(Box::new(wire)))
        } else if names.total_tokens.is_some() || names.input_tokens_details.is_some() {
            serde_json::from_str(json).ok().map(Self::Responses)
        } else {
            serde_json::from_str(json).ok().map(Self::Anthropic)
        }
    }

    /// What a later frame of the same stream makes of it: Anthropic's frames each tell a part, all
    /// others the whole.
    pub(crate) fn then(self, later: Self) -> Self {
        match (self, later) {
            (Self::Anthropic(before), Self::Anthropic(later)) => {
                Self::Anthropic(before.then(later))
            }
            (_, later) => later,
        }
    }

    /// Tokens by class. None where the numbers contradict each other, or tell of nothing at all.
    pub(crate) fn usage(&self, beside: Option<ServiceTier>) -> Option<Usage> {
        let (tokens, within) = match self {
            Self::Chat(wire) => (wire.tokens()?, None),
            Self::Responses(wire) => (wire.tokens()?, None),
            Self::Anthropic(wire) => (wire.tokens()?, tier(&wire.service_tier)),
            Self::Gemini(wire) => (wire.tokens()?, tier(&wire.service_tier)),
        };
        let is_possible = tokens.total() > 0 && tokens.by_class().iter().all(|n| *n <= ABSURD);
        is_possible.then(|| Usage { tokens, tier: within.or(beside).unwrap_or_default() })
    }
}

/// Reads a whole body's usage.
#[cfg(test)]
pub(crate) fn of_body(body: &[u8]) -> Option<Usage> {
    let told: Told<'_> = serde_json::from_slice(body).ok()?;
    told.counted()?.usage(told.tier())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Tokens> {
        of_body(format!("{{\"usage\":{json}}}").as_bytes()).map(|usage| usage.tokens)
    }

    /// Each file of `fixtures/usage` beside the classes that it stands for.
    #[test]
    fn reads_what_providers_publish() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/usage");
        let golden = std::fs::read_to_string(format!("{folder}/golden.json")).unwrap();
        let golden: std::collections::BTreeMap<String, (String, Tokens)> =
            serde_json::from_str(&golden).unwrap();
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "golden.json" && name != "README.md")
            .collect();
        files.sort();
        assert_eq!(files, golden.keys().cloned().collect::<Vec<_>>());
        for (file, (tier, tokens)) in golden {
            let body = std::fs::read(format!("{folder}/{file}")).unwrap();
            let usage = if std::path::Path::new(&file).extension().is_some_and(|ends| ends == "sse")
            {
                let mut tap = crate::tap::Tap::new(crate::tap::Packing::None);
                let mut meter = crate::meter::Meter::default();
                tap.take(body.into(), &mut meter);
                assert!(meter.is_complete(), "{file}");
                meter.usage()
            } else {
                of_body(&body)
            };
            let usage = usage.unwrap_or_else(|| panic!("{file} tells a usage"));
            assert_eq!((usage.tier.as_str(), usage.tokens), (&*tier, tokens), "{file}");
        }
    }

    #[test]
    fn believes_no_impossible_number() {
        for json in [
            "null",
            "{}",
            "[]",
            r#"{"prompt_tokens":9}"#,
            r#"{"prompt_tokens":0,"completion_tokens":0}"#,
            r#"{"prompt_tokens":-1,"completion_tokens":3}"#,
            r#"{"prompt_tokens":1,"completion_tokens":3.5}"#,
            r#"{"prompt_tokens":"1","completion_tokens":3}"#,
            r#"{"prompt_tokens":1,"completion_tokens":1000000001}"#,
            r#"{"prompt_tokens":1e30,"completion_tokens":1}"#,
            r#"{"prompt_tokens":99999999999999999999,"completion_tokens":1}"#,
            r#"{"prompt_tokens":4,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":5}}"#,
            r#"{"prompt_tokens":4,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":-1}}"#,
            r#"{"prompt_tokens":4,"completion_tokens":1,"completion_tokens_details":{"reasoning_tokens":2}}"#,
            r#"{"prompt_tokens":7,"total_tokens":6}"#,
            r#"{"prompt_tokens":7,"completion_tokens":1,"total_tokens":9000000000}"#,
            r#"{"input_tokens":3,"output_tokens":-1,"total_tokens":2}"#,
            r#"{"input_tokens":3,"output_tokens":1,"total_tokens":4,"input_tokens_details":{"cached_tokens":4}}"#,
            r#"{"input_tokens":0,"output_tokens":0,"total_tokens":0}"#,
            r#"{"input_tokens":3}"#,
            r#"{"output_tokens":3}"#,
            r#"{"input_tokens":-3,"output_tokens":1}"#,
            r#"{"input_tokens":3,"output_tokens":1,"cache_creation_input_tokens":1,"cache_creation":{"ephemeral_1h_input_tokens":2}}"#,
            r#"{"promptTokenCount":3,"candidatesTokenCount":-1}"#,
            r#"{"promptTokenCount":3,"cachedContentTokenCount":4}"#,
            r#"{"promptTokenCount":0}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn knows_the_words_for_tiers() {
        let told = |body: &str| of_body(body.as_bytes()).map(|usage| usage.tier.as_str());
        for (word, tier) in [
            ("flex", "flex"),
            ("priority", "priority"),
            ("PRIORITY", "priority"),
            ("scale", "default"),
            ("default", "default"),
            ("something new", "default"),
        ] {
            let usage = r#"{"prompt_tokens":1,"completion_tokens":1}"#;
            let body = format!(r#"{{"service_tier":"{word}","usage":{usage}}}"#);
            assert_eq!(told(&body), Some(tier), "{word}");
        }
        let batch = r#"{"usage":{"input_tokens":1,"output_tokens":1,"service_tier":"batch"}}"#;
        assert_eq!(told(batch), Some("batch"));
        let odd = r#"{"service_tier":7,"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;
        assert_eq!(told(odd), Some("default"));
    }
}
