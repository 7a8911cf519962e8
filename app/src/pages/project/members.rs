//! `/{org}/projects/{project}/members`: who is in a project and as what.

mod add;
mod list;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Caller, ProjectId, ProjectRole, UserId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use store::{Candidate, Project, ProjectMember, Store, StoreError};
use tower_sessions::Session;

use super::{Part, address, head};
use crate::{
    components::{PostButton, Toast},
    labels,
    layouts::{NavItem, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Path, Query, go, id, recall},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/projects/{project}/members", get(show).post(save))
}

const KEY: &str = "removed-member";

#[derive(Deserialize)]
struct After {
    done: Option<String>,
}

/// Who was removed from a project just before. Kept in the session, where no address can say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Removed {
    project: ProjectId,
    user: UserId,
    name: String,
    role: String,
}

/// All that the page shows.
struct View {
    project: Project,
    members: Vec<ProjectMember>,
    /// Whom the person may add; none for who may not.
    candidates: Option<Vec<Candidate>>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    session: Session,
    Path((_, project)): Path<(String, String)>,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    let project = app.store.project(&member.caller, id(&project)?).await?;
    let removed = match after.done.as_deref() {
        Some("removed") => recall(&session, KEY, |it: &Removed| it.project == project.id).await?,
        _ => None,
    };
    let path = format!("{}/members", address(&member, &project));
    let notice = after.done.and_then(|done| notice(&done, removed, path));
    let draft = Draft::with([("role", ProjectRole::Member.as_str().to_owned())]);
    page(&app, &member, project, &draft, notice).await
}

async fn save(
    State(app): State<App>,
    member: Member,
    session: Session,
    Path((_, project)): Path<(String, String)>,
    mut draft: Draft,
) -> Result<Response, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let project = store.project(caller, id(&project)?).await?;
    project.who.may(Action::EditProjectMembers)?;
    let action = draft.value("action");
    let user = draft.value("user").parse::<UserId>();
    let done = match (action.as_str(), user) {
        ("add", user) => put_in(&app, &member, &project, user.ok(), &mut draft).await?,
        ("set-role", Ok(user)) => match draft.read::<ProjectRole>("role") {
            Some(role) => {
                store.set_project_role(caller, project.id, user, role).await?;
                Some("role")
            }
            None => None,
        },
        ("remove", Ok(user)) => {
            if let Some(removed) = remove(store, caller, project.id, user).await? {
                session.insert(KEY, removed).await?;
            }
            Some("removed")
        }
        ("set-role" | "remove", Err(_)) => return Err(Failure::NotFound),
        _ => return Err(Failure::BadRequest),
    };
    match done {
        // Who has just left sees it no more.
        Some(_) if store.project(caller, project.id).await.is_err() => {
            Ok(go(member.path("projects")))
        }
        Some(done) => Ok(go(format!("{}/members?done={done}", address(&member, &project)))),
        None => page(&app, &member, project, &draft, None).await,
    }
}

async fn put_in(
    app: &App,
    member: &Member,
    project: &Project,
    user: Option<UserId>,
    draft: &mut Draft,
) -> Result<Option<&'static str>, Failure> {
    let role = draft.read::<ProjectRole>("role");
    let (Some(user), Some(role)) = (user, role) else {
        if user.is_none() {
            draft.refuse("user", NOBODY);
        }
        return Ok(None);
    };
    match app.store.add_project_member(&member.caller, project.id, user, role).await {
        Ok(()) => Ok(Some("added")),
        Err(StoreError::NotFound) => {
            draft.refuse("user", NOBODY);
            Ok(None)
        }
        Err(error) => draft.conflict("user", error).map(|()| None),
    }
}

async fn remove(
    store: &Store,
    caller: &Caller,
    project: ProjectId,
    user: UserId,
) -> Result<Option<Removed>, Failure> {
    let members = store.project_members(caller, project).await?;
    store.remove_project_member(caller, project, user).await?;
    let removed = members.into_iter().find(|it| it.user == user);
    Ok(removed.map(|it| Removed {
        project,
        user,
        name: it.name,
        role: it.role.as_str().to_owned(),
    }))
}

const NOBODY: &str = "Choose a person from the list.";

async fn page(
    app: &App,
    member: &Member,
    project: Project,
    draft: &Draft,
    notice: Option<AnyView>,
) -> Result<Response, Failure> {
    let (store, caller) = (&app.store, &member.caller);
    let candidates = if project.who.may(Action::EditProjectMembers).is_ok() {
        Some(store.project_candidates(caller, project.id).await?)
    } else {
        None
    };
    let members = store.project_members(caller, project.id).await?;
    let view = View { project, members, candidates };
    let title = format!("Members of {}", view.project.name);
    Ok(member.visitor.look.page(Page::new(title).status(draft.status()), || {
        let head = head(member, &view.project, Part::Members);
        let (list, form) = (list::card(member, &view, draft), add::card(member, &view, draft));
        view! {
            <Shell frame=member.frame(NavItem::Projects)>
                {head}
                {notice}
                {list}
                {form}
            </Shell>
        }
    }))
}

fn notice(done: &str, removed: Option<Removed>, action: String) -> Option<AnyView> {
    let (lead, text) = match done {
        "added" => ("Member added.", labels::IT_IS_IN_FORCE_ON_EVERY_NODE_WITHIN_A_SECOND),
        "role" => {
            ("Role changed.", "Keys of a viewer are refused; those of an owner or a member work.")
        }
        "removed" => (
            labels::MEMBER_REMOVED,
            "Their keys of this project are refused from now on. They stay listed until somebody revokes them.",
        ),
        _ => return None,
    };
    let Some(Removed { user, name, role, .. }) = removed else {
        return Some(view! { <Toast lead text/> }.into_any());
    };
    let fields = vec![("action", "add".to_owned()), ("user", user.to_string()), ("role", role)];
    let words = format!("Add {name} again");
    let toast = view! { <Toast lead text><PostButton action fields>{words}</PostButton></Toast> };
    Some(toast.into_any())
}
