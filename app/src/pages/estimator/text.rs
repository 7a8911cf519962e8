//! A text with its tokens set apart.

use leptos::prelude::*;

use super::cut::{Cut, SHOWN};
use crate::components::{Card, CardBody, CardFoot, count};

/// The text as one encoding cuts it. The style sheet colours and frames the spans in turn.
pub(super) fn card(cut: &Cut, characters: u64) -> AnyView {
    let spans = cut.shown.iter().map(|(text, tokens)| {
        let many = (*tokens > 1).then(|| tokens.to_string());
        let title = many.as_ref().map(|many| format!("{many} tokens"));
        view! { <span data-n=many title=title>{bits(text)}</span> }
    });
    let spans = spans.collect_view();
    let title = format!("Tokens of {}", cut.encoding.name());
    let label = title.clone();
    let note = format!("{} tokens, {} characters", count(cut.tokens), count(characters));
    let rest = (cut.parts > SHOWN).then(|| {
        format!("The beginning is shown, up to {} tokens; all are counted. ", count(SHOWN as u64))
    });
    view! {
        <Card title note>
            <CardBody split=true>
                <div class="tokens" translate="no" tabindex="0" role="region" aria-label=label>{spans}</div>
            </CardBody>
            <CardFoot><span>{rest}"Each frame is a token. Where one character is several, a number says how many. · is a space that is no part of a word, → a tab, ↵ the end of a line."</span></CardFoot>
        </Card>
    }
    .into_any()
}

/// A stretch of a token: as it is, or a sign for what can't be seen.
#[derive(Debug, PartialEq, Eq)]
enum Bit {
    Text(String),
    Sign(String),
}

fn bits(text: &str) -> AnyView {
    let bits = visible(text).into_iter().map(|bit| match bit {
        Bit::Text(text) => text.into_any(),
        Bit::Sign(sign) => view! { <i>{sign}</i> }.into_any(),
    });
    bits.collect_view().into_any()
}

fn visible(text: &str) -> Vec<Bit> {
    let blank = text.chars().all(|c| matches!(c, ' ' | '\n' | '\t'));
    let mut bits: Vec<Bit> = Vec::new();
    for c in text.chars() {
        let (sign, text) = match c {
            '\n' => (Some("↵".to_owned()), Some(c)),
            '\t' => (Some("→".to_owned()), None),
            ' ' if blank => (Some("·".to_owned()), None),
            c if is_unseen(c) => (Some(format!("U+{:04X}", u32::from(c))), None),
            c => (None, Some(c)),
        };
        if let Some(sign) = sign {
            match bits.last_mut() {
                Some(Bit::Sign(signs)) => signs.push_str(&sign),
                _ => bits.push(Bit::Sign(sign)),
            }
        }
        if let Some(c) = text {
            match bits.last_mut() {
                Some(Bit::Text(text)) => text.push(c),
                _ => bits.push(Bit::Text(c.to_string())),
            }
        }
    }
    bits
}

/// What takes no room, turns the direction of what follows, or looks like a space and is none.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_has_a_sign() {
        let text = |text: &str| Bit::Text(text.to_owned());
        let sign = |sign: &str| Bit::Sign(sign.to_owned());
        for (token, bits) in [
            (" word", vec![text(" word")]),
            ("  ", vec![sign("··")]),
            (".\n\n", vec![text("."), sign("↵"), text("\n"), sign("↵"), text("\n")]),
            ("\t\t", vec![sign("→→")]),
            ("a\u{202e}b", vec![text("a"), sign("U+202E"), text("b")]),
            ("\u{a0}", vec![sign("U+00A0")]),
            ("\r", vec![sign("U+000D")]),
        ] {
            assert_eq!(visible(token), bits, "{token:?}");
        }
    }

    #[test]
    fn markup_stays_text() {
        let cut = Cut {
            encoding: tokenizer::Encoding::O200k,
            tokens: 3,
            parts: 2,
            shown: vec![("<script>".to_owned(), 1), ("誕".to_owned(), 2)],
        };
        let html = card(&cut, 9).to_html();
        assert!(html.contains("<span>&lt;script&gt;"), "{html}");
        assert!(html.contains(r#"<span data-n="2" title="2 tokens">誕"#), "{html}");
        assert!(html.contains("3 tokens, 9 characters"), "{html}");
    }
}
