//! How much text a JSON value holds.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Bytes of all texts in a value, however deep; whatever is not text counts nothing. Any JSON value
/// can be read as one, so that an unexpected form never hides what is beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Volume(pub(crate) u64);

impl Volume {
    /// Tokens that this much text is taken for: a token is four bytes.
    pub(crate) const fn tokens(self) -> u64 {
        self.0.div_ceil(4)
    }
}

impl<'de> Deserialize<'de> for Volume {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Texts)
    }
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Volume;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Volume, E> {
        Ok(Volume(text.len() as u64))
    }

    fn visit_unit<E>(self) -> Result<Volume, E> {
        Ok(Volume(0))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Volume, E> {
        Ok(Volume(0))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Volume, E> {
        Ok(Volume(0))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Volume, E> {
        Ok(Volume(0))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Volume, E> {
        Ok(Volume(0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Volume, A::Error> {
        let mut sum = 0_u64;
        while let Some(Volume(bytes)) = items.next_element()? {
            sum = sum.saturating_add(bytes);
        }
        Ok(Volume(sum))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Volume, A::Error> {
        let mut sum = 0_u64;
        while let Some((IgnoredAny, Volume(bytes))) = fields.next_entry()? {
            sum = sum.saturating_add(bytes);
        }
        Ok(Volume(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_texts_however_deep() {
        for (json, bytes) in [
            ("null", 0),
            ("3.5", 0),
            (r#""abc""#, 3),
            (r#""\u00e9""#, 2),
            (r#"[{"x":"ab","y":[1,-2,true,"c"]},null]"#, 3),
        ] {
            assert_eq!(serde_json::from_str::<Volume>(json).unwrap().0, bytes, "{json}");
        }
        assert_eq!(Volume(5).tokens(), 2);
    }
}
