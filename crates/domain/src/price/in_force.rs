//! Which of several prices of a model is charged.

use std::collections::BTreeMap;

use super::Price;

/// Who sells the sandbox's models, which nobody pays for.
pub const SANDBOX: &str = "sandbox";
/// How the names of the sandbox's models begin, and no others.
pub const SANDBOX_PREFIX: &str = "sandbox-";

/// Whose price is taken where several providers sell the same name: a connection does not say whose
/// it is, and most speak for OpenAI.
const PREFERRED: &str = "openai";

/// The price that each model of the book is charged with, by its name. A name belongs to the sandbox by
/// its beginning, and to nobody else.
pub fn preferred(book: Vec<Price>) -> BTreeMap<String, Price> {
    let rank = |price: &Price| (price.provider != PREFERRED, price.provider.clone());
    let mut list = BTreeMap::<String, Price>::new();
    for price in book {
        if (price.provider == SANDBOX) != price.model.starts_with(SANDBOX_PREFIX) {
            continue;
        }
        if list.get(&price.model).is_none_or(|other| rank(&price) < rank(other)) {
            list.insert(price.model.clone(), price);
        }
    }
    list
}

/// An organization's own price, which stands before the book's: who sells the model, and how long it may
/// be, the book knows. None for the sandbox's models, whose prices are its own.
pub fn own(mut price: Price, book: &BTreeMap<String, Price>) -> Option<Price> {
    if price.model.starts_with(SANDBOX_PREFIX) {
        return None;
    }
    if let Some(listed) = book.get(&price.model) {
        price.provider.clone_from(&listed.provider);
        (price.context, price.max_output) = (listed.context, listed.max_output);
    }
    Some(price)
}
