//! Times and speeds in words, no more exact than they are known.

use chart::Unit;
use domain::Histogram;
use leptos::prelude::*;

/// Of this many hundredths the slowest are told: all but these are faster.
pub(super) const SLOW: u8 = 95;

/// A percentile as a time; a dash if nothing was measured.
pub(super) fn time(histogram: &Histogram, percent: u8) -> String {
    histogram.percentile(percent).map_or_else(|| "–".to_owned(), micros)
}

/// `410 ms`, of microseconds.
pub(super) fn micros(micros: u64) -> String {
    Unit::Time.text(micros.into())
}

/// A percentile as a speed: `43`, of tokens in 1,000 seconds.
pub(super) fn speed(histogram: &Histogram, percent: u8) -> String {
    histogram.percentile(percent).map_or_else(|| "–".to_owned(), per_second)
}

/// Two digits: `4.3`, `43`, `430`.
fn per_second(thousandths: u64) -> String {
    if thousandths < 9_950 {
        let tenths = (thousandths + 50) / 100;
        return format!("{}.{}", tenths / 10, tenths % 10);
    }
    let whole = (thousandths + 500) / 1_000;
    let mut unit = 1;
    while whole >= unit * 100 {
        unit *= 10;
    }
    crate::components::count((whole + unit / 2) / unit * unit)
}

/// A percentile in a cell, with the microseconds in its element.
pub(super) fn cell(histogram: &Histogram, percent: u8) -> AnyView {
    match histogram.percentile(percent) {
        Some(value) => view! {
            <td class="num"><data value=value.to_string()>{micros(value)}</data></td>
        }
        .into_any(),
        None => view! { <td class="num faint">"–"</td> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_have_two_digits() {
        let texts = [0, 4_321, 9_949, 9_950, 43_210, 313_000, 12_345_678].map(per_second);
        assert_eq!(texts, ["0.0", "4.3", "9.9", "10", "43", "310", "12,000"]);
        let none = Histogram::default();
        assert_eq!((time(&none, 50).as_str(), speed(&none, 50).as_str()), ("–", "–"));
    }
}
