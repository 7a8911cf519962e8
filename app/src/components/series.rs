//! The colour and weave by which a project is known on every page.

use leptos::prelude::*;

use super::Link;

/// A small square of a series, 1 to 8.
#[component]
pub fn Swatch(colour: u8) -> impl IntoView {
    let class = format!("c{}", colour.clamp(1, 8));
    view! {
        <svg class="swatch" aria-hidden="true"><rect class=class width="12" height="12"/></svg>
    }
    .into_any()
}

/// A name with its square, in a cell or a line.
#[component]
pub fn Named(
    colour: u8,
    #[prop(into)] name: String,
    #[prop(optional, into)] href: Option<String>,
) -> impl IntoView {
    match href {
        Some(href) => view! { <a class="named" href=href><Swatch colour/>{name}</a> }.into_any(),
        None => view! { <span class="named"><Swatch colour/>{name}</span> }.into_any(),
    }
}

/// The names of a chart's series; a click on one shows it alone.
#[component]
pub fn Legend(
    series: Vec<(u8, Link)>,
    /// What the outlined bars are, if there are any.
    #[prop(optional_no_strip)]
    before: Option<String>,
) -> impl IntoView {
    let series = series.into_iter().map(|(colour, link)| {
        view! { <li><Named colour name=link.text href=link.href/></li> }
    });
    let before = before.map(|text| {
        view! {
            <li><svg class="swatch" aria-hidden="true"><rect class="then" width="12" height="12"/></svg>{text}</li>
        }
    });
    view! { <ul class="legend">{series.collect_view()}{before}</ul> }.into_any()
}
