//! `/receipts/{id}`: why requests were not forwarded. The API's answer leads here.

mod side;
mod words;

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use domain::{ReceiptId, api_key::ending};
use leptos::prelude::*;
use store::{Receipt as Refusals, Recipient, RefusedBy};

use super::calendar::until;
use crate::{
    components::{Badge, Fact, Facts, Precision, Receipt, Sum, Time, Tone, time_text},
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member, Path, Visitor, id},
};

/// `GET`. Whoever may not see it is told that there is none.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(receipt): Path<String>,
) -> Result<Response, Failure> {
    let none = |failure| match failure {
        Failure::NotFound => Failure::NoReceipt,
        other => other,
    };
    let receipt: ReceiptId = id(&receipt).map_err(none)?;
    let store = &app.store;
    let look = |caller| async move { store.receipt(&caller, receipt).await };
    let (member, found) = Member::seeing(&app, visitor, look).await.map_err(none)?;
    let owners = store.recipients(&member.caller).await?;
    let (_, now) = store.standings(&member.caller).await?;
    let title = words::title(&found);
    let look = member.visitor.look;
    Ok(look.page(Page::new(title.clone()), || {
        let zone = member.organization.zone;
        let first = time_text(found.first_at, zone, Precision::Second);
        let sub = format!("{first}, {}", zone.name());
        let slip = slip(&member, &found, &owners, now);
        let side = side::column(&member, &found);
        let frame = member.frame(NavItem::Requests);
        let above = (labels::REQUESTS, member.path("requests?outcome=refused"));
        view! {
            <Shell frame>
                <PageHead title sub above/>
                <div class="grid main-side">
                    {slip}
                    {side}
                </div>
            </Shell>
        }
    }))
}

fn slip(member: &Member, found: &Refusals, owners: &[Recipient], now: DateTime<Utc>) -> AnyView {
    let (heading, tone, badge, status) = if found.observed {
        (
            "Forwarded: the budget is observed only",
            Tone::Warn,
            labels::WOULD_HAVE_BEEN_REFUSED,
            "No error, ",
        )
    } else {
        ("Not forwarded, not charged", Tone::Bad, labels::REFUSED, words::status(&found.by))
    };
    let code = words::code(found);
    let sum = if let Some(lines) = words::lines(found) {
        view! { <Sum lines/> }.into_any()
    } else {
        let label = words::label(found);
        view! { <p>{label}". What the whole organization spends, its owners see."</p> }.into_any()
    };
    let facts = facts(member, found, owners, now);
    let stands = words::stands_for(found);
    view! {
        <Receipt>
            <div class="row between">
                <div><h2>{heading}</h2><p class="muted">{status}<code>{code}</code></p></div>
                <Badge tone text=badge/>
            </div>
            {sum}
            <div>{facts}</div>
            <p class="small muted">{stands}</p>
        </Receipt>
    }
    .into_any()
}

fn facts(member: &Member, found: &Refusals, owners: &[Recipient], now: DateTime<Utc>) -> AnyView {
    let zone = member.organization.zone;
    let at = found.resets_at;
    let frees = match &found.by {
        RefusedBy::Request { .. } => {
            view! { <Fact label=labels::FREES_UP>"Never by itself: a smaller request passes"</Fact> }
        }
        RefusedBy::Running { .. } => {
            view! { <Fact label=labels::FREES_UP>"As soon as one of the key’s requests is done"</Fact> }
        }
        _ => {
            let (label, frees) = if at <= now {
                ("Freed up", String::new())
            } else {
                (labels::FREES_UP, format!(", {}", until(at, now, zone)))
            };
            let precision = words::precision(&found.by);
            view! { <Fact label><Time at zone precision/>{frees}</Fact> }
        }
    };
    let who = words::who_may_raise(found, owners);
    let set = words::set_then(found, zone);
    let (project, key) = (found.project_name.clone(), found.key_name.clone());
    let last_four = found.key_last_four.as_ref().map(|last| format!(" {}", ending(last)));
    let revision = words::revision(found);
    let bound = words::bound(found);
    view! {
        <Facts>
            {bound.map(|bound| view! { <Fact label=labels::IT_COULD_HAVE_COST>{bound}</Fact> })}
            {frees}
            <Fact label="Who may raise it">{who}</Fact>
            {set.map(|set| view! { <Fact label="Set then">{set}</Fact> })}
            <Fact label=labels::PROJECT>{project}</Fact>
            <Fact label=labels::API_KEY>{key}<span class="mono faint">{last_four}</span></Fact>
            {revision.map(|(label, number)| view! { <Fact label>{number}</Fact> })}
        </Facts>
    }
    .into_any()
}
