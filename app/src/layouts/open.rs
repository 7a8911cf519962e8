//! A page that needs nobody to be signed in and is more than a form.

use leptos::prelude::*;

use crate::components::Glyph;
use crate::labels;

/// The brand and the way in above the content; its children are the content, a `PageHead` first.
#[component]
pub fn Open(children: Children) -> impl IntoView {
    view! {
        <header class="bar open">
            <a class="brand" href="/">
                <svg aria-hidden="true"><use_ href=Glyph::Logo.href()/></svg>
                {labels::EXCHEQUER}
            </a>
            <a href="/sign-in">{labels::SIGN_IN}</a>
        </header>
        <main id="main" class="page" tabindex="-1">{children()}</main>
    }
    .into_any()
}
