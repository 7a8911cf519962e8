//! Prices as they are written down: in the database, in our own table, in forms.

use serde_json::{Map, Value, json};

use super::{PerMillion, Rates, Variant};
use crate::{ServiceTier, TokenClass, Usd};

/// More dollars per million tokens than any model costs: a price beyond it is a mistake.
pub const MOST: Usd = Usd::from_dollars(10_000);

/// What a model costs and how long it may be, of no version yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Who sells it.
    pub provider: String,
    /// The model's name.
    pub model: String,
    /// What tokens cost where no variant says otherwise.
    pub rates: Rates,
    /// Other rates, for long prompts and service tiers.
    pub variants: Vec<Variant>,
    /// Charged once per request.
    pub per_request: Usd,
    /// Most tokens of prompt and answer together.
    pub context: Option<u64>,
    /// Most tokens of one answer.
    pub max_output: Option<u64>,
}

/// Why a rate is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not an amount.
    #[error("a price is an amount in dollars per million tokens, like 2.50")]
    NotAnAmount,
    /// Beyond [`MOST`].
    #[error("no model costs more than $10,000 per million tokens")]
    TooHigh,
}

/// Reads dollars per million tokens.
pub fn per_million(text: &str) -> Result<PerMillion, RateError> {
    let amount: Usd = text.parse().map_err(|_| RateError::NotAnAmount)?;
    if amount > MOST {
        return Err(RateError::TooHigh);
    }
    PerMillion::try_from(amount.pico()).map_err(|_| RateError::NotAnAmount)
}

/// Dollars per million tokens, exact.
pub fn dollars(rate: PerMillion) -> Usd {
    Usd::from_pico(i128::from(rate))
}

/// The list that a database's column holds: what is listed first, then the variants.
pub fn to_json(rates: &Rates, variants: &[Variant]) -> Value {
    let one = |tier: ServiceTier, from: u64, rates: &Rates| {
        let mut fields = Map::new();
        fields.insert("tier".to_owned(), json!(tier.as_str()));
        fields.insert("from".to_owned(), json!(from));
        for class in TokenClass::ALL {
            if let Some(rate) = rates.own(class) {
                fields.insert(class.as_str().to_owned(), json!(dollars(rate).to_string()));
            }
        }
        Value::Object(fields)
    };
    let variants = variants.iter().map(|variant| one(variant.tier, variant.from, &variant.rates));
    std::iter::once(one(ServiceTier::Default, 0, rates)).chain(variants).collect()
}

/// Reads it. None if it is not such a list.
pub fn from_json(list: &Value) -> Option<(Rates, Vec<Variant>)> {
    let mut all = list.as_array()?.iter().map(|one| {
        let word = one.get("tier")?.as_str()?;
        let tier = ServiceTier::ALL.into_iter().find(|tier| tier.as_str() == word)?;
        let rate = |class: TokenClass| {
            let text = one.get(class.as_str()).map(|value| value.as_str())?;
            Some(text.and_then(|text| per_million(text).ok()))
        };
        let mut rates = Rates::new(rate(TokenClass::Input)??, rate(TokenClass::Output)??);
        for class in TokenClass::ALL {
            if let Some(read) = rate(class) {
                rates.set(class, Some(read?));
            }
        }
        Some(Variant { tier, from: one.get("from")?.as_u64()?, rates })
    });
    let first = all.next()??;
    let is_listed = first.tier == ServiceTier::Default && first.from == 0;
    let variants = all.collect::<Option<Vec<_>>>()?;
    is_listed.then_some((first.rates, variants))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_exactly() {
        let mut rates = Rates::new(2_500_000_000_000, 10_000_000_000_001);
        rates.set(TokenClass::CacheWrite1h, Some(1));
        let long = Variant { tier: ServiceTier::Flex, from: 200_001, rates: Rates::new(7, 0) };
        let json = to_json(&rates, &[long]);
        assert_eq!(
            json.to_string(),
            r#"[{"cache_write_1h":"0.000000000001","from":0,"input":"2.50","output":"10.000000000001","tier":"default"},{"from":200001,"input":"0.000000000007","output":"0.00","tier":"flex"}]"#
        );
        assert_eq!(from_json(&json), Some((rates, vec![long])));
    }

    #[test]
    fn takes_no_half_of_a_price() {
        for wrong in [
            "[]",
            "{}",
            r#"[{"tier":"default","from":0,"input":"1"}]"#,
            r#"[{"tier":"default","from":0,"input":"1","output":2}]"#,
            r#"[{"tier":"default","from":0,"input":"1","output":"x"}]"#,
            r#"[{"tier":"default","from":0,"input":"1","output":"1","cached":null}]"#,
            r#"[{"tier":"default","from":5,"input":"1","output":"1"}]"#,
            r#"[{"tier":"slow","from":0,"input":"1","output":"1"}]"#,
            r#"[{"tier":"default","from":0,"input":"-1","output":"1"}]"#,
            r#"[{"tier":"default","from":0,"input":"10000.01","output":"1"}]"#,
        ] {
            assert_eq!(from_json(&serde_json::from_str(wrong).unwrap()), None, "{wrong}");
        }
    }
}
