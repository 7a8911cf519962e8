//! Copies a text to the clipboard.

use leptos::prelude::*;

/// A button that copies `text`. Hidden until it works: without scripts, and where the browser
/// keeps the clipboard to secure origins, the text beside it can be selected.
#[island]
pub fn CopyButton(
    /// What is copied.
    text: String,
) -> impl IntoView {
    let ready = RwSignal::new(false);
    let copied = RwSignal::new(false);
    Effect::new(move |_| ready.set(clipboard::allowed()));
    let copy = move |_| clipboard::write(&text, copied);
    view! {
        <button class="btn" type="button" hidden=move || !ready.get() on:click=copy>
            <svg class="icon" aria-hidden="true">
                <use_ href=move || if copied.get() { "/sprite.svg#i-check" } else { "/sprite.svg#i-copy" }/>
            </svg>
            <span aria-live="polite">{move || if copied.get() { "Copied" } else { "Copy" }}</span>
        </button>
    }
}

#[cfg(feature = "hydrate")]
mod clipboard {
    use leptos::{prelude::*, task::spawn_local};
    use wasm_bindgen_futures::JsFuture;

    pub(super) fn allowed() -> bool {
        window().is_secure_context()
    }

    pub(super) fn write(text: &str, copied: RwSignal<bool>) {
        let written = window().navigator().clipboard().write_text(text);
        spawn_local(async move {
            copied.set(JsFuture::from(written).await.is_ok());
        });
    }
}

/// On the server nothing is ever clicked.
#[cfg(not(feature = "hydrate"))]
mod clipboard {
    use leptos::prelude::RwSignal;

    pub(super) const fn allowed() -> bool {
        false
    }

    pub(super) const fn write(_: &str, _: RwSignal<bool>) {}
}
