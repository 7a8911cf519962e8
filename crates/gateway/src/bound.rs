//! The most that a request can cost.
//!
//! *Input*: a token stands for at least one byte, and a message's own overhead is less than the JSON
//! around it; so the body's length bounds it where everything is in the body. What lies elsewhere
//! (images, files, sound, an earlier answer) is bounded by the model's context window.
//!
//! *Output*: the larger of the two maxima that a request may state, for each of its choices; without
//! one, the model's own maximum, else its context window. A prediction that the model rejects is
//! charged as output besides.
//!
//! Where a price version states no window, [`WINDOW`] stands for it, where it states no maximum
//! either, [`MAX_OUTPUT`] does: then the bound is only as true as these. Tools that run at the
//! provider have no bound at all; the request is held at its window and the model's maximum.

use domain::{Price, Usd};

/// Tokens of prompt and answer together, where a model's window is not known.
pub(crate) const WINDOW: u64 = 131_072;
/// Tokens of one answer, where neither the model's maximum nor its window is known.
pub(crate) const MAX_OUTPUT: u64 = 32_768;
/// What the sandbox generates if it is not told how much.
pub(crate) const SANDBOX_OUTPUT: u64 = 32;

/// The sizes of a request that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
pub(crate) struct Size {
    /// Bytes of the body.
    pub(crate) body: u64,
    /// Whether part of the input is not in the body.
    pub(crate) elsewhere: bool,
    /// Whether anything is generated.
    pub(crate) generates: bool,
    /// The largest stated maximum of one answer, in tokens.
    pub(crate) max_output: Option<u64>,
    /// How many answers, at least one.
    pub(crate) choices: u64,
    /// Whether it brings a prediction of the answer.
    pub(crate) prediction: bool,
    /// Whether tools run at the provider.
    pub(crate) tools: bool,
}

impl Size {
    /// The sandbox was told to claim so many tokens, whatever is asked for.
    pub(crate) fn at_least(&mut self, tokens: u64) {
        if self.generates {
            self.max_output = Some(self.max_output.unwrap_or(SANDBOX_OUTPUT).max(tokens));
        } else {
            self.body = self.body.max(tokens);
        }
    }
}

/// What is reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound {
    /// The most prompt tokens.
    pub(crate) input: u64,
    /// The most generated tokens, of all choices together.
    pub(crate) output: u64,
    /// What rate limits take it for until it has ended: a quarter of the body, and all that may be
    /// generated.
    pub(crate) tokens: u64,
    /// What these cost at most.
    pub(crate) amount: Usd,
}

impl Bound {
    /// The bound of a request of this size at this price.
    pub(crate) fn new(size: &Size, price: &Price) -> Self {
        let input = input(size, price);
        let output = output(size, price);
        let tokens = (size.body.div_ceil(4)).saturating_add(output);
        Self { input, output, tokens, amount: price.bound(input, output) }
    }
}

fn input(size: &Size, price: &Price) -> u64 {
    // The sandbox reads nothing but text.
    let in_body = !(size.elsewhere || size.tools) || price.provider == crate::sandbox::PROVIDER;
    if in_body { size.body } else { price.context.unwrap_or_else(|| WINDOW.max(size.body)) }
}

fn output(size: &Size, price: &Price) -> u64 {
    if !size.generates {
        return 0;
    }
    let model_maximum = if price.provider == crate::sandbox::PROVIDER {
        SANDBOX_OUTPUT
    } else {
        price.max_output.or(price.context).unwrap_or(MAX_OUTPUT)
    };
    let mut one = size.max_output.unwrap_or(model_maximum);
    if size.tools {
        one = one.max(model_maximum);
    }
    if size.prediction {
        one = one.saturating_add(size.body);
    }
    one.saturating_mul(size.choices.max(1))
}

#[cfg(test)]
mod tests {
    use domain::{PriceId, Tokens};
    use proptest::prelude::*;

    use super::*;

    fn price(provider: &str, context: Option<u64>, max_output: Option<u64>) -> Price {
        Price {
            id: PriceId::generate(),
            provider: provider.to_owned(),
            model: "m".to_owned(),
            input: 1_000_000_000_000,
            cached: 100_000_000_000,
            output: 4_000_000_000_000,
            per_request: Usd::ZERO,
            context,
            max_output,
        }
    }

    const CHAT: Size = Size {
        body: 100,
        elsewhere: false,
        generates: true,
        max_output: None,
        choices: 1,
        prediction: false,
        tools: false,
    };

    #[test]
    fn each_rule_once() {
        let known = price("openai", Some(8_000), Some(2_000));
        let window = price("openai", Some(8_000), None);
        let unknown = price("openai", None, None);
        let sandbox = price("sandbox", None, None);
        let stated = Size { max_output: Some(10), ..CHAT };
        let elsewhere = Size { elsewhere: true, ..stated };
        let tools = Size { tools: true, ..stated };
        for (what, size, price, input, output) in [
            ("stated", stated, &known, 100, 10),
            ("two choices", Size { choices: 2, ..stated }, &known, 100, 20),
            ("model's maximum", CHAT, &known, 100, 2_000),
            ("window for maximum", CHAT, &window, 100, 8_000),
            ("nothing known", CHAT, &unknown, 100, MAX_OUTPUT),
            ("image", elsewhere, &known, 8_000, 10),
            ("image, no window", elsewhere, &unknown, WINDOW, 10),
            ("image in a large body", Size { body: 200_000, ..elsewhere }, &unknown, 200_000, 10),
            ("server tools", tools, &known, 8_000, 2_000),
            ("prediction", Size { prediction: true, ..stated }, &known, 100, 110),
            ("embedding", Size { generates: false, ..CHAT }, &known, 100, 0),
            ("sandbox", CHAT, &sandbox, 100, SANDBOX_OUTPUT),
            ("sandbox with an image", elsewhere, &sandbox, 100, 10),
        ] {
            let bound = Bound::new(&size, price);
            assert_eq!((bound.input, bound.output), (input, output), "{what}");
        }
    }

    #[test]
    fn ten_dimes_fit_a_dollar() {
        let dime = Price {
            input: 0,
            cached: 0,
            output: 0,
            per_request: Usd::from_pico(Usd::PICO / 10),
            ..price("sandbox", None, None)
        };
        let bound = Bound::new(&CHAT, &dime).amount;
        assert_eq!((0..10).map(|_| bound).sum::<Usd>(), Usd::from_dollars(1));
    }

    fn prices() -> impl Strategy<Value = Price> {
        let window = || prop::option::of(1..2_000_000_u64);
        // Half of them cost whole pico-dollars a token, as most real ones do.
        let amount =
            || prop_oneof![0..10_u64.pow(15), (0..10_u64.pow(9)).prop_map(|pico| pico * 1_000_000)];
        ((amount(), amount(), amount()), (window(), window()), 0..10_i128.pow(11)).prop_map(
            |((input, cached, output), (context, max_output), per_request)| Price {
                input,
                cached,
                output,
                per_request: Usd::from_pico(per_request),
                ..price("openai", context, max_output)
            },
        )
    }

    fn sizes() -> impl Strategy<Value = Size> {
        (any::<[bool; 4]>(), prop::option::of(0..1_000_000_u64), 1..128_u64, 2..16_000_000_u64)
            .prop_map(|([elsewhere, generates, prediction, tools], max_output, choices, body)| {
                Size { body, elsewhere, generates, max_output, choices, prediction, tools }
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100_000))]
        #[test]
        fn bound_is_at_least_the_charge(
            price in prices(),
            size in sizes(),
            share in prop::array::uniform3(0..=1_000_u64),
        ) {
            // Any usage that a provider within its own limits can tell.
            let part = |most: u64, share: u64| u64::try_from(u128::from(most) * u128::from(share) / 1_000).unwrap();
            let one = size.max_output.unwrap_or_else(|| price.max_output.or(price.context).unwrap_or(MAX_OUTPUT));
            let most_input = if size.elsewhere {
                price.context.unwrap_or(WINDOW)
            } else {
                size.body.min(price.context.unwrap_or(u64::MAX))
            };
            let prompt = part(most_input, share[0]);
            let cached = part(prompt, share[1]);
            let output = if size.generates { part(one * size.choices, share[2]) } else { 0 };
            let charge = price.charge(Tokens { input: prompt - cached, cached, output, ..Tokens::default() });
            let bound = Bound::new(&size, &price);
            prop_assert!(bound.amount >= charge, "{bound:?} {charge}");
        }
    }
}
