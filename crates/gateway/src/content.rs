//! What the messages of a request hold.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::volume::Volume;

/// Parts whose whole cost lies in their text.
const TEXT_PARTS: [&str; 4] = ["text", "refusal", "input_text", "output_text"];

/// The content of one message, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Content {
    /// Bytes of text.
    pub(crate) text: Volume,
    /// Whether it refers to something whose size the body does not tell: an image, a file, sound.
    pub(crate) elsewhere: bool,
    /// Whether some of it is sound.
    pub(crate) sound: bool,
}

impl Content {
    fn and(self, other: Self) -> Self {
        Self {
            text: Volume(self.text.0.saturating_add(other.text.0)),
            elsewhere: self.elsewhere || other.elsewhere,
            sound: self.sound || other.sound,
        }
    }
}

/// All messages of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Messages(pub(crate) Content);

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let messages = Vec::<Message>::deserialize(deserializer)?;
        Ok(Self(messages.into_iter().fold(Content::default(), |sum, message| {
            let sound = message.audio.is_some();
            sum.and(message.content).and(Content { elsewhere: sound, sound, ..Content::default() })
        })))
    }
}

#[derive(serde::Deserialize)]
struct Message {
    #[serde(default)]
    content: Content,
    /// An answer in sound that the provider still has.
    #[serde(default)]
    audio: Option<Volume>,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parts)
    }
}

struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of parts")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
        Ok(Content { text: Volume(text.len() as u64), ..Content::default() })
    }

    fn visit_unit<E: Error>(self) -> Result<Content, E> {
        Ok(Content::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut sum = Content::default();
        while let Some(Part(content)) = items.next_element()? {
            sum = sum.and(content);
        }
        Ok(sum)
    }
}

/// A text, or an object that says its type.
struct Part(Content);

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnePart)
    }
}

struct OnePart;

impl<'de> Visitor<'de> for OnePart {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or an object with a type")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Part, E> {
        Parts.visit_str(text).map(Part)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Part, A::Error> {
        let mut content = Content { elsewhere: true, ..Content::default() };
        while let Some(name) = fields.next_key::<Cow<'_, str>>()? {
            if name == "type" {
                let kind = fields.next_value::<Cow<'_, str>>()?;
                content.elsewhere = !TEXT_PARTS.contains(&&*kind);
                content.sound = kind == "input_audio";
            } else {
                let Volume(bytes) = fields.next_value()?;
                content.text.0 = content.text.0.saturating_add(bytes);
            }
        }
        Ok(Part(content))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_text_from_what_lies_elsewhere() {
        for (json, text, elsewhere) in [
            (r"[]", 0, false),
            (r#"[{"role":"user","content":"hello"}]"#, 5, false),
            (r#"[{"role":"assistant","content":null,"tool_calls":[]}]"#, 0, false),
            (
                r#"[{"content":[{"type":"text","text":"ab"},{"text":"c","type":"text"},"d"]}]"#,
                4,
                false,
            ),
            (r#"[{"content":[{"type":"refusal","refusal":"no"}]},{"content":"x"}]"#, 3, false),
            (r#"[{"content":[{"type":"image_url","image_url":{"url":"https://a"}}]}]"#, 9, true),
            (r#"[{"content":[{"type":"file","file":{"file_id":"f"}}]}]"#, 1, true),
            (r#"[{"content":[{"type":"input_audio","input_audio":{"data":"AA"}}]}]"#, 2, true),
            (r#"[{"content":[{"text":"no type"}]}]"#, 7, true),
            (r#"[{"role":"assistant","content":null,"audio":{"id":"a"}}]"#, 0, true),
        ] {
            let Messages(content) = serde_json::from_str(json).unwrap();
            assert_eq!((content.text.0, content.elsewhere), (text, elsewhere), "{json}");
            assert_eq!(content.sound, json.contains("audio"), "{json}");
        }
        for json in ["{}", "3", r#"["x"]"#, r#"[{"content":5}]"#, r#"[{"content":[{"type":5}]}]"#] {
            assert!(serde_json::from_str::<Messages>(json).is_err(), "{json}");
        }
    }
}
