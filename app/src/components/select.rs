//! One of several.

use leptos::prelude::*;

use super::field::Wiring;

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub text: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into() }
    }
}

/// A list of choices with its label; the one whose value is `value` is chosen.
#[component]
pub fn Select(
    name: &'static str,
    #[prop(into)] label: String,
    choices: Vec<Choice>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional_no_strip)] error: Option<String>,
) -> impl IntoView {
    let wiring = Wiring::new(name, help, error);
    let id = wiring.id.clone();
    let options = choices.into_iter().map(|choice| {
        let selected = choice.value == value;
        view! { <option value=choice.value selected=selected>{choice.text}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select
                id=id
                name=name
                aria-invalid=wiring.invalid()
                aria-describedby=wiring.described_by()
            >
                {options.collect_view()}
            </select>
            {wiring.notes()}
        </div>
    }
    .into_any()
}
