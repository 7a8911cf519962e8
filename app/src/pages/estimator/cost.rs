//! What a prompt and its answer cost.

use domain::{Price, ServiceTier, TokenClass, Tokens, Usd};
use tokenizer::Encoding;

use super::{Asked, Cut, List, asked};
use crate::components::count;

/// What one model makes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Estimate {
    pub(super) model: String,
    /// By which its tokens are counted.
    pub(super) encoding: Encoding,
    /// It is the model's own.
    pub(super) is_exact: bool,
    /// Tokens of the prompt.
    pub(super) prompt: u64,
    /// None: no price is known.
    pub(super) cost: Option<Cost>,
    /// What stands in the way, as sentences.
    pub(super) notes: Vec<String>,
}

/// Exact money, each class rounded as a charge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    /// Of the prompt.
    pub(super) input: Usd,
    /// Of the answer.
    pub(super) output: Usd,
    /// Both, and the fee of a request.
    pub(super) request: Usd,
    /// Of a month's requests.
    pub(super) month: Usd,
}

pub(super) fn estimates(asked: &Asked, cuts: &[Cut], list: &List) -> Vec<Estimate> {
    let estimate = |model: &String| {
        let (encoding, is_exact) = asked::encoding(model);
        let cut = cuts.iter().find(|cut| cut.encoding == encoding)?;
        let price = list.get(model);
        Some(Estimate {
            model: model.clone(),
            encoding,
            is_exact,
            prompt: cut.tokens,
            cost: price.and_then(|price| cost(price, cut.tokens, asked.output, asked.requests)),
            notes: price.map(|price| notes(price, cut.tokens, asked.output)).unwrap_or_default(),
        })
    };
    asked.models.iter().filter_map(estimate).collect()
}

/// What so many tokens cost in so many requests, at the rates of a prompt of that length. None: more than
/// an amount holds.
fn cost(price: &Price, prompt: u64, output: u64, requests: u64) -> Option<Cost> {
    let tokens = Tokens { input: prompt, output, ..Tokens::default() };
    let rates = price.rates(ServiceTier::Default, prompt);
    let of = |class| {
        rates.lines(tokens).filter(|line| line.class == class).map(|line| line.amount).sum()
    };
    let request = price.charge(tokens, ServiceTier::Default);
    Some(Cost {
        input: of(TokenClass::Input),
        output: of(TokenClass::Output),
        request,
        month: Usd::from_pico(request.pico().checked_mul(requests.into())?),
    })
}

fn notes(price: &Price, prompt: u64, output: u64) -> Vec<String> {
    let too_long = price.context.filter(|most| prompt.saturating_add(output) > *most);
    let too_much = price.max_output.filter(|most| output > *most);
    let long = price.rates(ServiceTier::Default, prompt) != &price.rates;
    let notes = [
        too_long.map(|most| {
            format!("Too long: prompt and answer together are at most {} tokens.", count(most))
        }),
        too_much.map(|most| format!("It answers with at most {} tokens.", count(most))),
        long.then(|| "At its rates for long prompts.".to_owned()),
    ];
    notes.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use domain::{
        PriceId,
        price::{Rates, Variant},
    };

    use super::*;

    const DOLLAR: u64 = 1_000_000_000_000;

    fn price() -> Price {
        Price {
            id: PriceId::generate(),
            provider: "openai".to_owned(),
            model: "m".to_owned(),
            rates: Rates::new(2_500_000_000_001, 10 * DOLLAR),
            variants: vec![Variant {
                tier: ServiceTier::Default,
                from: 1_001,
                rates: Rates::new(5 * DOLLAR, 20 * DOLLAR),
            }],
            per_request: Usd::ZERO,
            context: Some(2_000),
            max_output: Some(900),
        }
    }

    #[test]
    fn sums_are_exact() {
        let fee = Usd::from_pico(7);
        for (prompt, output, requests, [input, answer, request, month]) in [
            (0, 0, 1, ["0.00"; 4]),
            // Half a millionth of a pico-dollar and less is rounded away, once a class.
            (1, 0, 3, ["0.0000025", "0.00", "0.0000025", "0.0000075"]),
            (1_000, 500, 1_000_000, ["0.0025", "0.005", "0.0075", "7500.00"]),
            (500_000, 1, 2, ["2.50", "0.00002", "2.50002", "5.00004"]),
        ] {
            let cost = cost(&price(), prompt, output, requests).unwrap();
            let shown =
                [cost.input, cost.output, cost.request, cost.month].map(|one| one.to_string());
            assert_eq!(shown, [input, answer, request, month], "{prompt} {output}");
            assert_eq!(cost.input.plus(cost.output), cost.request);
            let dearer = Price { per_request: fee, ..price() };
            let dearer = super::cost(&dearer, prompt, output, requests).unwrap();
            assert_eq!(dearer.request, cost.request.plus(fee));
            assert_eq!(dearer.month.pico(), dearer.request.pico() * i128::from(requests));
        }
        let dear = Price {
            rates: Rates::new(10_000 * DOLLAR, 10_000 * DOLLAR),
            variants: Vec::new(),
            ..price()
        };
        let most = cost(&dear, 400_000, 1_000_000, 1_000_000_000).unwrap();
        assert_eq!(most.month, Usd::from_dollars(14_000_000_000_000));
    }

    #[test]
    fn says_what_stands_in_the_way() {
        assert!(notes(&price(), 1_000, 900).is_empty());
        let all = notes(&price(), 1_500, 901);
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(all[0].contains("2,000") && all[1].contains("900"), "{all:?}");
    }

    #[test]
    fn what_has_no_price_has_no_cost() {
        let asked = Asked {
            text: "a".to_owned(),
            models: vec!["m".to_owned(), "gpt-4o-of-ours".to_owned()],
            output: 1,
            requests: 1,
        };
        let cut = Cut { encoding: Encoding::O200k, tokens: 1, parts: 1, shown: Vec::new() };
        let list = List::from([("m".to_owned(), price())]);
        let both = estimates(&asked, &[cut], &list);
        assert!(both[0].cost.is_some() && !both[0].is_exact);
        assert!(both[1].cost.is_none() && both[1].is_exact);
    }
}
