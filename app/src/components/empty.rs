//! When there is nothing to show: what it is, why, and the one thing to do next.

use leptos::prelude::*;

use super::Tone;

/// An empty state, inside a card or alone.
#[component]
pub fn Empty(
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] tone: Tone,
    /// Below a heading, with a line between.
    #[prop(optional)]
    split: bool,
    /// Buttons: the next step.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let class = format!("empty {} {}", if split { "split" } else { "" }, tone.class());
    view! {
        <div class=class.trim_end().to_owned()>
            <h3>{title}</h3>
            <p>{text}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
    .into_any()
}
