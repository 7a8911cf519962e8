//! Rates in words and columns.

use domain::{
    ServiceTier, TokenClass,
    price::{Rates, Variant, dollars},
};

use crate::labels;

/// The classes that a form asks for, with their words; the first two must be filled in.
pub(in crate::pages) const ASKED: [(TokenClass, &str); 7] = [
    (TokenClass::Input, labels::INPUT),
    (TokenClass::Output, labels::OUTPUT),
    (TokenClass::Cached, labels::CACHED_INPUT),
    (TokenClass::CacheWrite, "Cache write, 5 min"),
    (TokenClass::CacheWrite1h, "Cache write, 1 h"),
    (TokenClass::AudioInput, labels::AUDIO_INPUT),
    (TokenClass::AudioOutput, labels::AUDIO_OUTPUT),
];

/// A rate of its own, in dollars per million tokens; a dash where it has none.
pub(in crate::pages) fn rate(rates: &Rates, class: TokenClass) -> String {
    rates.own(class).map_or_else(|| "–".to_owned(), |rate| format!("${}", dollars(rate)))
}

/// The rates besides input, cached input and output, in one line; empty if there are none.
pub(in crate::pages) fn others(rates: &Rates) -> String {
    let words = |class| match class {
        TokenClass::CacheWrite => Some("cache write 5 min"),
        TokenClass::CacheWrite1h => Some("cache write 1 h"),
        TokenClass::AudioInput => Some("audio input"),
        TokenClass::ImageInput => Some("image input"),
        TokenClass::Reasoning => Some("reasoning"),
        TokenClass::AudioOutput => Some("audio output"),
        TokenClass::ImageOutput => Some("image output"),
        TokenClass::Input | TokenClass::Cached | TokenClass::Output => None,
    };
    let all = TokenClass::ALL
        .into_iter()
        .filter_map(|class| Some(format!("{} ${}", words(class)?, dollars(rates.own(class)?))));
    all.collect::<Vec<_>>().join(", ")
}

/// When a variant holds: `from 200,001 tokens of prompt`, `flex`.
pub(in crate::pages) fn when(variant: &Variant) -> String {
    let tier = (variant.tier != ServiceTier::Default).then(|| variant.tier.as_str().to_owned());
    let from = (variant.from > 0)
        .then(|| format!("from {} tokens of prompt", crate::components::count(variant.from)));
    [tier, from].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
