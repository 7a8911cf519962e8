//! Countries, as ISO 3166-1 names them by two letters.

use crate::components::Choice;

/// Code and English name, one a line, by name.
const LIST: &str = include_str!("countries.tsv");

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    LIST.lines().filter_map(|line| line.split_once('\t'))
}

/// For a select that begins with none chosen.
pub(super) fn choices() -> Vec<Choice> {
    let countries = all().map(|(code, name)| Choice::new(code, name));
    std::iter::once(Choice::new("", "Choose a country")).chain(countries).collect()
}

pub(super) fn exists(code: &str) -> bool {
    all().any(|(known, _)| known == code)
}

/// What a country is called; its code if it is not in the list.
pub(in crate::pages) fn name(code: &str) -> &str {
    all().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{choices, exists, name};

    #[test]
    fn all_officially_assigned_codes() {
        assert_eq!(choices().len(), 1 + 249);
        assert!(exists("NO") && exists("GB") && !exists("UK") && !exists("") && !exists("no"));
        assert_eq!((name("NO"), name("XX"), name("")), ("Norway", "XX", ""));
    }
}
