//! A filter that is set, and the way to take it away.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// A list item: `Model is atlas-4 ×`.
#[component]
pub fn Chip(
    /// What is compared, like `Model is`.
    #[prop(into)]
    label: String,
    #[prop(into)] value: String,
    /// The same page without this filter.
    #[prop(optional, into)]
    remove: Option<String>,
) -> impl IntoView {
    let name = format!("Remove filter: {label} {value}");
    view! {
        <li class="chip">
            {label}
            <b>{value}</b>
            {match remove {
                Some(href) => view! { <a href=href aria-label=name><Icon glyph=Glyph::Close/></a> }.into_any(),
                None => "\u{a0}\u{a0}".into_any(),
            }}
        </li>
    }
    .into_any()
}

/// Leads to where one more can be added.
#[component]
pub fn AddChip(#[prop(into)] href: String, #[prop(into)] text: String) -> impl IntoView {
    view! { <a class="chip add" href=href><Icon glyph=Glyph::Plus/>{text}</a> }.into_any()
}
