//! Every page of the help, read once.

use std::{borrow::Cow, collections::BTreeSet, sync::LazyLock};

use rust_embed::RustEmbed;

use super::{PATH, markdown};

#[derive(RustEmbed)]
#[folder = "../docs"]
#[include = "*.md"]
#[include = "guide/*.md"]
#[include = "guide/pictures/*.png"]
#[exclude = "adr/*"]
struct Files;

/// All of them.
pub(super) static BOOK: LazyLock<Book> = LazyLock::new(Book::read);

/// What is said how to do, what is said of how it is, and how it is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shelf {
    Guide,
    Reference,
    Inside,
}

impl Shelf {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Guide => "Guides",
            Self::Reference => "Reference",
            Self::Inside => "How it is built",
        }
    }

    pub(super) fn path(self) -> String {
        match self {
            Self::Guide => PATH.to_owned(),
            Self::Reference | Self::Inside => format!("{PATH}/reference"),
        }
    }
}

/// The guides in the order in which a newcomer needs them; others follow by name.
const ORDER: [&str; 10] = [
    "first-request",
    "budgets",
    "refusals",
    "alerts",
    "keys",
    "usage",
    "team",
    "providers",
    "nodes",
    "keyboard",
];

/// What is for those who change Exchequer, or want to know why it can be trusted.
const INSIDE: [&str; 6] = ["access", "architecture", "gateway", "ledger", "performance", "testing"];

/// One page.
#[derive(Debug)]
pub(super) struct Leaf {
    shelf: Shelf,
    name: String,
    pub(super) title: String,
    /// Its first paragraph, as text.
    pub(super) lead: String,
    pub(super) html: String,
    pub(super) sections: Vec<Section>,
}

/// What stands below one heading, as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Section {
    /// Its id and words; none before the first.
    pub(super) heading: Option<(String, String)>,
    pub(super) text: String,
}

/// A place where all words stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) href: String,
    /// The page's.
    pub(super) title: String,
    /// The heading's, if it is not the page's beginning.
    pub(super) place: Option<String>,
    /// What stands around the first word.
    pub(super) text: String,
}

pub(super) struct Book(Vec<Leaf>);

/// Letters of a hit's text.
const AROUND: usize = 160;
/// Letters of a question that are read: anybody may ask.
const LONGEST: usize = 100;
/// Hits that are shown.
const MOST: usize = 20;

impl Book {
    fn read() -> Self {
        let mut leaves: Vec<_> = Files::iter().filter_map(|path| Leaf::read(&path)).collect();
        let place = |leaf: &Leaf| ORDER.iter().position(|name| *name == leaf.name);
        leaves.sort_by_key(|leaf| {
            let place = (leaf.shelf == Shelf::Guide).then(|| place(leaf)).flatten();
            (place.unwrap_or(usize::MAX), leaf.title.to_lowercase())
        });
        Self(leaves)
    }

    pub(super) fn leaves(&self, shelf: Shelf) -> impl Iterator<Item = &Leaf> {
        self.0.iter().filter(move |leaf| leaf.shelf == shelf)
    }

    pub(super) fn leaf(&self, shelf: Shelf, name: &str) -> Option<&Leaf> {
        self.0.iter().find(|leaf| leaf.name == name && leaf.shelf.path() == shelf.path())
    }

    /// Where all words stand, headings first, guides before reference, and that before how it is built.
    pub(super) fn search(&self, q: &str) -> Vec<Hit> {
        let q: String = q.to_lowercase().chars().take(LONGEST).collect();
        let words: BTreeSet<_> = q.split_whitespace().collect();
        let words: Vec<_> = words.into_iter().collect();
        let mut hits: Vec<_> = self.0.iter().flat_map(|leaf| leaf.hits(&words)).collect();
        hits.sort_by_key(|(rank, _)| *rank);
        hits.into_iter().map(|(_, hit)| hit).take(MOST).collect()
    }
}

impl Leaf {
    fn read(path: &str) -> Option<Self> {
        let name = path.strip_suffix(".md")?;
        let (shelf, name) = match name.strip_prefix("guide/") {
            Some(name) => (Shelf::Guide, name),
            None if INSIDE.contains(&name) => (Shelf::Inside, name),
            None => (Shelf::Reference, name),
        };
        let file = Files::get(path)?;
        let text = std::str::from_utf8(&file.data).ok()?;
        let markdown::Read { title, lead, html, sections } = markdown::read(text, shelf);
        Some(Self { shelf, name: name.to_owned(), title, lead, html, sections })
    }

    pub(super) fn href(&self) -> String {
        format!("{}/{}", self.shelf.path(), self.name)
    }

    /// Each section with all words, and its rank: 0 when its heading has them, else 1; each shelf after the one before.
    fn hits(&self, words: &[&str]) -> Vec<(usize, Hit)> {
        let hit = |section: &Section| {
            let heading = section.heading.as_ref().map_or(self.title.as_str(), |(_, words)| words);
            let named = format!("{} {heading}", self.title).to_lowercase();
            let text = section.text.to_lowercase();
            words.iter().all(|word| named.contains(word) || text.contains(word)).then(|| {
                let rank = usize::from(!words.iter().all(|word| named.contains(word)));
                let anchor = section.heading.as_ref().map(|(id, _)| format!("#{id}"));
                let hit = Hit {
                    href: format!("{}{}", self.href(), anchor.unwrap_or_default()),
                    title: self.title.clone(),
                    place: section.heading.as_ref().map(|(_, words)| words.clone()),
                    text: around(&section.text, words),
                };
                (2 * self.shelf as usize + rank, hit)
            })
        };
        self.sections.iter().filter_map(hit).collect()
    }
}

/// A part of the text that begins a few words before the first of these.
fn around(text: &str, words: &[&str]) -> String {
    let spoken: Vec<_> = text.split_whitespace().collect();
    let is_meant = |word: &&str| words.iter().any(|one| word.to_lowercase().contains(one));
    let first = spoken.iter().position(is_meant).unwrap_or_default();
    let from = first.saturating_sub(6);
    let mut part = if from > 0 { "…".to_owned() } else { String::new() };
    let mut rest = spoken.iter().skip(from).peekable();
    while let Some(word) = rest.next_if(|word| part.len() + word.len() < AROUND) {
        part.push_str(word);
        part.push(' ');
    }
    let end = if rest.peek().is_some() { "…" } else { "" };
    format!("{}{end}", part.trim_end())
}

/// A picture that a guide shows.
pub(super) fn picture(name: &str) -> Option<Cow<'static, [u8]>> {
    Files::get(&format!("guide/pictures/{name}")).map(|file| file.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In words for who reads the list: no source files.
    #[test]
    fn every_page_says_what_it_is_for() {
        for (shelf, name) in ORDER.map(|name| (Shelf::Guide, name)) {
            assert!(BOOK.leaf(shelf, name).is_some(), "{name}");
        }
        for leaf in &BOOK.0 {
            let Leaf { name, title, lead, .. } = leaf;
            assert!(!title.is_empty(), "{name}");
            assert!((20..=360).contains(&lead.len()), "{name}: {lead}");
            assert!(!lead.contains(".rs") && !lead.contains("Code:"), "{name}: {lead}");
            assert!(!lead.contains("docs/") && !lead.contains("crates/"), "{name}: {lead}");
        }
    }

    /// Every link between pages leads to a page, and every picture is there.
    #[test]
    fn nothing_leads_nowhere() {
        let pages: Vec<_> = BOOK.0.iter().map(Leaf::href).collect();
        for leaf in &BOOK.0 {
            for link in leaf.html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next())
            {
                let page = link.split('#').next().unwrap_or_default();
                let fine = page.is_empty()
                    || link.starts_with("http")
                    || pages.iter().any(|one| one == page);
                assert!(fine, "{link} on {}", leaf.href());
            }
            for image in leaf.html.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next())
            {
                let name = image.strip_prefix("/docs/pictures/").unwrap_or_default();
                assert!(picture(name).is_some(), "{image} on {}", leaf.href());
            }
        }
    }

    #[test]
    fn finds_a_heading_before_a_sentence_and_a_guide_before_the_reference() {
        let hits = BOOK.search("Rotate KEY");
        assert!(hits[0].href.starts_with("/docs/keys"), "{hits:?}");
        assert!(BOOK.search("billing_not_active").len() > 1);
        assert!(BOOK.search("key zebrafish").is_empty());
    }

    #[test]
    fn shows_the_words_around_the_first_hit() {
        let text = "one two three four five six seven eight nine ten";
        assert_eq!(around(text, &["nine"]), "…three four five six seven eight nine ten");
        assert_eq!(around(text, &["one"]), text);
    }
}
