//! `/{org}/projects`: all projects, and a form for one more.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Environment, Name, Who};
use leptos::prelude::*;
use store::{ListedProject, Project};

use crate::{
    components::{
        Badge, Button, Card, CardBody, Choice, Column, Count, Empty, ErrorSummary, Field, Id,
        Precision, Select, Table, Tick, Time, Weight,
    },
    islands::CopyButton,
    labels,
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
        let (store, caller) = (&app.store, &member.caller);
        let made = if draft.has("rehearsal") {
            store.create_rehearsal(caller, &name, environment).await
        } else {
            store.create_project(caller, &name, environment).await
        };
        match made {
            Ok(id) => return Ok(go(member.path(&format!("projects/{id}?made")))),
            Err(error) => draft.conflict("name", error)?,
        }
    }
    page(&app, &member, &draft).await
}

async fn page(app: &App, member: &Member, draft: &Draft) -> Result<Response, Failure> {
    let projects = app.store.projects(&member.caller).await?;
    let listed = app.store.listed_projects(&member.caller).await?;
    let page = Page::new(labels::PROJECTS).status(draft.status()).islands();
    Ok(member.visitor.look.page(page, || {
        let (over, running): (Vec<_>, Vec<_>) =
            projects.into_iter().partition(|project| project.archived_at.is_some());
        let (running, listed) = (running_card(member, running), listed_card(listed));
        let over = (!over.is_empty()).then(|| {
            let table = table(member, "Archived projects", over);
            view! { <Card title=labels::ARCHIVED note="Their keys are refused, their usage stays">{table}</Card> }
        });
        let form = form(member, draft);
        view! {
            <Shell frame=member.frame(NavItem::Projects)>
                <PageHead title=labels::PROJECTS sub=labels::A_PROJECT_KEEPS_ITS_KEYS_PEOPLE_BUDGETS_AND_USAGE_APART_FROM_THE_OTHERS/>
                {running}
                {over}
                {listed}
                <Card title=labels::NEW_PROJECT id="new"><CardBody split=true>{form}</CardBody></Card>
            </Shell>
        }
    }))
}

fn running_card(member: &Member, projects: Vec<Project>) -> AnyView {
    if projects.is_empty() {
        return view! {
            <Card>
                <Empty
                    title="You are in no project yet"
                    text="An owner of the organization or of a project can add you. You can also make a project of your own to try things."
                />
            </Card>
        }
        .into_any();
    }
    let table = table(member, labels::PROJECTS, projects);
    view! { <Card>{table}</Card> }.into_any()
}

fn table(member: &Member, label: &'static str, projects: Vec<Project>) -> AnyView {
    let rows = projects.into_iter().map(|project| row(member, project)).collect_view();
    let columns = vec![
        Column::text(labels::NAME),
        Column::text(labels::ENVIRONMENT),
        Column::number(labels::MEMBERS),
        Column::text(labels::YOUR_ROLE),
        Column::text(labels::PROJECT_ID),
        Column::text(labels::MADE),
    ];
    view! { <Table label columns>{rows}</Table> }.into_any()
}

fn row(member: &Member, project: Project) -> AnyView {
    let id = project.id.to_string();
    let default = project.is_default.then(|| view! { " "<Badge text=labels::DEFAULT/> });
    let rehearsal = project.rehearsal.then(|| view! { " "<Badge line=true text="Rehearsal"/> });
    view! {
        <tr>
            <th scope="row">
                <a href=member.path(&format!("projects/{id}"))>{project.name}</a>
                {default}
                {rehearsal}
            </th>
            <td data-l=labels::ENVIRONMENT><EnvironmentBadge of=project.environment/></td>
            <td data-l=labels::MEMBERS class="num"><Count number=project.members/></td>
            <td data-l=labels::YOUR_ROLE>{role_words(project.who)}</td>
            <td data-l=labels::PROJECT_ID><span class="row"><Id text=id.clone()/><CopyButton text=id/></span></td>
            <td data-l=labels::MADE><Time at=project.created_at zone=member.organization.zone precision=Precision::Day/></td>
        </tr>
    }
    .into_any()
}

/// Production stands out: what is done there reaches customers.
#[component]
#[expect(unreachable_pub, reason = "the macro makes a component's inner function public")]
pub(super) fn EnvironmentBadge(of: Environment) -> impl IntoView {
    view! { <Badge line=of != Environment::Production text=of.label()/> }.into_any()
}

/// What somebody is in a project, for that person.
pub(super) const fn role_words(who: Who) -> &'static str {
    match who {
        Who::Owner => labels::ORGANIZATION_OWNER,
        Who::InProject(role) => role.label(),
        Who::Reader => labels::NONE,
    }
}

/// What a reader knows of projects without being in them: no page, no number.
fn listed_card(projects: Vec<ListedProject>) -> Option<AnyView> {
    if projects.is_empty() {
        return None;
    }
    let rows = projects.into_iter().map(|project| {
        view! {
            <tr>
                <th scope="row">{project.name}</th>
                <td data-l=labels::ENVIRONMENT><EnvironmentBadge of=project.environment/></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let columns = vec![Column::text(labels::NAME), Column::text(labels::ENVIRONMENT)];
    let card = view! {
        <Card title=labels::OTHER_PROJECTS_OF_THE_ORGANIZATION note="An owner can add you">
            <Table label=labels::OTHER_PROJECTS_OF_THE_ORGANIZATION columns>{rows}</Table>
        </Card>
    };
    Some(card.into_any())
}

/// The environments that the person may choose.
pub(super) fn environments(member: &Member) -> Vec<Choice> {
    Environment::ALL
        .into_iter()
        .filter(|environment| {
            *environment != Environment::Production || member.can(Action::MakeProduction)
        })
        .map(|environment| Choice::new(environment.as_str(), environment.label()))
        .collect()
}

fn form(member: &Member, draft: &Draft) -> AnyView {
    let help = if member.can(Action::MakeProduction) {
        "You choose who is in a production project; of any other you are the owner."
    } else {
        "You will own it. Production projects are made by owners of the organization."
    };
    view! {
        <form class="form" method="post" action=member.path("projects")>
            <ErrorSummary lead="No project was made" errors=draft.errors()/>
            <div class="cols">
                <Field name="name" label=labels::NAME value=draft.value("name") error=draft.error("name") required=true maxlength=100/>
                <Select
                    name="environment"
                    label=labels::ENVIRONMENT
                    choices=environments(member)
                    value=draft.value("environment")
                    error=draft.error("environment")
                    help=help
                />
            </div>
            <Tick
                name="rehearsal"
                label=labels::FOR_REHEARSALS
                checked=draft.has("rehearsal")
                help="To see a cut-off happen: it reaches the sandbox’s models alone, and what it spends counts in its own budgets, not in the organization’s. This can’t be changed later."
            />
            <div class="row"><Button weight=Weight::Primary>"Make project"</Button></div>
        </form>
    }
    .into_any()
}
