//! Rates in forms and sentences: of a tier, of a project and model.

use domain::{Rate, Rates};

use crate::{components::count, web::Draft};

/// What a form about rates that exist begins with.
pub(super) fn keep(draft: &mut Draft, rates: Rates) {
    for (name, rate) in Rates::NAMES.into_iter().zip(rates.all()) {
        draft.keep(name, &rate.map(|rate| rate.to_string()).unwrap_or_default());
    }
}

/// What was typed, an empty field for no rate; nothing if something is wrong with it.
pub(super) fn read(draft: &mut Draft) -> Option<Rates> {
    let mut rates = [None; 4];
    let mut whole = true;
    for (name, rate) in Rates::NAMES.into_iter().zip(&mut rates) {
        if !draft.value(name).trim().is_empty() {
            *rate = draft.read::<Rate>(name);
            whole &= rate.is_some();
        }
    }
    whole.then(|| Rates::from_all(rates))
}

/// `60 requests per minute, 1,000 tokens per day`; nothing if none is limited.
pub(super) fn words(rates: &Rates) -> Option<String> {
    let rates = rates.all().into_iter().zip(Rates::LABELS).filter_map(|(rate, label)| {
        Some(format!("{} {}", count(rate?.get()), label.to_lowercase()))
    });
    let rates: Vec<_> = rates.collect();
    (!rates.is_empty()).then(|| rates.join(", "))
}
