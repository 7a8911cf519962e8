//! `/{org}/projects/{project}`: one project, what it is, who is in it, what it may ask.

mod archive;
mod edit;
mod facts;
mod members;
mod models;
mod providers;
mod rates;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Environment, Name};
use leptos::prelude::*;
use serde::Deserialize;
use store::Project;

use super::projects::role_words;
use crate::{
    components::{Card, CardBody, Link, LinkButton, Notice, Tabs, Toast, Tone, Weight},
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Path, Query, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/projects/{project}", get(show).post(save))
        .merge(members::router())
        .merge(models::router())
        .merge(rates::router())
        .merge(archive::router())
}

#[derive(Deserialize, Default)]
struct After {
    made: Option<String>,
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, project)): Path<(String, String)>,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let project = app.store.project(&member.caller, id(&project)?).await?;
    Ok(page(&member, &project, Draft::default(), &after))
}

async fn save(
    State(app): State<App>,
    member: Member,
    Path((_, project)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let project = store.project(caller, id(&project)?).await?;
    project.who.may(Action::EditProject)?;
    let (field, done) = match draft.value("action").as_str() {
        "rename" => match draft.read::<Name>("name") {
            Some(name) => ("name", store.rename_project(caller, project.id, &name).await),
            None => return Ok(page(&member, &project, draft, &After::default())),
        },
        "environment" => match draft.read::<Environment>("environment") {
            Some(environment) => (
                "environment",
                store.set_project_environment(caller, project.id, environment).await,
            ),
            None => return Ok(page(&member, &project, draft, &After::default())),
        },
        "fingerprints" => (
            "fingerprints",
            store.set_fingerprints(caller, project.id, draft.has("fingerprints")).await,
        ),
        "bodies" => match edit::days(&mut draft) {
            Ok(days) => (edit::DAYS, store.set_bodies(caller, project.id, days).await),
            Err(()) => return Ok(page(&member, &project, draft, &After::default())),
        },
        "default" => ("default", store.set_default_project(caller, project.id).await),
        _ => return Err(Failure::BadRequest),
    };
    match done {
        Ok(()) => Ok(go(format!("{}?saved", address(&member, &project)))),
        Err(error) => {
            draft.conflict(field, error)?;
            Ok(page(&member, &project, draft, &After::default()))
        }
    }
}

fn page(member: &Member, project: &Project, mut draft: Draft, after: &After) -> Response {
    draft.keep("name", &project.name);
    draft.keep("environment", project.environment.as_str());
    draft.keep(edit::DAYS, &project.bodies.map(|days| days.to_string()).unwrap_or_default());
    let page = Page::new(project.name.clone()).status(draft.status()).islands();
    member.visitor.look.page(page, || {
        let notice = notice(member, project, after);
        let facts = facts::card(member, project);
        let edits = project.who.may(Action::EditProject).is_ok().then(|| {
            let (rename, archive) =
                (edit::rename(member, project, &draft), archive::offer(member, project));
            let environment = edit::environment(member, project, &draft);
            let default = edit::default(member, project, &draft);
            let fingerprints = edit::fingerprints(member, project);
            (
                rename,
                environment,
                default,
                edit::bodies(member, project, &draft),
                fingerprints,
                archive,
            )
        });
        let content = match edits {
            None => facts,
            Some((rename, environment, default, bodies, fingerprints, archive)) => view! {
                <div class="grid two">{facts}{rename}</div>
                <div class="grid two">{environment}{default}</div>
                <div class="grid two">{bodies}{fingerprints}</div>
                <Card title="Archive"><CardBody split=true>{archive}</CardBody></Card>
            }
            .into_any(),
        };
        let head = head(member, project, Part::Project);
        view! {
            <Shell frame=member.frame(NavItem::Projects)>
                {head}
                {notice}
                {content}
            </Shell>
        }
    })
}

/// A page about a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Project,
    Members,
    Models,
    Rates,
}

/// Where a project's pages lie.
fn address(member: &Member, project: &Project) -> String {
    member.path(&format!("projects/{}", project.id))
}

/// Heading and tabs of a project's pages.
fn head(member: &Member, project: &Project, here: Part) -> AnyView {
    let address = address(member, project);
    let link =
        |text, path: &str, part| Link::new(text, format!("{address}{path}")).current(part == here);
    let models =
        project.models.as_ref().and_then(|models| u64::try_from(models.names().count()).ok());
    let tabs = vec![
        (link(labels::PROJECT, "", Part::Project), None),
        (link(labels::MEMBERS, "/members", Part::Members), Some(project.members)),
        (link(labels::MODELS, "/models", Part::Models), models),
        (link("Rate limits", "/limits", Part::Rates), None),
    ];
    let sub = format!(
        "{} project{}. You: {}.",
        project.environment.label(),
        if project.rehearsal { " for rehearsals" } else { "" },
        role_words(project.who).to_lowercase()
    );
    let usage = member.path("usage");
    let requests = member.path(&format!("requests?project={}", project.id));
    let budgets = member.path(&format!("budgets?scope={}", project.id));
    let sends = project.archived_at.is_none() && project.who.may(Action::SendRequests).is_ok();
    let playground = sends.then(|| {
        let href = member.path(&format!("playground?project={}", project.id));
        view! { <LinkButton href>{labels::PLAYGROUND}</LinkButton> }
    });
    view! {
        <PageHead title=project.name.clone() sub above=(labels::PROJECTS, member.path("projects"))>
            <LinkButton href=usage>{labels::USAGE}</LinkButton>
            <LinkButton href=requests>{labels::REQUESTS}</LinkButton>
            <LinkButton href=budgets>{labels::BUDGET}</LinkButton>
            {playground}
        </PageHead>
        <Tabs label=labels::PROJECT links=tabs/>
    }
    .into_any()
}

fn notice(member: &Member, project: &Project, after: &After) -> Option<AnyView> {
    let members = format!("{}/members", address(member, project));
    let new_key = member.path(&format!("keys/new?project={}", project.id));
    let view = if project.archived_at.is_some() {
        let text = "Requests with its keys are refused. What it used stays in usage and bills.";
        view! { <Notice tone=Tone::Warn lead="This project is archived." text/> }.into_any()
    } else if after.made.is_some() && project.rehearsal {
        let budget = member.path(&format!("budgets?scope={}&window=day", project.id));
        let text = "Give it a small budget and a threshold, then send requests to sandbox-dime with a key of it, $0.10 each, until they are refused.";
        view! {
            <Notice tone=Tone::Ok lead="Project for rehearsals made." text>
                <LinkButton href=budget>{labels::SET_ITS_BUDGET}</LinkButton>
                <LinkButton href=new_key>{labels::NEW_KEY}</LinkButton>
            </Notice>
        }
        .into_any()
    } else if after.made.is_some() && project.members == 0 {
        let text = "Nobody but the organization’s owners is in it yet: choose who works in it.";
        view! {
            <Notice tone=Tone::Ok lead=labels::PROJECT_MADE text>
                <LinkButton href=members>"Add members"</LinkButton>
                <LinkButton href=new_key>{labels::NEW_KEY}</LinkButton>
            </Notice>
        }
        .into_any()
    } else if after.made.is_some() {
        let text = "Its first key lets an application send requests for it.";
        view! {
            <Notice tone=Tone::Ok lead=labels::PROJECT_MADE text>
                <LinkButton href=new_key weight=Weight::Plain>{labels::NEW_KEY}</LinkButton>
            </Notice>
        }
        .into_any()
    } else if after.saved.is_some() {
        view! { <Toast lead="Project saved."/> }.into_any()
    } else {
        return None;
    };
    Some(view)
}
