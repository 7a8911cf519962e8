//! One limit and how far it is used: short in a card, or as a row of a list.

use leptos::prelude::*;

use super::{Badge, Meter, Reading, Tone, usd};

/// A limit in a card of limits.
#[component]
pub fn Limit(
    #[prop(into)] title: String,
    #[prop(into)] href: String,
    reading: Reading,
    tone: Tone,
    /// The state in words.
    #[prop(into)]
    state: String,
    /// What kind of limit, like `Project, monthly`.
    #[prop(into)]
    kind: String,
) -> impl IntoView {
    let state_class = if matches!(tone, Tone::Warn | Tone::Bad) { tone.class() } else { "faint" };
    let (spent, limit) = (usd(reading.spent), usd(reading.limit));
    view! {
        <div class="limit">
            <div class="row between">
                <a href=href>{title.clone()}</a>
                <span class="keep"><b>{spent}</b>" "<span class="faint">"of "{limit}</span></span>
            </div>
            <Meter label=title reading tone/>
            <div class="row between small">
                <span class=state_class>{state}</span>
                <span class="faint">{kind}</span>
            </div>
        </div>
    }
    .into_any()
}

/// A list item among others on one scale; put them into `<ul class="budgets">` in a card.
#[component]
pub fn LimitRow(
    #[prop(into)] title: String,
    #[prop(into)] href: String,
    /// Whose it is, like `Project, production`.
    #[prop(into)]
    kind: String,
    reading: Reading,
    tone: Tone,
    /// The state in words.
    #[prop(into)]
    state: String,
    /// `monthly`, `weekly`, `daily`.
    period: &'static str,
    /// When it resets, or who changed it.
    #[prop(into)]
    note: String,
    /// Menus, buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let label = format!("{title} {period} budget");
    let mut rest = Vec::new();
    if reading.reserved > domain::Usd::ZERO {
        rest.push(format!("{} reserved", usd(reading.reserved)));
    }
    if let Some(forecast) = reading.forecast {
        rest.push(format!("forecast {}", usd(forecast)));
    }
    if rest.is_empty() {
        rest.push(format!("{} left", usd(reading.limit.left_after(reading.spent))));
    }
    let (spent, limit) = (usd(reading.spent), usd(reading.limit));
    view! {
        <li>
            <div><h3><a href=href>{title}</a></h3><p>{kind}</p></div>
            <div>
                <Meter label reading tone/>
                <div class="sums">
                    <span><b>{spent}</b>" of "{limit}" "{period}</span>
                    <span>{rest.join(" · ")}</span>
                </div>
            </div>
            <div class="stack tight state">
                <div><Badge tone line=true text=state/></div>
                <p>{note}</p>
                {children.map(|children| children())}
            </div>
        </li>
    }
    .into_any()
}
