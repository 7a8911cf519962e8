//! Where a text is cut.

use std::collections::HashSet;

use crate::Encoding;

/// The longest text that is cut, in characters. What takes longest is a text without a space, whose time
/// grows a little faster than its length.
pub const LONGEST: usize = 100_000;

/// Why a text was not cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// Longer than [`LONGEST`].
    #[error("the text is longer than {LONGEST} characters")]
    TooLong,
    /// The rules of the encoding gave up on it.
    #[error("this text can’t be cut into tokens")]
    Hopeless,
}

/// The shortest run of tokens that is whole characters: nearly always one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// What stands there.
    pub text: &'a str,
    /// How many tokens it is, at least one: a rare character is several.
    pub tokens: usize,
}

/// A text in its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split<'a> {
    /// All of the text, in order.
    pub parts: Vec<Part<'a>>,
    /// How many tokens they are together.
    pub tokens: usize,
}

/// Cuts a text as a model with this encoding does. What looks like one of a vocabulary's special tokens,
/// such as `<|endoftext|>`, is text like any other, as it is in a prompt.
pub fn split(encoding: Encoding, text: &str) -> Result<Split<'_>, SplitError> {
    if text.chars().nth(LONGEST).is_some() {
        return Err(SplitError::TooLong);
    }
    let vocabulary = encoding.vocabulary();
    let (tokens, _) = vocabulary.encode(text, &HashSet::new()).map_err(|_| SplitError::Hopeless)?;
    let mut parts = Vec::with_capacity(tokens.len());
    let (mut start, mut end, mut many) = (0, 0, 0);
    for token in &tokens {
        let bytes = vocabulary.decode_bytes(&[*token]).map_err(|_| SplitError::Hopeless)?;
        end += bytes.len();
        many += 1;
        if text.is_char_boundary(end) {
            let text = text.get(start..end).ok_or(SplitError::Hopeless)?;
            parts.push(Part { text, tokens: many });
            (start, many) = (end, 0);
        }
    }
    let is_whole = start == text.len();
    is_whole.then_some(Split { parts, tokens: tokens.len() }).ok_or(SplitError::Hopeless)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(encoding: Encoding, text: &str) -> Vec<(&str, usize)> {
        let split = split(encoding, text).unwrap();
        assert_eq!(split.tokens, split.parts.iter().map(|part| part.tokens).sum::<usize>());
        split.parts.into_iter().map(|part| (part.text, part.tokens)).collect()
    }

    /// The examples of OpenAI's cookbook, "How to count tokens with tiktoken".
    #[test]
    fn cuts_as_openai_says() {
        use Encoding::{Cl100k, O200k};
        for (encoding, text, parts) in [
            (Cl100k, "tiktoken is great!", "t|ik|token| is| great|!"),
            (Cl100k, "antidisestablishmentarianism", "ant|idis|establish|ment|arian|ism"),
            (O200k, "antidisestablishmentarianism", "ant|idis|est|ablishment|arian|ism"),
            (Cl100k, "2 + 2 = 4", "2| +| |2| =| |4"),
            (O200k, "2 + 2 = 4", "2| +| |2| =| |4"),
        ] {
            let cut: Vec<_> = cut(encoding, text).into_iter().map(|(text, _)| text).collect();
            assert_eq!(cut.join("|"), parts, "{encoding:?} {text}");
        }
        for (encoding, tokens) in [(Cl100k, 9), (O200k, 8)] {
            assert_eq!(split(encoding, "お誕生日おめでとう").unwrap().tokens, tokens);
        }
    }

    #[test]
    fn a_character_of_several_tokens_is_one_part() {
        assert!(cut(Encoding::O200k, "お誕生日おめでとう").contains(&("誕", 2)));
        assert_eq!(cut(Encoding::O200k, "\u{10FFFF}"), [("\u{10FFFF}", 4)]);
        assert_eq!(cut(Encoding::O200k, ""), []);
        assert!(cut(Encoding::O200k, "<|endoftext|>").len() > 1);
    }

    /// Of each of these many a tokenizer makes one word, over which its time grows with the square of the
    /// length, or its stack without a bound.
    #[test]
    fn a_long_text_without_a_space_ends() {
        for unit in [
            "a",
            "A",
            "^",
            "_",
            " ",
            "\n",
            "\t",
            "0",
            "é",
            "あ",
            "\u{1F600}",
            "\u{200b}",
            "'s",
            "aB",
            "\r\n ",
            "\u{301}",
        ] {
            let text: String = unit.chars().cycle().take(LONGEST).collect();
            for encoding in [Encoding::O200k, Encoding::Cl100k] {
                let ends = text.chars().skip(1).chain(['x']).collect::<String>();
                for text in [&text, &ends] {
                    assert!(split(encoding, text).unwrap().tokens > 0, "{unit:?}");
                }
            }
        }
        let longer = "a".repeat(LONGEST + 1);
        assert_eq!(split(Encoding::O200k, &longer), Err(SplitError::TooLong));
    }

    proptest! {
        #[test]
        fn parts_are_the_text(text in "\\PC*|[\\s\\S]{0,200}") {
            for encoding in [Encoding::O200k, Encoding::Cl100k] {
                let cut = split(encoding, &text).unwrap();
                prop_assert_eq!(cut.parts.iter().map(|part| part.text).collect::<String>(), text.as_str());
                prop_assert!(cut.parts.iter().all(|part| part.tokens > 0));
                prop_assert!(cut.tokens <= text.len());
            }
        }
    }
}
