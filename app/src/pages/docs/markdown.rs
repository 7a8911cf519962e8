//! From a page of `docs/` to HTML that the policy allows, and to text that is searched.

use pulldown_cmark::{Alignment, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::{
    FILES,
    book::{Section, Shelf},
};

/// A page, read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) title: String,
    pub(super) lead: String,
    /// All that follows title and lead.
    pub(super) html: String,
    pub(super) sections: Vec<Section>,
}

/// Reads a page: `# Title`, a paragraph, the rest.
pub(super) fn read(text: &str, shelf: Shelf) -> Read {
    let events: Vec<_> =
        Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_SMART_PUNCTUATION).collect();
    let (title, rest) = before(&events, TagEnd::Heading(HeadingLevel::H1));
    let (lead, rest) = match rest.first() {
        Some(Event::Start(Tag::Paragraph)) => before(rest, TagEnd::Paragraph),
        _ => (&[][..], rest),
    };
    let sections = sections(&text_of(lead), rest);
    let ids = sections.iter().filter_map(|section| section.heading.as_ref()).map(|(id, _)| id);
    let mut html = String::new();
    html::push_html(&mut html, shown(rest, ids.cloned().collect(), shelf));
    Read { title: text_of(title), lead: text_of(lead), html, sections }
}

/// The events up to this end, and those behind it.
fn before<'a, 'b>(events: &'a [Event<'b>], end: TagEnd) -> (&'a [Event<'b>], &'a [Event<'b>]) {
    let place = events.iter().position(|event| *event == Event::End(end));
    place.map_or((&[], events), |place| (&events[..place], &events[place + 1..]))
}

fn text_of(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(part),
            Event::SoftBreak | Event::HardBreak | Event::End(_) => text.push(' '),
            _ => {}
        }
    }
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" .", ".")
        .replace(" ,", ",")
        .replace(" )", ")")
}

/// What stands below each heading of the second level.
fn sections(lead: &str, events: &[Event<'_>]) -> Vec<Section> {
    let is_heading = |event: &Event<'_>| {
        matches!(event, Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }))
    };
    let mut starts: Vec<_> =
        (0..events.len()).filter(|place| is_heading(&events[*place])).collect();
    starts.push(events.len());
    let first = text_of(&events[..starts[0]]);
    let mut sections = vec![Section { heading: None, text: format!("{lead} {first}") }];
    for pair in starts.windows(2) {
        let (heading, rest) = before(&events[pair[0]..pair[1]], TagEnd::Heading(HeadingLevel::H2));
        let words = text_of(heading);
        sections.push(Section { heading: Some((slug(&words), words)), text: text_of(rest) });
    }
    sections
}

/// `Read a refusal` is `read-a-refusal`.
fn slug(words: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let words: String = words.chars().map(plain).collect();
    words.split_whitespace().collect::<Vec<_>>().join("-")
}

/// The same events as they are shown: headings can be linked to, links lead to pages of the product, what is wide
/// scrolls, and markup of another kind is text.
fn shown<'a>(
    events: &'a [Event<'a>],
    ids: Vec<String>,
    shelf: Shelf,
) -> impl Iterator<Item = Event<'a>> {
    let mut ids = ids.into_iter();
    // Whether each link that is open is shown as one: it is not where it leads out of the help.
    let mut open = Vec::new();
    events.iter().cloned().filter_map(move |event| match event {
        Event::Start(Tag::Heading { level: HeadingLevel::H2, classes, attrs, .. }) => {
            let id = ids.next().map(CowStr::from);
            Some(Event::Start(Tag::Heading { level: HeadingLevel::H2, id, classes, attrs }))
        }
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let address = address(&dest_url, shelf).map(CowStr::from);
            open.push(address.is_some());
            let dest_url = address?;
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        Event::End(TagEnd::Link) => open.pop()?.then_some(event),
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            let dest_url = format!("{FILES}{}", dest_url.strip_prefix("pictures")?).into();
            Some(Event::Start(Tag::Image { link_type, dest_url, title, id }))
        }
        // How columns are aligned would be a style in the markup.
        Event::Start(Tag::Table(columns)) => {
            let plain = columns.iter().map(|_| Alignment::None).collect();
            Some(Event::Start(Tag::Table(plain)))
        }
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        other => Some(other),
    })
}

/// Where a link between files leads in the product; none to what is no page of the help.
fn address(link: &str, shelf: Shelf) -> Option<String> {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let anchor = if anchor.is_empty() { String::new() } else { format!("#{anchor}") };
    let is_outside = link.starts_with("http://") || link.starts_with("https://");
    if is_outside || file.is_empty() {
        return Some(link.to_owned());
    }
    let name = file.strip_suffix(".md")?;
    let (name, of) = match (name.strip_prefix("../"), name.strip_prefix("guide/"), shelf) {
        (Some(name), _, Shelf::Guide) => (name, Shelf::Reference),
        (_, Some(name), Shelf::Reference | Shelf::Inside) => (name, Shelf::Guide),
        _ => (name, shelf),
    };
    let is_page = !name.contains('/') && name != "README";
    is_page.then(|| format!("{}/{name}{anchor}", of.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Rotate a key\n\nAt the end, the *new* key\nis in `use`.\n\nBefore.\n\n## In short: 3 steps\n\n[Budgets](budgets.md#set) and [ledger](../ledger.md) <b>x</b>\n\n| a | b |\n| --- | ---: |\n| 1 | 2 |\n\n## Later\n\n![A key](pictures/key.png)\n";

    #[test]
    fn a_page_is_title_lead_and_sections() {
        let read = read(PAGE, Shelf::Guide);
        assert_eq!(read.title, "Rotate a key");
        assert_eq!(read.lead, "At the end, the new key is in use.");
        let headings: Vec<_> =
            read.sections.iter().map(|section| section.heading.clone()).collect();
        let heading = |id: &str, words: &str| Some((id.to_owned(), words.to_owned()));
        assert_eq!(
            headings,
            [None, heading("in-short-3-steps", "In short: 3 steps"), heading("later", "Later")]
        );
        assert!(!read.html.contains("Rotate a key"), "{}", read.html);
    }

    #[test]
    fn links_lead_into_the_product_and_markup_is_text() {
        let html = read(PAGE, Shelf::Guide).html;
        for part in [
            r#"<h2 id="in-short-3-steps">"#,
            r#"<a href="/docs/budgets#set">"#,
            r#"<a href="/docs/reference/ledger">"#,
            r#"<img src="/docs/pictures/key.png" alt="A key" />"#,
            "&lt;b&gt;x",
            "<th>b</th>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("style="), "{html}");
        let page = "# A\n\nB.\n\n[why](adr/0001-ids.md), [here](guide/keys.md)\n";
        let html = read(page, Shelf::Reference).html;
        assert_eq!(html.trim(), r#"<p>why, <a href="/docs/keys">here</a></p>"#);
    }
}
