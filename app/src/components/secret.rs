//! Texts to be copied.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::islands::CopyButton;

/// A secret that is shown this once. Without scripts a click selects all of it.
#[component]
pub fn Secret(#[prop(into)] text: String) -> impl IntoView {
    view! {
        <div class="secret">
            <code>{text.clone()}</code>
            <CopyButton text/>
        </div>
    }
    .into_any()
}

/// An example to copy, folded until it is asked for.
#[component]
pub fn Snippet(
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] open: bool,
) -> impl IntoView {
    view! {
        <details class="snip" open=open>
            <summary>{title.clone()}" "<Icon glyph=Glyph::Down/></summary>
            <pre tabindex="0" aria-label=title><code>{text.clone()}</code></pre>
            <p><CopyButton text/></p>
        </details>
    }
    .into_any()
}

/// An id in a line.
#[component]
pub fn Id(#[prop(into)] text: String) -> impl IntoView {
    view! { <span class="id mono">{text}</span> }.into_any()
}
