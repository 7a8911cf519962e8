//! Amounts for people, with the exact ones behind them.

use domain::Usd;
use leptos::prelude::*;

use super::numbers::grouped;

/// An amount in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `−` or nothing.
    pub sign: &'static str,
    /// With commas.
    pub dollars: String,
    /// What follows the point: two digits, or all there are of less than a cent.
    pub cents: String,
}

/// An amount in its parts, rounded half up to cents; what is less than a cent is written out, because `$0.00` would say
/// that there is nothing.
pub fn usd_display(amount: Usd) -> Shown {
    let (negative, dollars, cents) = amount.cents();
    if let Some(cents) = amount.below_a_cent() {
        let sign = if amount < Usd::ZERO { "−" } else { "" };
        return Shown { sign, dollars: "0".to_owned(), cents };
    }
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

/// `$0.020648`: six decimals, for single requests and their sums; all there are of less than a millionth.
pub fn usd_fine(amount: Usd) -> String {
    if (1..1_000_000).contains(&amount.pico().unsigned_abs()) {
        return usd(amount);
    }
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
        assert_eq!(usd_fine(Usd::from_pico(20_648_000_000)), "$0.020648");
    }

    #[test]
    fn writes_out_what_is_less_than_a_cent() {
        let texts =
            [0, 1, -130_000_000, 4_999_999_999, 9_999_999_999, 10_000_000_000, 14_999_999_999];
        assert_eq!(
            texts.map(|pico| usd(Usd::from_pico(pico))),
            [
                "$0.00",
                "$0.000000000001",
                "−$0.00013",
                "$0.004999999999",
                "$0.009999999999",
                "$0.01",
                "$0.01"
            ]
        );
        let fine =
            [0, 100_000, 999_999, 1_000_000, 1_499_999].map(|pico| usd_fine(Usd::from_pico(pico)));
        assert_eq!(fine, ["$0.000000", "$0.0000001", "$0.000000999999", "$0.000001", "$0.000001"]);
        let html = view! { <Money amount=Usd::from_pico(130_000_000)/> }.to_html();
        assert!(html.contains(r#"value="0.00013""#) && html.contains("00013</span>"), "{html}");
    }
}
