//! What tokens of each class cost.

use super::May;
use crate::{TokenClass, Tokens, Usd};

/// A price that is charged per million tokens, in pico-dollars.
pub type PerMillion = u64;

/// Pico-dollars per million tokens, by class. Input and output always have a rate of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    input: PerMillion,
    output: PerMillion,
    /// In the order of [`TokenClass::ALL`]; those of input and output stay empty.
    others: [Option<PerMillion>; TokenClass::COUNT],
}

/// One class of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The class.
    pub class: TokenClass,
    /// How many tokens.
    pub count: u64,
    /// At which rate.
    pub rate: PerMillion,
    /// It is the class's rate; else the dearest of its side.
    pub is_known: bool,
    /// What they cost, rounded half up to a pico-dollar.
    pub amount: Usd,
}

const MILLION: u128 = 1_000_000;

impl Rates {
    /// Rates of input and output alone.
    pub const fn new(input: PerMillion, output: PerMillion) -> Self {
        Self { input, output, others: [None; TokenClass::COUNT] }
    }

    /// Sets the rate of a class. Input and output can't be without one: none leaves theirs.
    pub fn set(&mut self, class: TokenClass, rate: Option<PerMillion>) {
        match (class, rate) {
            (TokenClass::Input, Some(rate)) => self.input = rate,
            (TokenClass::Output, Some(rate)) => self.output = rate,
            (TokenClass::Input | TokenClass::Output, None) => {}
            (other, rate) => self.others[place(other)] = rate,
        }
    }

    /// The rate that the class has of its own.
    pub fn own(&self, class: TokenClass) -> Option<PerMillion> {
        match class {
            TokenClass::Input => Some(self.input),
            TokenClass::Output => Some(self.output),
            other => self.others[place(other)],
        }
    }

    /// The rate of a class, of its own or of the class that it is a kind of. None: not known. Sound
    /// and generated pictures cost many times what text does, and so does a cache for an hour where
    /// writing to one has a rate: nothing else stands for them.
    pub fn of(&self, class: TokenClass) -> Option<PerMillion> {
        self.own(class).or_else(|| match class {
            TokenClass::Input
            | TokenClass::Cached
            | TokenClass::CacheWrite
            | TokenClass::ImageInput => Some(self.input),
            TokenClass::CacheWrite1h if self.own(TokenClass::CacheWrite).is_none() => {
                Some(self.input)
            }
            TokenClass::Output | TokenClass::Reasoning => Some(self.output),
            TokenClass::CacheWrite1h
            | TokenClass::AudioInput
            | TokenClass::AudioOutput
            | TokenClass::ImageOutput => None,
        })
    }

    /// Whether each class that occurs has a rate.
    pub(super) fn knows(&self, tokens: Tokens) -> bool {
        let counts = TokenClass::ALL.into_iter().zip(tokens.by_class());
        counts.into_iter().all(|(class, count)| count == 0 || self.of(class).is_some())
    }

    pub(super) fn charge(&self, tokens: Tokens) -> Usd {
        self.lines(tokens).map(|line| line.amount).sum()
    }

    /// What these tokens cost, class by class; classes that do not occur are left out.
    pub fn lines(&self, tokens: Tokens) -> impl Iterator<Item = Line> {
        let occurring = TokenClass::ALL.into_iter().zip(tokens.by_class());
        occurring.filter(|(_, count)| *count > 0).map(|(class, count)| {
            let known = self.of(class);
            let rate = known.unwrap_or_else(|| self.dearest(class.is_generated()));
            let pico = (u128::from(count) * u128::from(rate) + MILLION / 2) / MILLION;
            let amount = Usd::from_pico(pico.cast_signed());
            Line { class, count, rate, is_known: known.is_some(), amount }
        })
    }

    /// The dearest rate of the prompt, or of what is generated.
    fn dearest(&self, generated: bool) -> PerMillion {
        let side = TokenClass::ALL.into_iter().filter(|class| class.is_generated() == generated);
        side.filter_map(|class| self.of(class)).max().unwrap_or(0)
    }

    pub(super) fn bound(&self, input: u64, output: u64, may: May) -> Usd {
        self.most(input, |class| match class {
            TokenClass::CacheWrite1h => may.keep_for_an_hour,
            TokenClass::AudioInput => may.hear,
            other => !other.is_generated(),
        })
        .plus(self.most(output, |class| match class {
            TokenClass::AudioOutput | TokenClass::ImageOutput => may.speak,
            other => other.is_generated(),
        }))
    }

    /// The most that so many tokens of these classes can cost.
    fn most(&self, count: u64, takes: impl Fn(TokenClass) -> bool) -> Usd {
        if count == 0 {
            return Usd::ZERO;
        }
        let rates =
            TokenClass::ALL.into_iter().filter(|class| takes(*class)).filter_map(
                |class| match class {
                    // Asked for without a rate of its own: see `charge`.
                    TokenClass::AudioInput | TokenClass::AudioOutput | TokenClass::ImageOutput => {
                        Some(self.of(class).unwrap_or_else(|| self.dearest(class.is_generated())))
                    }
                    other => self.of(other),
                },
            );
        let (mut dearest, mut broken) = (0, 0);
        for rate in rates {
            dearest = rate.max(dearest);
            broken += i128::from(!u128::from(rate).is_multiple_of(MILLION));
        }
        // The tokens may be split over classes, each rounded half up: half a pico-dollar more for
        // each class that can have a rest to round.
        let whole = (u128::from(count) * u128::from(dearest)).div_ceil(MILLION).cast_signed();
        Usd::from_pico(whole + broken / 2)
    }
}

fn place(class: TokenClass) -> usize {
    TokenClass::ALL.iter().position(|one| *one == class).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn falls_back_to_what_a_class_is_a_kind_of() {
        let mut rates = Rates::new(10, 40);
        for (class, rate) in TokenClass::ALL.into_iter().zip([
            Some(10),
            Some(10),
            Some(10),
            Some(10),
            None,
            Some(10),
            Some(40),
            Some(40),
            None,
            None,
        ]) {
            assert_eq!(rates.of(class), rate, "{class:?}");
        }
        rates.set(TokenClass::CacheWrite, Some(12));
        assert_eq!(rates.of(TokenClass::CacheWrite1h), None);
        rates.set(TokenClass::CacheWrite1h, Some(20));
        assert_eq!(rates.of(TokenClass::CacheWrite1h), Some(20));
        rates.set(TokenClass::Input, None);
        assert_eq!(rates.own(TokenClass::Input), Some(10));
    }

    #[test]
    fn what_has_no_rate_is_charged_at_the_dearest_of_its_side() {
        let mut rates = Rates::new(1_000_000, 4_000_000);
        rates.set(TokenClass::CacheWrite, Some(3_000_000));
        let sound = Tokens { audio_input: 10, ..Tokens::default() };
        assert!(!rates.knows(sound));
        assert_eq!(rates.charge(sound), Usd::from_pico(30));
        let said = Tokens { audio_output: 10, ..Tokens::default() };
        assert_eq!(rates.charge(said), Usd::from_pico(40));
        assert!(rates.knows(Tokens { reasoning: 1, cached: 1, ..Tokens::default() }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn bound_covers_charge(
            (input, output) in (0..10_u64.pow(16), 0..10_u64.pow(16)),
            others in prop::array::uniform10(prop::option::of(0..10_u64.pow(16))),
            counts in prop::array::uniform10(0..2_000_000_u64),
        ) {
            let mut rates = Rates::new(input, output);
            for (class, rate) in TokenClass::ALL.into_iter().zip(others) {
                rates.set(class, rate);
            }
            let tokens = Tokens::from_classes(counts);
            let all = May { tier: None, keep_for_an_hour: true, hear: true, speak: true };
            prop_assert!(rates.bound(tokens.prompt(), tokens.generated(), all) >= rates.charge(tokens));
        }
    }
}
