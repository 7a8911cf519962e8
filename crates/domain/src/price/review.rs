//! A table of prices beside the price book: what would change, and what looks like a mistake.

use std::collections::{BTreeMap, HashMap};

use super::{Listed, PerMillion, Price, Rates, table::Row};
use crate::{PriceId, ServiceTier, TokenClass};

/// A model of the table that is not in the book as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What the table says, with what it does not say taken from the book.
    pub new: Listed,
    /// The day from which it holds, `2026-08-21`; empty if the table does not say.
    pub effective_from: String,
    /// Where the numbers come from, as the table says.
    pub source: String,
    /// What holds before it: what the book says, or an earlier line of the table; none for a model
    /// that the book does not have.
    pub old: Option<Price>,
    /// Why it looks like a mistake; empty if it does not.
    pub flags: Vec<Flag>,
}

/// What looks like a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// A rate is more than ten times what it was, or less than a tenth.
    Leap(TokenClass),
    /// So little that it may be a price per token.
    PerToken(TokenClass),
    /// Neither input nor output costs anything.
    Free,
}

/// Rates below so many pico-dollars per million tokens, $0.001, look like prices per token: the
/// cheapest models cost ten times as much, and the dearest cost less per token.
const PER_TOKEN: PerMillion = 1_000_000_000;

/// What a table would change, and how many of its lines say what holds already. Of a model and day
/// that stand in the table twice the last one counts; those of several days follow each other.
pub fn review(table: Vec<Row>, book: &[Price]) -> (Vec<Difference>, usize) {
    let mut last = BTreeMap::new();
    for row in table {
        let Listed { provider, model, .. } = &row.listed;
        last.insert((provider.clone(), model.clone(), row.effective_from.clone()), row);
    }
    let all = last.len();
    let book: HashMap<_, _> =
        book.iter().map(|price| ((&*price.provider, &*price.model), price)).collect();
    let mut differences: Vec<Difference> = Vec::new();
    for row in last.into_values() {
        let (provider, model) = (&*row.listed.provider, &*row.listed.model);
        let before = differences
            .last()
            .map(|earlier| &earlier.new)
            .filter(|earlier| (&*earlier.provider, &*earlier.model) == (provider, model))
            .map(|earlier| price(earlier.clone()));
        let old = before.or_else(|| book.get(&(provider, model)).map(|&price| price.clone()));
        differences.extend(difference(row, old));
    }
    let unchanged = all - differences.len();
    (differences, unchanged)
}

/// As the book would have it.
fn price(listed: Listed) -> Price {
    let Listed { provider, model, rates, variants, per_request, context, max_output } = listed;
    let id = PriceId::generate();
    Price { id, provider, model, rates, variants, per_request, context, max_output }
}

fn difference(row: Row, old: Option<Price>) -> Option<Difference> {
    let Row { listed: mut new, effective_from, source } = row;
    if let Some(old) = &old {
        new.context = new.context.or(old.context);
        new.max_output = new.max_output.or(old.max_output);
        let is_same = old.rates == new.rates
            && old.variants == new.variants
            && old.per_request == new.per_request
            && (old.context, old.max_output) == (new.context, new.max_output);
        if is_same {
            return None;
        }
    }
    let flags = flags(&new, old.as_ref());
    Some(Difference { new, effective_from, source, old, flags })
}

fn flags(new: &Listed, old: Option<&Price>) -> Vec<Flag> {
    let mut flags = Vec::new();
    if old.is_some_and(|old| old.variants.len() > new.variants.len()) {
        // Rates for long prompts or tiers would be gone: compared with what is listed now.
        flags.push(Flag::Leap(TokenClass::Input));
    }
    let listed = [(&new.rates, old.map(|old| &old.rates))];
    let variants = new.variants.iter().map(|variant| {
        let before =
            old.filter(|old| variant.tier == ServiceTier::Default || old.has(variant.tier));
        (&variant.rates, before.map(|old| old.rates(variant.tier, variant.from)))
    });
    for (rates, before) in listed.into_iter().chain(variants) {
        for class in TokenClass::ALL {
            let Some(rate) = rates.own(class) else { continue };
            if rate > 0 && rate < PER_TOKEN {
                flags.push(Flag::PerToken(class));
            }
            if before.is_some_and(|before| leaps(before, class, rate)) {
                flags.push(Flag::Leap(class));
            }
        }
    }
    if new.rates.own(TokenClass::Input) == Some(0)
        && new.rates.own(TokenClass::Output) == Some(0)
        && new.per_request == crate::Usd::ZERO
    {
        flags.push(Flag::Free);
    }
    flags.sort_unstable();
    flags.dedup();
    flags
}

/// Whether a rate is more than ten times another, or less than a tenth of it.
fn leaps(before: &Rates, class: TokenClass, rate: PerMillion) -> bool {
    let Some(before) = before.of(class) else { return false };
    let (before, rate) = (u128::from(before), u128::from(rate));
    rate > before * 10 || before > rate * 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Usd, price::Variant};

    const DOLLAR: PerMillion = 1_000_000_000_000;

    fn listed(model: &str, input: PerMillion, output: PerMillion) -> Listed {
        Listed {
            provider: "openai".to_owned(),
            model: model.to_owned(),
            rates: Rates::new(input, output),
            variants: Vec::new(),
            per_request: Usd::ZERO,
            context: None,
            max_output: None,
        }
    }

    fn price(listed: Listed) -> Price {
        Price { context: Some(8_000), max_output: Some(100), ..super::price(listed) }
    }

    fn from(day: &str, listed: Listed) -> Row {
        Row { listed, effective_from: day.to_owned(), source: "a list".to_owned() }
    }

    #[test]
    fn tells_what_is_new_what_changes_and_what_does_not() {
        let book = [price(listed("same", 1, 2)), price(listed("other", DOLLAR, 2 * DOLLAR))];
        let table = vec![
            from("", listed("same", 1, 2)),
            from("", listed("new", DOLLAR, DOLLAR)),
            from("", listed("other", DOLLAR, DOLLAR)),
        ];
        let (differences, unchanged) = review(table, &book);
        assert_eq!(unchanged, 1);
        let told: Vec<_> =
            differences.iter().map(|one| (&*one.new.model, one.old.is_some())).collect();
        assert_eq!(told, [("new", false), ("other", true)]);
        // What the table does not say stays.
        assert_eq!(
            (differences[1].new.context, differences[1].new.max_output),
            (Some(8_000), Some(100))
        );
        assert!(differences.iter().all(|one| one.flags.is_empty()));
    }

    #[test]
    fn lines_of_several_days_follow_each_other_and_keep_their_source() {
        let book = [price(listed("m", DOLLAR, DOLLAR))];
        let table = vec![
            from("2027-02-01", listed("m", DOLLAR, DOLLAR)),
            from("2027-01-01", listed("m", 2 * DOLLAR, DOLLAR)),
            from("2027-03-01", listed("m", DOLLAR, DOLLAR)),
        ];
        let (differences, unchanged) = review(table, &book);
        assert_eq!(unchanged, 1, "the last day changes nothing");
        let told = differences.iter().map(|one| {
            let before = one.old.as_ref().and_then(|old| old.rates.own(TokenClass::Input));
            (&*one.effective_from, before, &*one.source)
        });
        let told: Vec<_> = told.collect();
        let (one, two) = (Some(DOLLAR), Some(2 * DOLLAR));
        assert_eq!(told, [("2027-01-01", one, "a list"), ("2027-02-01", two, "a list")]);
    }

    #[test]
    fn flags_what_looks_like_a_mistake() {
        let flags = |old: Option<Listed>, new: Listed| flags(&new, old.map(price).as_ref());
        let (input, output) = (TokenClass::Input, TokenClass::Output);
        let now = |input, output| Some(listed("m", input, output));
        assert_eq!(flags(now(DOLLAR, DOLLAR), listed("m", 10 * DOLLAR, DOLLAR / 10)), []);
        assert_eq!(
            flags(now(DOLLAR, DOLLAR), listed("m", 10 * DOLLAR + 1, DOLLAR)),
            [Flag::Leap(input)]
        );
        assert_eq!(
            flags(now(DOLLAR, DOLLAR), listed("m", DOLLAR, DOLLAR / 11)),
            [Flag::Leap(output)]
        );
        // $2.50 per million, written per token: 0.0000025.
        let per_token = flags(None, listed("m", 2_500_000, 10_000_000));
        assert_eq!(per_token, [Flag::PerToken(input), Flag::PerToken(output)]);
        assert_eq!(flags(None, listed("m", 0, 0)), [Flag::Free]);
        // A price for long prompts that leaps, and one that is gone.
        let long = |input| Variant {
            tier: ServiceTier::Default,
            from: 200_001,
            rates: Rates::new(input, DOLLAR),
        };
        let with = |variant| Listed { variants: vec![variant], ..listed("m", DOLLAR, DOLLAR) };
        assert_eq!(
            flags(Some(with(long(2 * DOLLAR))), with(long(21 * DOLLAR))),
            [Flag::Leap(input)]
        );
        assert_eq!(
            flags(Some(with(long(2 * DOLLAR))), listed("m", DOLLAR, DOLLAR)),
            [Flag::Leap(input)]
        );
    }
}
