//! What the keyboard opens above any page: the search, and the list of keys. Both are pages too.

use leptos::prelude::*;

use crate::components::{Glyph, Icon, Skeleton};
use crate::labels;

/// Keys and what they do, the same as in `docs/guide/keyboard.md`.
const KEYS: [(&str, &str); 8] = [
    ("Ctrl K or ⌘ K", labels::SEARCH_PAGES_PROJECTS_KEYS_PEOPLE_AND_ACTIONS),
    ("Ctrl / or ⌘ /", "Show these keys"),
    ("↑ ↓", "Go from result to result, or from the search to its results"),
    ("← → Home End", "Go from bar to bar of a chart"),
    ("Enter", "Open what is marked"),
    (labels::ESC, "Close a menu, a dialog or the search"),
    ("Tab, Shift Tab", "Go on, go back: everything can be reached"),
    ("Tab, Enter", "First on every page: skip to content"),
];

/// The search as a dialog; `shell.js` opens and fills it.
#[component]
pub(super) fn Palette(#[prop(into)] action: String) -> impl IntoView {
    view! {
        <dialog class="dialog palette" id="palette" aria-label=labels::SEARCH>
            <form method="get" action=action role="search">
                <Icon glyph=Glyph::Search/>
                <input
                    name="q"
                    type="search"
                    aria-label=labels::SEARCH_PAGES_PROJECTS_KEYS_PEOPLE_AND_ACTIONS
                    placeholder="Pages, projects, keys, people, actions"
                    autocomplete="off"
                    spellcheck="false"
                    maxlength="100"
                />
                <button class="vh" type="submit" tabindex="-1">{labels::SEARCH}</button>
                <kbd>{labels::ESC}</kbd>
            </form>
            <p class="vh" role="status" data-said=""></p>
            <div class="found" data-found=""><Skeleton lines=6/></div>
        </dialog>
    }
    .into_any()
}

/// The list of keys, opened by a button or by its own key.
#[component]
pub(super) fn Keyboard() -> impl IntoView {
    let rows = KEYS.map(|(keys, what)| {
        view! { <div><dt><kbd>{keys}</kbd></dt><dd>{what}</dd></div> }
    });
    view! {
        <div class="dialog keyboard" id="keyboard" popover="auto" role="dialog" aria-labelledby="keyboard-title">
            <div class="head">
                <h2 id="keyboard-title">{labels::KEYBOARD}</h2>
                <button class="btn quiet only" type="button" popovertarget="keyboard" popovertargetaction="hide" aria-label=labels::CLOSE>
                    <Icon glyph=Glyph::Close/>
                </button>
            </div>
            <dl class="body">{rows.into_iter().collect_view()}</dl>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::KEYS;

    const GUIDE: &str = include_str!("../../../docs/guide/keyboard.md");

    #[test]
    fn the_guide_lists_the_same_keys() {
        for (keys, what) in KEYS {
            assert!(GUIDE.contains(&format!("| {keys} | {what} |")), "{keys}");
        }
        assert_eq!(GUIDE.matches("\n| ").count(), KEYS.len() + 2);
    }
}
