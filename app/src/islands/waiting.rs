//! Waits for something that comes by itself, and shows it when it is there.

use leptos::prelude::*;

/// Asks `href` every two seconds until it has something to show, and shows it. Without scripts it says what to do.
#[island]
pub fn Waiting(
    /// Answers 204 as long as there is nothing, 202 with a part of a page that tells how it goes, 200 with one that tells
    /// how it ended.
    href: String,
    /// Said while it asks.
    asking: String,
    /// Said where it can't ask.
    bare: String,
) -> impl IntoView {
    let asks = RwSignal::new(false);
    let found = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        asks.set(true);
        poll::start(href.clone(), found);
    });
    let words = move || {
        if asks.get() { asking.clone() } else { bare.clone() }
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

    const ENDED: u16 = 200;
    /// Told, and waited for on.
    const GOES_ON: u16 = 202;
    const NOTHING: u16 = 204;

    pub(super) fn start(href: String, found: RwSignal<Option<String>>) {
        let handle = StoredValue::new(None::<IntervalHandle>);
        let asking = StoredValue::new(false);
        let ask = move || {
            // Nobody looks, or the answer before is still to come; the next time is soon enough.
            if document().hidden() || asking.get_value() {
                return;
            }
            asking.set_value(true);
            let href = href.clone();
            spawn_local(async move {
                let told = part(&href).await;
                asking.set_value(false);
                let over = match told {
                    Some((ENDED, html)) => {
                        found.set(html);
                        true
                    }
                    Some((GOES_ON, html)) => {
                        // What is as before is not said again.
                        if found.get_untracked() != html {
                            found.set(html);
                        }
                        false
                    }
                    // What passes is asked for again; signed out, gone or not allowed is for good.
                    Some((status, _)) => status != NOTHING && status < 500,
                    None => false,
                };
                if let Some(handle) = handle.get_value().filter(|_| over) {
                    handle.clear();
                }
            });
        };
        let every = set_interval_with_handle(ask, Duration::from_secs(2));
        handle.set_value(every.ok());
    }

    /// Status and text; none when the server can't be reached. Where it leads elsewhere, nobody is signed in.
    async fn part(href: &str) -> Option<(u16, Option<String>)> {
        let answer = JsFuture::from(window().fetch_with_str(href)).await.ok()?;
        let answer = answer.dyn_into::<web_sys::Response>().ok()?;
        if answer.redirected() {
            return Some((401, None));
        }
        let text = JsFuture::from(answer.text().ok()?).await.ok()?;
        Some((answer.status(), text.as_string()))
    }
}

/// On the server nothing is waited for.
#[cfg(not(feature = "hydrate"))]
mod poll {
    use leptos::prelude::RwSignal;

    pub(super) fn start(_: String, _: RwSignal<Option<String>>) {}
}
