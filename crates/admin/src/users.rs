//! `/users`: the members of the organization.

use axum::{Json, Router, extract::State, routing::get};
use domain::{Email, Role, UserId};
use serde_json::{Value, json};
use store::{Member, OwnKeys};

use crate::{
    Admin, access::Access, body::Body, error::Error, list::List, place::Place, query::Query, unix,
};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/users", get(list))
        .route("/users/{user_id}", get(one).post(edit).delete(delete))
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let page = query.page()?;
    let emails = query.many::<Email>("emails", "e-mail addresses")?;
    let members = admin.store.members_page(&caller, &page, &emails).await?;
    Ok(Json(List::of(&members, |member| member.user, shown)))
}

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    Ok(Json(shown(&admin.store.member(&caller, place.id("user_id")?).await?)))
}

async fn edit(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let user: UserId = place.id("user_id")?;
    body.only(&["role", "role_id"])?;
    body.refuse("role_id", "left out: there are no custom roles")?;
    let role = body.need::<Role>("role")?;
    admin.store.set_member_role(&caller, user, role).await?;
    Ok(Json(shown(&admin.store.member(&caller, user).await?)))
}

/// The keys of who goes are revoked: the safe one of the two that the page offers.
async fn delete(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let user: UserId = place.id("user_id")?;
    admin.store.remove_member(&caller, user, OwnKeys::Revoked).await?;
    Ok(Json(json!({ "object": "organization.user.deleted", "id": user, "deleted": true })))
}

fn shown(member: &Member) -> Value {
    let projects = member.projects.iter().map(
        |project| json!({ "id": project.id, "name": project.name, "role": project.role.as_str() }),
    );
    json!({
        "object": "organization.user",
        "id": member.user,
        "name": member.name,
        "email": member.email,
        "role": member.role.as_str(),
        "added_at": unix(member.added_at),
        "projects": { "object": "list", "data": projects.collect::<Vec<_>>() },
    })
}
