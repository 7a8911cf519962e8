//! What stands where something is about to come.

use leptos::prelude::*;

/// So many lines, as long as what comes is.
#[component]
pub fn Skeleton(lines: usize) -> impl IntoView {
    let lines = (0..lines).map(|_| view! { <i></i> }).collect_view();
    view! { <div class="skeleton" aria-hidden="true">{lines}</div> }.into_any()
}
