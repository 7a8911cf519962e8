//! Waits for the first request, and tells when it is there.

use leptos::prelude::*;

/// Asks `href` every two seconds until it has something to show, and shows it. Without scripts it says what to do.
#[island]
pub fn Waiting(
    /// Answers 204 as long as there is nothing, then with a part of a page.
    href: String,
) -> impl IntoView {
    let asks = RwSignal::new(false);
    let found = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        asks.set(true);
        poll::start(href.clone(), found);
    });
    let words = move || {
        if asks.get() {
            "Waiting for the first request…"
        } else {
            "It shows up here within a second; reload the page."
        }
    };
    view! {
        <div class="waiting" class:asks=move || asks.get() && found.get().is_none() aria-live="polite">
            <p hidden=move || found.get().is_some()>{words}</p>
            <div inner_html=move || found.get().unwrap_or_default()></div>
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod poll {
    use std::time::Duration;

    use leptos::{prelude::*, task::spawn_local, wasm_bindgen::JsCast as _};
    use wasm_bindgen_futures::JsFuture;

    pub(super) fn start(href: String, found: RwSignal<Option<String>>) {
        let handle = StoredValue::new(None::<IntervalHandle>);
        let ask = move || {
            // Nobody looks; the next time is soon enough.
            if document().hidden() {
                return;
            }
            let href = href.clone();
            spawn_local(async move {
                let Some(html) = part(&href).await else { return };
                found.set(Some(html));
                if let Some(handle) = handle.get_value() {
                    handle.clear();
                }
            });
        };
        let every = set_interval_with_handle(ask, Duration::from_secs(2));
        handle.set_value(every.ok());
    }

    /// None while there is nothing, and when the server can't be asked.
    async fn part(href: &str) -> Option<String> {
        let answer = JsFuture::from(window().fetch_with_str(href)).await.ok()?;
        let answer = answer.dyn_into::<web_sys::Response>().ok()?;
        if answer.status() != 200 || answer.redirected() {
            return None;
        }
        JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
    }
}

/// On the server nothing is waited for.
#[cfg(not(feature = "hydrate"))]
mod poll {
    use leptos::prelude::RwSignal;

    pub(super) fn start(_: String, _: RwSignal<Option<String>>) {}
}
