//! What tokens that were used would have cost at another price.

use super::Price;
use crate::{TokenClass, Tokens, Usd};

impl Price {
    /// What so many requests with these tokens together cost at the listed rates: those of short prompts
    /// and of the default service tier, for sums do not tell how long each prompt was. Each class is one
    /// line, rounded half up to a pico-dollar; charged one by one, each request rounds its own. An error is the
    /// first class that occurs and has no rate: nothing else stands for it here.
    pub fn instead(&self, tokens: Tokens, requests: u64) -> Result<Usd, TokenClass> {
        let mut sum = Usd::from_pico(self.per_request.pico().saturating_mul(requests.into()));
        for line in self.rates.lines(tokens) {
            if !line.is_known {
                return Err(line.class);
            }
            sum = sum.plus(line.amount);
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{PriceId, ServiceTier, price::Rates};

    fn price(input: u64, output: u64, fee: i128) -> Price {
        Price {
            id: PriceId::from_uuid(Uuid::nil()),
            provider: "openai".into(),
            model: "m".into(),
            rates: Rates::new(input, output),
            variants: Vec::new(),
            per_request: Usd::from_pico(fee),
            context: None,
            max_output: None,
        }
    }

    #[test]
    fn is_tokens_times_rates_and_a_fee_for_each_request() {
        let mut price = price(2_500_000_000_000, 10_000_000_000_000, 1_000_000);
        price.rates.set(TokenClass::Cached, Some(1_250_000_000_000));
        for (tokens, requests, sum) in [
            (Tokens::default(), 0, Ok("0.00")),
            (Tokens::default(), 3, Ok("0.000003")),
            (
                Tokens { input: 1_000_000, cached: 400_000, output: 250_000, ..Tokens::default() },
                0,
                Ok("5.50"),
            ),
            (Tokens { reasoning: 1, ..Tokens::default() }, 1, Ok("0.000011")),
            (
                Tokens { input: 1, audio_input: 1, ..Tokens::default() },
                1,
                Err(TokenClass::AudioInput),
            ),
            (Tokens { audio_output: 1, ..Tokens::default() }, 1, Err(TokenClass::AudioOutput)),
        ] {
            let cost = price.instead(tokens, requests).map(|sum| sum.to_string());
            assert_eq!(cost, sum.map(str::to_owned), "{tokens:?}");
        }
    }

    proptest! {
        /// Half a pico-dollar for each class of each request is all that rounding can differ by.
        #[test]
        fn sums_are_those_of_the_single_requests(
            requests in prop::collection::vec((0..100_000_u64, 0..100_000_u64), 1..20),
            (input, output) in (0..10_u64.pow(14), 0..10_u64.pow(14)),
        ) {
            let price = price(input, output, 7);
            let each = requests.iter().map(|(input, output)| Tokens { input: *input, output: *output, ..Tokens::default() });
            let charged: Usd = each.clone().map(|tokens| price.charge(tokens, ServiceTier::Default)).sum();
            let all = each.fold(Tokens::default(), Tokens::plus);
            let many = requests.len() as u64;
            let apart = price.instead(all, many).unwrap().pico() - charged.pico();
            prop_assert!(apart.unsigned_abs() <= u128::from(many) + 1, "{apart}");
        }
    }
}
