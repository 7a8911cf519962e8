//! Where a long list goes on.

use leptos::prelude::*;

/// The foot of a card: what is shown, and the pages around it.
#[component]
pub fn Pager(
    /// Like `10 of 14 keys`.
    #[prop(into)]
    shown: String,
    #[prop(optional_no_strip)] previous: Option<String>,
    #[prop(optional_no_strip)] next: Option<String>,
) -> impl IntoView {
    let link = |href: Option<String>, rel, text| {
        href.map(|href| view! { <a href=href rel=rel>{text}</a> })
    };
    view! {
        <footer>
            <span>{shown}</span>
            <span class="row">
                {link(previous, "prev", "Previous")}
                {link(next, "next", "Next")}
            </span>
        </footer>
    }
    .into_any()
}
