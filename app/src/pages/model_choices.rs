//! Models to choose from, with what a person compares them by.

use domain::Price;

use crate::components::Choice;
use crate::labels;

/// Models by who sells them, behind the choice of none; each in such words.
pub(super) fn groups<'a>(
    prices: impl Iterator<Item = &'a Price>,
    none: &str,
    words: impl Fn(&Price) -> String,
) -> Vec<(String, Vec<Choice>)> {
    let mut groups: Vec<(String, Vec<Choice>)> =
        vec![(labels::NONE.to_owned(), vec![Choice::new("", none)])];
    for price in prices {
        let choice = Choice::new(price.model.clone(), words(price));
        match groups.iter_mut().skip(1).find(|(provider, _)| *provider == price.provider) {
            Some((_, choices)) => choices.push(choice),
            None => groups.push((price.provider.clone(), vec![choice])),
        }
    }
    if let Some(listed) = groups.get_mut(1..) {
        listed.sort_by(|one, other| one.0.cmp(&other.0));
    }
    groups
}
