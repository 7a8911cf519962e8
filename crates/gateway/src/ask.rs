//! A request's body, read as far as the gateway must know it, and left as it is.

use std::borrow::Cow;

use domain::ServiceTier;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{bound::Size, content::Messages, edit::StreamOptions, error::Error};

/// The largest maximum that is taken for meant.
const MAX_TOKENS: u64 = 100_000_000;
/// The most choices of one request.
const MAX_CHOICES: u64 = 128;

/// What a client asks for.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    /// The model, as the client names it.
    pub(crate) model: Cow<'a, str>,
    /// Whether the answer shall be a stream.
    pub(crate) stream: bool,
    /// What it says about the stream.
    pub(crate) stream_options: StreamOptions<'a>,
    /// What bounds its cost.
    pub(crate) size: Size,
    /// It names words at which the answer shall end.
    pub(crate) stops: bool,
    /// What the client says about it, in fields of OpenAI's: an object, and who asks.
    pub(crate) metadata: Raw<'a>,
    /// See `metadata`.
    pub(crate) user: Raw<'a>,
}

pub(crate) type Raw<'a> = Option<&'a RawValue>;

/// The fields that are read. A field twice is refused: the provider might take the other one.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    model: Raw<'a>,
    #[serde(borrow, default)]
    messages: Raw<'a>,
    #[serde(borrow, default)]
    input: Raw<'a>,
    #[serde(borrow, default)]
    stream: Raw<'a>,
    /// Present even if null: its place matters.
    #[serde(borrow, default, deserialize_with = "present")]
    stream_options: Raw<'a>,
    #[serde(borrow, default)]
    max_tokens: Raw<'a>,
    #[serde(borrow, default)]
    max_completion_tokens: Raw<'a>,
    #[serde(borrow, default)]
    n: Raw<'a>,
    #[serde(borrow, default)]
    tools: Raw<'a>,
    #[serde(borrow, default)]
    web_search_options: Raw<'a>,
    #[serde(borrow, default)]
    prediction: Raw<'a>,
    #[serde(borrow, default)]
    previous_response_id: Raw<'a>,
    #[serde(borrow, default)]
    conversation: Raw<'a>,
    #[serde(borrow, default)]
    prompt: Raw<'a>,
    #[serde(borrow, default)]
    service_tier: Raw<'a>,
    #[serde(borrow, default)]
    modalities: Raw<'a>,
    #[serde(borrow, default)]
    audio: Raw<'a>,
    #[serde(borrow, default)]
    stop: Raw<'a>,
    #[serde(borrow, default)]
    metadata: Raw<'a>,
    #[serde(borrow, default)]
    user: Raw<'a>,
}

/// Bytes of a model's name.
const LONGEST_NAME: usize = 200;

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Raw<'de>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Tool<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Cow<'a, str>,
}

impl<'a> Ask<'a> {
    /// Reads the body of a chat completion.
    pub(crate) fn chat(body: &'a [u8]) -> Result<Self, Error> {
        let wire = parse(body)?;
        let Messages(content) = required(wire.messages, "messages", "a list of messages")?;
        let tools: Vec<Tool<'_>> =
            optional(wire.tools, "tools", "a list of tools")?.unwrap_or_default();
        let stated = [
            number(wire.max_tokens, "max_tokens", 0, MAX_TOKENS)?,
            number(wire.max_completion_tokens, "max_completion_tokens", 0, MAX_TOKENS)?,
        ];
        // Some providers read 0 as no maximum.
        let max_output = stated.into_iter().flatten().max().filter(|most| *most > 0);
        let choices = number(wire.n, "n", 1, MAX_CHOICES)?.unwrap_or(1);
        let tier: Option<Cow<'_, str>> = optional(wire.service_tier, "service_tier", "a text")?;
        let modalities: Vec<Cow<'_, str>> =
            optional(wire.modalities, "modalities", "a list of texts")?.unwrap_or_default();
        let stored = [wire.previous_response_id, wire.conversation, wire.prompt];
        Ok(Self {
            model: model(wire.model)?,
            stream: optional(wire.stream, "stream", "true or false")?.unwrap_or(false),
            stream_options: StreamOptions::read(wire.stream_options)?,
            size: Size {
                body: body.len() as u64,
                elsewhere: content.elsewhere || stored.iter().any(Option::is_some),
                generates: true,
                max_output,
                choices,
                prediction: wire.prediction.is_some(),
                tools: wire.web_search_options.is_some()
                    || tools.iter().any(|tool| !matches!(&*tool.kind, "function" | "custom")),
                hears: content.sound,
                speaks: wire.audio.is_some() || modalities.iter().any(|kind| kind != "text"),
                keeps: may_keep(body),
                tier: tier.as_deref().and_then(named_tier).transpose()?,
            },
            stops: wire.stop.is_some_and(|stop| !matches!(stop.get(), "null" | "[]")),
            metadata: wire.metadata,
            user: wire.user,
        })
    }

    /// Reads the body of an embedding.
    pub(crate) fn embedding(body: &'a [u8]) -> Result<Self, Error> {
        let wire = parse(body)?;
        if wire.input.is_none() {
            return Err(Error::missing("input"));
        }
        Ok(Self {
            model: model(wire.model)?,
            stream: false,
            stream_options: StreamOptions::default(),
            size: Size { body: body.len() as u64, choices: 1, ..Size::default() },
            stops: false,
            metadata: wire.metadata,
            user: wire.user,
        })
    }
}

/// None: the provider chooses.
fn named_tier(word: &str) -> Option<Result<ServiceTier, Error>> {
    match word {
        "auto" => None,
        "default" => Some(Ok(ServiceTier::Default)),
        "flex" => Some(Ok(ServiceTier::Flex)),
        // Two words for one tier.
        "priority" | "fast" => Some(Ok(ServiceTier::Priority)),
        "batch" => Some(Ok(ServiceTier::Batch)),
        _ => Some(Err(Error::Invalid {
            param: "service_tier",
            wanted: "auto, default, flex, priority, fast or batch".to_owned(),
        })),
    }
}

/// Whether some part of the body may ask for a cache of its own. Its words may be written with
/// escapes, so any escape of a letter counts as one.
fn may_keep(body: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(body, word).is_some();
    has(b"cache_control") || has(br"\u00")
}

fn parse(body: &[u8]) -> Result<Wire<'_>, Error> {
    let text = std::str::from_utf8(body).map_err(|error| Error::NotJson(error.to_string()))?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Error::NotJson("expected an object".to_owned()));
    }
    serde_json::from_str(text).map_err(|error| Error::NotJson(error.to_string()))
}

fn optional<'a, T: Deserialize<'a>>(
    raw: Raw<'a>,
    param: &'static str,
    wanted: &'static str,
) -> Result<Option<T>, Error> {
    raw.map(|raw| {
        serde_json::from_str(raw.get())
            .map_err(|_| Error::Invalid { param, wanted: wanted.to_owned() })
    })
    .transpose()
}

fn required<'a, T: Deserialize<'a>>(
    raw: Raw<'a>,
    param: &'static str,
    wanted: &'static str,
) -> Result<T, Error> {
    optional(raw, param, wanted)?.ok_or(Error::missing(param))
}

/// A name goes into the keys of several tables: one too long for them would stop the others' requests.
fn model(raw: Raw<'_>) -> Result<Cow<'_, str>, Error> {
    let name: Cow<'_, str> = required(raw, "model", "a text")?;
    if name.len() > LONGEST_NAME {
        let wanted = format!("a text of at most {LONGEST_NAME} bytes");
        return Err(Error::Invalid { param: "model", wanted });
    }
    Ok(name)
}

fn number(raw: Raw<'_>, param: &'static str, least: u64, most: u64) -> Result<Option<u64>, Error> {
    raw.map(|raw| {
        raw.get().parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
            Error::Invalid { param, wanted: format!("a whole number from {least} to {most}") }
        })
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(fields: &str) -> Result<Size, Error> {
        let body =
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}]{fields}}}"#);
        Ask::chat(body.as_bytes()).map(|ask| Size { body: 0, ..ask.size })
    }

    #[test]
    fn reads_what_bounds_the_cost() {
        let plain = Size { generates: true, choices: 1, ..Size::default() };
        for (fields, size) in [
            ("", plain),
            (r#","max_tokens":5"#, Size { max_output: Some(5), ..plain }),
            (r#","max_tokens":5,"max_completion_tokens":9"#, Size { max_output: Some(9), ..plain }),
            (r#","max_tokens":null,"n":null,"stream":null"#, plain),
            (r#","max_tokens":0"#, plain),
            (r#","max_tokens":0,"max_completion_tokens":9"#, Size { max_output: Some(9), ..plain }),
            (r#","n":3"#, Size { choices: 3, ..plain }),
            (r#","tools":[{"type":"function"},{"type":"custom"}]"#, plain),
            (r#","tools":[{"type":"web_search"}]"#, Size { tools: true, ..plain }),
            (r#","web_search_options":{}"#, Size { tools: true, ..plain }),
            (
                r#","prediction":{"type":"content","content":"x"}"#,
                Size { prediction: true, ..plain },
            ),
            (r#","previous_response_id":"r""#, Size { elsewhere: true, ..plain }),
            (r#","service_tier":"auto""#, plain),
            (r#","service_tier":"flex""#, Size { tier: Some(ServiceTier::Flex), ..plain }),
            (r#","service_tier":"fast""#, Size { tier: Some(ServiceTier::Priority), ..plain }),
            (r#","modalities":["text"]"#, plain),
            (r#","modalities":["text","audio"]"#, Size { speaks: true, ..plain }),
            (r#","audio":{"voice":"alloy"}"#, Size { speaks: true, ..plain }),
            (r#","x":{"cache_control":{"ttl":"1h"}}"#, Size { keeps: true, ..plain }),
            (r#","x":{"c\u0061che_control":{}}"#, Size { keeps: true, ..plain }),
            (r#","anything":{"max_tokens":7}"#, plain),
        ] {
            assert_eq!(chat(fields).unwrap(), size, "{fields}");
        }
    }

    #[test]
    fn refuses_each_wrong_number_by_its_name() {
        for (fields, name) in [
            (r#","max_tokens":-1"#, "max_tokens"),
            (r#","max_tokens":1.0"#, "max_tokens"),
            (r#","max_tokens":"5""#, "max_tokens"),
            (r#","max_tokens":true"#, "max_tokens"),
            (r#","max_tokens":100000001"#, "max_tokens"),
            (r#","max_completion_tokens":1e3"#, "max_completion_tokens"),
            (r#","max_completion_tokens":99999999999999999999999"#, "max_completion_tokens"),
            (r#","n":0"#, "n"),
            (r#","n":129"#, "n"),
            (r#","stream":"yes""#, "stream"),
            (r#","stream_options":[]"#, "stream_options"),
            (r#","stream_options":{"include_usage":1}"#, "stream_options"),
            (r#","tools":{}"#, "tools"),
            (r#","service_tier":"fastest""#, "service_tier"),
            (r#","service_tier":1"#, "service_tier"),
            (r#","modalities":"text""#, "modalities"),
        ] {
            match chat(fields) {
                Err(Error::Invalid { param, .. }) => assert_eq!(param, name),
                other => panic!("{fields}: {other:?}"),
            }
        }
    }

    #[test]
    fn refuses_what_is_no_object_and_a_field_twice() {
        for body in [
            &b""[..],
            b"{",
            b"[]",
            b"null",
            b"\xff",
            br#"["m",[]]"#,
            br#"{"model":"a","model":"b","messages":[]}"#,
            br#"{"model":"a","messages":[],"max_tokens":1,"max_\u0074okens":900}"#,
            b"{\"model\":\"m\",\"messages\":[],\"x\":\"\xff\"}",
        ] {
            assert!(matches!(Ask::chat(body), Err(Error::NotJson(_))), "{body:?}");
        }
        for (body, name) in [
            (r#"{"messages":[]}"#, "model"),
            (r#"{"model":null,"messages":[]}"#, "model"),
            (r#"{"model":5,"messages":[]}"#, "model"),
            (r#"{"model":"m"}"#, "messages"),
            (r#"{"model":"m","messages":"hi"}"#, "messages"),
        ] {
            match Ask::chat(body.as_bytes()) {
                Err(Error::Invalid { param, .. } | Error::Missing(param)) => {
                    assert_eq!(param, name, "{body}");
                }
                other => panic!("{body}: {other:?}"),
            }
        }
        for (length, passes) in [(200, true), (201, false), (3_000, false)] {
            let body = format!(r#"{{"model":"{}","messages":[],"input":""}}"#, "m".repeat(length));
            assert_eq!(Ask::chat(body.as_bytes()).is_ok(), passes, "{length}");
            assert_eq!(Ask::embedding(body.as_bytes()).is_ok(), passes, "{length}");
        }
        assert!(Ask::embedding(br#"{"model":"m"}"#).is_err());
        assert!(
            Ask::embedding(br#"{"model":"m\u0031","input":[1,2]}"#)
                .is_ok_and(|ask| ask.model == "m1")
        );
    }
}
