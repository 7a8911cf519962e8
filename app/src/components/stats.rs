//! A few numbers with their names.

use leptos::prelude::*;

/// A row of numbers; put `Stat`s into it.
#[component]
pub fn Stats(children: Children) -> impl IntoView {
    view! { <dl class="stats">{children()}</dl> }.into_any()
}

/// One number.
#[component]
pub fn Stat(
    #[prop(into)] label: String,
    /// What it compares to.
    #[prop(optional, into)]
    note: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <div>
            <dt>{label}</dt>
            <dd>{children()}{note.map(|note| view! { <small>{note}</small> })}</dd>
        </div>
    }
    .into_any()
}

/// A list of properties; put `Fact`s into it.
#[component]
pub fn Facts(children: Children) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }.into_any()
}

/// One property.
#[component]
pub fn Fact(#[prop(into)] label: String, children: Children) -> impl IntoView {
    view! { <div><dt>{label}</dt><dd>{children()}</dd></div> }.into_any()
}
