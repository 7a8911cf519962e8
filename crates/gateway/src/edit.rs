//! The edit of a streamed request: the provider shall tell its usage. Every other byte stays.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Error;

/// What a request says in `stream_options`, and where.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StreamOptions<'a> {
    whole: Option<&'a RawValue>,
    include_usage: Option<&'a RawValue>,
    is_object: bool,
    asks: bool,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    include_usage: Option<&'a RawValue>,
}

fn present<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl<'a> StreamOptions<'a> {
    /// Reads the field's value, null included.
    pub(crate) fn read(whole: Option<&'a RawValue>) -> Result<Self, Error> {
        let Some(raw) = whole else {
            return Ok(Self::default());
        };
        let invalid = || Error::Invalid {
            param: "stream_options",
            wanted: "an object; include_usage in it is true or false".to_owned(),
        };
        if raw.get() == "null" {
            return Ok(Self { whole, ..Self::default() });
        }
        if !raw.get().starts_with('{') {
            return Err(invalid());
        }
        let wire: Wire<'a> = serde_json::from_str(raw.get()).map_err(|_| invalid())?;
        let asks = match wire.include_usage.map(RawValue::get) {
            None | Some("null" | "false") => false,
            Some("true") => true,
            Some(_) => return Err(invalid()),
        };
        Ok(Self { whole, include_usage: wire.include_usage, is_object: true, asks })
    }

    /// Whether the client wants the usage itself.
    pub(crate) const fn asks(&self) -> bool {
        self.asks
    }

    /// The body with usage asked for; `body` is the one that these options were read from.
    pub(crate) fn asking(&self, body: &Bytes) -> Bytes {
        if self.asks {
            return body.clone();
        }
        let (from, to, new) = match (self.whole, self.include_usage) {
            (Some(_), Some(value)) => {
                let (from, to) = place(body, value);
                (from, to, "true")
            }
            (Some(whole), None) if self.is_object => {
                let (from, to) = place(body, whole);
                let new = if is_empty(&body[from..to]) {
                    r#""include_usage":true"#
                } else {
                    r#","include_usage":true"#
                };
                (to - 1, to - 1, new)
            }
            (Some(whole), None) => {
                let (from, to) = place(body, whole);
                (from, to, r#"{"include_usage":true}"#)
            }
            (None, _) => {
                let end = body.trim_ascii_end().len().saturating_sub(1);
                (end, end, r#","stream_options":{"include_usage":true}"#)
            }
        };
        Bytes::from([&body[..from], new.as_bytes(), &body[to..]].concat())
    }
}

/// Where a borrowed value lies in the body that it was read from.
fn place(body: &[u8], value: &RawValue) -> (usize, usize) {
    let from = value.get().as_ptr().addr() - body.as_ptr().addr();
    (from, from + value.get().len())
}

/// Whether an object has no fields.
fn is_empty(object: &[u8]) -> bool {
    object[1..object.len() - 1].trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Ask;

    fn edited(body: &str) -> String {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let ask = Ask::chat(&body).unwrap();
        String::from_utf8(ask.stream_options.asking(&body).to_vec()).unwrap()
    }

    #[test]
    fn asks_for_usage_and_changes_nothing_else() {
        let start = "{ \"model\" : \"m\\u0031\",\n\"messages\":[],\"x\":[1.50,  1e2]";
        for (before, after) in [
            (" }\n", " ,\"stream_options\":{\"include_usage\":true}}\n"),
            (",\"stream_options\":null}", ",\"stream_options\":{\"include_usage\":true}}"),
            (",\"stream_options\":{ } }", ",\"stream_options\":{ \"include_usage\":true} }"),
            (
                ",\"stream_options\":{\"a\":1 },\"y\":2}",
                ",\"stream_options\":{\"a\":1 ,\"include_usage\":true},\"y\":2}",
            ),
            (
                ",\"stream_options\":{\"include_usage\" : false,\"a\":1}}",
                ",\"stream_options\":{\"include_usage\" : true,\"a\":1}}",
            ),
            (
                ",\"stream_options\":{\"include_usage\":null}}",
                ",\"stream_options\":{\"include_usage\":true}}",
            ),
            (
                ",\"stream_options\":{\"include_usage\":true}}",
                ",\"stream_options\":{\"include_usage\":true}}",
            ),
        ] {
            let edited = edited(&format!("{start}{before}"));
            assert_eq!(edited, format!("{start}{after}"));
            assert!(Ask::chat(edited.as_bytes()).unwrap().stream_options.asks());
        }
    }
}
