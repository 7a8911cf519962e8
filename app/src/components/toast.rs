//! What was done, told once.

use leptos::prelude::*;

use super::{Glyph, Icon, Notice, Tone};

/// Tells that something was done; what must be read is a [`super::Notice`]. It stands in the page, so it is there without
/// scripts; with them it goes by itself, and is not told again by going back.
#[component]
pub fn Toast(
    /// What was done, like `Budget saved.`
    #[prop(into)]
    lead: String,
    #[prop(optional, into)] text: Option<String>,
    /// The same page without it; the same path without a query if nothing is said.
    #[prop(default = "?".to_owned(), into)]
    clean: String,
    /// A button that undoes it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="toast ok" role="status">
            <Icon glyph=Glyph::Done/>
            <p><strong>{lead}</strong>{text.map(|text| format!(" {text}"))}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
            <a href=clean aria-label="Close this message" data-close=""><Icon glyph=Glyph::Close/></a>
        </div>
    }
    .into_any()
}

/// What came of a form: a toast if all is well, else what must be read.
#[component]
pub fn Outcome(
    tone: Tone,
    #[prop(into)] lead: String,
    #[prop(into)] text: String,
    /// As of [`Toast`].
    #[prop(default = "?".to_owned(), into)]
    clean: String,
) -> impl IntoView {
    match tone {
        Tone::Ok => view! { <Toast lead text clean/> }.into_any(),
        _ => view! { <Notice tone lead text/> }.into_any(),
    }
}
