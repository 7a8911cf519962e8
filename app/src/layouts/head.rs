//! The head of a page.

use leptos::prelude::*;

/// Heading, a line below it, and the page's buttons as children.
#[component]
pub fn PageHead(
    #[prop(into)] title: String,
    #[prop(optional, into)] sub: Option<String>,
    /// The page above, as (words, address).
    #[prop(optional)]
    above: Option<(&'static str, String)>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let crumb = above.map(|(words, href)| {
        view! { <p class="crumb"><a href=href>{words}</a>" / "{title.clone()}</p> }
    });
    view! {
        <header class="page-head">
            <div>
                {crumb}
                <h1>{title}</h1>
                {sub.map(|sub| view! { <p>{sub}</p> })}
            </div>
            {children.map(|children| view! { <div class="actions">{children()}</div> })}
        </header>
    }
    .into_any()
}
