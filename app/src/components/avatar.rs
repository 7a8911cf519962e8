//! A person in a circle: initials, beside the name.

use leptos::prelude::*;

/// Says nothing to those who listen: the name stands beside it.
#[component]
pub fn Avatar(#[prop(into)] name: String) -> impl IntoView {
    view! { <span class="avatar" aria-hidden="true">{initials(&name)}</span> }.into_any()
}

/// Of the first word and the last: `Ines van Okafor` is `IO`.
fn initials(name: &str) -> String {
    let mut words =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let both = first.into_iter().chain(words.next_back());
    both.flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_of_all_kinds_of_names() {
        let names =
            ["Ines van Okafor", "kofi", "  ", "(Ada) “Lovelace”", "Łukasz Żak", "李 小龙", "3PO"];
        assert_eq!(names.map(initials), ["IO", "K", "", "AL", "ŁŻ", "李小", "3"]);
    }
}
