//! `/projects/{project}/users`: who is in a project.

use std::slice;

use axum::{Json, Router, extract::State, routing::get};
use domain::{Caller, Email, ProjectId, ProjectRole, UserId};
use serde_json::{Value, json};
use store::{Page, ProjectMember};

use crate::{
    Admin, access::Access, body::Body, error::Error, list::List, place::Place, query::Query, unix,
};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/projects/{project_id}/users", get(list).post(add))
        .route("/projects/{project_id}/users/{user_id}", get(one).post(edit).delete(delete))
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let page = query.page()?;
    let project = place.id("project_id")?;
    let members = admin.store.project_members_page(&caller, project, &page).await?;
    Ok(Json(List::of(&members, |member| member.user, shown)))
}

async fn add(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let project: ProjectId = place.id("project_id")?;
    body.only(&["user_id", "email", "role"])?;
    let role = body.need::<ProjectRole>("role")?;
    let user = match (body.text::<String>("user_id")?, body.text::<Email>("email")?) {
        (Some(id), None) => id.parse().map_err(|_| Error::NotFound)?,
        (None, Some(email)) => by_email(&admin, &caller, &email).await?,
        (None, None) => return Err(Error::Missing("user_id".to_owned())),
        (Some(_), Some(_)) => return Err(Error::invalid("email", "left out beside user_id")),
    };
    admin.store.add_project_member(&caller, project, user, role).await?;
    Ok(Json(shown(&admin.store.project_member(&caller, project, user).await?)))
}

async fn by_email(admin: &Admin, caller: &Caller, email: &Email) -> Result<UserId, Error> {
    let page = Page { after: None, before: None, newest_first: false, limit: 1 };
    let found = admin.store.members_page(caller, &page, slice::from_ref(email)).await?;
    found.rows.first().map(|member| member.user).ok_or(Error::NotFound)
}

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let (project, user) = (place.id("project_id")?, place.id("user_id")?);
    Ok(Json(shown(&admin.store.project_member(&caller, project, user).await?)))
}

async fn edit(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let (project, user) = (place.id("project_id")?, place.id("user_id")?);
    body.only(&["role"])?;
    let role = body.need::<ProjectRole>("role")?;
    admin.store.set_project_role(&caller, project, user, role).await?;
    Ok(Json(shown(&admin.store.project_member(&caller, project, user).await?)))
}

async fn delete(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let (project, user) = (place.id("project_id")?, place.id("user_id")?);
    // Who is not in the project is not there to be taken out.
    admin.store.project_member(&caller, project, user).await?;
    admin.store.remove_project_member(&caller, project, user).await?;
    Ok(Json(json!({ "object": "organization.project.user.deleted", "id": user, "deleted": true })))
}

fn shown(member: &ProjectMember) -> Value {
    json!({
        "object": "organization.project.user",
        "id": member.user,
        "name": member.name,
        "email": member.email,
        "role": member.role.as_str(),
        "added_at": unix(member.added_at),
    })
}
