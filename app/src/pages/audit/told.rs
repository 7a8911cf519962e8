//! An entry as a sentence.

use domain::audit::{Body, Entry, Kind};

use crate::components::usd;

/// The values that name what was changed, the best first.
const NAMES: [&str; 4] = ["name", "email", "level", "amount_usd"];

/// A kind in two parts, as in `API key` and `was revoked`.
pub(super) fn parts(kind: Kind) -> (String, String) {
    let label = kind.label();
    let words: Vec<&str> = label.split(' ').collect();
    let is_deed =
        |word: &&str| word.ends_with("ed") || matches!(*word, "kept" | "made" | "sent" | "set");
    let place = words.iter().position(is_deed).unwrap_or(words.len());
    (words[..place].join(" "), format!("was {}", words[place..].join(" ")))
}

/// What was changed, how, and what it is called.
pub(super) fn what(entry: &Entry, body: &Body) -> (String, Option<String>, String) {
    let kind = Kind::ALL.iter().find(|kind| kind.as_str() == body.action);
    let (noun, deed) = kind.map_or_else(
        || (body.action.clone(), "was written by a newer version".to_owned()),
        |kind| parts(*kind),
    );
    (noun, name(entry, body), deed)
}

/// By whom, as a person is known in the log.
pub(in crate::pages) fn who(entry: &Entry, body: &Body) -> String {
    match entry.personal.get("actor") {
        Some(Some(known)) => known.value.clone(),
        Some(None) => "somebody whose data was erased".to_owned(),
        None if body.actor == "operator" => "the operator".to_owned(),
        None if body.actor == "rule" => "Exchequer, by rule".to_owned(),
        None if body.actor.starts_with("key_") => format!("the admin key {}", body.actor),
        None => body.actor.clone(),
    }
}

/// A personal value; none if there was none, an empty text if it was erased.
pub(super) fn personal(entry: &Entry, name: &str) -> Option<String> {
    let value = entry.personal.get(name)?;
    Some(value.as_ref().map(|value| value.value.clone()).unwrap_or_default())
}

fn name(entry: &Entry, body: &Body) -> Option<String> {
    NAMES.iter().find_map(|name| {
        let open = body.changes.get(*name).and_then(|sides| match *name {
            // What an amount is now tells more than what it was.
            "amount_usd" => {
                let amount = sides.after.as_ref().or(sides.before.as_ref())?;
                Some(amount.parse().map_or_else(|_| format!("${amount}"), usd))
            }
            _ => sides.before.clone().or_else(|| sides.after.clone()),
        });
        let side = |side| personal(entry, &format!("{name}.{side}")).filter(|it| !it.is_empty());
        open.or_else(|| side("before")).or_else(|| side("after"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_a_thing_and_what_was_done_to_it() {
        for kind in Kind::ALL {
            let (noun, deed) = parts(*kind);
            assert!(!noun.is_empty() && deed.len() > "was ".len(), "{kind:?}: {noun} | {deed}");
            assert_eq!(format!("{noun} {}", &deed["was ".len()..]), kind.label());
        }
        assert_eq!(
            parts(Kind::KeyLeaked),
            ("API key".to_owned(), "was reported as leaked".to_owned())
        );
    }
}
