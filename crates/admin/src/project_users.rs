//! `/projects/{project}/users`: who is in a project.

use axum::{Json, Router, extract::State, routing::get};
use domain::{Caller, Email, ProjectId, ProjectRole, UserId};
use serde_json::{Value, json};
use store::ProjectMember;

use crate::{
    Admin,
    access::Access,
    body::Body,
    error::Error,
    list::{List, Order},
    place::Place,
    query::Query,
    unix,
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
    let paging = query.paging()?;
    let members = admin.store.project_members(&caller, place.id("project_id")?).await?;
    Ok(Json(paging.cut(members, Order::OldestFirst, |member| member.user, shown)))
}

async fn add(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let project: ProjectId = place.id("project_id")?;
    let role = body.need::<ProjectRole>("role")?;
    let user = match (body.text::<String>("user_id")?, body.text::<Email>("email")?) {
        (Some(id), None) => id.parse().map_err(|_| Error::NotFound)?,
        (None, Some(email)) => by_email(&admin, &caller, &email).await?,
        (None, None) => return Err(Error::Missing("user_id".to_owned())),
        (Some(_), Some(_)) => return Err(Error::invalid("email", "left out beside user_id")),
    };
    admin.store.add_project_member(&caller, project, user, role).await?;
    Ok(Json(shown(&find(&admin, &caller, project, user).await?)))
}

async fn by_email(admin: &Admin, caller: &Caller, email: &Email) -> Result<UserId, Error> {
    let members = admin.store.members(caller).await?;
    let member = members.into_iter().find(|it| it.email.as_deref() == Some(email.as_str()));
    member.map(|member| member.user).ok_or(Error::NotFound)
}

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let (project, user) = (place.id("project_id")?, place.id("user_id")?);
    Ok(Json(shown(&find(&admin, &caller, project, user).await?)))
}

async fn edit(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let (project, user) = (place.id("project_id")?, place.id("user_id")?);
    let role = body.need::<ProjectRole>("role")?;
    admin.store.set_project_role(&caller, project, user, role).await?;
    Ok(Json(shown(&find(&admin, &caller, project, user).await?)))
}

async fn delete(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let (project, user) = (place.id("project_id")?, place.id("user_id")?);
    // Who is not in the project is not there to be taken out.
    find(&admin, &caller, project, user).await?;
    admin.store.remove_project_member(&caller, project, user).await?;
    Ok(Json(json!({ "object": "organization.project.user.deleted", "id": user, "deleted": true })))
}

async fn find(
    admin: &Admin,
    caller: &Caller,
    project: ProjectId,
    user: UserId,
) -> Result<ProjectMember, Error> {
    let members = admin.store.project_members(caller, project).await?;
    members.into_iter().find(|member| member.user == user).ok_or(Error::NotFound)
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
