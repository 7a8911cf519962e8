//! A list of things that happened or are to be done.

use leptos::prelude::*;

use super::{Glyph, Icon, Tone};

use crate::labels;

/// One row; put them into `<ul class="rows">`.
#[component]
pub fn Row(
    #[prop(optional)] tone: Tone,
    #[prop(optional)] glyph: Option<Glyph>,
    #[prop(into)] title: String,
    #[prop(into)] href: String,
    #[prop(optional, into)] text: Option<String>,
    /// At the end: a time or an amount.
    children: Children,
) -> impl IntoView {
    let glyph = glyph.or(tone.glyph()).unwrap_or(Glyph::Right);
    view! {
        <li>
            <Icon glyph class=tone.class()/>
            <div><a href=href>{title}</a>{text.map(|text| view! { <p>{text}</p> })}</div>
            {children()}
        </li>
    }
    .into_any()
}

/// One step of a set-up; put them into `<ul class="rows todo">`.
#[component]
pub fn Step(
    #[prop(into)] title: String,
    done: bool,
    /// Where and how it is done, as (address, verb).
    #[prop(into)]
    href: String,
    #[prop(into)] verb: String,
) -> impl IntoView {
    if done {
        view! {
            <li class="done"><Icon glyph=Glyph::Done/><span>{title}</span><span>{labels::DONE}</span></li>
        }
        .into_any()
    } else {
        view! {
            <li><Icon glyph=Glyph::Todo/><span>{title}</span><a href=href>{verb}</a></li>
        }
        .into_any()
    }
}
