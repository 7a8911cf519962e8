//! `/{org}/projects`: all projects, and a form for one more.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Environment, Name};
use leptos::prelude::*;
use store::Project;

use crate::{
    components::{
        Badge, Button, Card, CardBody, Choice, Column, ErrorSummary, Field, Id, Precision, Select,
        Table, Time, Weight,
    },
    islands::CopyButton,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, go},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/projects", get(show).post(create))
}

async fn show(State(app): State<App>, member: Member) -> Result<Response, Failure> {
    let draft = Draft::with([("environment", Environment::Development.as_str().to_owned())]);
    page(&app, &member, &draft).await
}

async fn create(
    State(app): State<App>,
    member: Member,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::MakeProject)?;
    let name = draft.read::<Name>("name");
    let environment = draft.read::<Environment>("environment");
    if let (Some(name), Some(environment)) = (name, environment) {
        match app.store.create_project(&member.caller, &name, environment).await {
            Ok(id) => return Ok(go(member.path(&format!("projects/{id}?made")))),
            Err(error) => draft.conflict("name", error)?,
        }
    }
    page(&app, &member, &draft).await
}

async fn page(app: &App, member: &Member, draft: &Draft) -> Result<Response, Failure> {
    let projects = app.store.projects(&member.caller).await?;
    let page = Page::new("Projects").status(draft.status()).islands();
    Ok(member.visitor.look.page(page, || {
        let rows = projects.into_iter().map(|project| row(member, project)).collect_view();
        let form = form(member, draft);
        let columns = vec![
            Column::text("Name"),
            Column::text("Environment"),
            Column::text("Project ID"),
            Column::text("Made"),
            Column::text("State"),
        ];
        view! {
            <Shell frame=member.frame(NavItem::Projects)>
                <PageHead title="Projects" sub="A project keeps its keys, budgets and usage apart from the others."/>
                <Card><Table label="Projects" columns>{rows}</Table></Card>
                <Card title="New project"><CardBody split=true>{form}</CardBody></Card>
            </Shell>
        }
    }))
}

fn row(member: &Member, project: Project) -> AnyView {
    let id = project.id.to_string();
    let state = match (project.archived_at, project.is_default) {
        (Some(_), _) => view! { <Badge text="Archived"/> }.into_any(),
        (None, true) => view! { "In use, default" }.into_any(),
        (None, false) => view! { "In use" }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=member.path(&format!("projects/{id}"))>{project.name}</a></th>
            <td data-l="Environment"><Badge line=true text=project.environment.label()/></td>
            <td data-l="Project ID"><span class="row"><Id text=id.clone()/><CopyButton text=id/></span></td>
            <td data-l="Made"><Time at=project.created_at zone=member.organization.zone precision=Precision::Day/></td>
            <td data-l="State">{state}</td>
        </tr>
    }
    .into_any()
}

fn form(member: &Member, draft: &Draft) -> AnyView {
    let environments = Environment::ALL
        .map(|environment| Choice::new(environment.as_str(), environment.label()))
        .to_vec();
    view! {
        <form class="form" method="post" action=member.path("projects")>
            <ErrorSummary lead="No project was made" errors=draft.errors()/>
            <div class="cols">
                <Field name="name" label="Name" value=draft.value("name") error=draft.error("name") required=true maxlength=100/>
                <Select
                    name="environment"
                    label="Environment"
                    choices=environments
                    value=draft.value("environment")
                    error=draft.error("environment")
                    help="A label for people: it changes no limit."
                />
            </div>
            <div class="row"><Button weight=Weight::Primary>"Make project"</Button></div>
        </form>
    }
    .into_any()
}
