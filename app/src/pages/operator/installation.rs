//! `/operator/installation`: who may sign up, and what runs.

use axum::{Router, extract::State, response::Response, routing::get};
use leptos::prelude::*;
use serde::Deserialize;
use store::system::{
    SignUpPolicy,
    operator::{Node, Versions},
};

use super::{Part, Runner, ZONE, around};
use crate::{
    components::{
        Badge, Button, Card, CardBody, Choice, Column, Empty, ErrorSummary, Fact, Facts, Precision,
        Select, Table, Time, Toast, Tone, Weight,
    },
    labels,
    render::Page,
    web::{App, Draft, Failure, Fresh, Query, go},
};

const PATH: &str = "/operator/installation";

pub(super) fn router() -> Router<App> {
    Router::new().route(PATH, get(show).post(save))
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

/// What is read for the page.
struct View {
    nodes: Vec<Node>,
    versions: Versions,
    saved: bool,
}

async fn show(
    State(app): State<App>,
    runner: Runner,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let policy = word(runner.operator(&app).await?.sign_up_policy().await?);
    let draft = Draft::with([("policy", policy.to_owned())]);
    page(&app, runner, &draft, after.saved.is_some()).await
}

async fn save(
    State(app): State<App>,
    runner: Runner,
    _: Fresh,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let typed = draft.value("policy");
    let all = [SignUpPolicy::Open, SignUpPolicy::Invited];
    let Some(policy) = all.into_iter().find(|policy| word(*policy) == typed) else {
        draft.refuse("policy", labels::CHOOSE_ONE_FROM_THE_LIST);
        return page(&app, runner, &draft, false).await;
    };
    runner.operator(&app).await?.set_sign_up_policy(policy).await?;
    Ok(go(format!("{PATH}?saved")))
}

const fn word(policy: SignUpPolicy) -> &'static str {
    match policy {
        SignUpPolicy::Open => "open",
        SignUpPolicy::Invited => "invited",
    }
}

async fn page(app: &App, runner: Runner, draft: &Draft, saved: bool) -> Result<Response, Failure> {
    let operator = runner.operator(app).await?;
    let view = View { nodes: operator.nodes().await?, versions: operator.versions().await?, saved };
    let page = Page::new("Installation, operator").status(draft.status());
    Ok(runner.look().page(page, || {
        let (form, facts, nodes) = (form(draft), facts(app, &view.versions), nodes(&view));
        let content = view! {
            {view.saved.then(|| view! { <Toast lead=labels::SAVED text="It holds on every node at once."/> })}
            <div class="grid two">
                <Card title="Sign-up"><CardBody split=true>{form}</CardBody></Card>
                <Card title="As it runs"><CardBody split=true>{facts}</CardBody></Card>
            </div>
            {nodes}
        };
        around(runner.frame, Part::Installation, content.into_any())
    }))
}

fn form(draft: &Draft) -> AnyView {
    let choices = vec![
        Choice::new("open", "Everybody"),
        Choice::new("invited", "Only who was invited to an organization"),
    ];
    let (value, error, errors) = (draft.value("policy"), draft.error("policy"), draft.errors());
    view! {
        <form class="form" method="post" action=PATH>
            <ErrorSummary lead=labels::NOTHING_WAS_SAVED errors/>
            <Select name="policy" label="Who may make an account" choices value error help="Accounts that exist stay."/>
            <div class="row"><Button weight=Weight::Primary>"Save sign-up"</Button></div>
        </form>
    }
    .into_any()
}

fn facts(app: &App, versions: &Versions) -> AnyView {
    let mail =
        if app.mails { labels::SENT } else { "Wait in the outbox: EXCHEQUER_SMTP_URL is not set" };
    let sandbox = if app.sandbox { "Answers" } else { labels::OFF };
    let (url, database) = (app.public_url.to_string(), format!("PostgreSQL {}", versions.database));
    let migration = versions.migration;
    view! {
        <Facts>
            <Fact label="Public address"><span class="anywhere">{url}</span></Fact>
            <Fact label=labels::MAILS>{mail}</Fact>
            <Fact label="Sandbox provider">{sandbox}</Fact>
            <Fact label=labels::EXCHEQUER>{env!("CARGO_PKG_VERSION")}</Fact>
            <Fact label="Database">{database}</Fact>
            <Fact label="Last migration"><span class="mono">{migration}</span></Fact>
        </Facts>
        <p class="muted">"What can be set here is set in the environment; the README lists the settings."</p>
    }
    .into_any()
}

fn nodes(view: &View) -> AnyView {
    if view.nodes.is_empty() {
        return view! { <Card title=labels::NODES><Empty split=true title="No node has signed on" text="Each process that serves is listed here while it lives."/></Card> }
            .into_any();
    }
    let rows = view.nodes.iter().map(|node| {
        let (tone, text) = if node.silent { (Tone::Bad, "Silent") } else { (Tone::Ok, "Alive") };
        let (id, at) = (node.id.to_string(), node.seen_at);
        view! {
            <tr>
                <th scope="row" class="mono">{id}</th>
                <td data-l=labels::STATE><Badge tone text/></td>
                <td data-l=labels::LAST_HEARTBEAT><Time at zone=ZONE precision=Precision::Second/></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = vec![
        Column::text(labels::NODE),
        Column::text(labels::STATE),
        Column::text(labels::LAST_HEARTBEAT),
    ];
    view! { <Card title=labels::NODES><Table label=labels::NODES columns>{rows}</Table></Card> }
        .into_any()
}
