//! Amounts for people, with the exact ones behind them.

use domain::Usd;
use leptos::prelude::*;

use super::numbers::grouped;

/// An amount rounded to cents, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `−` or nothing.
    pub sign: &'static str,
    /// With commas.
    pub dollars: String,
    /// Two digits.
    pub cents: String,
}

/// An amount in its parts, rounded half up to cents.
pub fn usd_display(amount: Usd) -> Shown {
    let (negative, dollars, cents) = amount.cents();
    Shown {
        sign: if negative { "−" } else { "" },
        dollars: grouped(dollars),
        cents: format!("{cents:02}"),
    }
}

/// `$11,256.72`, `−$12.50`.
pub fn usd(amount: Usd) -> String {
    let Shown { sign, dollars, cents } = usd_display(amount);
    format!("{sign}${dollars}.{cents}")
}

/// `$0.020648`: six decimals, for single requests and their sums.
pub fn usd_fine(amount: Usd) -> String {
    let micro = (amount.pico().unsigned_abs() + 500_000) / 1_000_000;
    let sign = if amount.pico() < 0 && micro > 0 { "−" } else { "" };
    format!("{sign}${}.{:06}", grouped(micro / 1_000_000), micro % 1_000_000)
}

/// An amount in a line or a cell; its exact value is in the element, for programs and tests.
#[component]
pub fn Money(
    amount: Usd,
    /// Six decimals, for single requests.
    #[prop(optional)]
    fine: bool,
    /// The one large amount of a page.
    #[prop(optional)]
    hero: bool,
) -> impl IntoView {
    let class = match (hero, amount == Usd::ZERO) {
        (true, _) => "money hero",
        (false, true) => "money faint",
        (false, false) => "money",
    };
    if fine {
        return view! { <data class=class value=amount.to_string()>{usd_fine(amount)}</data> }
            .into_any();
    }
    let Shown { sign, dollars, cents } = usd_display(amount);
    view! {
        <data class=class value=amount.to_string()>{sign}"$"{dollars}<span>"."{cents}</span></data>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_for_people_and_keeps_the_exact_value() {
        let amount = Usd::from_pico(11_256_724_999_999_999);
        assert_eq!(usd(amount), "$11,256.72");
        let html = view! { <Money amount/> }.to_html();
        assert!(html.contains(r#"value="11256.724999999999""#), "{html}");
        assert_eq!(usd(Usd::from_pico(-12_500_000_000_000)), "−$12.50");
        assert_eq!(usd(Usd::from_pico(-1)), "$0.00");
        assert_eq!(usd_fine(Usd::from_pico(20_648_000_000)), "$0.020648");
    }
}
