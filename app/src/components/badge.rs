//! A state in words.

use leptos::prelude::*;

use super::{Glyph, Icon, Tone};

/// A badge; the tone brings its icon, unless another is given.
#[component]
pub fn Badge(
    #[prop(optional)] tone: Tone,
    #[prop(optional)] glyph: Option<Glyph>,
    /// Words alone.
    #[prop(optional)]
    bare: bool,
    /// An outline instead of a ground.
    #[prop(optional)]
    line: bool,
    #[prop(into)] text: String,
) -> impl IntoView {
    let glyph = if bare { None } else { glyph.or(tone.glyph()) };
    let class = match tone {
        Tone::Plain if line => "badge line".to_owned(),
        Tone::Plain => "badge".to_owned(),
        tone => format!("badge {}", tone.class()),
    };
    view! {
        <span class=class>
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {text}
        </span>
    }
    .into_any()
}
