//! Requests in words.

use chrono::TimeDelta;
use domain::{Outcome, TokenClass};
use store::requests::Key;

use crate::components::{Tone, count};
use crate::labels;

/// How it ended: a word, its tone, and what it was charged by.
pub(in crate::pages) const fn outcome(outcome: Outcome) -> (&'static str, Tone, &'static str) {
    match outcome {
        Outcome::Answered => {
            ("Answered", Tone::Ok, "The provider answered and told what was used.")
        }
        Outcome::Estimated => (
            labels::ESTIMATED,
            Tone::Warn,
            "The answer ended early or told no usable count: charged by an estimate.",
        ),
        Outcome::Unknown => (
            labels::NO_ANSWER,
            Tone::Warn,
            "It was sent, and no answer came: charged the most it can cost.",
        ),
        Outcome::Interrupted => (
            labels::INTERRUPTED,
            Tone::Warn,
            "The server that forwarded it died meanwhile: charged the most it can cost.",
        ),
        Outcome::Corrected => {
            (labels::CORRECTED, Tone::Plain, "An owner corrected what it was charged.")
        }
        Outcome::Released => {
            ("Cost nothing", Tone::Plain, "The provider surely did nothing: it is not charged.")
        }
    }
}

/// Whose key it was.
pub(in crate::pages) fn key(key: &Key) -> String {
    match key {
        Key::Named { name, .. } => name.clone(),
        Key::Untracked => labels::UNTRACKED_KEY.to_owned(),
        Key::Playground => labels::PLAYGROUND.to_owned(),
        Key::Personal => labels::PERSONAL_KEY.to_owned(),
    }
}

/// `0.06 ms`, `4,106.50 ms`: for one request's parts, so that they compare.
pub(in crate::pages) fn milliseconds(micros: u64) -> String {
    let hundredths = micros.saturating_add(5) / 10;
    format!("{}.{:02} ms", count(hundredths / 100), hundredths % 100)
}

/// `380 µs`, `14 ms`, `4.52 s`, `2 min 4 s`, `12 h 20 min`: for a sentence.
pub(in crate::pages) fn duration(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{} ms", (micros + 500) / 1_000),
        1_000_000..60_000_000 => {
            let hundredths = (micros + 5_000) / 10_000;
            format!("{}.{:02} s", hundredths / 100, hundredths % 100)
        }
        60_000_000..3_600_000_000 => {
            let seconds = micros / 1_000_000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
        _ => {
            let minutes = micros / 60_000_000;
            format!("{} h {} min", count(minutes / 60), minutes % 60)
        }
    }
}

/// Of milliseconds.
pub(in crate::pages) fn time(milliseconds: u32) -> String {
    match milliseconds {
        0 => "< 1 ms".to_owned(),
        more => duration(u64::from(more) * 1_000),
    }
}

/// Never less than nothing.
pub(in crate::pages) fn micros(delta: TimeDelta) -> u64 {
    delta.num_microseconds().and_then(|micros| u64::try_from(micros).ok()).unwrap_or(0)
}

/// `1 token`, `1,284 tokens`.
pub(in crate::pages) fn tokens(number: u64) -> String {
    match number {
        1 => "1 token".to_owned(),
        more => format!("{} tokens", count(more)),
    }
}

/// A class of tokens in words.
pub(in crate::pages) const fn class(class: TokenClass) -> &'static str {
    match class {
        TokenClass::Input => labels::INPUT,
        TokenClass::Cached => labels::CACHED_INPUT,
        TokenClass::CacheWrite => "Cache write",
        TokenClass::CacheWrite1h => "Cache write, 1 hour",
        TokenClass::AudioInput => labels::AUDIO_INPUT,
        TokenClass::ImageInput => "Image input",
        TokenClass::Output => labels::OUTPUT,
        TokenClass::Reasoning => labels::REASONING,
        TokenClass::AudioOutput => labels::AUDIO_OUTPUT,
        TokenClass::ImageOutput => "Image output",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short_and_round_half_up() {
        for (micros, short, exact) in [
            (0, "0 µs", "0.00 ms"),
            (380, "380 µs", "0.38 ms"),
            (1_499, "1 ms", "1.50 ms"),
            (21_400, "21 ms", "21.40 ms"),
            (4_106_504, "4.11 s", "4,106.50 ms"),
            (124_900_000, "2 min 4 s", "124,900.00 ms"),
        ] {
            assert_eq!((duration(micros), milliseconds(micros)), (short.into(), exact.into()));
        }
        assert_eq!((time(0), time(14)), ("< 1 ms".to_owned(), "14 ms".to_owned()));
        assert_eq!(micros(TimeDelta::milliseconds(-3)), 0);
    }
}
