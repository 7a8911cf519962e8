//! `/{org}/team`: who is in the organization, and who is invited.

mod active;
mod departure;
mod invite;
mod invited;
mod link;
mod person;
mod places;

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, Role};
use leptos::prelude::*;
use serde::Deserialize;
use store::{Invitation, InvitationState, Member as Person, Project};

use crate::{
    components::{
        Button, Card, CardBody, Link, LinkButton, Notice, Seg, Tabs, Toast, Tone, Weight,
    },
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Member, Query},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}/team", get(show).post(invite::send))
        .merge(departure::router())
        .merge(link::router())
        .merge(person::router())
}

/// What of the lists is asked for, and what happened just before.
#[derive(Deserialize, Default)]
struct Asked {
    show: Option<String>,
    q: Option<String>,
    role: Option<String>,
    sent: Option<String>,
    done: Option<String>,
}

impl Asked {
    fn invited(&self) -> bool {
        self.show.as_deref() == Some("invited")
    }

    fn role(&self) -> Option<Role> {
        self.role.as_deref().and_then(|role| role.parse().ok())
    }

    /// What is searched for, in lower case.
    fn needle(&self) -> String {
        self.q.as_deref().unwrap_or_default().trim().to_lowercase()
    }

    fn fits(&self, role: Role, texts: &[&str]) -> bool {
        let needle = self.needle();
        self.role().is_none_or(|wanted| wanted == role)
            && texts.iter().any(|text| text.to_lowercase().contains(&needle))
    }

    /// The same page with another list and role.
    fn path(&self, member: &Member, invited: bool, role: Option<Role>) -> String {
        let pairs = [
            ("show", invited.then(|| "invited".to_owned())),
            ("q", self.q.clone().filter(|q| !q.trim().is_empty())),
            ("role", role.map(|role| role.as_str().to_owned())),
        ];
        let pairs: Vec<_> = pairs.into_iter().filter_map(|(name, v)| Some((name, v?))).collect();
        let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
        let path = member.path("team");
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }
}

async fn show(
    State(app): State<App>,
    member: Member,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    page(&app, &member, &Draft::with([("role", Role::Reader.as_str().to_owned())]), &asked).await
}

/// All that the page lists. A reader sees no invitations and invites nobody.
struct Team {
    people: Vec<Person>,
    invitations: Vec<Invitation>,
    projects: Vec<Project>,
}

impl Team {
    async fn read(app: &App, member: &Member) -> Result<Self, Failure> {
        let people = app.store.members(&member.caller).await?;
        if !member.can(Action::EditMembers) {
            return Ok(Self { people, invitations: Vec::new(), projects: Vec::new() });
        }
        let mut invitations = app.store.invitations(&member.caller).await?;
        invitations.retain(|one| !matches!(one.state, InvitationState::Accepted(_)));
        let projects = places::running(app, member).await?;
        Ok(Self { people, invitations, projects })
    }

    /// The only owner, who is not alone.
    fn only_owner(&self) -> Option<&Person> {
        let mut owners = self.people.iter().filter(|person| person.role == Role::Owner);
        owners.next().filter(|_| owners.next().is_none())
    }
}

async fn page(
    app: &App,
    member: &Member,
    draft: &Draft,
    asked: &Asked,
) -> Result<Response, Failure> {
    let team = Team::read(app, member).await?;
    let edits = member.can(Action::EditMembers);
    let page = Page::new(labels::TEAM).status(draft.status());
    Ok(member.visitor.look.page(page, || {
        let lists = lists(member, &team, asked, edits);
        let form = edits.then(|| {
            let form = invite::form(member, draft, &team.projects);
            view! { <Card title="Invite" id="invite"><CardBody>{form}</CardBody></Card> }
        });
        let class = if edits { "grid main-side" } else { "stack" };
        let notes = notes(app, member, &team, asked, edits);
        let leave = member.path("team/leave");
        view! {
            <Shell frame=member.frame(NavItem::Team)>
                <PageHead
                    title=labels::TEAM
                    sub="Owners may do everything. Readers make requests and run their own projects; they don’t see billing or change members."
                >
                    <LinkButton href=leave weight=Weight::Quiet>{labels::LEAVE_ORGANIZATION}</LinkButton>
                </PageHead>
                {notes}
                <div class=class>
                    <div class="stack">{lists}</div>
                    {form}
                </div>
            </Shell>
        }
    }))
}

fn lists(member: &Member, team: &Team, asked: &Asked, edits: bool) -> AnyView {
    let count = |count: usize| u64::try_from(count).ok();
    let tabs = edits.then(|| {
        let tab = |text, invited| {
            Link::new(text, asked.path(member, invited, asked.role()))
                .current(invited == asked.invited())
        };
        let links = vec![
            (tab(labels::ACTIVE, false), count(team.people.len())),
            (tab(labels::INVITED, true), count(team.invitations.len())),
        ];
        view! { <Tabs label="Lists" links/> }
    });
    let roles =
        [("Everyone", None), ("Owners", Some(Role::Owner)), ("Readers", Some(Role::Reader))]
            .map(|(text, role)| {
                let invited = edits && asked.invited();
                Link::new(text, asked.path(member, invited, role)).current(asked.role() == role)
            })
            .to_vec();
    let list = if edits && asked.invited() {
        invited::list(member, &team.invitations, asked)
    } else {
        active::list(member, &team.people, asked, edits)
    };
    view! {
        {tabs}
        <div class="row">
            <Seg label=labels::ROLE links=roles/>
            {search(member, asked)}
        </div>
        {list}
    }
    .into_any()
}

fn search(member: &Member, asked: &Asked) -> AnyView {
    let hidden = [("show", asked.show.clone()), ("role", asked.role.clone())]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    view! {
        <form class="row end" role="search" action=member.path("team")>
            {hidden}
            <label class="vh" for="team-q">"Search members"</label>
            <input id="team-q" type="search" name="q" placeholder="Name or address" value=asked.q.clone().unwrap_or_default()/>
            <Button>{labels::SEARCH}</Button>
        </form>
    }
    .into_any()
}

fn notes(app: &App, member: &Member, team: &Team, asked: &Asked, edits: bool) -> AnyView {
    let clean = || asked.path(member, asked.invited(), asked.role());
    let sent = asked.sent.as_deref().and_then(|sent| sent.parse::<usize>().ok()).map(|sent| {
        let lead = match sent {
            1 => "1 invitation sent.".to_owned(),
            sent => format!("{sent} invitations sent."),
        };
        view! { <Toast lead text="Each works once, for seven days." clean=clean()/> }
    });
    let done = asked.done.as_deref().and_then(|done| match done {
        "removed" => Some(labels::MEMBER_REMOVED),
        "revoked" => Some("Invitation revoked: its link is void."),
        "resent" => Some("Invitation sent again: the link in the mail before is void."),
        _ => None,
    });
    let done = done.map(|lead| view! { <Toast lead clean=clean()/> });
    let unsent = (edits && !app.mails).then(|| {
        view! {
            <Notice
                tone=Tone::Warn
                lead="No mails are sent from here."
                text="Open an invitation to copy its link, and pass it on yourself."
            />
        }
    });
    let only = team.only_owner().filter(|_| edits).map(|owner| {
        let text =
            format!("If {} is away, nobody can raise a budget that has been reached.", owner.name);
        view! { <Notice tone=Tone::Warn lead="One owner only." text/> }
    });
    let closed = member.organization.closed_at.is_some() && edits;
    view! { {sent}{done}{unsent}{only.filter(|_| !closed)} }.into_any()
}
