//! The stretch by one or two of project, key, model, member and a tag.

use domain::{TokenClass, Usd};
use leptos::prelude::*;
use store::{
    slices::Dimension,
    tags::{TagGroup, TagValue},
    usage::Totals,
};

use super::{View, by_span::number, picture::anchor};
use crate::{
    components::{
        Badge, Card, CardFoot, Column, Count, Money, Named, Narrow, Table, Tokens, Trend, change,
        count, share, usd,
    },
    labels,
    pages::spending::{
        question::{Filter, Measure},
        sheet::{LARGEST, LISTED, Line, colour, sum},
        stretch::Kind,
    },
};

/// The groups, the largest first, and their total.
pub(super) fn table(page: &View) -> AnyView {
    let sheet = &page.sheet;
    let rows: Vec<_> =
        sheet.lines.iter().enumerate().map(|(place, line)| row(page, place, line)).collect();
    let by = page.asked.question.words();
    let total = page.before.as_ref().map(|before| before.so_far);
    let second = page.asked.question.and.map(|_| view! { <td class="wide"></td> });
    let foot = view! {
        <tr><th scope="row">{labels::TOTAL}</th>{second}{course(page, None)}{cells(page, &sheet.total, total)}</tr>
    }
    .into_any();
    let (columns, remarks, others) = (columns(page), remarks(page), others(page));
    view! {
        <Card title=format!("By {by}") note="Cost before any credit">
            <Table label=format!("Usage by {by}") columns narrow=Narrow::Both foot>
                {rows}
                {others}
            </Table>
            {remarks}
        </Card>
    }
    .into_any()
}

fn columns(page: &View) -> Vec<Column> {
    let (question, total) = (&page.asked.question, &page.sheet.total);
    let sorted = |measure: Measure, column: Column| {
        let column = column.link(question.with_measure(measure).href(&page.path));
        if measure == question.measure { column.descending() } else { column }
    };
    let of_which = |generated| {
        shown(total, generated).map(|class| Column::number(format!("Of which {}", words(class))))
    };
    let before = page.before.iter().flat_map(|before| {
        let measure = question.measure.label();
        let title = match before.stretch.kind {
            Kind::Cycle(_) => format!("{measure}, {}", before.stretch.short_title()),
            Kind::Dates(..) => format!("{measure} before"),
        };
        [Column::number(title), Column::number(labels::CHANGE)]
    });
    let share = format!("Share of {}", question.measure.as_str());
    let tokens = question.measure == Measure::Tokens;
    let counted = tokens.then(|| sorted(Measure::Tokens, Column::number(labels::TOKENS)));
    let dimensions = question.dimensions().into_iter();
    dimensions
        .map(|dimension| Column::text(question.label(dimension)))
        .chain(has_course(page).then(|| Column::text(labels::TREND)))
        .chain([sorted(Measure::Requests, Column::number(labels::REQUESTS))])
        .chain([Column::number(labels::INPUT_TOKENS)])
        .chain(of_which(false))
        .chain([Column::number(labels::OUTPUT_TOKENS)])
        .chain(of_which(true))
        .chain(before)
        .chain([Column::number(share)])
        .chain(counted)
        .chain([sorted(Measure::Cost, Column::number(labels::COST))])
        .collect()
}

/// Each name leads to what its group consists of.
fn row(page: &View, place: usize, line: &Line) -> AnyView {
    let before = page.before.as_ref();
    let before = before.map(|it| it.groups.get(&line.group).copied().unwrap_or_default());
    let href = page.asked.question.about(&line.filters()).href(&page.path);
    let (first, second) = (line.names.first(), line.names.get(1));
    let named = first.map(|(name, _)| {
        view! { <Named colour=colour(place) name=name.clone() href/> }
    });
    let (note, more) = (first.map(|name| note(page, name)), second.map(|name| note(page, name)));
    let second = second.map(|(name, filter)| {
        let href = page.asked.question.about(std::slice::from_ref(filter)).href(&page.path);
        let label = page.asked.question.and.map(|and| page.asked.question.label(and));
        view! { <td data-l=label><span><a href=href>{name.clone()}</a>{more}</span></td> }
    });
    view! {
        <tr id=anchor(place)>
            <th scope="row">{named}{note}</th>
            {second}
            {course(page, Some((place, line)))}
            {cells(page, &line.totals, before)}
        </tr>
    }
    .into_any()
}

/// A course takes two bars that have begun.
fn has_course(page: &View) -> bool {
    page.asked.begun() > 1
}

/// How the measure of a large group went, on a scale of its own; its numbers stand beside it.
fn course(page: &View, of: Option<(usize, &Line)>) -> Option<AnyView> {
    let values = |line: &Line| {
        let spans = line.spans.iter().take(page.asked.begun());
        spans.map(|totals| page.sheet.measure.of(totals)).collect::<Vec<_>>()
    };
    let large = of.filter(|(place, _)| *place < LARGEST);
    let trend = large.map(|(_, line)| view! { <Trend values=values(line)/> });
    has_course(page).then(|| view! { <td class="wide">{trend}</td> }.into_any())
}

/// What tells it apart from others of its name.
fn note(page: &View, (_, filter): &(String, Filter)) -> AnyView {
    let is_sandbox = filter.dimension == Dimension::Model && filter.value.starts_with("sandbox-");
    let sandbox = is_sandbox.then(|| view! { " "<Badge line=true text=labels::SANDBOX/> });
    let is_other = matches!(filter.apart().tag, Some(TagGroup { value: TagValue::Other, .. }));
    let other = is_other.then(|| {
        format!("All further values, on days with more than {}", count(store::system::TAG_VALUES))
    });
    let note = page.notes.get(&filter.value).cloned().or(other);
    view! { {sandbox}{note.map(|note| view! { <small>{note}</small> })} }.into_any()
}

/// What has no line of its own: small groups, and those that were used only before.
fn others(page: &View) -> Option<AnyView> {
    let (number, totals) = page.sheet.rest.unwrap_or_default();
    let before = page.before.as_ref().map(|before| {
        let listed = page.sheet.lines.iter().filter_map(|line| before.groups.get(&line.group));
        before.so_far.minus(sum(listed))
    });
    let name = match (number, before) {
        (0, None) => return None,
        (0, Some(before)) if before == Totals::default() => return None,
        (0, _) => "Used only before".to_owned(),
        (1, _) => "1 other".to_owned(),
        (number, _) => format!("{} others", count(u64::try_from(number).unwrap_or(0))),
    };
    let second = page.asked.question.and.map(|_| view! { <td class="wide"></td> });
    let row = view! {
        <tr>
            <th scope="row"><Named colour=8 name/></th>
            {second}
            {course(page, None)}
            {cells(page, &totals, before)}
        </tr>
    };
    Some(row.into_any())
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
        TokenClass::AudioInput | TokenClass::AudioOutput => "audio",
        TokenClass::ImageInput | TokenClass::ImageOutput => "images",
        TokenClass::Reasoning => "reasoning",
    }
}

fn cells(page: &View, totals: &Totals, before: Option<Totals>) -> AnyView {
    let (whole, measure) = (&page.sheet.total, page.sheet.measure);
    let tokens = totals.tokens;
    let of_which = |generated| {
        let counts = shown(whole, generated).map(|class| {
            let at = TokenClass::ALL.iter().position(|one| *one == class).unwrap_or_default();
            view! { <td class="num wide"><Tokens number=tokens.by_class()[at]/></td> }
        });
        counts.collect_view()
    };
    // Where nothing else was used, an amount of zero would say that it cost nothing.
    let unknown = totals.unpriced > 0 && totals.charge == Usd::ZERO;
    let requests = u64::try_from(totals.requests).unwrap_or(0);
    let before = before.map(|before| {
        let (now, then) = (measure.of(totals), measure.of(&before));
        view! {
            <td class="num faint wide">{number(measure, then)}</td>
            <td class="num" data-l=labels::CHANGE>{change(now, then)}</td>
        }
    });
    let counted = (measure == Measure::Tokens).then(|| {
        view! { <td class="num" data-l=labels::TOKENS><Tokens number=tokens.total()/></td> }
    });
    view! {
        <td class="num" data-l=labels::REQUESTS><Count number=requests/></td>
        <td class="num" data-l=labels::INPUT_TOKENS><Tokens number=tokens.prompt()/></td>
        {of_which(false)}
        <td class="num" data-l=labels::OUTPUT_TOKENS><Tokens number=tokens.generated()/></td>
        {of_which(true)}
        {before}
        <td class="num" data-l=labels::SHARE>{share(measure.of(totals), measure.of(whole))}</td>
        {counted}
        <td class="num" data-l=labels::COST>
            {if unknown {
                labels::UNKNOWN.into_any()
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
    if let Some((others, _)) = page.sheet.rest {
        let all = u64::try_from(page.sheet.lines.len() + others).unwrap_or(0);
        remarks.push(format!(
            "The {LISTED} largest of {} have a line of their own; the CSV has all of them.",
            count(all)
        ));
    }
    if has_course(page) {
        let (measure, step) = (page.sheet.measure.label(), page.asked.stretch.step.word());
        remarks.push(format!(
            "Trend: {} by {step}, of the {LARGEST} largest, each on its own scale.",
            measure.to_lowercase()
        ));
    }
    let sandbox = page.explored.cut.sandbox;
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
        view! { <a href=href>{labels::CORRECTIONS}</a> }
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
