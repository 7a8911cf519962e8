//! `/{org}/team/invitations/{id}`: one invitation: its link, sending it again, revoking it.

use axum::{Router, extract::State, response::Response, routing::get};
use domain::{Action, InvitationId, Role};
use identity::Way;
use leptos::prelude::*;
use secrecy::ExposeSecret as _;
use store::{Invitation, InvitationState};
use tower_sessions::Session;

use super::{active, invited};
use crate::{
    components::{Card, CardBody, CardFoot, Fact, Facts, PostButton, Secret, Time, Weight},
    labels,
    layouts::{NavItem, PageHead, Shell},
    render::Page,
    web::{App, Draft, Failure, Fresh, Member, Path, go, id},
};

pub(super) fn router() -> Router<App> {
    Router::new().route("/{org}/team/invitations/{invitation}", get(show).post(change))
}

async fn show(
    State(app): State<App>,
    member: Member,
    session: Session,
    Path((_, invitation)): Path<(String, String)>,
) -> Result<Response, Failure> {
    member.may(Action::EditMembers)?;
    let one = app.store.invitation(&member.caller, id(&invitation)?).await?;
    if one.role == Role::Owner {
        // Whoever has the link becomes an owner.
        let here = member.path(&format!("team/invitations/{}", one.id));
        Fresh::ask(&app, &session, &here).await?;
    }
    if matches!(one.state, InvitationState::Accepted(_)) {
        return Err(Failure::NotFound);
    }
    let title = format!("Invitation of {}", one.email);
    Ok(member.visitor.look.page(Page::new(title.clone()).islands(), || {
        let (facts, link) = (facts(&member, &one), link(&app, &one));
        let (buttons, above) = (buttons(&member, &one), member.path("team?show=invited"));
        view! {
            <Shell frame=member.frame(NavItem::Team)>
                <PageHead title above=(labels::TEAM, above)/>
                <div class="grid two">
                    <Card title="Invitation"><CardBody split=true>{facts}</CardBody><CardFoot>{buttons}</CardFoot></Card>
                    <Card title="Link"><CardBody split=true>{link}</CardBody></Card>
                </div>
            </Shell>
        }
    }))
}

fn facts(member: &Member, one: &Invitation) -> AnyView {
    let (zone, badge) = (member.organization.zone, active::badge(one.role));
    let (sent, ends) = (one.created_at, one.expires_at);
    let (_, delivery) = invited::delivery(member, one);
    let projects: Vec<_> = one
        .projects
        .iter()
        .map(|place| format!("{} ({})", place.name, place.role.label()))
        .collect();
    let projects = if projects.is_empty() { labels::NONE.to_owned() } else { projects.join(", ") };
    view! {
        <Facts>
            <Fact label=labels::ROLE>{badge}</Fact>
            <Fact label=labels::PROJECTS>{projects}</Fact>
            <Fact label=labels::INVITED><Time at=sent zone/></Fact>
            <Fact label="Works until"><Time at=ends zone/></Fact>
            <Fact label="Mail">{delivery}</Fact>
        </Facts>
    }
    .into_any()
}

fn link(app: &App, one: &Invitation) -> AnyView {
    if one.state == InvitationState::Expired {
        return view! { <p>"This invitation has expired. Send it again to get a new link."</p> }
            .into_any();
    }
    let path = identity::invitation_path(&app.secrets, one.id, one.version, Way::Copied);
    let url = format!("{}{}", app.public_url, path.expose_secret());
    view! {
        <p>"If the mail does not arrive, pass this link on yourself. Only who signs in or makes an account with the invited address can use it, once."</p>
        <Secret text=url/>
    }
    .into_any()
}

fn buttons(member: &Member, one: &Invitation) -> AnyView {
    let action = member.path(&format!("team/invitations/{}", one.id));
    let fields = |action: &str| vec![("action", action.to_owned())];
    view! {
        <div class="row">
            <PostButton action=action.clone() fields=fields("resend")>"Send again with a new link"</PostButton>
            <PostButton action fields=fields("revoke") weight=Weight::Danger>"Revoke invitation"</PostButton>
        </div>
    }
    .into_any()
}

async fn change(
    State(app): State<App>,
    member: Member,
    Path((_, invitation)): Path<(String, String)>,
    draft: Draft,
) -> Result<Response, Failure> {
    member.may(Action::EditMembers)?;
    let invitation: InvitationId = id(&invitation)?;
    let done = match draft.value("action").as_str() {
        "resend" => {
            app.store.resend_invitation(&member.caller, invitation).await?;
            "resent"
        }
        "revoke" => {
            app.store.revoke_invitation(&member.caller, invitation).await?;
            "revoked"
        }
        _ => return Err(Failure::BadRequest),
    };
    Ok(go(member.path(&format!("team?show=invited&done={done}"))))
}
