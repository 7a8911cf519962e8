//! `/{org}/projects/{project}/archive`: the question before a project's keys stop for good.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Environment};
use leptos::prelude::*;
use store::Project;
use tower_sessions::Session;

use super::address;
use crate::{
    components::{DialogPage, ErrorSummary, Field, LinkButton, Weight},
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Draft, Failure, Fresh, Member, Path, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/projects/{project}/archive", get(show).post(archive))
}

/// The project, for who may archive it and has given the password lately.
async fn find(
    app: &App,
    member: &Member,
    session: &Session,
    project: &str,
) -> Result<Project, Failure> {
    let project = app.store.project(&member.caller, id(project)?).await?;
    project.who.may(Action::EditProject)?;
    Fresh::ask(app, session, &format!("{}/archive", address(member, &project))).await?;
    Ok(project)
}

async fn show(
    State(app): State<App>,
    member: Member,
    session: Session,
    Path((_, project)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let project = find(&app, &member, &session, &project).await?;
    if project.archived_at.is_some() || project.is_default {
        return Ok(go(address(&member, &project)));
    }
    Ok(page(&member, &project, &Draft::default()))
}

async fn archive(
    State(app): State<App>,
    member: Member,
    session: Session,
    Path((_, project)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let project = find(&app, &member, &session, &project).await?;
    if is_typed(&project) && draft.value("name").trim() != project.name {
        draft.refuse("name", "This is not the project’s name: write it as it stands above.");
        return Ok(page(&member, &project, &draft));
    }
    match app.store.archive_project(&member.caller, project.id).await {
        Ok(()) => Ok(go(format!("{}?saved", address(&member, &project)))),
        Err(error) => {
            draft.conflict("name", error)?;
            Ok(page(&member, &project, &draft))
        }
    }
}

/// Production serves customers: its name is typed, so that nobody archives the wrong one.
fn is_typed(project: &Project) -> bool {
    project.environment == Environment::Production
}

fn page(member: &Member, project: &Project, draft: &Draft) -> Response {
    let title = format!("Archive “{}”?", project.name);
    member.visitor.look.page(Page::new(title.clone()).status(draft.status()), || {
        let form = "archive-form";
        let foot = view! {
            <LinkButton href=address(member, project) weight=Weight::Quiet>"Keep project"</LinkButton>
            <button class="btn danger" type="submit" form=form>"Archive project"</button>
        }
        .into_any();
        let field = is_typed(project).then(|| {
            view! {
                <Field
                    name="name"
                    label="The project’s name"
                    value=draft.value("name")
                    error=draft.error("name")
                    help=format!("It is a production project. Write {} to say that you mean it.", project.name)
                    required=true
                    autocomplete="off"
                />
            }
        });
        let action = format!("{}/archive", address(member, project));
        let form = view! {
            <form class="form" method="post" id=form action=action>
                <ErrorSummary lead="Nothing was archived" errors=draft.errors()/>
                {field}
            </form>
        };
        view! {
            <Shell frame=member.frame(NavItem::Projects)>
                <DialogPage title text="Every request with a key of this project is refused from now on, with 403 project_archived. It takes no new keys. Its usage stays. This can’t be undone." foot>
                    {form}
                </DialogPage>
            </Shell>
        }
    })
}

/// On the project's first page: what archiving does, and the way there.
pub(super) fn offer(member: &Member, project: &Project) -> AnyView {
    if project.is_default {
        return view! { <p class="muted">"This is the organization’s default project. It can’t be archived; it can be renamed."</p> }
            .into_any();
    }
    if project.archived_at.is_some() {
        return view! { <p class="muted">"This project is archived already. Archiving is for good."</p> }
            .into_any();
    }
    let href = format!("{}/archive", address(member, project));
    view! {
        <p class="muted">"For a project that is over. Its keys stop at once, and it takes no new ones. Its usage stays. This can’t be undone."</p>
        <div class="row"><LinkButton href>"Archive this project…"</LinkButton></div>
    }
    .into_any()
}
