//! What is to be embedded: counted while it is read, so that a body of many inputs takes no memory.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// The most inputs of one request, as at OpenAI.
pub(super) const MOST_INPUTS: u64 = 2_048;

/// How many inputs, and of how many tokens together. A text, a list of texts, a list of tokens, or a
/// list of such lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inputs {
    pub(super) count: u64,
    pub(super) tokens: u64,
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole)
    }
}

fn tokens_of(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Inputs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list")
    }

    fn visit_str<E>(self, text: &str) -> Result<Inputs, E> {
        Ok(Inputs { count: 1, tokens: tokens_of(text) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Inputs, A::Error> {
        let (mut inputs, mut bare) = (Inputs { count: 0, tokens: 0 }, 0_u64);
        while let Some(item) = items.next_element()? {
            match item {
                Item::Token => bare += 1,
                Item::Input(tokens) => {
                    inputs.count += 1;
                    inputs.tokens = inputs.tokens.saturating_add(tokens);
                }
            }
        }
        // Tokens outside of any list are one input.
        Ok(Inputs { count: inputs.count + u64::from(bare > 0), tokens: inputs.tokens + bare })
    }
}

enum Item {
    Token,
    Input(u64),
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(One)
    }
}

struct One;

impl<'de> Visitor<'de> for One {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a token or a list of tokens")
    }

    fn visit_str<E>(self, text: &str) -> Result<Item, E> {
        Ok(Item::Input(tokens_of(text)))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Item, E> {
        Ok(Item::Token)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut tokens: A) -> Result<Item, A::Error> {
        let mut count = 0;
        while tokens.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Item::Input(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_form() {
        for (json, count, tokens) in [
            (r#""abcde""#, 1, 2),
            (r#"["a","abcdefgh"]"#, 2, 3),
            ("[1,2,3]", 1, 3),
            ("[[1,2],[3]]", 2, 3),
            ("[[],[]]", 2, 0),
            ("[]", 0, 0),
        ] {
            assert_eq!(
                serde_json::from_str::<Inputs>(json).unwrap(),
                Inputs { count, tokens },
                "{json}"
            );
        }
        assert!(serde_json::from_str::<Inputs>("[{}]").is_err());
    }
}
