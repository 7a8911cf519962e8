//! `/{org}/statements`: every billing cycle, and what was billed of it.

mod file;
mod head;
mod invoice;
mod lines;
mod one;

use axum::{Router, extract::State, response::Response, routing::get};
use leptos::prelude::*;
use store::statements::Cycle;

use super::calendar::{cycle_name, slug};
use crate::{
    components::{Badge, Card, CardFoot, Column, LinkButton, Money, Precision, Table, Time, Tone},
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/statements", get(show))
        .route("/{org}/statements/{cycle}", get(one::show).post(one::save))
        .route("/{org}/statements/{cycle}/lines.csv", get(file::send))
}

async fn show(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    let cycles = app.store.statements(&member.caller).await?;
    Ok(member.visitor.look.page(Page::new(labels::STATEMENTS), || {
        let list = list(&member, &cycles);
        view! {
            <Shell frame=member.frame(NavItem::Statements)>
                <PageHead
                    title=labels::STATEMENTS
                    sub="What each billing cycle comes to, project by project. Closing a cycle freezes its statement; what becomes known later is an adjustment on the next one."
                />
                {list}
            </Shell>
        }
    }))
}

fn list(member: &Member, cycles: &[Cycle]) -> AnyView {
    let columns = vec![
        Column::text(labels::BILLING_CYCLE),
        Column::text(labels::STATE),
        Column::number(labels::USED),
        Column::number(labels::ON_ITS_STATEMENT),
        Column::number(labels::ON_NO_STATEMENT_YET),
        Column::act(),
    ];
    // The first one is running.
    let rows = cycles.iter().enumerate().map(|(place, cycle)| row(member, cycle, place == 0));
    let rows = rows.collect_view();
    view! {
        <Card>
            <Table label="Billing cycles" columns>{rows}</Table>
            <CardFoot>
                <span>"Used: as it is known now. On its statement: with adjustments of earlier cycles. On no statement yet: what became known since; the next one that is closed has it. Without the sandbox and rehearsals."</span>
            </CardFoot>
        </Card>
    }
    .into_any()
}

fn row(member: &Member, cycle: &Cycle, running: bool) -> AnyView {
    let (window, zone) = (cycle.window, member.organization.zone);
    let href = member.path(&format!("statements/{}", slug(window)));
    let state = match (cycle.closed, running) {
        (Some(at), _) => view! {
            <div><Badge tone=Tone::Ok text=labels::CLOSED/><small><Time at zone precision=Precision::Day/></small></div>
        }
        .into_any(),
        (None, true) => view! { <Badge text=labels::RUNNING/> }.into_any(),
        (None, false) => view! { <Badge tone=Tone::Warn text="Not closed"/> }.into_any(),
    };
    let none = || view! { <span class="faint">"–"</span> }.into_any();
    let (billed, since) = if cycle.closed.is_some() {
        (
            view! { <Money amount=cycle.billed/> }.into_any(),
            view! { <Money amount=cycle.unbilled/> }.into_any(),
        )
    } else {
        (none(), none())
    };
    let act = (cycle.closed.is_none() && !running).then(|| {
        let href = href.clone();
        view! { <LinkButton href>"Review and close"</LinkButton> }
    });
    view! {
        <tr>
            <th scope="row"><a href=href>{cycle_name(window)}</a></th>
            <td data-l=labels::STATE>{state}</td>
            <td data-l=labels::USED class="num"><Money amount=cycle.used/></td>
            <td data-l=labels::ON_ITS_STATEMENT class="num">{billed}</td>
            <td data-l=labels::ON_NO_STATEMENT_YET class="num">{since}</td>
            <td class="act">{act}</td>
        </tr>
    }
    .into_any()
}
