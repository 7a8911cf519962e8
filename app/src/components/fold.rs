//! What is shown on demand.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// A form of filters and the like, opened by its title.
#[component]
pub fn Fold(
    #[prop(into)] title: String,
    /// It is open from the beginning: something in it is to be read.
    #[prop(optional)]
    open: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <details class="snip" open=open>
            <summary>{title}" "<Icon glyph=Glyph::Down/></summary>
            <div class="stack">{children()}</div>
        </details>
    }
    .into_any()
}
