//! How far work is that takes a while.

use leptos::prelude::*;

use super::count;

/// So many parts of so many are done.
#[component]
pub fn Progress(
    /// What is done, as `are written`.
    #[prop(into)]
    done: String,
    parts: u32,
    of: u32,
) -> impl IntoView {
    let words = format!("{} of {} parts {done}", count(parts.into()), count(of.into()));
    view! {
        // Whoever listens is told the end, and how far it is when they ask.
        <div class="progress" aria-live="off">
            <progress value=parts max=of.max(1) aria-label=words.clone()></progress>
            <small aria-hidden="true">{words}</small>
        </div>
    }
    .into_any()
}
