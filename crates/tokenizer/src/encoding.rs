//! The encodings, and the models that have them.

use tiktoken_rs::{
    CoreBPE, cl100k_base_singleton, o200k_base_singleton,
    tokenizer::{Tokenizer, get_tokenizer},
};

/// A way to cut text into tokens: a vocabulary and the rules beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// Of GPT-4o and every later model of OpenAI.
    O200k,
    /// Of GPT-4, GPT-3.5 and the models for embeddings.
    Cl100k,
}

impl Encoding {
    /// The encoding of one of OpenAI's models, by its name. None: OpenAI has published none for it, or it
    /// is one of those that were withdrawn with GPT-3.
    pub fn of_openai(model: &str) -> Option<Self> {
        match get_tokenizer(model)? {
            // Harmony only adds marks for what stands around messages: text is cut the same way.
            Tokenizer::O200kBase | Tokenizer::O200kHarmony => Some(Self::O200k),
            Tokenizer::Cl100kBase => Some(Self::Cl100k),
            Tokenizer::P50kBase | Tokenizer::R50kBase | Tokenizer::P50kEdit | Tokenizer::Gpt2 => {
                None
            }
        }
    }

    /// OpenAI's name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::O200k => "o200k_base",
            Self::Cl100k => "cl100k_base",
        }
    }

    /// The vocabulary, read when it is first asked for and kept.
    pub(crate) fn vocabulary(self) -> &'static CoreBPE {
        match self {
            Self::O200k => o200k_base_singleton(),
            Self::Cl100k => cl100k_base_singleton(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_have_the_encoding_that_openai_says() {
        for (model, encoding) in [
            ("gpt-4o", Some(Encoding::O200k)),
            ("gpt-4o-mini-2024-07-18", Some(Encoding::O200k)),
            ("gpt-5.4-nano", Some(Encoding::O200k)),
            ("o3", Some(Encoding::O200k)),
            ("gpt-oss-120b", Some(Encoding::O200k)),
            ("gpt-4-turbo", Some(Encoding::Cl100k)),
            ("gpt-3.5-turbo-instruct", Some(Encoding::Cl100k)),
            ("text-embedding-3-small", Some(Encoding::Cl100k)),
            ("davinci", None),
            ("claude-opus-5", None),
            ("gemini-2.5-pro", None),
            ("", None),
        ] {
            assert_eq!(Encoding::of_openai(model), encoding, "{model}");
        }
    }
}
