//! The models of the price book by provider, for choosing some of them.

use std::collections::{BTreeMap, BTreeSet};

use domain::Price;

/// A provider's models, each in the list of one provider alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Provider {
    pub(super) label: String,
    pub(super) models: Vec<String>,
}

/// All providers by name, the sandbox last and only where it answers.
pub(super) fn providers(prices: Vec<Price>, sandbox: bool) -> Vec<Provider> {
    let mut seen = BTreeSet::new();
    let mut by_name: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
    for price in prices {
        let is_sandbox = price.provider == "sandbox";
        if (is_sandbox && !sandbox) || !seen.insert(price.model.clone()) {
            continue;
        }
        by_name.entry((is_sandbox, label(&price.provider))).or_default().push(price.model);
    }
    by_name.into_iter().map(|((_, label), models)| Provider { label, models }).collect()
}

fn label(provider: &str) -> String {
    match provider {
        "openai" => "OpenAI".to_owned(),
        other => {
            let mut chars = other.chars();
            chars
                .next()
                .map(|first| first.to_uppercase().chain(chars).collect())
                .unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{PriceId, Usd, price::Rates};

    use super::*;

    #[test]
    fn every_model_is_there_once() {
        let price = |provider: &str, model: &str| Price {
            id: PriceId::generate(),
            provider: provider.to_owned(),
            model: model.to_owned(),
            rates: Rates::new(0, 0),
            variants: Vec::new(),
            per_request: Usd::ZERO,
            context: None,
            max_output: None,
        };
        let book = vec![
            price("openai", "gpt-4.1"),
            price("sandbox", "sandbox-dime"),
            price("anthropic", "claude-opus-5"),
            price("elsewhere", "gpt-4.1"),
        ];
        let shown = |sandbox| {
            let all = providers(book.clone(), sandbox).into_iter();
            all.map(|provider| (provider.label, provider.models.join(" "))).collect::<Vec<_>>()
        };
        let pair = |label: &str, models: &str| (label.to_owned(), models.to_owned());
        let both = [pair("Anthropic", "claude-opus-5"), pair("OpenAI", "gpt-4.1")];
        assert_eq!(shown(false), both);
        assert_eq!(shown(true)[2], pair("Sandbox", "sandbox-dime"));
    }
}
