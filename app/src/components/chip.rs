//! A filter that is set, and the way to take it away.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::labels;

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

/// A filter that is set.
pub struct SetFilter {
    /// As of [`Chip`].
    pub label: String,
    /// What is let through.
    pub value: String,
    /// The same page without it.
    pub remove: String,
}

/// The filters that are set, and the way to all without any; nothing where none is.
#[component]
pub fn Chips(
    filters: Vec<SetFilter>,
    /// The same page without all of them.
    #[prop(into)]
    clear: String,
) -> impl IntoView {
    let chips = filters.into_iter().map(|SetFilter { label, value, remove }| {
        view! { <Chip label value remove/> }
    });
    let chips: Vec<_> = chips.collect();
    (!chips.is_empty()).then(|| {
        view! {
            <div class="row" role="group" aria-label=labels::FILTERS>
                <ul class="row">{chips}</ul>
                <a href=clear>{labels::CLEAR_FILTERS}</a>
            </div>
        }
        .into_any()
    })
}

/// Leads to where one more can be added.
#[component]
pub fn AddChip(#[prop(into)] href: String, #[prop(into)] text: String) -> impl IntoView {
    view! { <a class="chip add" href=href><Icon glyph=Glyph::Plus/>{text}</a> }.into_any()
}
