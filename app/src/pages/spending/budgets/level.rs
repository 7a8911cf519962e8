//! The level of a threshold, as a form sends it: a number and what it is a number of.

use std::str::FromStr;

use domain::{Level, Usd};

use crate::web::Draft;

/// A whole percentage.
struct Percent(u32);

/// A text that is none.
#[derive(Debug, thiserror::Error)]
#[error("write a whole percentage from 1 to 100")]
struct PercentError;

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, PercentError> {
        let text = text.trim();
        let text = text.strip_suffix('%').unwrap_or(text).trim_end();
        // A sign would be read, too.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let percent = if digits { text.parse().ok() } else { None };
        percent.filter(|percent| (1..=100).contains(percent)).map(Self).ok_or(PercentError)
    }
}

/// Reads `level` by `unit`, or notes what is wrong.
pub(super) fn read(draft: &mut Draft) -> Option<Level> {
    match draft.value("unit").as_str() {
        "percent" => draft.read::<Percent>("level").map(|percent| Level::Percent(percent.0)),
        "usd" => {
            let amount = draft.read::<Usd>("level")?;
            if amount > Usd::ZERO {
                Some(Level::Amount(amount))
            } else {
                draft.refuse("level", "Write an amount above $0.00.");
                None
            }
        }
        _ => {
            draft.refuse("unit", "Choose a share of the budget or an amount.");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(level: &str, unit: &str) -> Result<Level, String> {
        let mut draft = Draft::with([("level", level.to_owned()), ("unit", unit.to_owned())]);
        let read = read(&mut draft);
        read.ok_or_else(|| draft.error("level").or(draft.error("unit")).unwrap_or_default())
    }

    #[test]
    fn reads_shares_and_amounts() {
        assert_eq!(level(" 80 % ", "percent"), Ok(Level::Percent(80)));
        assert_eq!(level("$1,250", "usd"), Ok(Level::Amount(Usd::from_dollars(1_250))));
    }

    #[test]
    fn says_what_is_wrong() {
        let percent = Err("Write a whole percentage from 1 to 100.".to_owned());
        for text in ["", "0", "101", "-5", "+5", "50.5", "1e1", "99999999999", "%"] {
            assert_eq!(level(text, "percent"), percent, "{text}");
        }
        for (text, sentence) in [
            ("0", "Write an amount above $0.00."),
            ("-0.00", "Write an amount above $0.00."),
            ("-5", "An amount can’t be negative."),
            ("1e999", "Write an amount in dollars, like 250 or 99.50."),
            ("0.0000000000001", "An amount has at most twelve digits after the point."),
        ] {
            assert_eq!(level(text, "usd"), Err(sentence.to_owned()), "{text}");
        }
        assert!(level("5", "yen").unwrap_err().starts_with("Choose"));
    }
}
