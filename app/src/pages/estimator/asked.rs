//! What is asked, read from the form.

use std::ops::RangeInclusive;

use domain::Models;
use tokenizer::{Encoding, LONGEST};

use super::List;
use crate::{components::count, web::Draft};

/// The fields in which models of the list are chosen.
pub(super) const CHOICES: [&str; 4] = ["model1", "model2", "model3", "model4"];

/// More tokens than any model answers with at once.
const OUTPUTS: RangeInclusive<u64> = 0..=1_000_000;
/// More requests than a month can bring.
const REQUESTS: RangeInclusive<u64> = 1..=1_000_000_000;

/// A text, and the models that are compared.
pub(super) struct Asked {
    /// Its lines end with a line feed, as they do in a program.
    pub(super) text: String,
    /// Names, each once, at least one.
    pub(super) models: Vec<String>,
    /// Tokens that an answer has.
    pub(super) output: u64,
    /// In a month.
    pub(super) requests: u64,
}

impl Asked {
    /// The encodings that are needed, each once.
    pub(super) fn encodings(&self) -> Vec<Encoding> {
        let mut all = Vec::new();
        for (encoding, _) in self.models.iter().map(|model| encoding(model)) {
            if !all.contains(&encoding) {
                all.push(encoding);
            }
        }
        all
    }
}

/// The encoding by which a model's tokens are counted, and whether it is the model's own.
pub(super) fn encoding(model: &str) -> (Encoding, bool) {
    match Encoding::of_openai(model) {
        Some(encoding) => (encoding, true),
        None => (Encoding::O200k, false),
    }
}

/// Reads the form, or notes what is wrong with it.
pub(super) fn read(draft: &mut Draft, list: &List) -> Option<Asked> {
    // A browser ends lines as mail does.
    let text = draft.value("text").replace("\r\n", "\n");
    if text.is_empty() {
        draft.refuse("text", "Paste a text.");
    } else if text.chars().nth(LONGEST).is_some() {
        let sentence = format!(
            "This text has {} characters; at most {} are counted. Leave some out.",
            count(text.chars().count() as u64),
            count(LONGEST as u64)
        );
        draft.refuse("text", sentence);
    }
    let models = models(draft, list);
    let output = draft.whole("output", OUTPUTS);
    let requests = draft.whole("requests", REQUESTS);
    if !draft.errors().is_empty() {
        return None;
    }
    Some(Asked { text, models, output: output?, requests: requests? })
}

fn models(draft: &mut Draft, list: &List) -> Vec<String> {
    let mut models: Vec<String> = Vec::new();
    for name in CHOICES {
        let model = draft.value(name);
        if !model.is_empty() && !list.contains_key(&model) {
            draft.refuse(name, "Choose a model from the list, or write its name below.");
        }
        models.push(model);
    }
    let other = draft.value("other").trim().to_owned();
    if !other.is_empty() && Models::new([&*other]).is_err() {
        draft.refuse(
            "other",
            "A model’s name has 1 to 100 printable ASCII characters and no spaces.",
        );
    }
    models.push(other);
    let mut once = Vec::new();
    for model in models {
        if !model.is_empty() && !once.contains(&model) {
            once.push(model);
        }
    }
    if once.is_empty() {
        draft.refuse(CHOICES[0], "Choose at least one model.");
    }
    once
}
