//! `/{org}/corrections`: charges that no provider told, and what owners made of them.

mod done;
mod one;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::EventId;
use leptos::prelude::*;
use serde::Deserialize;
use store::{Doubtful, DoubtfulKey, Part};

use crate::{
    components::{
        Badge, Card, CardFoot, Column, Empty, Money, Outcome, Precision, Table, Time, Tone,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member, Query},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/corrections", get(show)).merge(one::router())
}

#[derive(Deserialize, Default)]
struct Asked {
    done: Option<String>,
    /// Those before this request are listed.
    before: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let store = &app.store;
    // What is no request's id begins at the newest.
    let before = asked.before.as_deref().and_then(|id| id.parse::<EventId>().ok());
    let (doubtful, done) =
        (store.doubtful(&member.caller, before).await?, done::read(store, &member).await?);
    Ok(member.visitor.look.page(Page::new(labels::CORRECTIONS), || {
        let billing = member.path("billing");
        let notice = notice(asked.done.as_deref());
        let (list, done) = (list(&member, &doubtful, before), done::card(&member, &done));
        view! {
            <Shell frame=member.frame(NavItem::Billing)>
                <PageHead
                    title=labels::CORRECTIONS
                    sub="Charges whose usage no provider reported. They count as booked until an owner corrects them."
                    above=(labels::BILLING, billing)
                />
                {notice}
                {list}
                {done}
            </Shell>
        }
    }))
}

fn notice(done: Option<&str>) -> Option<AnyView> {
    let (tone, lead, text) = match done? {
        "corrected" => (
            Tone::Ok,
            "Charge corrected.",
            "Budgets, usage and thresholds count it as corrected from now on.",
        ),
        "settled" => (
            Tone::Warn,
            "Nothing was corrected: this charge is settled.",
            "The provider’s answer came late, or another owner was faster.",
        ),
        "late" => (
            Tone::Warn,
            "Nothing was corrected: this request is too old.",
            "Charges are corrected within 90 days; this one stays as it was booked.",
        ),
        _ => return None,
    };
    Some(view! { <Outcome tone lead text/> }.into_any())
}

fn list(member: &Member, doubtful: &Part<Doubtful>, before: Option<EventId>) -> AnyView {
    if doubtful.rows.is_empty() && before.is_none() {
        return view! {
            <Card title=labels::CHARGES_IN_DOUBT>
                <Empty split=true title="No charge is in doubt" text="No request of the last 90 days was charged by an estimate or by the most it could cost."/>
            </Card>
        }
        .into_any();
    }
    let columns = vec![
        Column::text(labels::REQUEST),
        Column::text(labels::PROJECT_AND_KEY),
        Column::text(labels::MODEL),
        Column::text(labels::WHY),
        Column::number(labels::CHARGED),
        Column::number(labels::AT_MOST),
        Column::act(),
    ];
    let rows = doubtful.rows.iter().map(|charge| row(member, charge)).collect_view();
    let path = member.path("corrections");
    let last = doubtful.rows.last().filter(|_| doubtful.more);
    let older = last.map(|last| format!("{path}?before={}", last.id));
    let newest = before.map(|_| path);
    let shown = doubtful.rows.len();
    view! {
        <Card title=labels::CHARGES_IN_DOUBT>
            <Table label=labels::CHARGES_IN_DOUBT columns>{rows}</Table>
            <CardFoot>
                <span>{shown}" of the last 90 days, newest first. At most: the bound that the request reserved."</span>
                <span class="row">
                    {newest.map(|href| view! { <a href=href>{labels::NEWEST}</a> })}
                    {older.map(|href| view! { <a href=href rel="next">{labels::OLDER}</a> })}
                </span>
            </CardFoot>
        </Card>
    }
    .into_any()
}

/// Whose key it was, in words.
fn key_text(key: &DoubtfulKey) -> String {
    match key {
        DoubtfulKey::Named(name) => name.clone(),
        DoubtfulKey::Untracked => labels::UNTRACKED_KEY.to_owned(),
        DoubtfulKey::Playground => labels::PLAYGROUND.to_owned(),
        DoubtfulKey::Personal => labels::PERSONAL_KEY.to_owned(),
    }
}

fn row(member: &Member, charge: &Doubtful) -> AnyView {
    let (at, zone, id) = (charge.at, member.organization.zone, charge.id.to_string());
    let (href, story) = (member.path(&format!("corrections/{id}")), format!("/requests/{id}"));
    let (badge, why) = why(&charge.outcome);
    let key = key_text(&charge.key);
    let (amount, bound) = (charge.charge, charge.bound);
    let which = format!(" {id}");
    view! {
        <tr>
            <th scope="row"><a href=story><Time at zone precision=Precision::Minute/></a><small class="mono anywhere">{id}</small></th>
            <td data-l=labels::PROJECT_AND_KEY><div>{charge.project_name.clone()}<small>{key}</small></div></td>
            <td data-l=labels::MODEL>{charge.model.clone()}</td>
            <td data-l=labels::WHY><div><Badge tone=Tone::Warn line=true text=badge/><small>{why}</small></div></td>
            <td data-l=labels::CHARGED class="num"><Money amount fine=true/></td>
            <td data-l=labels::AT_MOST class="num"><Money amount=bound fine=true/></td>
            <td class="act"><a class="btn quiet" href=href>"Correct…"<span class="vh">{which}</span></a></td>
        </tr>
    }
    .into_any()
}

/// Why a charge is in doubt: a word, and what it was charged by.
fn why(outcome: &str) -> (&'static str, &'static str) {
    match outcome {
        "unknown" => (labels::NO_ANSWER, "Sent, and no answer came: charged the most it can cost."),
        "interrupted" => {
            (labels::INTERRUPTED, "Its node died meanwhile: charged the most it can cost.")
        }
        _ => (
            labels::ESTIMATED,
            "Its answer ended early or told no usable count: charged by an estimate.",
        ),
    }
}
