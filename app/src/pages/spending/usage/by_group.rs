//! The cycle by project, key or model.

use domain::{TokenClass, Usd};
use leptos::prelude::*;
use store::usage::{Group, Totals};

use super::{View, picture::anchor};
use crate::{
    components::{
        Badge, Card, CardFoot, Column, Count, Money, Named, Narrow, Table, Tokens, count, share,
        usd,
    },
    pages::spending::{
        notes::project_href,
        question::{Measure, group_label},
        sheet::{Line, colour},
    },
};

/// All groups, the largest first, and their total.
pub(super) fn table(page: &View) -> AnyView {
    let kind = group_label(page.question.by);
    let sheet = &page.sheet;
    let rows: Vec<_> =
        sheet.lines.iter().enumerate().map(|(place, line)| row(page, place, line)).collect();
    let foot = view! {
        <tr><th scope="row">"Total"</th>{cells(&sheet.total, page.question.measure, &sheet.total)}</tr>
    }
    .into_any();
    let sorted = |measure: Measure, column: Column| {
        let column = column.link(page.question.with_measure(measure).href(&page.path));
        if measure == page.question.measure { column.descending() } else { column }
    };
    let of_which = |generated| {
        shown(&sheet.total, generated)
            .map(|class| Column::number(format!("Of which {}", words(class))))
    };
    let columns = [Column::text(kind), sorted(Measure::Requests, Column::number("Requests"))]
        .into_iter()
        .chain([Column::number("Input tokens")])
        .chain(of_which(false))
        .chain([Column::number("Output tokens")])
        .chain(of_which(true))
        .chain([
            Column::number(format!("Share of {}", page.question.measure.as_str())),
            sorted(Measure::Cost, Column::number("Cost")),
        ])
        .collect::<Vec<_>>();
    let by = if page.question.by == Group::Key { kind.to_owned() } else { kind.to_lowercase() };
    let label = format!("Usage by {by}");
    let remarks = remarks(page);
    view! {
        <Card title=format!("By {by}") note="Cost before any credit">
            <Table label columns narrow=Narrow::Pin foot>{rows}</Table>
            {remarks}
        </Card>
    }
    .into_any()
}

fn row(page: &View, place: usize, line: &Line) -> AnyView {
    let note = page.notes.get(&line.group).cloned();
    let (colour, name) = (colour(place), line.name.clone());
    let page_of = match page.question.by {
        Group::Project => project_href(page.path.trim_end_matches("/usage"), &line.group),
        Group::Key | Group::Model => None,
    };
    let named = match page_of {
        Some(href) => view! { <Named colour name href/> }.into_any(),
        None => view! { <Named colour name/> }.into_any(),
    };
    let sandbox = page.question.by == Group::Model && line.name.starts_with("sandbox-");
    let sandbox = sandbox.then(|| view! { " "<Badge line=true text="Sandbox"/> });
    view! {
        <tr id=anchor(place)>
            <th scope="row">
                {named}
                {sandbox}
                {note.map(|note| view! { <small>{note}</small> })}
            </th>
            {cells(&line.totals, page.question.measure, &page.sheet.total)}
        </tr>
    }
    .into_any()
}

/// The classes that have a column: what was cached, and whatever else occurs.
fn shown(whole: &Totals, generated: bool) -> impl Iterator<Item = TokenClass> {
    let counts = TokenClass::ALL.into_iter().zip(whole.tokens.by_class());
    counts.filter_map(move |(class, count)| {
        let is_part = !matches!(class, TokenClass::Input | TokenClass::Output);
        let is_shown = is_part && (count > 0 || class == TokenClass::Cached);
        (class.is_generated() == generated && is_shown).then_some(class)
    })
}

/// A class, as part of the prompt or of what was generated.
const fn words(class: TokenClass) -> &'static str {
    match class {
        TokenClass::Input | TokenClass::Output => "text",
        TokenClass::Cached => "cached",
        TokenClass::CacheWrite => "written to cache, 5 min",
        TokenClass::CacheWrite1h => "written to cache, 1 h",
        TokenClass::AudioInput | TokenClass::AudioOutput => "sound",
        TokenClass::ImageInput | TokenClass::ImageOutput => "pictures",
        TokenClass::Reasoning => "reasoning",
    }
}

fn cells(totals: &Totals, measure: Measure, whole: &Totals) -> AnyView {
    let tokens = totals.tokens;
    let of_which = |generated| {
        let counts = shown(whole, generated).map(|class| {
            let at = TokenClass::ALL.iter().position(|one| *one == class).unwrap_or_default();
            view! { <td class="num"><Tokens number=tokens.by_class()[at]/></td> }
        });
        counts.collect_view()
    };
    // Where nothing else was used, an amount of zero would say that it cost nothing.
    let unknown = totals.unpriced > 0 && totals.charge == Usd::ZERO;
    let requests = u64::try_from(totals.requests).unwrap_or(0);
    view! {
        <td class="num"><Count number=requests/></td>
        <td class="num"><Tokens number=tokens.prompt()/></td>
        {of_which(false)}
        <td class="num"><Tokens number=tokens.generated()/></td>
        {of_which(true)}
        <td class="num">{share(measure.of(totals), measure.of(whole))}</td>
        <td class="num">
            {if unknown {
                view! { "Unknown" }.into_any()
            } else {
                view! { <Money amount=totals.charge/> }.into_any()
            }}
        </td>
    }
    .into_any()
}

/// What is special about the sums.
fn remarks(page: &View) -> Option<AnyView> {
    let mut remarks = Vec::new();
    let sandbox = page.sandbox;
    if sandbox.requests > 0 {
        remarks.push(format!(
            "{} of it, {}, is the sandbox’s: it answers by itself and nobody sends a bill for it.",
            usd(sandbox.charge),
            requests(sandbox.requests)
        ));
    }
    let estimated = page.sheet.total.estimated;
    let correct = (estimated > 0 && page.whole).then(|| {
        let href = format!("{}/corrections", page.frame.org_path);
        view! { <a href=href>"Corrections"</a> }
    });
    if estimated > 0 {
        remarks.push(format!("{} charged by an estimate.", requests_are(estimated)));
    }
    let unpriced = page.sheet.total.unpriced;
    if unpriced > 0 {
        remarks.push(format!(
            "{} for models without a known price: what they cost is not in these sums.",
            requests_are(unpriced)
        ));
    }
    (!remarks.is_empty() || sandbox.charge > Usd::ZERO).then(|| {
        view! { <CardFoot><span>{remarks.join(" ")}</span>{correct}</CardFoot> }.into_any()
    })
}

fn requests(number: i64) -> String {
    let text = count(u64::try_from(number).unwrap_or(0));
    if number == 1 { format!("{text} request") } else { format!("{text} requests") }
}

fn requests_are(number: i64) -> String {
    format!("{} {}", requests(number), if number == 1 { "is" } else { "are" })
}
