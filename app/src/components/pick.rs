//! A box to tick, or one of several knobs.

use leptos::prelude::*;

use super::field::Wiring;

/// A checkbox with its words.
#[component]
pub fn Tick(
    name: &'static str,
    #[prop(into)] label: String,
    /// What is sent when it is ticked.
    #[prop(default = "on".to_owned(), into)]
    value: String,
    #[prop(optional)] checked: bool,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] help: Option<String>,
) -> impl IntoView {
    view! {
        <label class="pick">
            <input type="checkbox" name=name value=value checked=checked required=required/>
            <span>{label}{help.map(|help| view! { <small>{help}</small> })}</span>
        </label>
    }
    .into_any()
}

/// A radio button with its words; put several into a `Group`.
#[component]
pub fn Knob(
    name: &'static str,
    #[prop(into)] value: String,
    #[prop(into)] label: String,
    #[prop(optional)] checked: bool,
    #[prop(optional, into)] help: Option<String>,
) -> impl IntoView {
    view! {
        <label class="pick">
            <input type="radio" name=name value=value checked=checked required/>
            <span>{label}{help.map(|help| view! { <small>{help}</small> })}</span>
        </label>
    }
    .into_any()
}

/// Fields that answer one question.
#[component]
pub fn Group(
    #[prop(into)] legend: String,
    /// What summaries of errors call it.
    #[prop(default = "")]
    name: &'static str,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional_no_strip)] error: Option<String>,
    children: Children,
) -> impl IntoView {
    let wiring = Wiring::new(name, help, error);
    let id = (!name.is_empty()).then(|| wiring.id.clone());
    let described_by = wiring.described_by();
    view! {
        <fieldset class="field" id=id aria-describedby=described_by>
            <legend>{legend}</legend>
            {children()}
            {wiring.notes()}
        </fieldset>
    }
    .into_any()
}
