//! Ways to look at the same thing.

use leptos::prelude::*;

use super::Link;

/// A few alternatives side by side, such as ranges.
#[component]
pub fn Seg(#[prop(into)] label: String, links: Vec<Link>) -> impl IntoView {
    let links = links.into_iter().map(|link| {
        let current = link.aria();
        view! { <a href=link.href aria-current=current>{link.text}</a> }
    });
    view! { <nav class="seg" aria-label=label>{links.collect_view()}</nav> }.into_any()
}

/// Parts of a list, each with its count.
#[component]
pub fn Tabs(#[prop(into)] label: String, links: Vec<(Link, Option<u64>)>) -> impl IntoView {
    let links = links.into_iter().map(|(link, count)| {
        let current = link.aria();
        let count = count.map(|count| view! { " "<span>{super::count(count)}</span> });
        view! { <a href=link.href aria-current=current>{link.text}{count}</a> }
    });
    view! { <nav class="tabs" aria-label=label>{links.collect_view()}</nav> }.into_any()
}
