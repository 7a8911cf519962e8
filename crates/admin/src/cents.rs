//! Amounts as OpenAI's spend limits write them: whole cents of USD per month.

use domain::Usd;

use crate::{body::Body, error::Error};

/// A cent.
const CENT: i128 = Usd::PICO / 100;

/// The amount of a body that says `threshold_amount`, `currency` and `interval`; at least a cent.
pub(crate) fn amount(body: &Body) -> Result<Usd, Error> {
    let wanted = "a whole number of cents from 1 to 99999999999999900";
    let missing = || Error::Missing("threshold_amount".to_owned());
    let cents = body.integer("threshold_amount")?.ok_or_else(missing)?;
    let amount = Usd::from_pico(i128::from(cents).saturating_mul(CENT));
    if cents < 1 || amount > Usd::MAX {
        return Err(Error::invalid("threshold_amount", wanted));
    }
    for (name, only) in [("currency", "USD"), ("interval", "month")] {
        if body.need::<String>(name)? != only {
            return Err(Error::invalid(name, only));
        }
    }
    Ok(amount)
}

/// In whole cents, rounded down; the exact amount stands beside it.
pub(crate) fn whole(amount: Usd) -> i64 {
    i64::try_from(amount.pico() / CENT).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_cent_are_left_out() {
        assert_eq!(whole("12.349999999999".parse().unwrap()), 1_234);
        assert_eq!(whole(Usd::MAX), 99_999_999_999_999_900);
    }
}
