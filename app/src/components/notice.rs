//! Something that must be read.

use leptos::prelude::*;

use super::{Icon, Tone};

/// A notice; bad ones are spoken at once.
#[component]
pub fn Notice(
    tone: Tone,
    /// What happened, or what did not.
    #[prop(into)]
    lead: String,
    /// Why, and what to do.
    #[prop(optional, into)]
    text: Option<String>,
    /// Buttons: the next step.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    view! {
        <div class=format!("notice {}", tone.class()) role=role>
            {tone.glyph().map(|glyph| view! { <Icon glyph/> })}
            <p><strong>{lead}</strong>{text.map(|text| format!(" {text}"))}</p>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </div>
    }
    .into_any()
}
