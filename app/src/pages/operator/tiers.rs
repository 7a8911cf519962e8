//! `/operator/tiers`: what organizations may spend, when that rises, and how fast they may be.

mod form;
mod one;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Tier, Tiers};
use leptos::prelude::*;
use serde::Deserialize;

use super::{Part, Runner, around};
use crate::{
    components::{Card, CardFoot, Column, LinkButton, Money, Table, Toast, Weight, count},
    labels,
    pages::rate_fields,
    render::Page,
    web::{App, Failure, Query},
};

const PATH: &str = "/operator/tiers";

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show)).merge(form::router()).merge(one::router())
}

#[derive(Deserialize)]
struct After {
    done: Option<String>,
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let (tiers, many) = runner.operator(&app).await?.tiers().await?;
    Ok(runner.look().page(Page::new("Usage tiers, operator"), || {
        around(runner.frame, Part::Tiers, content(&tiers, &many, after.done.as_deref()))
    }))
}

fn content(tiers: &Tiers, many: &[u64], done: Option<&str>) -> AnyView {
    let done = match done {
        Some("saved") => Some(("Tier saved.", "It is in force on every node at once.")),
        Some("removed") => {
            Some(("Tier removed.", "Organizations that had it are in the next lower one."))
        }
        _ => None,
    };
    let done = done.map(|(lead, text)| view! { <Toast lead text/> });
    let columns = vec![
        Column::text(labels::TIER),
        Column::number(labels::USAGE_LIMIT_PER_MONTH),
        Column::number(labels::RISES_AT),
        Column::number(labels::ORGANIZATIONS),
        Column::text(labels::RATES),
        Column::act(),
    ];
    let rows = tiers.all().iter().zip(many).map(|(tier, many)| row(tier, *many)).collect_view();
    let next = format!("{PATH}/{}", tiers.next_number());
    let add = (tiers.all().len() < Tiers::MOST)
        .then(|| view! { <LinkButton href=next>{labels::ADD_A_TIER}</LinkButton> });
    view! {
        {done}
        <Card title=labels::USAGE_TIERS>
            <Table label=labels::USAGE_TIERS columns>{rows}</Table>
            <CardFoot>
                <span>
                    "An organization rises by itself, upwards only, once it was charged so much in all and its first \
                     request is so many times 24 hours ago. The sandbox and estimated charges do not count. Rates are \
                     for each project and model; a project may set lower ones."
                </span>
                {add}
            </CardFoot>
        </Card>
    }
    .into_any()
}

fn row(tier: &Tier, many: u64) -> AnyView {
    let rises = match (tier.number, tier.days) {
        (1, _) => view! { "from the start" }.into_any(),
        (_, 0) => view! { <Money amount=tier.charged/>" charged" }.into_any(),
        (_, 1) => view! { <Money amount=tier.charged/>" charged, 1 day" }.into_any(),
        (_, days) => view! { <Money amount=tier.charged/>" charged, "{days}" days" }.into_any(),
    };
    let rates = rate_fields::words(&tier.rates).unwrap_or_else(|| "no limit".to_owned());
    let (number, href) = (tier.number, format!("{PATH}/{}", tier.number));
    view! {
        <tr>
            <th scope="row" class="keep">"Tier "{number}</th>
            <td data-l=labels::USAGE_LIMIT_PER_MONTH class="num"><Money amount=tier.usage_limit/></td>
            <td data-l=labels::RISES_AT class="num"><span>{rises}</span></td>
            <td data-l=labels::ORGANIZATIONS class="num">{count(many)}</td>
            <td data-l=labels::RATES>{rates}</td>
            <td class="act"><LinkButton href weight=Weight::Quiet>{labels::EDIT}<span class="vh">" tier "{number}</span></LinkButton></td>
        </tr>
    }
    .into_any()
}
