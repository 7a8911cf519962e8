//! Each model of today against its own past: what is out of the ordinary is said in words.

use leptos::prelude::*;
use store::drift::{Drift, LEAST_BEFORE, LEAST_TODAY, PAST, Side, Worse};

use super::{View, words};
use crate::components::{Badge, Card, CardFoot, Column, Count, Table, Tone, share, usd_fine};
use crate::labels;

/// So many models have a row.
const LISTED: usize = 20;

pub(super) fn card(page: &View) -> Option<AnyView> {
    if page.drifts.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text(labels::MODEL),
        Column::number(labels::REQUESTS_TODAY),
        Column::number(labels::FAILED),
        Column::number(labels::REFUSED),
        Column::number(labels::FIRST_TOKEN_HALF_WITHIN),
        Column::number(labels::WHOLE_ANSWER_HALF_WITHIN),
        Column::number(labels::COST_A_REQUEST),
        Column::text(labels::IN_SHORT),
    ];
    let rows = page.drifts.iter().take(LISTED).map(row).collect_view();
    let note = format!("Each model beside its own last {PAST} days, which stand below");
    let foot = format!(
        "“In short” says when a median or the cost grew by half or more, or 5 more of 100 requests failed (without an answer, or not served by the provider, but for rejected ones) or were refused by a rate limit or a guard. It needs {LEAST_TODAY} requests today and {LEAST_BEFORE} before (for refusals, refused ones count too). A spent budget or usage limit has an alert of its own and is not compared."
    );
    let is_partly_counted =
        |drift: &Drift| drift.before.refused.is_none() && drift.before.cost.is_some();
    let partly =
        page.drifts.iter().any(is_partly_counted).then(|| {
            format!(" Refusals are compared when they have been counted for {PAST} days.")
        });
    Some(
        view! {
            <Card title="Today against the past" note>
                <Table label="Models today against the past" columns>{rows}</Table>
                <CardFoot><span>{foot}{partly}</span></CardFoot>
            </Card>
        }
        .into_any(),
    )
}

fn row(drift: &Drift) -> AnyView {
    let (today, before) = (&drift.today, &drift.before);
    let both = |of: fn(&Side) -> String| {
        let (now, then) = (of(today), of(before));
        view! { <div>{now}<br/><small class="muted">{then}</small></div> }
    };
    let failed = both(|side| share(side.failed().into(), side.requests().into()));
    let refused = both(|side| {
        side.refused.map_or_else(|| "–".to_owned(), |part| share(part.into(), side.asked().into()))
    });
    let first = both(|side| words::time(&side.latency.first_token, 50));
    let total = both(|side| words::time(&side.latency.total(), 50));
    let cost = both(|side| side.cost.map_or_else(|| "–".to_owned(), usd_fine));
    let (requests, past) = (today.requests(), before.requests());
    let said = match drift.worse() {
        None => view! { <span class="faint">"Too few to tell"</span> }.into_any(),
        Some(said) if said.is_empty() => {
            view! { <Badge tone=Tone::Ok line=true text="As before"/> }.into_any()
        }
        Some(said) => {
            let said = said.into_iter().map(|worse| {
                view! { <Badge tone=Tone::Warn line=true text=label(worse)/>" " }
            });
            said.collect_view().into_any()
        }
    };
    view! {
        <tr>
            <th scope="row">{drift.model.clone()}</th>
            <td data-l=labels::REQUESTS_TODAY class="num">
                <div><Count number=requests/><br/><small class="muted"><Count number=past/></small></div>
            </td>
            <td data-l=labels::FAILED class="num">{failed}</td>
            <td data-l=labels::REFUSED class="num">{refused}</td>
            <td data-l=labels::FIRST_TOKEN_HALF_WITHIN class="num">{first}</td>
            <td data-l=labels::WHOLE_ANSWER_HALF_WITHIN class="num">{total}</td>
            <td data-l=labels::COST_A_REQUEST class="num">{cost}</td>
            <td data-l=labels::IN_SHORT><div>{said}</div></td>
        </tr>
    }
    .into_any()
}

const fn label(worse: Worse) -> &'static str {
    match worse {
        Worse::Failing => "More fail",
        Worse::Refused => "More are refused",
        Worse::FirstToken => "First token later",
        Worse::Slower => "Slower",
        Worse::Dearer => "Dearer",
    }
}
