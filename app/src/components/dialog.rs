//! A question or an answer that stands alone: a page of its own, so it needs no scripts.

use leptos::prelude::*;

/// A dialog as the content of a page.
#[component]
pub fn DialogPage(
    #[prop(into)] title: String,
    #[prop(optional, into)] text: Option<String>,
    /// The page has a head of its own above it.
    #[prop(optional)]
    below: bool,
    /// Buttons.
    foot: AnyView,
    children: Children,
) -> impl IntoView {
    let heading = if below {
        view! { <h2 id="dialog-title">{title}</h2> }.into_any()
    } else {
        view! { <h1 id="dialog-title">{title}</h1> }.into_any()
    };
    view! {
        <section class="dialog still page-dialog" aria-labelledby="dialog-title">
            <header>
                {heading}
                {text.map(|text| view! { <p>{text}</p> })}
            </header>
            <div class="body stack">{children()}</div>
            <footer>{foot}</footer>
        </section>
    }
    .into_any()
}
