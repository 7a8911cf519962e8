//! `/invites`: who is invited to the organization.

use axum::{Json, Router, extract::State, routing::get};
use domain::{Addresses, Email, InvitationId, ProjectId, ProjectRole, Role};
use serde_json::{Value, json};
use store::{Invitation, InvitationState, InviteOutcome, StoreError};

use crate::{
    Admin, access::Access, body::Body, error::Error, list::List, place::Place, query::Query, unix,
};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/invites", get(list).post(create))
        .route("/invites/{invite_id}", get(one).delete(delete))
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let page = query.page()?;
    let invitations = admin.store.invitations_page(&caller, &page).await?;
    Ok(Json(List::of(&invitations, |it| it.id, shown)))
}

async fn create(
    State(admin): State<Admin>,
    Access(caller): Access,
    body: Body,
) -> Result<Json<Value>, Error> {
    body.only(&["email", "role", "projects"])?;
    let email = body.need::<Email>("email")?;
    let role = body.need::<Role>("role")?;
    let projects = projects(&body)?;
    let invited = admin.store.invite(&caller, &Addresses::from(email), role, &projects).await;
    let invited = invited.map_err(|error| match error {
        // Of all that was asked for only a project can be missing.
        StoreError::NotFound => Error::invalid("projects", "projects of this organization"),
        other => other.into(),
    })?;
    match invited.first().map(|invited| invited.outcome) {
        Some(InviteOutcome::Sent(id)) => {
            Ok(Json(shown(&admin.store.invitation(&caller, id).await?)))
        }
        Some(InviteOutcome::Member) => Err(Error::AlreadyMember),
        Some(InviteOutcome::Pending) | None => Err(Error::AlreadyInvited),
    }
}

fn projects(body: &Body) -> Result<Vec<(ProjectId, ProjectRole)>, Error> {
    let read = |project: Body| {
        project.only(&["id", "role"])?;
        Ok((project.need("id")?, project.need("role")?))
    };
    body.objects("projects")?.into_iter().map(read).collect()
}

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    Ok(Json(shown(&admin.store.invitation(&caller, place.id("invite_id")?).await?)))
}

async fn delete(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let id: InvitationId = place.id("invite_id")?;
    if let InvitationState::Accepted(_) = admin.store.invitation(&caller, id).await?.state {
        return Err(Error::InviteAccepted);
    }
    admin.store.revoke_invitation(&caller, id).await?;
    Ok(Json(json!({ "object": "organization.invite.deleted", "id": id, "deleted": true })))
}

fn shown(invitation: &Invitation) -> Value {
    let (status, accepted_at) = match invitation.state {
        InvitationState::Pending => ("pending", None),
        InvitationState::Expired => ("expired", None),
        InvitationState::Accepted(at) => ("accepted", Some(unix(at))),
    };
    let projects = invitation.projects.iter().map(|project| {
        // OpenAI's invitations know no viewers: the nearest word, and ours beside it.
        let role = if project.role == ProjectRole::Owner { "owner" } else { "member" };
        json!({ "id": project.id, "role": role, "exchequer_role": project.role.as_str() })
    });
    json!({
        "object": "organization.invite",
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role.as_str(),
        "status": status,
        "created_at": unix(invitation.created_at),
        "expires_at": unix(invitation.expires_at),
        "accepted_at": accepted_at,
        "projects": projects.collect::<Vec<_>>(),
    })
}
