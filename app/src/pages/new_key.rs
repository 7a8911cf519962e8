//! `/{org}/keys/new`: makes a key and shows it, in the answer to the form and nowhere else. That
//! answer is a page and not a redirect, because nothing keeps the key between two requests; who
//! reloads it is asked by the browser whether to make another one.

mod shown;

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use domain::{Action, Name, ProjectId};
use identity::MintedKey;
use leptos::prelude::*;
use serde::Deserialize;
use shown::Shown;
use store::{NewApiKey, Project};

use super::keys::no_billing;
use crate::{
    components::{Button, Card, CardBody, Choice, ErrorSummary, Field, LinkButton, Select, Weight},
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/keys/new", get(show).post(create))
}

#[derive(Deserialize)]
struct Asked {
    project: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let project = asked.project.unwrap_or_default();
    page(&app, &member, &Draft::with([("project", project)])).await
}

async fn create(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let name = draft.read::<Name>("name");
    let project = project(&app, &member, &mut draft).await?;
    let (Some(name), Some(project)) = (name, project) else {
        return page(&app, &member, &draft).await;
    };
    let minted = MintedKey::new(&app.secrets)?;
    let new = NewApiKey::new(project.id, name.clone(), minted.stored());
    match app.store.create_api_key(&member.caller, &new).await {
        Ok(_) => {
            let base = format!("{}/v1", app.public_url);
            Ok(shown::page(&member, &Shown { minted, name, project, base, sandbox: app.sandbox }))
        }
        Err(error) => {
            draft.conflict("project", error)?;
            page(&app, &member, &draft).await
        }
    }
}

/// The project that was chosen, of those that take keys.
async fn project(
    app: &App,
    member: &Member,
    draft: &mut Draft,
) -> Result<Option<Project>, Failure> {
    let id: Option<ProjectId> = draft.value("project").parse().ok();
    let project = open_projects(app, member).await?.into_iter().find(|p| Some(p.id) == id);
    if project.is_none() {
        draft.refuse("project", "Choose a project from the list.");
    }
    Ok(project)
}

async fn open_projects(app: &App, member: &Member) -> Result<Vec<Project>, Failure> {
    let mut projects = app.store.projects(&member.caller).await?;
    projects.retain(|project| {
        project.archived_at.is_none() && project.who.may(Action::EditOwnKeys).is_ok()
    });
    // The one that is chosen when nothing else is said.
    projects.sort_by_key(|project| !project.is_default);
    Ok(projects)
}

async fn page(app: &App, member: &Member, draft: &Draft) -> Result<Response, Failure> {
    let choices = open_projects(app, member).await?.into_iter().map(|project| {
        let text = format!("{}, {}", project.name, project.environment.as_str());
        Choice::new(project.id.to_string(), text)
    });
    let choices: Vec<_> = choices.collect();
    let billing = !member.can(Action::SeeBilling)
        || app.store.billing_profile(&member.caller).await?.is_some();
    Ok(member.visitor.look.page(Page::new("New key").status(draft.status()), || {
        let above = ("API keys", member.path("keys"));
        let no_billing = (!billing).then(|| no_billing(member));
        let form = form(member, draft, choices);
        view! {
            <Shell frame=member.frame(NavItem::Keys)>
                <PageHead title="New key" sub="The key itself is shown on the next page, this once." above/>
                {no_billing}
                <Card><CardBody>{form}</CardBody></Card>
            </Shell>
        }
    }))
}

fn form(member: &Member, draft: &Draft, choices: Vec<Choice>) -> AnyView {
    view! {
        <form class="form" method="post" action=member.path("keys/new")>
            <ErrorSummary lead="No key was made" errors=draft.errors()/>
            <Field
                name="name"
                label="Name"
                value=draft.value("name")
                error=draft.error("name")
                help="What will use it, like support-web or nightly-import. One key for each application makes revoking easy."
                required=true
                maxlength=100
                autocomplete="off"
            />
            <Select name="project" label="Project" choices value=draft.value("project") error=draft.error("project") help="Its requests count in this project’s usage and budgets."/>
            <div class="row">
                <Button weight=Weight::Primary>"Make key"</Button>
                <LinkButton href=member.path("keys") weight=Weight::Quiet>"Cancel"</LinkButton>
            </div>
        </form>
    }
    .into_any()
}
