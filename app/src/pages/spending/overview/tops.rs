//! Who spends: the largest projects, keys and models of this cycle.

use leptos::prelude::*;
use store::usage::Group;

use super::View;
use crate::{
    components::{Card, Column, Money, Narrow, Table, Trend, share},
    pages::spending::{
        calendar::place,
        notes::project_href,
        question::group_label,
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

const fn title(group: Group) -> (&'static str, &'static str) {
    match group {
        Group::Project => ("Projects", "All projects"),
        Group::Key => ("API keys", "All API keys"),
        Group::Model => ("Models", "All models"),
    }
}

fn card(view: &View, group: Group, sheet: &Sheet) -> AnyView {
    let (title, more) = title(group);
    let href = match group {
        Group::Project => format!("{}/usage", view.org),
        group => format!("{}/usage?by={}", view.org, group.as_str()),
    };
    if sheet.is_empty() {
        return view! {
            <Card title><p class="body faint">"Nothing was used in this cycle."</p></Card>
        }
        .into_any();
    }
    let today = place(&sheet.days, view.now);
    let rows: Vec<_> =
        sheet.lines.iter().take(MOST).map(|line| row(view, group, sheet, line, today)).collect();
    let columns =
        vec![Column::text(group_label(group)), Column::text("Trend"), Column::number("Spent")];
    view! {
        <Card title more=(more, href)>
            <Table label=format!("{title} with the highest spend") columns narrow=Narrow::Pin>{rows}</Table>
        </Card>
    }
    .into_any()
}

fn row(view: &View, group: Group, sheet: &Sheet, line: &Line, today: usize) -> AnyView {
    let trend: Vec<i128> = line.days.iter().take(today + 1).map(|day| day.charge.pico()).collect();
    let amount = line.totals.charge;
    let text = line.name.clone();
    let name = match project_href(&view.org, &line.group) {
        Some(href) if group == Group::Project => view! { <a href=href>{text}</a> }.into_any(),
        _ => text.into_any(),
    };
    let sandbox = line.name.starts_with("sandbox-") && line.name == line.group;
    let note = view.notes.get(&line.group).cloned().or(sandbox.then(|| "Sandbox".to_owned()));
    view! {
        <tr>
            <th scope="row">{name}{note.map(|note| view! { <small>{note}</small> })}</th>
            <td><Trend label=format!("Daily spend of {}", line.name) values=trend/></td>
            <td class="num"><Money amount/><small>{share(amount.pico(), sheet.total.charge.pico())}</small></td>
        </tr>
    }
    .into_any()
}
