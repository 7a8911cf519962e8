//! Tokens by class.

use serde::{Deserialize, Serialize};

/// What a token is, to its price. The classes do not overlap, however a provider counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TokenClass {
    /// Text of the prompt that was processed anew.
    Input,
    /// Of the prompt, what the provider had in its cache.
    Cached,
    /// Of the prompt, what the provider wrote to its cache, for five minutes.
    CacheWrite,
    /// The same for an hour.
    CacheWrite1h,
    /// Sound of the prompt.
    AudioInput,
    /// Pictures of the prompt, where they have a price of their own.
    ImageInput,
    /// Generated text that is shown.
    Output,
    /// Generated text that is not shown.
    Reasoning,
    /// Generated sound.
    AudioOutput,
    /// Generated pictures.
    ImageOutput,
}

impl TokenClass {
    /// How many there are.
    pub const COUNT: usize = 10;

    /// All of them, in the order of tables and of [`Tokens::by_class`].
    pub const ALL: [Self; Self::COUNT] = [
        Self::Input,
        Self::Cached,
        Self::CacheWrite,
        Self::CacheWrite1h,
        Self::AudioInput,
        Self::ImageInput,
        Self::Output,
        Self::Reasoning,
        Self::AudioOutput,
        Self::ImageOutput,
    ];

    /// Whether the provider generated it; else it is of the prompt.
    pub const fn is_generated(self) -> bool {
        matches!(self, Self::Output | Self::Reasoning | Self::AudioOutput | Self::ImageOutput)
    }

    /// The word for tables and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Cached => "cached",
            Self::CacheWrite => "cache_write",
            Self::CacheWrite1h => "cache_write_1h",
            Self::AudioInput => "audio_input",
            Self::ImageInput => "image_input",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::AudioOutput => "audio_output",
            Self::ImageOutput => "image_output",
        }
    }
}

/// Tokens of one request or of many, by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Tokens {
    /// See [`TokenClass::Input`].
    pub input: u64,
    /// See [`TokenClass::Cached`].
    pub cached: u64,
    /// See [`TokenClass::CacheWrite`].
    pub cache_write: u64,
    /// See [`TokenClass::CacheWrite1h`].
    pub cache_write_1h: u64,
    /// See [`TokenClass::AudioInput`].
    pub audio_input: u64,
    /// See [`TokenClass::ImageInput`].
    pub image_input: u64,
    /// See [`TokenClass::Output`].
    pub output: u64,
    /// See [`TokenClass::Reasoning`].
    pub reasoning: u64,
    /// See [`TokenClass::AudioOutput`].
    pub audio_output: u64,
    /// See [`TokenClass::ImageOutput`].
    pub image_output: u64,
}

impl Tokens {
    /// The counts in the order of [`TokenClass::ALL`].
    pub const fn by_class(self) -> [u64; TokenClass::COUNT] {
        [
            self.input,
            self.cached,
            self.cache_write,
            self.cache_write_1h,
            self.audio_input,
            self.image_input,
            self.output,
            self.reasoning,
            self.audio_output,
            self.image_output,
        ]
    }

    /// From counts in the order of [`TokenClass::ALL`].
    pub const fn from_classes(counts: [u64; TokenClass::COUNT]) -> Self {
        let [
            input,
            cached,
            cache_write,
            cache_write_1h,
            audio_input,
            image_input,
            output,
            reasoning,
            audio_output,
            image_output,
        ] = counts;
        Self {
            input,
            cached,
            cache_write,
            cache_write_1h,
            audio_input,
            image_input,
            output,
            reasoning,
            audio_output,
            image_output,
        }
    }

    /// All classes together.
    pub fn total(self) -> u64 {
        self.by_class().into_iter().fold(0, u64::saturating_add)
    }

    /// Both together, class by class.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let (mine, others) = (self.by_class(), other.by_class());
        Self::from_classes(std::array::from_fn(|at| mine[at].saturating_add(others[at])))
    }

    /// All of the prompt.
    pub fn prompt(self) -> u64 {
        self.sum(|class| !class.is_generated())
    }

    /// All that was generated.
    pub fn generated(self) -> u64 {
        self.sum(TokenClass::is_generated)
    }

    fn sum(self, takes: impl Fn(TokenClass) -> bool) -> u64 {
        let counts = TokenClass::ALL.into_iter().zip(self.by_class());
        counts
            .filter(|(class, _)| takes(*class))
            .fold(0, |sum, (_, count)| sum.saturating_add(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_counts_have_one_order() {
        let counts = std::array::from_fn(|place| place as u64 + 1);
        let tokens = Tokens::from_classes(counts);
        assert_eq!(tokens.by_class(), counts);
        assert_eq!((tokens.input, tokens.output, tokens.image_output), (1, 7, 10));
        assert_eq!((tokens.prompt(), tokens.generated(), tokens.total()), (21, 34, 55));
    }

    #[cfg(feature = "server")]
    #[test]
    fn names_are_those_of_the_fields() {
        let tokens = serde_json::to_string(&Tokens::default()).unwrap();
        for (class, named) in
            TokenClass::ALL.into_iter().zip(tokens.trim_matches(['{', '}']).split(','))
        {
            assert!(named.starts_with(&format!("\"{}\"", class.as_str())), "{named}");
        }
    }
}
