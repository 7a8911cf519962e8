//! What a model costs.

#[cfg(feature = "server")]
pub mod in_force;
mod instead;
#[cfg(feature = "server")]
mod listed;
#[cfg(feature = "server")]
pub mod public;
mod rates;
#[cfg(feature = "server")]
pub mod review;
#[cfg(feature = "server")]
pub mod table;

#[cfg(feature = "server")]
pub use listed::{Listed, MOST, RateError, dollars, from_json, per_million, to_json};
pub use rates::{Line, PerMillion, Rates};

use crate::{PriceId, ServiceTier, TokenClass, Tokens, Usd};

/// One version of a model's price, and the sizes that bound a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The version; an event keeps it.
    pub id: PriceId,
    /// Who sells it: `openai`, `anthropic`, `google`, `sandbox`.
    pub provider: String,
    /// The model's name, as requests give it.
    pub model: String,
    /// What tokens cost where no variant says otherwise.
    pub rates: Rates,
    /// Other rates, for long prompts and service tiers.
    pub variants: Vec<Variant>,
    /// Charged once per request.
    pub per_request: Usd,
    /// Most tokens of prompt and answer together, where the provider states it.
    pub context: Option<u64>,
    /// Most tokens of one answer, where the provider states it.
    pub max_output: Option<u64>,
}

/// Rates that hold instead of the listed ones. The prompt's length decides for all of a request's
/// tokens, not only for those beyond it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// For which service tier.
    pub tier: ServiceTier,
    /// From so many tokens of prompt on.
    pub from: u64,
    /// What tokens cost then.
    pub rates: Rates,
}

/// What a request may come to, as far as it can be told before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct May {
    /// The service tier that it names; none: the provider's choice.
    pub tier: Option<ServiceTier>,
    /// Its prompt may be kept for an hour.
    pub keep_for_an_hour: bool,
    /// Its prompt may hold sound.
    pub hear: bool,
    /// Its answer may hold sound or pictures.
    pub speak: bool,
}

impl Price {
    /// The rates of a tier for a prompt of this length; those of the default tier where the tier has
    /// none of its own.
    pub fn rates(&self, tier: ServiceTier, prompt: u64) -> &Rates {
        let longest = |tier| {
            self.variants
                .iter()
                .filter(|variant| variant.tier == tier && variant.from <= prompt)
                .max_by_key(|variant| variant.from)
                .map(|variant| &variant.rates)
        };
        longest(tier).or_else(|| longest(ServiceTier::Default)).unwrap_or(&self.rates)
    }

    /// Whether the tier has rates.
    pub fn has(&self, tier: ServiceTier) -> bool {
        tier == ServiceTier::Default || self.variants.iter().any(|variant| variant.tier == tier)
    }

    /// What these tokens cost: each class is a line, rounded half up to a pico-dollar. A class whose
    /// rate is not known is charged at the dearest of its side; see [`Price::knows`].
    pub fn charge(&self, tokens: Tokens, tier: ServiceTier) -> Usd {
        self.per_request.plus(self.rates(tier, tokens.prompt()).charge(tokens))
    }

    /// Whether each of these tokens has a rate, so that the charge is the provider's own.
    pub fn knows(&self, tokens: Tokens, tier: ServiceTier) -> bool {
        self.has(tier) && self.rates(tier, tokens.prompt()).knows(tokens)
    }

    /// The most that `input` prompt tokens and `output` generated tokens can cost: each at the
    /// dearest class, length and tier that could apply, rounded up.
    pub fn bound(&self, input: u64, output: u64, may: May) -> Usd {
        let tiers = match may.tier {
            // A tier that is full may be answered at the default one.
            Some(tier) => [ServiceTier::Default, tier, tier],
            None => [ServiceTier::Default, ServiceTier::Flex, ServiceTier::Priority],
        };
        let lengths =
            self.variants.iter().map(|variant| variant.from).filter(|from| *from <= input);
        let most = lengths
            .chain([0])
            .flat_map(|length| tiers.map(|tier| self.rates(tier, length)))
            .map(|rates| rates.bound(input, output, may))
            .max();
        self.per_request.plus(most.unwrap_or(Usd::ZERO))
    }

    /// Whether other terms would make something cheaper than it is listed here, at the rates of a short
    /// prompt.
    pub fn is_undercut_by(&self, rates: &Rates, per_request: Usd) -> bool {
        let cheaper = |class| match (self.rates.of(class), rates.of(class)) {
            (Some(listed), Some(other)) => other < listed,
            _ => false,
        };
        per_request < self.per_request || TokenClass::ALL.into_iter().any(cheaper)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const DOLLAR: u64 = 1_000_000_000_000;

    fn price(input: u64, output: u64) -> Price {
        Price {
            id: PriceId::from_uuid(Uuid::nil()),
            provider: "sandbox".into(),
            model: "m".into(),
            rates: Rates::new(input, output),
            variants: Vec::new(),
            per_request: Usd::ZERO,
            context: None,
            max_output: None,
        }
    }

    #[test]
    fn charges_per_million_half_up() {
        let tokens = Tokens { input: 1_000_000, cached: 500_000, output: 3, ..Tokens::default() };
        let mut price = price(DOLLAR, 4 * DOLLAR);
        price.rates.set(TokenClass::Cached, Some(2 * DOLLAR));
        let charge = |price: &Price, tokens| price.charge(tokens, ServiceTier::Default);
        assert_eq!(charge(&price, tokens).to_string(), "2.000012");
        let lines = price.rates.lines(tokens).map(|line| format!("{} {}", line.count, line.amount));
        assert_eq!(lines.collect::<Vec<_>>(), ["1000000 1.00", "500000 1.00", "3 0.000012"]);
        let one = Tokens { input: 1, ..Tokens::default() };
        price.rates = Rates::new(499_999, 0);
        assert_eq!(charge(&price, one), Usd::from_pico(0));
        price.rates = Rates::new(500_000, 0);
        assert_eq!(charge(&price, one), Usd::from_pico(1));
    }

    #[test]
    fn a_long_prompt_changes_the_rate_of_all_tokens() {
        let mut price = price(DOLLAR, 4 * DOLLAR);
        let long = |tier, from, input| Variant { tier, from, rates: Rates::new(input, 8 * DOLLAR) };
        price.variants = vec![
            long(ServiceTier::Default, 200_001, 2 * DOLLAR),
            long(ServiceTier::Flex, 0, DOLLAR / 2),
        ];
        let cost = |input, cached, tier| {
            let tokens = Tokens { input, cached, output: 1_000_000, ..Tokens::default() };
            price.charge(tokens, tier).to_string()
        };
        assert_eq!(cost(200_000, 0, ServiceTier::Default), "4.20");
        assert_eq!(cost(200_001, 0, ServiceTier::Default), "8.400002");
        // What was cached is of the prompt.
        assert_eq!(cost(100_001, 100_000, ServiceTier::Default), "8.400002");
        assert_eq!(cost(200_000, 0, ServiceTier::Flex), "8.10");
        // Without rates of its own a tier costs what is listed.
        assert_eq!(cost(200_001, 0, ServiceTier::Priority), "8.400002");
        assert!(price.has(ServiceTier::Flex) && !price.has(ServiceTier::Priority));
    }

    #[test]
    fn terms_undercut_where_anything_is_cheaper() {
        let mut listed = price(DOLLAR, 4 * DOLLAR);
        listed.rates.set(TokenClass::Cached, Some(DOLLAR / 10));
        listed.per_request = Usd::from_pico(5);
        let undercuts = |input, output, pico| {
            listed.is_undercut_by(&Rates::new(input, output), Usd::from_pico(pico))
        };
        assert!(!undercuts(DOLLAR, 4 * DOLLAR, 5));
        assert!(undercuts(DOLLAR - 1, 4 * DOLLAR, 5));
        assert!(undercuts(DOLLAR, 0, 5));
        assert!(undercuts(DOLLAR, 4 * DOLLAR, 4));
        let mut cached = Rates::new(DOLLAR, 4 * DOLLAR);
        cached.set(TokenClass::Cached, Some(0));
        assert!(listed.is_undercut_by(&cached, listed.per_request));
    }

    #[test]
    fn bounds_by_what_may_apply() {
        let mut price = price(DOLLAR, 4 * DOLLAR);
        price.rates.set(TokenClass::CacheWrite1h, Some(2 * DOLLAR));
        price.rates.set(TokenClass::AudioInput, Some(40 * DOLLAR));
        price.rates.set(TokenClass::AudioOutput, Some(80 * DOLLAR));
        let rates = Rates::new(3 * DOLLAR, 12 * DOLLAR);
        price.variants = vec![
            Variant { tier: ServiceTier::Priority, from: 0, rates },
            Variant { tier: ServiceTier::Default, from: 500_000, rates: Rates::new(9 * DOLLAR, 0) },
        ];
        let plain = May { tier: Some(ServiceTier::Default), ..May::default() };
        let bound = |input, may| price.bound(input, 1_000_000, may).to_string();
        assert_eq!(bound(100_000, plain), "4.10");
        assert_eq!(bound(100_000, May { keep_for_an_hour: true, ..plain }), "4.20");
        assert_eq!(bound(100_000, May { hear: true, ..plain }), "8.00");
        assert_eq!(bound(100_000, May { speak: true, ..plain }), "80.10");
        assert_eq!(bound(100_000, May { tier: None, ..plain }), "12.30");
        // A prompt that may be long may be short all the same.
        assert_eq!(bound(500_000, plain), "4.50");
        assert_eq!(bound(1_000_000, plain), "9.00");
    }
}
