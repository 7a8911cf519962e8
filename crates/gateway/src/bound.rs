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

use domain::{Price, ServiceTier, TokenClass, Usd, price::May};

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
    /// Whether the prompt holds sound.
    pub(crate) hears: bool,
    /// Whether the answer shall hold sound or pictures.
    pub(crate) speaks: bool,
    /// Whether the prompt may be kept in a cache for longer than usual.
    pub(crate) keeps: bool,
    /// The service tier that it names.
    pub(crate) tier: Option<ServiceTier>,
}

impl Size {
    /// What it may be charged for. A file may be sound, as far as anybody can tell.
    const fn may(&self) -> May {
        May {
            tier: self.tier,
            keep_for_an_hour: self.keeps || self.tools,
            hear: self.hears || self.elsewhere || self.tools,
            speak: self.speaks,
        }
    }

    /// Whether the price says what the sound costs that is asked for.
    pub(crate) fn is_priced(&self, price: &Price) -> bool {
        let tiers = ServiceTier::ALL.iter().filter(|tier| price.has(**tier));
        let knows = |class| tiers.clone().all(|tier| price.rates(*tier, 0).of(class).is_some());
        (!self.hears || knows(TokenClass::AudioInput))
            && (!self.speaks || knows(TokenClass::AudioOutput) || knows(TokenClass::ImageOutput))
    }

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
    /// The bound of a request of this size at this price; where none is known nothing is reserved.
    pub(crate) fn new(size: &Size, price: Option<&Price>) -> Self {
        let input = input(size, price);
        let output = output(size, price);
        let tokens = (size.body.div_ceil(4)).saturating_add(output);
        let amount = price.map_or(Usd::ZERO, |price| price.bound(input, output, size.may()));
        Self { input, output, tokens, amount }
    }
}

fn is_sandbox(price: Option<&Price>) -> bool {
    price.is_some_and(|price| price.provider == crate::sandbox::PROVIDER)
}

fn input(size: &Size, price: Option<&Price>) -> u64 {
    // The sandbox reads nothing but text.
    let in_body = !(size.elsewhere || size.tools) || is_sandbox(price);
    let context = price.and_then(|price| price.context);
    if in_body { size.body } else { context.unwrap_or_else(|| WINDOW.max(size.body)) }
}

fn output(size: &Size, price: Option<&Price>) -> u64 {
    if !size.generates {
        return 0;
    }
    let model_maximum = if is_sandbox(price) {
        SANDBOX_OUTPUT
    } else {
        price.and_then(|price| price.max_output.or(price.context)).unwrap_or(MAX_OUTPUT)
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
    use domain::{
        PriceId, Tokens,
        price::{Rates, Variant},
    };
    use proptest::prelude::*;

    use super::*;

    fn price(provider: &str, context: Option<u64>, max_output: Option<u64>) -> Price {
        Price {
            id: PriceId::generate(),
            provider: provider.to_owned(),
            model: "m".to_owned(),
            rates: Rates::new(1_000_000_000_000, 4_000_000_000_000),
            variants: Vec::new(),
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
        hears: false,
        speaks: false,
        keeps: false,
        tier: None,
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
            let bound = Bound::new(&size, Some(price));
            assert_eq!((bound.input, bound.output), (input, output), "{what}");
        }
    }

    #[test]
    fn ten_dimes_fit_a_dollar() {
        let dime = Price {
            rates: Rates::new(0, 0),
            per_request: Usd::from_pico(Usd::PICO / 10),
            ..price("sandbox", None, None)
        };
        let bound = Bound::new(&CHAT, Some(&dime)).amount;
        assert_eq!((0..10).map(|_| bound).sum::<Usd>(), Usd::from_dollars(1));
    }

    #[test]
    fn without_a_price_nothing_is_reserved() {
        let bound = Bound::new(&CHAT, None);
        assert_eq!((bound.input, bound.output, bound.amount), (100, MAX_OUTPUT, Usd::ZERO));
        assert_eq!(bound.tokens, 25 + MAX_OUTPUT);
    }

    #[test]
    fn sound_needs_a_rate_of_its_own() {
        let mut price = price("openai", None, None);
        let (hears, speaks) = (Size { hears: true, ..CHAT }, Size { speaks: true, ..CHAT });
        assert!(CHAT.is_priced(&price));
        assert!(!hears.is_priced(&price) && !speaks.is_priced(&price));
        price.rates.set(TokenClass::AudioInput, Some(1));
        assert!(hears.is_priced(&price) && !speaks.is_priced(&price));
        price.rates.set(TokenClass::AudioOutput, Some(1));
        assert!(speaks.is_priced(&price));
        // Not if some tier lacks it.
        let rates = Rates::new(1, 1);
        price.variants.push(Variant { tier: ServiceTier::Flex, from: 0, rates });
        assert!(!hears.is_priced(&price));
    }

    /// Half of them cost whole pico-dollars a token, as most real ones do.
    fn amount() -> impl Strategy<Value = u64> {
        prop_oneof![0..10_u64.pow(15), (0..10_u64.pow(9)).prop_map(|pico| pico * 1_000_000)]
    }

    fn rates() -> impl Strategy<Value = Rates> {
        let others = prop::array::uniform10(prop::option::of(amount()));
        (amount(), amount(), others).prop_map(|(input, output, others)| {
            let mut rates = Rates::new(input, output);
            for (class, rate) in TokenClass::ALL.into_iter().zip(others) {
                rates.set(class, rate);
            }
            rates
        })
    }

    fn tiers() -> impl Strategy<Value = ServiceTier> {
        prop::sample::select(ServiceTier::ALL.to_vec())
    }

    fn prices() -> impl Strategy<Value = Price> {
        let window = || prop::option::of(1..2_000_000_u64);
        let variant = (tiers(), prop_oneof![Just(0), 1..500_000_u64], rates())
            .prop_map(|(tier, from, rates)| Variant { tier, from, rates });
        let variants = prop::collection::vec(variant, 0..4);
        (rates(), variants, (window(), window()), 0..10_i128.pow(11)).prop_map(
            |(rates, variants, (context, max_output), per_request)| Price {
                rates,
                variants,
                per_request: Usd::from_pico(per_request),
                ..price("openai", context, max_output)
            },
        )
    }

    fn sizes() -> impl Strategy<Value = Size> {
        (
            any::<[bool; 7]>(),
            prop::option::of(0..1_000_000_u64),
            1..128_u64,
            2..16_000_000_u64,
            prop::option::of(tiers()),
        )
            .prop_map(
                |(
                    [elsewhere, generates, prediction, tools, hears, speaks, keeps],
                    max_output,
                    choices,
                    body,
                    tier,
                )| Size {
                    body,
                    elsewhere,
                    generates,
                    max_output,
                    choices,
                    prediction,
                    tools,
                    hears,
                    speaks,
                    keeps,
                    tier: tier.filter(|tier| *tier != ServiceTier::Batch),
                },
            )
    }

    /// Splits a number over classes.
    fn split<const N: usize>(whole: u64, cuts: [u64; N]) -> [u64; N] {
        let mut rest = whole;
        cuts.map(|cut| {
            let part = u64::try_from(u128::from(rest) * u128::from(cut) / 1_000).unwrap();
            rest -= part;
            part
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100_000))]
        #[test]
        fn bound_is_at_least_the_charge(
            price in prices(),
            size in sizes(),
            share in prop::array::uniform2(0..=1_000_u64),
            cuts in (prop::array::uniform5(0..=1_000_u64), prop::array::uniform3(0..=1_000_u64)),
            tier in tiers(),
        ) {
            // Any usage that a provider within its own limits can tell.
            let one = size.max_output.unwrap_or_else(|| price.max_output.or(price.context).unwrap_or(MAX_OUTPUT));
            let most_input = if size.elsewhere {
                price.context.unwrap_or(WINDOW)
            } else {
                size.body.min(price.context.unwrap_or(u64::MAX))
            };
            let [prompt] = split(most_input, [share[0]]);
            let [generated] = split(if size.generates { one * size.choices } else { 0 }, [share[1]]);
            let [cached, cache_write, cache_write_1h, audio_input, image_input] = split(prompt, cuts.0);
            let [reasoning, audio_output, image_output] = split(generated, cuts.1);
            let mut tokens = Tokens {
                cached, cache_write, cache_write_1h, audio_input, image_input,
                reasoning, audio_output, image_output, ..Tokens::default()
            };
            // What was not asked for does not come.
            if !(size.keeps || size.tools) { tokens.cache_write_1h = 0; }
            if !(size.hears || size.elsewhere || size.tools) { tokens.audio_input = 0; }
            if !size.speaks { (tokens.audio_output, tokens.image_output) = (0, 0); }
            tokens.input = prompt - tokens.prompt();
            tokens.output = generated - tokens.generated();
            // A class without a rate is charged at the dearest of its side, asked for or not.
            let tier = match size.tier {
                Some(named) if tier != ServiceTier::Default => named,
                None if tier != ServiceTier::Batch => tier,
                _ => ServiceTier::Default,
            };
            let listed = if price.has(tier) { tier } else { ServiceTier::Default };
            if !price.knows(tokens, listed) {
                return Ok(());
            }
            let charge = price.charge(tokens, tier);
            let bound = Bound::new(&size, Some(&price));
            prop_assert!(bound.amount >= charge, "{bound:?} {charge}");
        }
    }
}
