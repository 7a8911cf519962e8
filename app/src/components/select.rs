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

fn options(choices: Vec<Choice>, value: &str) -> impl IntoView + use<> {
    let options = choices.into_iter().map(|choice| {
        let selected = choice.value == value;
        view! { <option value=choice.value selected=selected>{choice.text}</option> }
    });
    options.collect_view()
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
    let options = options(choices, &value).into_any();
    field(name, label, options, (help, error), false)
}

/// Many choices under headings.
#[component]
pub fn GroupedSelect(
    /// Time zones of which nobody has chosen one: `shell.js` chooses the browser's.
    #[prop(optional)]
    here: bool,
    name: &'static str,
    #[prop(into)] label: String,
    groups: Vec<(String, Vec<Choice>)>,
    #[prop(optional, into)] value: String,
    #[prop(optional, into)] help: Option<String>,
    #[prop(optional_no_strip)] error: Option<String>,
) -> impl IntoView {
    let groups = groups.into_iter().map(|(heading, choices)| {
        view! { <optgroup label=heading>{options(choices, &value)}</optgroup> }
    });
    let groups = groups.collect_view().into_any();
    field(name, label, groups, (help, error), here)
}

fn field(
    name: &'static str,
    label: String,
    options: AnyView,
    (help, error): (Option<String>, Option<String>),
    here: bool,
) -> AnyView {
    let wiring = Wiring::new(name, help, error);
    let id = wiring.id.clone();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select
                id=id
                name=name
                data-here=here.then_some("")
                aria-invalid=wiring.invalid()
                aria-describedby=wiring.described_by()
            >
                {options}
            </select>
            {wiring.notes()}
        </div>
    }
    .into_any()
}
