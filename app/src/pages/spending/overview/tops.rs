//! Who spends: the largest projects, keys and models of this cycle.

use leptos::prelude::*;
use store::slices::Dimension;

use super::View;
use crate::{
    components::{Card, Column, Money, Narrow, Table, Trend, share},
    labels,
    pages::spending::{
        calendar::place,
        notes::project_href,
        question::label,
        sheet::{Line, Sheet},
    },
};

/// So many rows.
const MOST: usize = 5;

pub(super) fn cards(view: &View) -> AnyView {
    let cards: Vec<_> =
        view.used.sheets.iter().map(|(group, sheet)| card(view, *group, sheet)).collect();
    view! { <div class="grid three fill">{cards}</div> }.into_any()
}

const fn title(group: Dimension) -> (&'static str, &'static str) {
    match group {
        Dimension::Project => (labels::PROJECTS, labels::ALL_PROJECTS),
        Dimension::Key => (labels::API_KEYS, labels::ALL_API_KEYS),
        Dimension::Model => (labels::MODELS, labels::ALL_MODELS),
        Dimension::Member => (labels::MEMBERS, "All members"),
        Dimension::Tag => (labels::TAGS, "All tags"),
    }
}

fn card(view: &View, group: Dimension, sheet: &Sheet) -> AnyView {
    let (title, more) = title(group);
    let href = match group {
        Dimension::Project => format!("{}/usage", view.org),
        group => format!("{}/usage?by={}", view.org, group.as_str()),
    };
    if sheet.is_empty() {
        return view! {
            <Card title><p class="body faint">"Nothing was used in this cycle."</p></Card>
        }
        .into_any();
    }
    let today = place(&sheet.spans, view.now);
    let rows: Vec<_> =
        sheet.lines.iter().take(MOST).map(|line| row(view, group, sheet, line, today)).collect();
    let columns = vec![
        Column::text(label(group)),
        Column::text(labels::TREND),
        Column::number(labels::SPENT),
    ];
    view! {
        <Card title more=(more, href)>
            <Table label=format!("{title} with the highest spend") columns narrow=Narrow::Pin>{rows}</Table>
        </Card>
    }
    .into_any()
}

fn row(view: &View, group: Dimension, sheet: &Sheet, line: &Line, today: usize) -> AnyView {
    let trend: Vec<i128> = line.spans.iter().take(today + 1).map(|day| day.charge.pico()).collect();
    let amount = line.totals.charge;
    let text = line.name();
    let name = match project_href(&view.org, line.id()) {
        Some(href) if group == Dimension::Project => view! { <a href=href>{text}</a> }.into_any(),
        _ => text.into_any(),
    };
    let sandbox = group == Dimension::Model && line.id().starts_with("sandbox-");
    let note = view.notes.get(line.id()).cloned().or(sandbox.then(|| labels::SANDBOX.to_owned()));
    view! {
        <tr>
            <th scope="row">{name}{note.map(|note| view! { <small>{note}</small> })}</th>
            <td><Trend label=format!("Daily spend of {}", line.name()) values=trend/></td>
            <td class="num"><Money amount/><small>{share(amount.pico(), sheet.total.charge.pico())}</small></td>
        </tr>
    }
    .into_any()
}
