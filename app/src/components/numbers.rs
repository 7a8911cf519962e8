//! Counts, tokens, shares and changes for people. Whole numbers in, no float between.

use leptos::prelude::*;

/// Digits with commas.
pub(super) fn grouped(number: u128) -> String {
    let plain = number.to_string();
    let mut text = String::with_capacity(plain.len() + plain.len() / 3);
    for (place, digit) in plain.char_indices() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `2,542,188`.
pub fn count(number: u64) -> String {
    grouped(number.into())
}

/// `815,850`, `957.5 M`, `6.06 B`.
pub fn tokens(number: u64) -> String {
    let number = u128::from(number);
    match number {
        0..1_000_000 => grouped(number),
        1_000_000..1_000_000_000 => {
            let tenths = (number + 50_000) / 100_000;
            format!("{}.{} M", grouped(tenths / 10), tenths % 10)
        }
        _ => {
            let hundredths = (number + 5_000_000) / 10_000_000;
            format!("{}.{:02} B", grouped(hundredths / 100), hundredths % 100)
        }
    }
}

/// How many thousandths of `whole` a `part` is, rounded half up; nothing if there is no whole.
fn thousandths(part: i128, whole: i128) -> Option<i128> {
    if whole <= 0 {
        return None;
    }
    // Beyond any ledger: the last digits don't show.
    let shift = if part.abs() > i128::MAX / 4_000 { 1_000_000 } else { 1 };
    let (part, whole) = (part / shift, (whole / shift).max(1));
    Some((part * 2_000 + whole).div_euclid(whole * 2))
}

fn percent(thousandths: i128) -> String {
    let size = thousandths.unsigned_abs();
    format!("{}.{}%", grouped(size / 10), size % 10)
}

/// `34.8%` of a whole; a dash if there is no whole.
pub fn share(part: i128, whole: i128) -> String {
    thousandths(part, whole).map_or_else(|| "–".to_owned(), percent)
}

/// `+13.1%`, `−13.1%` against before; a dash if there was nothing before.
pub fn change(now: i128, before: i128) -> String {
    match thousandths(now.saturating_sub(before), before) {
        None => "–".to_owned(),
        Some(0) => "0.0%".to_owned(),
        Some(up @ 1..) => format!("+{}", percent(up)),
        Some(down) => format!("−{}", percent(down)),
    }
}

/// `8 kB`, `1,204 MB`, in powers of 1,024 as PostgreSQL has them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} kB", count(bytes.div_ceil(1_024))),
        _ => format!("{} MB", count(bytes.div_ceil(1_048_576))),
    }
}

/// A count with its exact value in the element.
#[component]
pub fn Count(number: u64) -> impl IntoView {
    view! { <data value=number.to_string()>{count(number)}</data> }.into_any()
}

/// Tokens in short, with the exact number in the element.
#[component]
pub fn Tokens(number: u64) -> impl IntoView {
    view! { <data value=number.to_string()>{tokens(number)}</data> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_tokens() {
        assert_eq!([0, 999, 1_000, 2_542_188].map(count), ["0", "999", "1,000", "2,542,188"]);
        let texts = [999_999, 957_512_000, 6_064_000_000].map(tokens);
        assert_eq!(texts, ["999,999", "957.5 M", "6.06 B"]);
    }

    #[test]
    fn sizes() {
        let texts = [0, 8_193, 3_000 * 1_048_576].map(size);
        assert_eq!(texts, ["0 kB", "9 kB", "3,000 MB"]);
    }

    #[test]
    fn shares_and_changes() {
        assert_eq!(share(391_608, 1_125_672), "34.8%");
        assert_eq!(share(1, 0), "–");
        assert_eq!(change(1_125_672, 995_031), "+13.1%");
        assert_eq!(change(67_227, 77_383), "−13.1%");
        assert_eq!(change(5, 5), "0.0%");
        assert_eq!(change(i128::MAX / 2, i128::MAX / 4), "+100.0%");
    }
}
