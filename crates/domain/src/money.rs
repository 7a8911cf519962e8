//! Exact money.

use std::{fmt, iter::Sum, ops::Neg, str::FromStr};

use serde::{Deserialize, Serialize};

/// United States dollars as an exact number of pico-dollars (10⁻¹² dollars).
///
/// Never a float. Sums are checked: money that does not fit is an error, never another amount.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Usd(i128);

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with at most one point.
    #[error("write an amount in dollars, like 250 or 99.50")]
    NotANumber,
    /// A comma that sets no thousands apart.
    #[error(
        "write a point before the cents, like 99.50; commas only set thousands apart, like 1,250.00"
    )]
    Comma,
    /// Below zero.
    #[error("an amount can’t be negative")]
    Negative,
    /// More than twelve digits after the point.
    #[error("an amount has at most twelve digits after the point")]
    TooPrecise,
    /// More than [`Usd::MAX`].
    #[error("an amount is at most 999,999,999,999,999 dollars")]
    TooLarge,
}

impl Usd {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// The largest amount that a form or an API takes; sums of it fit `NUMERIC(30,12)`.
    pub const MAX: Self = Self(999_999_999_999_999 * Self::PICO);
    /// Pico-dollars in a dollar.
    pub const PICO: i128 = 1_000_000_000_000;

    /// From pico-dollars.
    pub const fn from_pico(pico: i128) -> Self {
        Self(pico)
    }

    /// From whole dollars.
    pub const fn from_dollars(dollars: i64) -> Self {
        Self(dollars as i128 * Self::PICO)
    }

    /// As pico-dollars.
    pub const fn pico(self) -> i128 {
        self.0
    }

    /// The sum, unless it does not fit.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, unless it does not fit.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Some(Self(rest)),
            None => None,
        }
    }

    /// The sum; at the edge of what 128 bits hold it stays there, which no ledger reaches.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference; may be negative.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// What is left, at least zero.
    #[must_use]
    pub fn left_after(self, used: Self) -> Self {
        Self(self.0.saturating_sub(used.0).max(0))
    }

    /// `percent` hundredths of the amount, rounded half up.
    pub const fn percent(self, percent: u32) -> Option<Self> {
        match self.0.checked_mul(percent as i128) {
            Some(product) => Some(Self((product + 50).div_euclid(100))),
            None => None,
        }
    }

    /// What follows the point of less than a cent, all of it: rounded, it would look like nothing. None of more, and of
    /// zero.
    pub fn below_a_cent(self) -> Option<String> {
        let pico = self.0.unsigned_abs();
        let is_less = pico > 0 && pico < Self::PICO as u128 / 100;
        is_less.then(|| format!("{pico:012}").trim_end_matches('0').to_owned())
    }

    /// Rounded half away from zero to cents, for people; as (negative, dollars, cents).
    pub const fn cents(self) -> (bool, u128, u8) {
        let cent = Self::PICO as u128 / 100;
        let cents = (self.0.unsigned_abs() + cent / 2) / cent;
        (self.0 < 0 && cents > 0, cents / 100, (cents % 100) as u8)
    }
}

impl fmt::Display for Usd {
    /// The exact decimal: at least two digits after the point, no more than needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) =
            (self.0.unsigned_abs() / 1_000_000_000_000, self.0.unsigned_abs() % 1_000_000_000_000);
        let digits = format!("{rest:012}");
        let kept = digits.trim_end_matches('0').len().max(2);
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{}", &digits[..kept])
    }
}

impl FromStr for Usd {
    type Err = MoneyError;

    /// Reads `250`, `99.50`, `$1,250.00`; no exponent, no sign but a minus, which is told apart.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix(['-', '−']) {
            let amount = rest.parse::<Self>()?;
            return if amount == Self::ZERO { Ok(amount) } else { Err(MoneyError::Negative) };
        }
        let text = text.strip_prefix('$').unwrap_or(text);
        if !has_whole_groups(text) {
            return Err(MoneyError::Comma);
        }
        let text = text.replace(',', "");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        if whole.len() + fraction.len() == 0
            || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit())
        {
            return Err(MoneyError::NotANumber);
        }
        if fraction.trim_end_matches('0').len() > 12 {
            return Err(MoneyError::TooPrecise);
        }
        let whole = match whole.trim_start_matches('0') {
            "" => 0,
            digits if digits.len() > 15 => return Err(MoneyError::TooLarge),
            digits => digits.parse::<i128>().map_err(|_| MoneyError::NotANumber)?,
        };
        let fraction = format!("{fraction:0<12.12}");
        let pico = fraction.parse::<i128>().map_err(|_| MoneyError::NotANumber)?;
        let amount = Self(whole * Self::PICO + pico);
        if amount > Self::MAX { Err(MoneyError::TooLarge) } else { Ok(amount) }
    }
}

/// Whether commas, if there are any, set thousands apart: one that stands for the point would make an
/// amount a hundred times larger.
fn has_whole_groups(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let first = groups.next().map_or(0, str::len);
    let rest: Vec<&str> = groups.collect();
    !fraction.contains(',')
        && (rest.is_empty()
            || ((1..=3).contains(&first) && rest.iter().all(|group| group.len() == 3)))
}

impl Neg for Usd {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl TryFrom<String> for Usd {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Usd> for String {
    fn from(amount: Usd) -> Self {
        amount.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, pico) in [
            ("250", 250 * Usd::PICO),
            ("99.50", 99_500_000_000_000),
            (" $1,250.00 ", 1250 * Usd::PICO),
            ("1,234,567", 1_234_567 * Usd::PICO),
            (".5", Usd::PICO / 2),
            ("0.000000000001", 1),
            ("-0", 0),
            ("000000000000000000001", Usd::PICO),
        ] {
            assert_eq!(text.parse(), Ok(Usd(pico)), "{text}");
        }
    }

    #[test]
    fn refuses_each_wrong_amount_with_its_reason() {
        for (text, error) in [
            ("", MoneyError::NotANumber),
            (".", MoneyError::NotANumber),
            ("1e999", MoneyError::NotANumber),
            ("NaN", MoneyError::NotANumber),
            ("1.2.3", MoneyError::NotANumber),
            ("١٢", MoneyError::NotANumber),
            ("1,5", MoneyError::Comma),
            ("0,50", MoneyError::Comma),
            ("99,95", MoneyError::Comma),
            ("1,2345", MoneyError::Comma),
            ("1234,567", MoneyError::Comma),
            (",250", MoneyError::Comma),
            ("1.000,00", MoneyError::Comma),
            ("-5", MoneyError::Negative),
            ("−5", MoneyError::Negative),
            ("0.0000000000001", MoneyError::TooPrecise),
            ("1000000000000000", MoneyError::TooLarge),
            ("999999999999999.5", MoneyError::TooLarge),
        ] {
            assert_eq!(text.parse::<Usd>(), Err(error), "{text}");
        }
    }

    #[test]
    fn shows_cents_rounded_half_up() {
        assert_eq!(Usd(4_999_999_999).cents(), (false, 0, 0));
        assert_eq!(Usd(5_000_000_000).cents(), (false, 0, 1));
        assert_eq!(Usd(-12_500_000_000_000).cents(), (true, 12, 50));
    }

    proptest! {
        #[test]
        fn text_round_trips(pico in 0..=Usd::MAX.pico()) {
            prop_assert_eq!(Usd(pico).to_string().parse(), Ok(Usd(pico)));
        }
    }
}
