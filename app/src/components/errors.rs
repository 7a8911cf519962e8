//! What is wrong with a form, said above it and at each field.

use leptos::prelude::*;

use super::{Glyph, Icon, field::id_of};

/// Sentences by the name of the field they are about; at most one a field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Errors(Vec<(&'static str, String)>);

impl Errors {
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One field with its sentence.
    pub fn one(field: &'static str, sentence: impl Into<String>) -> Self {
        let mut errors = Self::new();
        errors.add(field, sentence);
        errors
    }

    /// Adds a sentence; the first one about a field stays.
    pub fn add(&mut self, field: &'static str, sentence: impl Into<String>) {
        if self.of(field).is_none() {
            self.0.push((field, sentence.into()));
        }
    }

    /// The sentence about a field, for its `error`.
    pub fn of(&self, field: &str) -> Option<String> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, sentence)| sentence.clone())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The summary at the top of a form; nothing if there are no errors.
#[component]
pub fn ErrorSummary(
    /// What did not happen, like `Nothing was saved`.
    #[prop(into)]
    lead: String,
    errors: Errors,
) -> impl IntoView {
    (!errors.is_empty()).then(|| {
        let count = match errors.0.len() {
            1 => "One thing to fix:".to_owned(),
            many => format!("{many} things to fix:"),
        };
        let lines = errors.0.into_iter().map(|(field, sentence)| {
            view! { <li><a href=format!("#{}", id_of(field))>{sentence}</a></li> }
        });
        view! {
            <div class="notice bad" role="alert">
                <Icon glyph=Glyph::Warn/>
                <div>
                    <h3>{lead}". "{count}</h3>
                    <ul>{lines.collect_view()}</ul>
                </div>
            </div>
        }
    })
}
