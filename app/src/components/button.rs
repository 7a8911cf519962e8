//! Buttons: verb and noun, one primary in a view.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// How much a button asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Weight {
    #[default]
    Plain,
    /// The one that is meant.
    Primary,
    /// What can't be undone.
    Danger,
    /// Beside others.
    Quiet,
}

impl Weight {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "btn",
            Self::Primary => "btn primary",
            Self::Danger => "btn danger",
            Self::Quiet => "btn quiet",
        }
    }
}

fn class(weight: Weight, wide: bool) -> String {
    format!("{}{}", weight.class(), if wide { " wide" } else { "" })
}

/// Sends its form.
#[component]
pub fn Button(
    #[prop(optional)] weight: Weight,
    #[prop(optional)] wide: bool,
    #[prop(optional)] glyph: Option<Glyph>,
    /// With `value`, which of several buttons was pressed.
    #[prop(optional, into)]
    name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional)] disabled: bool,
    /// Sends the form though a field that is required is empty.
    #[prop(optional)]
    unfinished: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <button type="submit" class=class(weight, wide) name=name value=value disabled=disabled formnovalidate=unfinished>
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {children()}
        </button>
    }
    .into_any()
}

/// Leads somewhere and looks like a button.
#[component]
pub fn LinkButton(
    #[prop(into)] href: String,
    #[prop(optional)] weight: Weight,
    #[prop(optional)] wide: bool,
    #[prop(optional)] glyph: Option<Glyph>,
    children: Children,
) -> impl IntoView {
    view! {
        <a class=class(weight, wide) href=href>
            {glyph.map(|glyph| view! { <Icon glyph/> })}
            {children()}
        </a>
    }
    .into_any()
}

/// A form of one button: an effect that needs no other input.
#[component]
pub fn PostButton(
    #[prop(into)] action: String,
    #[prop(optional)] weight: Weight,
    #[prop(optional)] glyph: Option<Glyph>,
    /// Fields that are sent along.
    #[prop(default = Vec::new())]
    fields: Vec<(&'static str, String)>,
    children: Children,
) -> impl IntoView {
    let fields = fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <form method="post" action=action>
            {fields.collect_view()}
            <button type="submit" class=class(weight, false)>
                {glyph.map(|glyph| view! { <Icon glyph/> })}
                {children()}
            </button>
        </form>
    }
    .into_any()
}
