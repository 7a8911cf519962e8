//! What is asked, read from the form.

use std::{ops::RangeInclusive, sync::Arc};

use domain::Price;

use super::Place;
use crate::{
    components::count,
    web::{Draft, Prompt},
};

/// The fields in which models are chosen.
pub(super) const CHOICES: [&str; 2] = ["model1", "model2"];

/// Most characters of each text.
pub(super) const LONGEST: usize = 100_000;

/// Tokens of an answer.
const MOST: RangeInclusive<u64> = 1..=128_000;

/// Reads the form, or notes what is wrong with it.
pub(super) fn read(draft: &mut Draft, place: &Place) -> Option<Vec<Prompt>> {
    let models = models(draft, place);
    let (system, text) = (text(draft, "system"), text(draft, "prompt"));
    if text.trim().is_empty() {
        draft.refuse("prompt", "Write a prompt.");
    }
    let most = draft.whole("most", MOST);
    for model in &models {
        let limit = model.max_output.filter(|limit| most.is_some_and(|most| most > *limit));
        if let Some(limit) = limit {
            let sentence = format!("{} answers with at most {} tokens.", model.model, count(limit));
            draft.refuse("most", sentence);
        }
    }
    if !draft.errors().is_empty() {
        return None;
    }
    let (system, most) = ((!system.trim().is_empty()).then_some(system), most?);
    let prompt = |model| Prompt { model, system: system.clone(), text: text.clone(), most };
    Some(models.into_iter().map(prompt).collect())
}

/// A browser ends lines as mail does.
fn text(draft: &mut Draft, name: &'static str) -> String {
    let text = draft.value(name).replace("\r\n", "\n");
    if text.chars().nth(LONGEST).is_some() {
        let (length, most) = (count(text.chars().count() as u64), count(LONGEST as u64));
        let sentence = format!("This has {length} characters; at most {most} are sent.");
        draft.refuse(name, sentence);
    }
    text
}

fn models(draft: &mut Draft, place: &Place) -> Vec<Arc<Price>> {
    let [first, second] = CHOICES.map(|name| draft.value(name));
    if first.is_empty() {
        draft.refuse(CHOICES[0], "Choose a model.");
    } else if first == second {
        draft.refuse(CHOICES[1], "Choose another model than the first, or none.");
    }
    let mut models = Vec::new();
    for (name, model) in CHOICES.into_iter().zip([first, second]) {
        match place.model(&model) {
            Some(model) => models.push(model),
            None if model.is_empty() => {}
            None => draft.refuse(name, "Choose a model from the list: this project asks no other."),
        }
    }
    models
}
