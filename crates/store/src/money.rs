//! Money between the program (exact pico-dollars) and Postgres (`numeric(30,12)` dollars).

use bigdecimal::{BigDecimal, num_bigint::BigInt};
use domain::Usd;

use crate::StoreError;

/// Digits after the point in Postgres.
const SCALE: i64 = 12;

/// For a parameter.
pub(crate) fn numeric(amount: Usd) -> BigDecimal {
    BigDecimal::new(BigInt::from(amount.pico()), SCALE)
}

/// From a column; an amount finer than a pico-dollar or too large is damage, never rounded.
pub(crate) fn usd(amount: &BigDecimal) -> Result<Usd, StoreError> {
    let (digits, _) = amount.with_scale(SCALE).into_bigint_and_scale();
    if amount.fractional_digit_count() > SCALE && amount.with_scale(SCALE) != *amount {
        return Err(StoreError::Damaged("an amount has more than twelve digits after the point"));
    }
    i128::try_from(digits)
        .map(Usd::from_pico)
        .map_err(|_| StoreError::Damaged("an amount is too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for pico in [0, 1, -1, 5_000_000_000_000, Usd::MAX.pico(), -Usd::MAX.pico()] {
            assert_eq!(usd(&numeric(Usd::from_pico(pico))).unwrap(), Usd::from_pico(pico));
        }
        assert_eq!(usd(&"1.5".parse().unwrap()).unwrap().to_string(), "1.50");
        assert!(usd(&"0.0000000000001".parse().unwrap()).is_err());
    }
}
