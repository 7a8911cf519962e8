//! How long requests take, by model, by time and by length of the answer, and where the time goes.

use std::collections::BTreeMap;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use domain::Action;
use leptos::prelude::*;
use store::{
    Project,
    drift::Drift,
    latencies::{Ask, Latencies, Latency},
    provider_errors::ProviderErrors,
    refused_requests::RefusedRequests,
};

use self::asked::Asked;
use crate::{
    components::{Card, Empty, LinkButton, Notice, Tone, Weight},
    labels,
    layouts::{Frame, NavItem, PageHead, Shell},
    render::Page,
    web::{App, Failure, Member},
};

mod asked;
mod course;
mod lengths;
mod models;
mod past;
mod phases;
mod unserved;
mod ways;
mod words;

/// All that the page shows.
struct View {
    frame: Frame,
    /// The page's path.
    path: String,
    asked: Asked,
    projects: Vec<Project>,
    latencies: Latencies,
    /// What providers did not serve, by model.
    errors: BTreeMap<String, ProviderErrors>,
    /// What limits refused.
    refused: RefusedRequests,
    /// Over all models.
    whole: Latency,
    /// Models of today, beside their past.
    drifts: Vec<Drift>,
    /// Whether it is known of any request how long it took.
    ever: bool,
    /// The person sees the whole organization, else own projects alone.
    sees_whole: bool,
}

/// `/{org}/latency`
pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let page = read(&app, &member, query.as_deref()).await?;
    let wrong = !page.asked.faults.is_empty();
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let title = format!("Latency, {}", page.asked.stretch.title());
    Ok(member.visitor.look.page(Page::new(title).status(status).islands(), || view(page)))
}

async fn read(app: &App, member: &Member, query: Option<&str>) -> Result<View, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let (projects, now) = tokio::try_join!(store.projects(caller), store.clock(caller))?;
    let mut asked = Asked::read(query, &projects, member.organization.zone, now);
    let bounds = asked.stretch.bounds();
    let ask = Ask {
        bounds: &bounds,
        hours: asked.hours(),
        projects: asked.project_ids(),
        models: asked.models(),
    };
    // What does not depend on each other is read side by side.
    let (latencies, errors, refused, drifts) = tokio::try_join!(
        store.latencies(caller, ask),
        store.provider_errors(caller, ask),
        store.refused_requests(caller, ask),
        store.drifts(caller, (asked.stretch.zone, asked.now), asked.project_ids(), asked.models()),
    )?;
    let found = !latencies.models.is_empty() || !errors.is_empty() || !refused.models.is_empty();
    let ever = found || asked.is_narrowed() || store.ever_timed(caller).await?;
    if ever && !found {
        asked.has_found_nothing();
    }
    Ok(View {
        frame: member.frame(NavItem::Latency),
        path: member.path("latency"),
        whole: latencies.whole(),
        drifts,
        errors,
        refused,
        sees_whole: member.can(Action::SeeWhole),
        asked,
        projects,
        latencies,
        ever,
    })
}

fn view(page: View) -> AnyView {
    let stretch = &page.asked.stretch;
    let whose = if page.sees_whole { "requests" } else { "requests of your projects" };
    let sub = format!("How long {whose} took, {}, {}", stretch.days(), stretch.zone.name());
    let content = if page.ever { content(&page) } else { first(&page) };
    view! {
        <Shell frame=page.frame>
            <PageHead title=labels::LATENCY sub/>
            {content}
        </Shell>
    }
    .into_any()
}

fn content(page: &View) -> AnyView {
    let faults = page.asked.faults.iter().map(|fault| {
        view! { <Notice tone=Tone::Warn lead=labels::NOT_AS_ASKED text=fault.clone()/> }
    });
    let unserved = unserved::card(page);
    let shown = if page.latencies.models.is_empty() && unserved.is_none() {
        nothing(page)
    } else if page.latencies.models.is_empty() {
        view! { {unserved}{past::card(page)} }.into_any()
    } else {
        view! {
            {course::card(page)}
            {models::card(page)}
            {unserved}
            {past::card(page)}
            <div class="grid two">{phases::card(page)}{lengths::card(page)}</div>
            {course::table(page)}
        }
        .into_any()
    };
    view! {
        {faults.collect_view()}
        {ways::choices(page)}
        {shown}
        {about()}
    }
    .into_any()
}

/// What is counted, and what is not.
fn about() -> AnyView {
    view! {
        <Card title="What is in these numbers">
            <div class="body split stack">
                <p class="muted">
                    "Every request that was forwarded, as soon as it has ended, told apart by when it was admitted. Times are rounded: one that is shown lies within 9% of the true one. Sums and shares are exact."
                </p>
                <p class="muted">
                    "Not in them: requests that a limit refused, and those that the provider did not serve, which cost nothing, leave no event, and are counted on their own; those whose server died meanwhile. A request without an answer counts as such and has no times. One whose stream broke off counts with the time until then."
                </p>
            </div>
        </Card>
    }
    .into_any()
}

/// Before the first request of what the person sees.
fn first(page: &View) -> AnyView {
    let keys = page.path.replace("/latency", "/keys/new");
    view! {
        <Card>
            <Empty title="No times yet" text="Once an application sends its requests through Exchequer, this page tells how long they take, by model and by length of the answer, and where the time goes.">
                <LinkButton href=keys weight=Weight::Primary>{labels::MAKE_A_KEY}</LinkButton>
            </Empty>
        </Card>
    }
    .into_any()
}

/// No request in this stretch.
fn nothing(page: &View) -> AnyView {
    let href = page.asked.everything().href(&page.path);
    let title = page.asked.stretch.title();
    view! {
        <Card title>
            <Empty split=true title="No request" text="No request that is asked for was forwarded in this time.">
                <LinkButton href>"Show the last 90 days"</LinkButton>
            </Empty>
        </Card>
    }
    .into_any()
}
