//! Weaves and cloths that fills of this document refer to; they can't come from another file.

use leptos::prelude::*;

const PATTERNS: &str = include_str!("patterns.svg");

#[component]
pub(super) fn Defs() -> impl IntoView {
    view! { <svg class="defs" width="0" height="0" aria-hidden="true" inner_html=PATTERNS></svg> }
        .into_any()
}
