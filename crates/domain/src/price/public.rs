//! The public table of prices genai-prices (`data.json` or `data_slim.json`), read.

use serde::Deserialize;
use serde_json::Value;

use super::{Listed, Rates, Variant, per_million};
use crate::{ServiceTier, TokenClass, Usd};

/// Which field of the file is which class.
const FIELDS: [(&str, TokenClass); 6] = [
    ("input_mtok", TokenClass::Input),
    ("cache_read_mtok", TokenClass::Cached),
    ("cache_write_mtok", TokenClass::CacheWrite),
    ("input_audio_mtok", TokenClass::AudioInput),
    ("output_mtok", TokenClass::Output),
    ("output_audio_mtok", TokenClass::AudioOutput),
];

#[derive(Deserialize)]
struct Provider {
    id: String,
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    #[serde(default)]
    r#match: Value,
    #[serde(default)]
    context_window: Option<u64>,
    #[serde(default)]
    deprecated: bool,
    prices: Value,
}

/// What a file came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The prices, each model by each of its names.
    pub prices: Vec<Listed>,
    /// Models without a price that can be taken over, and why.
    pub left_out: Vec<(String, String)>,
}

/// Reads the prices of some providers that hold on a day, `2026-08-21`. None if it is not such a file.
pub fn read(json: &str, providers: &[&str], day: &str) -> Option<Read> {
    let all: Vec<Provider> = serde_json::from_str(json).ok()?;
    let mut read = Read::default();
    let wanted = all.into_iter().filter(|one| providers.contains(&one.id.as_str()));
    for Provider { id, models } in wanted {
        for model in models.into_iter().filter(|model| !model.deprecated) {
            match in_force(&model.prices, day).and_then(|prices| price(&id, &model, prices)) {
                Ok(listed) => read.prices.extend(
                    names(&model).into_iter().map(|name| Listed { model: name, ..listed.clone() }),
                ),
                Err(why) => read.left_out.push((format!("{id} {}", model.id), why)),
            }
        }
    }
    Some(read)
}

/// The prices of the last version that has begun.
fn in_force<'a>(prices: &'a Value, day: &str) -> Result<&'a Value, String> {
    let Some(versions) = prices.as_array() else { return Ok(prices) };
    let mut found = None;
    for version in versions {
        let constraint = version.get("constraint").and_then(Value::as_object);
        let is_by_hour = constraint.is_some_and(|all| all.keys().any(|key| key != "start_date"));
        if is_by_hour {
            return Err("its price depends on the hour of the day".to_owned());
        }
        let since = constraint.and_then(|all| all.get("start_date")).and_then(Value::as_str);
        if since.unwrap_or("") <= day {
            found = version.get("prices");
        }
    }
    found.ok_or_else(|| "it has no price yet".to_owned())
}

fn price(provider: &str, model: &Model, prices: &Value) -> Result<Listed, String> {
    // A tier holds where there are more tokens than it says.
    let mut starts: Vec<u64> = prices
        .as_object()
        .into_iter()
        .flat_map(|all| all.values())
        .filter_map(|price| price.get("tiers")?.as_array())
        .flatten()
        .filter_map(|tier| tier.get("start")?.as_u64())
        .collect();
    starts.sort_unstable();
    starts.dedup();
    let variants = starts.into_iter().map(|start| {
        let from = start.checked_add(1).ok_or("a tier begins beyond all prompts")?;
        let tier = ServiceTier::Default;
        Ok(Variant { tier, from, rates: rates(provider, prices, start)? })
    });
    let per_thousand = prices.get("requests_kcount").map(amount).transpose()?;
    Ok(Listed {
        provider: provider.to_owned(),
        model: model.id.clone(),
        rates: rates(provider, prices, 0)?,
        variants: variants.collect::<Result<_, String>>()?,
        per_request: per_thousand
            .map_or(Usd::ZERO, |pico| Usd::from_pico(i128::from(pico / 1_000))),
        context: model.context_window.filter(|tokens| *tokens > 0),
        max_output: None,
    })
}

/// The rates where the prompt has more than `start` tokens; 0: as listed.
fn rates(provider: &str, prices: &Value, start: u64) -> Result<Rates, String> {
    let field = |name: &str| {
        let Some(price) = prices.get(name) else { return Ok(None) };
        let Some(base) = price.get("base") else { return amount(price).map(Some) };
        let tiers = price.get("tiers").and_then(Value::as_array);
        let reached = tiers.into_iter().flatten().rfind(|tier| {
            start > 0 && tier.get("start").and_then(Value::as_u64).is_some_and(|from| from <= start)
        });
        amount(reached.and_then(|tier| tier.get("price")).unwrap_or(base)).map(Some)
    };
    let input = field("input_mtok")?.ok_or_else(|| "it has no price for input".to_owned())?;
    // Embeddings generate nothing.
    let mut rates = Rates::new(input, field("output_mtok")?.unwrap_or(0));
    for (name, class) in FIELDS {
        rates.set(class, field(name)?);
    }
    // The file does not tell what an hour costs; Anthropic states it as twice the input.
    if provider == "anthropic" && rates.own(TokenClass::CacheWrite).is_some() {
        rates.set(TokenClass::CacheWrite1h, Some(input.saturating_mul(2)));
    }
    Ok(rates)
}

fn amount(number: &Value) -> Result<u64, String> {
    // The shortest decimal that stands for the number is what the file has; it is not calculated with.
    per_million(&number.to_string()).map_err(|error| error.to_string())
}

/// Every name that a request may give the model: its id and what its rules say exactly.
fn names(model: &Model) -> Vec<String> {
    let rules = model.r#match.get("or").and_then(Value::as_array);
    let rules = rules.into_iter().flatten().chain([&model.r#match]);
    let exact = rules.filter_map(|rule| rule.get("equals")?.as_str().map(ToOwned::to_owned));
    let mut names: Vec<String> = exact.chain([model.id.clone()]).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"[{"id":"anthropic","models":[
        {"id":"claude","match":{"or":[{"starts_with":"claude"},{"equals":"claude-latest"}]},"context_window":1000000,
         "prices":{"input_mtok":{"base":3,"tiers":[{"start":200000,"price":6}]},"cache_write_mtok":{"base":3.75,"tiers":[{"start":200000,"price":7.5}]},
                   "output_mtok":{"base":15,"tiers":[{"start":200000,"price":22.5}]},"cache_read_mtok":0.3}},
        {"id":"old","match":{"equals":"old"},"deprecated":true,"prices":{"input_mtok":1}},
        {"id":"dated","match":{"equals":"dated"},"prices":[{"prices":{"input_mtok":9,"output_mtok":9}},
            {"constraint":{"start_date":"2026-01-01"},"prices":{"input_mtok":1,"output_mtok":2}},
            {"constraint":{"start_date":"2027-01-01"},"prices":{"input_mtok":3,"output_mtok":4}}]},
        {"id":"nights","match":{"equals":"nights"},"prices":[{"constraint":{"start_time":"00:00"},"prices":{"input_mtok":1}}]},
        {"id":"dear","match":{"equals":"dear"},"prices":{"input_mtok":10001}},
        {"id":"negative","match":{"equals":"negative"},"prices":{"input_mtok":-1}},
        {"id":"endless","match":{"equals":"endless"},"prices":{"input_mtok":{"base":1,"tiers":[{"start":18446744073709551615,"price":2}]},"output_mtok":1}},
        {"id":"picture","match":{"equals":"picture"},"prices":{"requests_kcount":3}}]},
        {"id":"other","models":[{"id":"x","prices":{"input_mtok":1}}]}]"#;

    #[test]
    fn reads_rates_tiers_and_names() {
        let read = read(FILE, &["anthropic"], "2026-08-21").unwrap();
        let names: Vec<_> = read.prices.iter().map(|listed| &*listed.model).collect();
        assert_eq!(names, ["claude", "claude-latest", "dated"]);
        let claude = &read.prices[0];
        let dollars = |rates: &Rates| {
            TokenClass::ALL.map(|class| rates.own(class).map_or(0, |rate| rate / 10_000_000_000))
        };
        assert_eq!(dollars(&claude.rates), [300, 30, 375, 600, 0, 0, 1_500, 0, 0, 0]);
        assert_eq!(claude.variants.len(), 1);
        assert_eq!(claude.variants[0].from, 200_001);
        assert_eq!(dollars(&claude.variants[0].rates), [600, 30, 750, 1_200, 0, 0, 2_250, 0, 0, 0]);
        assert_eq!(dollars(&read.prices[2].rates)[0], 100);
        let left: Vec<_> = read.left_out.iter().map(|(model, _)| &**model).collect();
        assert_eq!(
            left,
            [
                "anthropic nights",
                "anthropic dear",
                "anthropic negative",
                "anthropic endless",
                "anthropic picture"
            ]
        );
        assert_eq!(super::read("{}", &[], ""), None);
        assert_eq!(super::read("x", &[], ""), None);
    }
}
