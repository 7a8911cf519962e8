//! `/{org}/projects/{project}`: one project, renamed or archived.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use domain::{Action, Name};
use leptos::prelude::*;
use serde::Deserialize;
use store::Project;

use crate::{
    components::{
        Button, Card, CardBody, ErrorSummary, Errors, Fact, Facts, Field, Glyph, Icon, Id,
        LinkButton, Notice, Precision, Time, Tone, Weight,
    },
    islands::CopyButton,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/projects/{project}", get(show).post(edit))
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
    let draft = Draft::with([("name", project.name.clone())]);
    Ok(page(&member, &project, &draft, &after))
}

async fn edit(
    State(app): State<App>,
    member: Member,
    Path((_, project)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let project = app.store.project(&member.caller, id(&project)?).await?;
    project.who.may(Action::EditProject)?;
    let done = match draft.value("action").as_str() {
        "archive" => app.store.archive_project(&member.caller, project.id).await,
        "rename" => match draft.read::<Name>("name") {
            Some(name) => app.store.rename_project(&member.caller, project.id, &name).await,
            None => return Ok(page(&member, &project, &draft, &After::default())),
        },
        _ => return Err(Failure::BadRequest),
    };
    match done {
        Ok(()) => Ok(go(member.path(&format!("projects/{}?saved", project.id)))),
        Err(error) => {
            // Either form comes back with the other one as it was.
            let field = if draft.has("name") { "name" } else { "archive" };
            draft.keep("name", &project.name);
            draft.conflict(field, error)?;
            Ok(page(&member, &project, &draft, &After::default()))
        }
    }
}

fn page(member: &Member, project: &Project, draft: &Draft, after: &After) -> Response {
    let page = Page::new(project.name.clone()).status(draft.status()).islands();
    member.visitor.look.page(page, || {
        let address = member.path(&format!("projects/{}", project.id));
        let sub = format!("{} project", project.environment.label());
        let above = ("Projects", member.path("projects"));
        let title = project.name.clone();
        let (notice, facts) = (notice(member, project, after), facts(member, project));
        let (rename, archive) = (rename(&address, draft), archive(&address, project, draft));
        view! {
            <Shell frame=member.frame(NavItem::Projects)>
                <PageHead title sub above/>
                {notice}
                <div class="grid two">
                    {facts}
                    <Card title="Name"><CardBody split=true>{rename}</CardBody></Card>
                </div>
                <Card title="Archive"><CardBody split=true>{archive}</CardBody></Card>
            </Shell>
        }
    })
}

fn notice(member: &Member, project: &Project, after: &After) -> Option<AnyView> {
    let new_key = member.path(&format!("keys/new?project={}", project.id));
    if project.archived_at.is_some() {
        let text = "Requests with its keys are refused. What it used stays in usage and bills.";
        return Some(
            view! { <Notice tone=Tone::Warn lead="This project is archived." text/> }.into_any(),
        );
    }
    if after.made.is_some() {
        let text = "Its first key lets an application send requests for it.";
        return Some(
            view! {
                <Notice tone=Tone::Ok lead="Project made." text>
                    <LinkButton href=new_key>"New key"</LinkButton>
                </Notice>
            }
            .into_any(),
        );
    }
    after
        .saved
        .is_some()
        .then(|| view! { <Notice tone=Tone::Ok lead="Project saved."/> }.into_any())
}

fn facts(member: &Member, project: &Project) -> AnyView {
    let zone = member.organization.zone;
    let id = project.id.to_string();
    let (made, environment) = (project.created_at, project.environment.label());
    let archived = project.archived_at.map(|at| {
        view! { <Fact label="Archived"><Time at zone precision=Precision::Minute/></Fact> }
    });
    view! {
        <Card title="Project ID">
            <CardBody split=true>
                <div class="row"><Id text=id.clone()/><CopyButton text=id/></div>
                <p class="muted">
                    "An API key knows its project. An application that sends the header "
                    <code>"OpenAI-Project"</code>
                    " must send this id, or its requests are refused."
                </p>
                <Facts>
                    <Fact label="Environment">{environment}</Fact>
                    <Fact label="Made"><Time at=made zone precision=Precision::Minute/></Fact>
                    {archived}
                </Facts>
            </CardBody>
        </Card>
    }
    .into_any()
}

fn rename(address: &str, draft: &Draft) -> AnyView {
    view! {
        <form class="form" method="post" action=address.to_owned()>
            <ErrorSummary lead="Nothing was saved" errors=about(draft, "name")/>
            <Field
                name="name"
                label="Name"
                value=draft.value("name")
                error=draft.error("name")
                help="Keys, budgets and usage stay with the project."
                required=true
                maxlength=100
            />
            <input type="hidden" name="action" value="rename"/>
            <div class="row"><Button weight=Weight::Primary>"Rename project"</Button></div>
        </form>
    }
    .into_any()
}

fn archive(address: &str, project: &Project, draft: &Draft) -> AnyView {
    if project.is_default {
        return view! {
            <ErrorSummary lead="Nothing was archived" errors=about(draft, "archive")/>
            <p class="muted" id="f-archive">"This is the organization’s default project. It can’t be archived; it can be renamed."</p>
        }
        .into_any();
    }
    if project.archived_at.is_some() {
        return view! { <p class="muted">"This project is archived already. Archiving is for good."</p> }
            .into_any();
    }
    view! {
        <p class="muted">"For a project that is over. Its keys stop at once, and it takes no new ones. Its usage stays. This can’t be undone."</p>
        <details class="snip">
            <summary>"Archive this project…"<Icon glyph=Glyph::Down/></summary>
            <form class="form body split" method="post" action=address.to_owned()>
                <p>{format!("Every request with a key of “{}” is refused from now on.", project.name)}</p>
                <input type="hidden" name="action" value="archive"/>
                <div class="row"><Button weight=Weight::Danger>"Archive project"</Button></div>
            </form>
        </details>
    }
    .into_any()
}

/// What is wrong with one of the two forms.
fn about(draft: &Draft, field: &'static str) -> Errors {
    draft.error(field).map_or_else(Errors::new, |sentence| Errors::one(field, sentence))
}
