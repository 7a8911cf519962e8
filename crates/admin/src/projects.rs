//! `/projects`.

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use domain::{Environment, Name, ProjectId};
use serde_json::{Value, json};
use store::Project;

use crate::{
    Admin, access::Access, body::Body, error::Error, list::List, place::Place, query::Query, unix,
};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/projects", get(list).post(create))
        .route("/projects/{project_id}", get(one).post(edit))
        .route("/projects/{project_id}/archive", post(archive))
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let page = query.page()?;
    let archived = query.one::<bool>("include_archived", "true or false")?.unwrap_or(false);
    let projects = admin.store.projects_page(&caller, &page, archived).await?;
    Ok(Json(List::of(&projects, |project| project.id, shown)))
}

/// What a body may hold.
const FIELDS: [&str; 4] = ["name", "environment", "residency", "external_key_id"];

async fn create(
    State(admin): State<Admin>,
    Access(caller): Access,
    body: Body,
) -> Result<Json<Value>, Error> {
    body.only(&FIELDS)?;
    let name = body.need::<Name>("name")?;
    // The pages' choice, too.
    let environment = body.text("environment")?.unwrap_or(Environment::Development);
    can_be_kept(&body)?;
    let id = admin.store.create_project(&caller, &name, environment).await?;
    Ok(Json(shown(&admin.store.project(&caller, id).await?)))
}

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    Ok(Json(shown(&admin.store.project(&caller, place.id("project_id")?).await?)))
}

async fn edit(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let id: ProjectId = place.id("project_id")?;
    body.only(&FIELDS)?;
    can_be_kept(&body)?;
    let (name, environment) = (body.text::<Name>("name")?, body.text("environment")?);
    if let Some(name) = name {
        admin.store.rename_project(&caller, id, &name).await?;
    }
    if let Some(environment) = environment {
        admin.store.set_project_environment(&caller, id, environment).await?;
    }
    Ok(Json(shown(&admin.store.project(&caller, id).await?)))
}

async fn archive(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let id: ProjectId = place.id("project_id")?;
    body.only(&[])?;
    admin.store.archive_project(&caller, id).await?;
    Ok(Json(shown(&admin.store.project(&caller, id).await?)))
}

/// A promise about where data lies or how it is sealed is not passed over in silence.
fn can_be_kept(body: &Body) -> Result<(), Error> {
    body.refuse("external_key_id", "left out: this installation seals with its own keys")?;
    match body.text::<String>("residency")?.as_deref() {
        None | Some("GLOBAL") => Ok(()),
        Some(_) => Err(Error::invalid("residency", "GLOBAL or left out")),
    }
}

fn shown(project: &Project) -> Value {
    json!({
        "id": project.id,
        "object": "organization.project",
        "name": project.name,
        "created_at": unix(project.created_at),
        "archived_at": project.archived_at.map(unix),
        "status": if project.archived_at.is_some() { "archived" } else { "active" },
        "environment": project.environment.as_str(),
    })
}
