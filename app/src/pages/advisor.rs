//! `/{org}/advisor`: what could cost or take less, each with what is at stake and the rows behind it.

mod findings;
mod idle;
mod models;
mod others;

use axum::{Router, extract::State, response::Response, routing::get};
use chrono::{DateTime, Days, Utc};
use domain::{ProjectId, window::first_instant};
use http::StatusCode;
use leptos::prelude::*;
use serde::Deserialize;
use store::{
    Project,
    requests::Findings,
    slices::{Ask, Dimension, Grain, Only},
};

use self::{idle::IdleKey, others::Compared};
use crate::{
    components::{Button, Card, CardBody, Choice, Empty, LinkButton, Notice, Select, Tone, Weight},
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member, Query},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/advisor", get(show))
}

/// Days whose tokens are compared, today among them.
const DAYS: u64 = 30;

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    project: String,
}

/// What is shown.
struct View {
    member: Member,
    projects: Vec<Project>,
    /// The one that it is about; none: all that the person sees.
    project: Option<ProjectId>,
    /// The address names a project that is not among them.
    astray: bool,
    now: DateTime<Utc>,
    compared: Compared,
    findings: Findings,
    idle: Vec<IdleKey>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let projects = app.store.projects(&member.caller).await?;
    let known = |id: &ProjectId| projects.iter().any(|project| project.id == *id);
    let project = asked.project.parse().ok().filter(known);
    let astray = project.is_none() && !asked.project.is_empty();
    let view = read(&app, member, projects, project, astray).await?;
    let status = if astray { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(view.member.visitor.look.page(Page::new(labels::ADVISOR).status(status), || page(&view)))
}

async fn read(
    app: &App,
    member: Member,
    projects: Vec<Project>,
    project: Option<ProjectId>,
    astray: bool,
) -> Result<View, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let now = store.clock(caller).await?;
    let zone = member.organization.zone;
    let today = now.with_timezone(&zone).date_naive();
    let bounds = [today - Days::new(DAYS - 1), today + Days::new(1)];
    let bounds = bounds.map(|day| first_instant(day, zone));
    // Of all projects: what one may be compared with is what the others use, too.
    let only = Only::default();
    let by = [Dimension::Project, Dimension::Model];
    let ask = Ask { bounds: &bounds, grain: Grain::Days, by: &by, only: &only };
    let used = store.slices(caller, ask).await?;
    let prices = store.prices_in_force(caller).await?;
    let activity = store.key_activity(caller).await?;
    let keys = store.api_keys(caller).await?;
    let keys = keys.into_iter().filter(|key| project.is_none_or(|project| key.project == project));
    let findings = store.findings(caller, project).await?;
    let compared = others::compare(used, &projects, project, &prices);
    let idle = idle::of(keys, &activity, now);
    Ok(View { member, projects, project, astray, now, compared, findings, idle })
}

fn page(view: &View) -> AnyView {
    let astray = view.astray.then(|| {
        view! { <Notice tone=Tone::Warn lead="There is no such project." text="Advice for all projects that you see is shown."/> }
    });
    let has_nothing = view.compared.is_empty() && view.findings.seen == 0 && view.idle.is_empty();
    let advice = if has_nothing { nothing(view) } else { advice(view) };
    let (frame, choice) = (view.member.frame(NavItem::Advisor), choice(view));
    view! {
        <Shell frame>
            <PageHead title=labels::ADVISOR sub="What could cost or take less, with what is at stake. It changes nothing by itself."/>
            {astray}
            {choice}
            {advice}
        </Shell>
    }
    .into_any()
}

fn advice(view: &View) -> AnyView {
    let (models, findings, idle) = (models::card(view), findings::cards(view), idle::card(view));
    view! { {models}{findings}{idle} }.into_any()
}

fn nothing(view: &View) -> AnyView {
    let keys = view.member.path("keys/new");
    view! {
        <Card>
            <Empty title="Nothing to advise yet" text="Advice is made from the usage of the last 30 days and the requests of the last 7 days. There is none yet.">
                <LinkButton href=keys weight=Weight::Primary>{labels::MAKE_A_KEY}</LinkButton>
            </Empty>
        </Card>
    }
    .into_any()
}

fn choice(view: &View) -> Option<AnyView> {
    if view.projects.len() < 2 {
        return None;
    }
    let value = view.project.map(|id| id.to_string()).unwrap_or_default();
    let one = |project: &Project| Choice::new(project.id.to_string(), project.name.clone());
    let choices = std::iter::once(Choice::new("", labels::ALL_PROJECTS));
    let choices: Vec<_> = choices.chain(view.projects.iter().map(one)).collect();
    let action = view.member.path("advisor");
    let form = view! {
        <Card>
            <CardBody>
                <form class="row" method="get" action=action>
                    <Select name="project" label=labels::PROJECT choices value/>
                    <Button>{labels::SHOW}</Button>
                </form>
            </CardBody>
        </Card>
    };
    Some(form.into_any())
}
