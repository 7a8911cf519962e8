//! What the budget refused last, or would have: each leads to its receipt.

use leptos::prelude::*;
use store::BudgetRefusals;

use super::View;
use crate::components::{Badge, Card, CardFoot, Column, Precision, Table, Time, Tone, count};
use crate::labels;

/// Nothing where nothing was refused.
pub(super) fn card(view: &View) -> Option<AnyView> {
    if view.refusals.is_empty() {
        return None;
    }
    let rows = view.refusals.iter().map(|refusals| row(view, refusals)).collect_view();
    let columns = vec![
        Column::text(labels::LAST),
        Column::text(labels::KEY),
        Column::number(labels::REQUESTS),
        Column::text(labels::WHAT),
        Column::act(),
    ];
    let card = view! {
        <Card title=labels::LATEST_REFUSALS note="By this budget">
            <Table label=labels::LATEST_REFUSALS columns>{rows}</Table>
            <CardFoot><span>"Of the last 32 days, at most 10: one for each key and quarter of an hour."</span></CardFoot>
        </Card>
    };
    Some(card.into_any())
}

fn row(view: &View, refusals: &BudgetRefusals) -> AnyView {
    let (at, zone) = (refusals.last_at, view.zone);
    let key = refusals.key_name.clone();
    let what = if refusals.observed {
        view! { <Badge tone=Tone::Warn line=true text=labels::WOULD_BE_REFUSED/> }
    } else {
        view! { <Badge tone=Tone::Bad line=true text=labels::REFUSED/> }
    };
    let href = format!("/receipts/{}", refusals.receipt);
    let of = format!(" of {key}");
    view! {
        <tr>
            <th scope="row"><Time at zone precision=Precision::Minute/></th>
            <td data-l=labels::KEY><div>{key}<small>{refusals.project_name.clone()}</small></div></td>
            <td data-l=labels::REQUESTS class="num">{count(refusals.count)}</td>
            <td data-l=labels::WHAT>{what}</td>
            <td class="act"><a href=href>{labels::RECEIPT}<span class="vh">{of}</span></a></td>
        </tr>
    }
    .into_any()
}
