//! The page of somebody who is not signed in.

use leptos::prelude::*;

use super::cloth::CLOTH;
use crate::components::Glyph;
use crate::labels;

/// A narrow column with heading and form, and the counting cloth beside it where there is room.
#[component]
pub fn Door(
    #[prop(into)] title: String,
    #[prop(optional, into)] sub: Option<String>,
    /// The installation's public address, and other remarks below the form.
    #[prop(optional, into)]
    foot: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="door">
            <main id="main" tabindex="-1">
                <a class="brand" href="/">
                    <svg aria-hidden="true"><use_ href=Glyph::Logo.href()/></svg>
                    {labels::EXCHEQUER}
                </a>
                <div>
                    <h1>{title}</h1>
                    {sub.map(|sub| view! { <p class="muted">{sub}</p> })}
                </div>
                {children()}
                <p class="small faint">{foot.map(|foot| format!("{foot} · "))}<a href="/docs">{labels::HELP}</a></p>
            </main>
            <aside>
                <figure inner_html=CLOTH></figure>
            </aside>
        </div>
    }
    .into_any()
}
