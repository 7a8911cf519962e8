//! One row for each model.

use leptos::prelude::*;
use store::latencies::Latency;

use super::{View, words};
use crate::components::{Card, CardFoot, Column, Count, Narrow, Table, count, share};
use crate::labels;

/// So many models have a row.
const LISTED: usize = 100;

pub(super) fn card(page: &View) -> AnyView {
    let models = &page.latencies.models;
    let columns = vec![
        Column::text(labels::MODEL),
        Column::number(labels::REQUESTS).descending(),
        Column::number(labels::WITHOUT_AN_ANSWER),
        Column::number("First token: half"),
        Column::number("95 of 100"),
        Column::number("99 of 100"),
        Column::number("Whole answer: half"),
        Column::number("95 of 100"),
        Column::number("99 of 100"),
        Column::number("Tokens/s"),
    ];
    let rows = models.iter().take(LISTED).map(|(model, latency)| row(page, model, latency));
    let rows = rows.collect_view();
    let left = models.len().saturating_sub(LISTED);
    let rest = (left > 0).then(|| {
        let text = format!("{} more models with fewer requests have no row.", count(left as u64));
        view! { <CardFoot><span>{text}</span></CardFoot> }
    });
    let foot = (models.len() > 1).then(|| whole(page));
    view! {
        <Card title="By model" note="First token and speed are those of streams; half of them are at least as fast">
            <Table label="Latency by model" columns narrow=Narrow::Pin dense=true foot=foot.unwrap_or_else(|| ().into_any())>
                {rows}
            </Table>
            {rest}
        </Card>
    }
    .into_any()
}

fn row(page: &View, model: &str, latency: &Latency) -> AnyView {
    let href = page.asked.question.with_model(model).href(&page.path);
    let (name, cells) = (model.to_owned(), cells(latency));
    view! { <tr><th scope="row"><a href=href>{name}</a></th>{cells}</tr> }.into_any()
}

fn whole(page: &View) -> AnyView {
    let cells = cells(&page.whole);
    view! { <tr><th scope="row">{labels::ALL_MODELS}</th>{cells}</tr> }.into_any()
}

fn cells(latency: &Latency) -> AnyView {
    let total = latency.total();
    let first = [50, words::SLOW, 99].map(|percent| words::cell(&latency.first_token, percent));
    let whole = [50, words::SLOW, 99].map(|percent| words::cell(&total, percent));
    let speed = words::speed(&latency.speed, 50);
    let failed = match latency.failed {
        0 => "0".to_owned(),
        some => format!("{} ({})", count(some), share(some.into(), latency.requests.into())),
    };
    view! {
        <td class="num"><Count number=latency.requests/></td>
        <td class="num">{failed}</td>
        {first.into_iter().collect_view()}
        {whole.into_iter().collect_view()}
        <td class="num">{speed}</td>
    }
    .into_any()
}
