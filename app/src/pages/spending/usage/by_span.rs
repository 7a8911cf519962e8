//! The stretch by hour, day, week or month: the numbers of the chart.

use domain::{Usd, window::Window};
use leptos::prelude::*;

use super::View;
use crate::{
    components::{Card, CardFoot, Column, Count, Money, Narrow, Table, Tokens},
    labels,
    pages::spending::{
        question::Measure,
        sheet::Part,
        stretch::{Kind, Step},
    },
};

/// What has begun, the newest first, by the parts of the chart, with all totals.
pub(super) fn table(page: &View) -> AnyView {
    let parts = page.parts();
    let before = page.before_values();
    let begun = page.asked.begun();
    let rows: Vec<_> = page
        .sheet
        .spans
        .iter()
        .enumerate()
        .filter(|(place, _)| *place < begun || has(&parts, *place))
        .map(|(place, span)| row(page, &parts, before.as_deref(), place, span))
        .rev()
        .collect();
    let (columns, foot, remark) = (columns(page, &parts), foot(page), remark(page));
    let step = page.asked.stretch.step.word();
    let note = if page.asked.question.added {
        "The numbers of the chart: each with all before it"
    } else {
        "The numbers of the chart"
    };
    view! {
        <Card title=format!("By {step}") note>
            <Table label=format!("Usage by {step}") columns narrow=Narrow::Pin dense=true foot>
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
    let first = match page.asked.stretch.step {
        Step::Hour => labels::HOUR,
        Step::Day => labels::DAY,
        Step::Week => labels::WEEK,
        Step::Month => labels::MONTH,
    };
    // The total comes first: however many groups there are, it is in view.
    let mut columns = vec![Column::text(first), Column::number(labels::TOTAL)];
    columns.extend(parts.iter().map(|part| Column::number(part.name.clone())));
    let before = page.before.iter().map(|before| Column::number(before.stretch.short_title()));
    columns.extend(before);
    columns
}

fn row(
    page: &View,
    parts: &[Part],
    before: Option<&[i128]>,
    place: usize,
    span: &Window,
) -> AnyView {
    let values: Vec<i128> =
        parts.iter().map(|part| part.values.get(place).copied().unwrap_or(0)).collect();
    let measure = page.sheet.measure;
    let total = values.iter().sum();
    let before = before.map(|before| {
        let value = before.get(place).copied().unwrap_or(0);
        view! { <td class="num faint">{number(measure, value)}</td> }
    });
    let cells = values
        .into_iter()
        .map(|value| view! { <td class="num">{number(measure, value)}</td> })
        .collect_view();
    let stretch = &page.asked.stretch;
    let exact = match stretch.step {
        Step::Hour => span.starts.with_timezone(&stretch.zone).to_rfc3339(),
        Step::Day | Step::Week | Step::Month => stretch.dates_of(span).0.to_string(),
    };
    view! {
        <tr>
            <th scope="row"><time datetime=exact>{stretch.name(span)}</time></th>
            <td class="num"><b>{number(measure, total)}</b></td>
            {cells}
            {before}
        </tr>
    }
    .into_any()
}

/// Everything, added up or not.
fn foot(page: &View) -> AnyView {
    let measure = page.sheet.measure;
    let cells = page
        .sheet
        .parts()
        .iter()
        .map(|part| view! { <td class="num">{number(measure, part.total())}</td> })
        .collect_view();
    let before = page.before.as_ref().map(|before| {
        view! { <td class="num">{number(measure, measure.of(&before.so_far))}</td> }
    });
    view! {
        <tr>
            <th scope="row">{labels::TOTAL}</th>
            <td class="num">{number(measure, measure.of(&page.sheet.total))}</td>
            {cells}
            {before}
        </tr>
    }
    .into_any()
}

/// A value by its measure, with the exact one in the element.
pub(super) fn number(measure: Measure, value: i128) -> AnyView {
    let count = u64::try_from(value).unwrap_or(0);
    match measure {
        Measure::Cost => view! { <Money amount=Usd::from_pico(value)/> }.into_any(),
        Measure::Tokens => view! { <Tokens number=count/> }.into_any(),
        Measure::Requests => view! { <Count number=count/> }.into_any(),
    }
}

fn remark(page: &View) -> Option<AnyView> {
    let before = page.before.as_ref().filter(|_| page.is_running())?;
    let this = match page.asked.stretch.kind {
        Kind::Cycle(_) => "this cycle",
        Kind::Dates(..) => "this range",
    };
    let text = format!(
        "{}: its total counts up to the same age as {this}’s, to the quarter of an hour.",
        before.stretch.short_title()
    );
    Some(view! { <CardFoot><span>{text}</span></CardFoot> }.into_any())
}
