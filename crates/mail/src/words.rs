//! How things are written.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::Usd;

/// Most characters of a subject.
pub(crate) const LONGEST_SUBJECT: usize = 250;
/// Most characters of a server's answer that are kept.
pub(crate) const LONGEST_ANSWER: usize = 300;

/// The text in one line of at most `longest` characters: without line breaks, control characters,
/// and marks that turn the direction of writing.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let turns = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let ends = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let clean: String = text
        .chars()
        .filter(|c| !turns(*c))
        .map(|c| if ends(c) || c.is_whitespace() { ' ' } else { c })
        .collect();
    let clean = clean.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if clean.chars().count() <= longest {
        return clean;
    }
    let mut cut: String = clean.chars().take(longest.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// As in `$11,256.72`: two decimals, or all there are of less than a cent.
pub(crate) fn dollars(amount: Usd) -> String {
    if let Some(digits) = amount.below_a_cent() {
        return format!("{}$0.{digits}", if amount < Usd::ZERO { "−" } else { "" });
    }
    let (negative, whole, cents) = amount.cents();
    format!("{}${}.{cents:02}", if negative { "−" } else { "" }, count(whole))
}

/// As in `11,256`.
pub(crate) fn count(number: impl Display) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// As in `80.4%`, rounded down: a share that is not reached is not shown as reached. None of nothing.
pub(crate) fn share(part: Usd, whole: Usd) -> Option<String> {
    let tenths = tenths(part, whole)?;
    Some(format!("{}.{}%", tenths / 10, tenths % 10))
}

/// The share in whole percent, at most 100.
pub(crate) fn percent(part: Usd, whole: Usd) -> Option<i128> {
    Some((tenths(part, whole)? / 10).min(100))
}

fn tenths(part: Usd, whole: Usd) -> Option<i128> {
    (whole > Usd::ZERO && part >= Usd::ZERO)
        .then(|| part.pico().saturating_mul(1000) / whole.pico())
}

/// As in `18 Nov 2026, 14:32`.
pub(crate) fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %b %Y, %H:%M").to_string()
}

/// As in `50%, 80% and 100%`.
pub(crate) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_amounts_with_two_decimals_in_groups() {
        for (text, written) in [
            ("0", "$0.00"),
            ("4.000000000000", "$4.00"),
            ("999.994999999999", "$999.99"),
            ("999.995", "$1,000.00"),
            ("1234567.8", "$1,234,567.80"),
            ("999999999999999", "$999,999,999,999,999.00"),
        ] {
            assert_eq!(dollars(text.parse().unwrap()), written);
        }
        assert_eq!(dollars(-Usd::from_dollars(1250)), "−$1,250.00");
    }

    #[test]
    fn a_share_is_rounded_down_and_none_of_nothing() {
        let (spent, budget) = ("79.9999".parse().unwrap(), Usd::from_dollars(100));
        assert_eq!(share(spent, budget).as_deref(), Some("79.9%"));
        assert_eq!(share(Usd::MAX, Usd::from_pico(1)).map(|text| text.ends_with('%')), Some(true));
        assert_eq!(share(spent, Usd::ZERO), None);
        assert_eq!(percent(Usd::from_dollars(7), Usd::from_dollars(5)), Some(100));
    }

    #[test]
    fn keeps_one_line() {
        assert_eq!(one_line(" a\r\nBcc: b\u{2028}c\0d\te ", 100), "a Bcc: b c d e");
        assert_eq!(one_line("\u{202E}evil\u{2066}", 100), "evil");
        assert_eq!(one_line("Øyvind’s 資料", 100), "Øyvind’s 資料");
        assert_eq!(one_line(&"ä".repeat(300), 5), "ääää…");
    }
}
