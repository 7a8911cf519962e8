//! `/operator`: all organizations, from outside.

use axum::{Router, extract::State, response::Response, routing::get};
use leptos::prelude::*;
use store::system::operator::{OrganizationRow, Rows};

use super::{Asked, MOST, Part, Runner, ZONE, around, foot, search};
use crate::{
    components::{
        Badge, Card, CardBody, Column, Empty, LinkButton, Money, Precision, Table, Time, Toast,
        Tone, Weight, count,
    },
    labels,
    render::Page,
    web::{App, Failure, Query},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/operator", get(show))
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let operator = runner.operator(&app).await?;
    let rows = operator.organizations(&asked.search, asked.before(), MOST).await?;
    Ok(runner.look().page(Page::new("Organizations, operator"), || {
        around(runner.frame, Part::Organizations, content(&asked, rows))
    }))
}

fn content(asked: &Asked, rows: Rows<OrganizationRow>) -> AnyView {
    let done = match asked.done.as_deref() {
        Some("suspended") => Some((
            "Organization suspended.",
            "Its requests are refused from now on; its owners find the reason in their audit log.",
        )),
        Some("tier") => Some((
            "Usage tier set.",
            "It is in force on every node; its owners find the reason in their audit log.",
        )),
        Some("resumed") => Some(("Organization resumed.", "Its requests are let through again.")),
        _ => None,
    };
    let done = done.map(|(lead, text)| view! { <Toast lead text/> });
    let form = search("/operator", "Name or ID", asked.search.clone());
    let last = rows.rows.last().filter(|_| rows.more).map(|row| row.id.to_string());
    let shown = rows.rows.len();
    let list = if shown == 0 {
        view! { <Empty split=true title="No organization is found" text="Search for a part of its name, or for its whole ID."/> }
            .into_any()
    } else {
        let columns = vec![
            Column::text(labels::ORGANIZATION),
            Column::text(labels::MADE),
            Column::number(labels::MEMBERS),
            Column::number(labels::PROJECTS),
            Column::number(labels::SPENT_THIS_CYCLE),
            Column::number(labels::REQUESTS),
            Column::act(),
        ];
        let rows = rows.rows.into_iter().map(row).collect_view();
        let foot = foot(shown, "/operator", ("search", &asked.search), last);
        view! { <Table label=labels::ORGANIZATIONS columns>{rows}</Table>{foot} }.into_any()
    };
    view! { {done}<Card><CardBody>{form}</CardBody>{list}</Card> }.into_any()
}

fn row(row: OrganizationRow) -> AnyView {
    let suspended = row.suspended.is_some();
    let state = match (&row.suspended, row.closed_at, row.demo) {
        (_, Some(_), _) => Some((Tone::Plain, labels::CLOSED)),
        (Some(_), ..) => Some((Tone::Bad, "Suspended")),
        (.., true) => Some((Tone::Plain, "Demo")),
        _ => None,
    };
    let badge = state.map(|(tone, text)| view! { " "<Badge tone text/> });
    let why = row.suspended.map(|(_, reason)| view! { <small>"Reason: "{reason}</small> });
    let href = format!("/operator/organizations/{}", row.id);
    let tier_href = format!("{href}/tier");
    let verb = if suspended { "Resume…" } else { "Suspend…" };
    view! {
        <tr>
            <th scope="row">{row.name}{badge}<small class="mono">{row.id.to_string()}</small>{why}</th>
            <td data-l=labels::MADE><Time at=row.created_at zone=ZONE precision=Precision::Day/></td>
            <td data-l=labels::MEMBERS class="num">{count(row.members)}</td>
            <td data-l=labels::PROJECTS class="num">{count(row.projects)}</td>
            <td data-l=labels::SPENT_THIS_CYCLE class="num"><Money amount=row.spent/></td>
            <td data-l=labels::REQUESTS class="num">{count(row.requests)}</td>
            <td class="act">
                <LinkButton href=tier_href weight=Weight::Quiet>"Tier…"</LinkButton>
                <LinkButton href weight=Weight::Quiet>{verb}</LinkButton>
            </td>
        </tr>
    }
    .into_any()
}
