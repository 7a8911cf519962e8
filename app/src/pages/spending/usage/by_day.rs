//! The cycle by day: the numbers of the chart.

use domain::{Usd, window::Window};
use leptos::prelude::*;

use super::View;
use crate::{
    components::{Card, CardFoot, Column, Count, Money, Narrow, Table, Tokens},
    pages::spending::{
        calendar::{month_name, weekday_name},
        question::Measure,
        sheet::Part,
    },
};

/// Days that have begun, the newest first, by the parts of the chart, with all totals.
pub(super) fn table(page: &View) -> AnyView {
    let sheet = &page.sheet;
    let parts = sheet.parts();
    let rows: Vec<_> = sheet
        .days
        .iter()
        .enumerate()
        .filter(|(place, day)| day.starts <= page.complete_to || has(&parts, *place))
        .map(|(place, day)| row(page, &parts, place, day))
        .rev()
        .collect();
    let (columns, foot, remark) = (columns(page, &parts), foot(page, &parts), remark(page));
    view! {
        <Card title="By day" note="The numbers of the chart">
            <Table label="Usage by day" columns narrow=Narrow::Pin dense=true foot>
                {rows}
            </Table>
            {remark}
        </Card>
    }
    .into_any()
}

fn has(parts: &[Part], place: usize) -> bool {
    parts.iter().any(|part| part.values.get(place).is_some_and(|value| *value != 0))
}

fn columns(page: &View, parts: &[Part]) -> Vec<Column> {
    let mut columns = vec![Column::text("Day")];
    columns.extend(parts.iter().map(|part| Column::number(part.name.clone())));
    columns.extend(page.before.iter().map(|before| Column::number(month_name(before.cycle))));
    columns.push(Column::number("Total"));
    columns
}

fn row(page: &View, parts: &[Part], place: usize, day: &Window) -> AnyView {
    let values: Vec<i128> =
        parts.iter().map(|part| part.values.get(place).copied().unwrap_or(0)).collect();
    let measure = page.sheet.measure;
    let total = values.iter().sum();
    let before = page.before.as_ref().map(|before| {
        let value = before.days.get(place).map_or(0, |day| measure.of(day));
        view! { <td class="num faint">{number(measure, value)}</td> }
    });
    let cells = values
        .into_iter()
        .map(|value| view! { <td class="num">{number(measure, value)}</td> })
        .collect_view();
    view! {
        <tr>
            <th scope="row"><time datetime=day.label.to_string()>{weekday_name(day.label)}</time></th>
            {cells}
            {before}
            <td class="num"><b>{number(measure, total)}</b></td>
        </tr>
    }
    .into_any()
}

fn foot(page: &View, parts: &[Part]) -> AnyView {
    let measure = page.sheet.measure;
    let cells = parts
        .iter()
        .map(|part| view! { <td class="num">{number(measure, part.total())}</td> })
        .collect_view();
    let before = page.before.as_ref().map(|before| {
        view! { <td class="num">{number(measure, measure.of(&before.so_far))}</td> }
    });
    view! {
        <tr>
            <th scope="row">"Total"</th>
            {cells}
            {before}
            <td class="num">{number(measure, measure.of(&page.sheet.total))}</td>
        </tr>
    }
    .into_any()
}

/// A value by its measure, with the exact one in the element.
fn number(measure: Measure, value: i128) -> AnyView {
    let count = u64::try_from(value).unwrap_or(0);
    match measure {
        Measure::Cost => view! { <Money amount=Usd::from_pico(value)/> }.into_any(),
        Measure::Tokens => view! { <Tokens number=count/> }.into_any(),
        Measure::Requests => view! { <Count number=count/> }.into_any(),
    }
}

fn remark(page: &View) -> Option<AnyView> {
    let before = page.before.as_ref().filter(|_| page.cycle.contains(page.complete_to))?;
    let text = format!(
        "{}’s total counts its days up to the same age as this cycle’s, to the quarter of an hour.",
        month_name(before.cycle)
    );
    Some(view! { <CardFoot><span>{text}</span></CardFoot> }.into_any())
}
