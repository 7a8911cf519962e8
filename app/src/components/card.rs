//! A surface with a heading. Never one inside another.

use leptos::prelude::*;

/// A card; put a `CardBody`, a table or rows into it, and perhaps a `CardFoot`.
#[component]
pub fn Card(
    #[prop(optional, into)] title: Option<String>,
    /// A remark beside the heading.
    #[prop(optional, into)]
    note: Option<String>,
    /// A link beside the heading, as (text, address).
    #[prop(optional)]
    more: Option<(&'static str, String)>,
    /// What links to it name.
    #[prop(optional)]
    id: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let head = title.map(|title| {
        view! {
            <header>
                <h2>{title}</h2>
                {note.map(|note| view! { <p>{note}</p> })}
                {more.map(|(text, href)| view! { <a class="small" href=href>{text}</a> })}
            </header>
        }
    });
    view! { <section class="card" id=id>{head}{children()}</section> }.into_any()
}

/// The padded inside of a card.
#[component]
pub fn CardBody(
    /// With a line between it and the heading.
    #[prop(optional)]
    split: bool,
    children: Children,
) -> impl IntoView {
    let class = if split { "body split stack" } else { "body stack" };
    view! { <div class=class>{children()}</div> }.into_any()
}

/// The line below a card: what the numbers cover, and where there is more.
#[component]
pub fn CardFoot(children: Children) -> impl IntoView {
    view! { <footer>{children()}</footer> }.into_any()
}
