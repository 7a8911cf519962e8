//! What a model costs.

use crate::{PriceId, Tokens, Usd};

/// A price that is charged per million tokens, in pico-dollars.
pub type PerMillion = u64;

/// One version of a model's price, and the sizes that bound a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The version; an event keeps it.
    pub id: PriceId,
    /// Who sells it: `openai`, `anthropic`, `google`, `sandbox`.
    pub provider: String,
    /// The model's name, as requests give it.
    pub model: String,
    /// Pico-dollars per million input tokens.
    pub input: PerMillion,
    /// Pico-dollars per million cached input tokens.
    pub cached: PerMillion,
    /// Pico-dollars per million output tokens.
    pub output: PerMillion,
    /// Charged once per request.
    pub per_request: Usd,
    /// Most tokens of prompt and answer together, where the provider states it.
    pub context: Option<u64>,
    /// Most tokens of one answer, where the provider states it.
    pub max_output: Option<u64>,
}

const MILLION: u128 = 1_000_000;

impl Price {
    /// What these tokens cost: each class is a line, rounded half up to a pico-dollar.
    pub fn charge(&self, tokens: Tokens) -> Usd {
        let line = |count: u64, price: PerMillion| {
            (u128::from(count) * u128::from(price) + MILLION / 2) / MILLION
        };
        self.per_request.plus(
            [
                (tokens.input, self.input),
                (tokens.cached, self.cached),
                (tokens.output, self.output),
            ]
            .into_iter()
            .map(|(count, price)| Usd::from_pico(line(count, price).cast_signed()))
            .sum(),
        )
    }

    /// The most that `input` prompt tokens and `output` generated tokens can cost: input at the
    /// dearest class that could apply, each line rounded up.
    pub fn bound(&self, input: u64, output: u64) -> Usd {
        let line = |count: u64, price: PerMillion| {
            Usd::from_pico((u128::from(count) * u128::from(price)).div_ceil(MILLION).cast_signed())
        };
        // Input may be split over two classes, each rounded half up: one pico-dollar more, where both
        // can have a rest to round.
        let whole = |price: PerMillion| u128::from(price).is_multiple_of(MILLION);
        let split =
            Usd::from_pico(i128::from(input > 0 && !whole(self.input) && !whole(self.cached)));
        self.per_request
            .plus(line(input, self.input.max(self.cached)))
            .plus(split)
            .plus(line(output, self.output))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn price(input: u64, cached: u64, output: u64) -> Price {
        Price {
            id: PriceId::from_uuid(Uuid::nil()),
            provider: "sandbox".into(),
            model: "m".into(),
            input,
            cached,
            output,
            per_request: Usd::ZERO,
            context: None,
            max_output: None,
        }
    }

    #[test]
    fn charges_per_million_half_up() {
        let tokens = Tokens { input: 1_000_000, cached: 500_000, output: 3, ..Tokens::default() };
        let dollars = |n: u64| n * 1_000_000_000_000;
        assert_eq!(
            price(dollars(1), dollars(2), dollars(4)).charge(tokens).to_string(),
            "2.000012"
        );
        assert_eq!(price(499_999, 0, 0).charge(Tokens { input: 1, ..tokens }), Usd::from_pico(0));
        assert_eq!(price(500_000, 0, 0).charge(Tokens { input: 1, ..tokens }), Usd::from_pico(1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn bound_covers_charge(
            prices in [0..10_u64.pow(16), 0..10_u64.pow(16), 0..10_u64.pow(16)],
            counts in [0..2_000_000_u64, 0..2_000_000, 0..2_000_000],
        ) {
            let price = price(prices[0], prices[1], prices[2]);
            let tokens =
                Tokens { input: counts[0], cached: counts[1], output: counts[2], ..Tokens::default() };
            prop_assert!(price.bound(tokens.input + tokens.cached, tokens.output) >= price.charge(tokens));
        }
    }
}
