//! A question or an answer that stands alone: a page of its own, so it needs no scripts.

use leptos::prelude::*;

/// A dialog as the content of a page.
#[component]
pub fn DialogPage(
    #[prop(into)] title: String,
    #[prop(optional, into)] text: Option<String>,
    /// Buttons.
    foot: AnyView,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="dialog still page-dialog" aria-labelledby="dialog-title">
            <header>
                <h1 id="dialog-title">{title}</h1>
                {text.map(|text| view! { <p>{text}</p> })}
            </header>
            <div class="body stack">{children()}</div>
            <footer>{foot}</footer>
        </section>
    }
    .into_any()
}
