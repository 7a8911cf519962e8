//! `/{org}/team/{user}`: one member: role, projects, and the way to remove.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, ProjectRole, Role, UserId};
use leptos::prelude::*;
use serde::Deserialize;
use store::{Member as Person, Project};
use tower_sessions::Session;

use super::{active, places};
use crate::{
    components::{
        Button, Card, CardBody, CardFoot, ErrorSummary, Fact, Facts, Group, Knob, LinkButton,
        Precision, Time, Toast, Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Fresh, Member, Path, Query, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/team/{user}", get(show).post(change))
}

#[derive(Deserialize)]
struct After {
    saved: Option<String>,
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, user)): Path<(String, String)>,
    Query(after): Query<After>,
) -> Result<Response, Failure> {
    member.may(Action::EditMembers)?;
    let person = app.store.member(&member.caller, id(&user)?).await?;
    let draft = Draft::with([("role", person.role.as_str().to_owned())]);
    page(&app, &member, &person, draft, after.saved.is_some()).await
}

async fn change(
    State(app): State<App>,
    member: Member,
    Path((_, user)): Path<(String, String)>,
    session: Session,
    mut draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditMembers)?;
    let person = app.store.member(&member.caller, id(&user)?).await?;
    let here = member.path(&format!("team/{}", person.user));
    match draft.value("action").as_str() {
        "role" => {
            if let Some(role) = draft.read::<Role>("role") {
                // Both ways it is about who owns the organization.
                Fresh::ask(&app, &session, &here).await?;
                match app.store.set_member_role(&member.caller, person.user, role).await {
                    Ok(()) => return Ok(go(next(&member, &person, role, &here))),
                    Err(error) => draft.conflict("role", error)?,
                }
            }
        }
        "projects" => {
            move_places(&app, &member, &person, &draft).await?;
            return Ok(go(format!("{here}?saved")));
        }
        _ => return Err(Failure::BadRequest),
    }
    page(&app, &member, &person, draft, false).await
}

/// Who is no longer an owner does not see this page again.
fn next(member: &Member, person: &Person, role: Role, here: &str) -> String {
    if member.caller.user() == Some(person.user) && role == Role::Reader {
        member.path("team")
    } else {
        format!("{here}?saved")
    }
}

async fn move_places(
    app: &App,
    member: &Member,
    person: &Person,
    draft: &Draft,
) -> Result<(), Failure> {
    let projects = places::running(app, member).await?;
    let (store, caller, user): (_, _, UserId) = (&app.store, &member.caller, person.user);
    for (project, wanted) in places::read(draft, &projects)? {
        let now: Option<ProjectRole> =
            person.projects.iter().find(|place| place.id == project).map(|place| place.role);
        match (now, wanted) {
            (None, Some(role)) => store.add_project_member(caller, project, user, role).await?,
            (Some(now), Some(role)) if now != role => {
                store.set_project_role(caller, project, user, role).await?;
            }
            (Some(_), None) => store.remove_project_member(caller, project, user).await?,
            (None, None) | (Some(_), Some(_)) => {}
        }
    }
    Ok(())
}

async fn page(
    app: &App,
    member: &Member,
    person: &Person,
    mut draft: Draft,
    saved: bool,
) -> Result<Response, Failure> {
    let projects = places::running(app, member).await?;
    let title = person.name.clone();
    let page = Page::new(title.clone()).status(draft.status());
    places::fill(&mut draft, person.projects.iter().map(|place| (place.id, place.role)));
    Ok(member.visitor.look.page(page, || {
        let (about, role) = (about(member, person), role_form(member, person, &draft));
        let (places, above) =
            (places_form(member, person, &draft, &projects), member.path("team"));
        view! {
            <Shell frame=member.frame(NavItem::Team)>
                <PageHead title above=(labels::TEAM, above)/>
                {saved.then(|| view! { <Toast lead=labels::SAVED text="It is in force everywhere within a second."/> })}
                <div class="grid two">
                    <div class="stack">{about}{role}</div>
                    {places}
                </div>
            </Shell>
        }
    }))
}

fn about(member: &Member, person: &Person) -> AnyView {
    let zone = member.organization.zone;
    let own = member.caller.user() == Some(person.user);
    let (href, words) = if own {
        (member.path("team/leave"), labels::LEAVE_ORGANIZATION)
    } else {
        (member.path(&format!("team/{}/remove", person.user)), labels::REMOVE_MEMBER)
    };
    let verified = (!person.verified).then_some(" (not verified)");
    let (email, badge, since) = (person.email.clone(), active::badge(person.role), person.added_at);
    view! {
        <Card title=labels::MEMBER>
            <CardBody split=true>
                <Facts>
                    <Fact label=labels::E_MAIL>{email}{verified}</Fact>
                    <Fact label=labels::ROLE>{badge}</Fact>
                    <Fact label=labels::MEMBER_SINCE><Time at=since zone precision=Precision::Day/></Fact>
                </Facts>
            </CardBody>
            <CardFoot><LinkButton href weight=Weight::Danger>{words}</LinkButton></CardFoot>
        </Card>
    }
    .into_any()
}

fn role_form(member: &Member, person: &Person, draft: &Draft) -> AnyView {
    let (chosen, errors, error) = (draft.value("role"), draft.errors(), draft.error("role"));
    let action = member.path(&format!("team/{}", person.user));
    let knobs = [
        (Role::Owner, "Everything, billing and members too"),
        (Role::Reader, labels::REQUESTS_OWN_PROJECTS_AND_KEYS),
    ]
    .map(|(role, help)| {
        let checked = chosen == role.as_str();
        view! { <Knob name="role" value=role.as_str() label=role.label() checked help/> }
    });
    view! {
        <Card title="Role in the organization">
            <CardBody split=true>
                <form class="form" method="post" action=action>
                    <ErrorSummary lead=labels::NOTHING_WAS_CHANGED errors/>
                    <Group legend=labels::ROLE name="role" error>{knobs.collect_view()}</Group>
                    <div class="row"><Button name="action" value="role">"Change role"</Button></div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}

fn places_form(member: &Member, person: &Person, draft: &Draft, projects: &[Project]) -> AnyView {
    let owner = (person.role == Role::Owner).then(|| {
        view! { <p class="muted">"An owner sees and runs every project, in it or not."</p> }
    });
    let fields = places::fields(draft, projects);
    let action = member.path(&format!("team/{}", person.user));
    view! {
        <Card title=labels::PROJECTS>
            <CardBody split=true>
                {owner}
                <form class="form" method="post" action=action>
                    {fields}
                    <div class="row"><Button name="action" value="projects">"Save projects"</Button></div>
                </form>
            </CardBody>
        </Card>
    }
    .into_any()
}
