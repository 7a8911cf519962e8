//! `/projects/{project}/service_accounts`, and the making of their keys.

use std::collections::BTreeSet;

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use domain::{
    Caller, Endpoint, Expiry, ExpiryError, Name, Permissions, ProjectId, ServiceAccountId,
};
use identity::MintedKey;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::{Conflict, MadeKey, NewApiKey, NewOwner, ServiceAccount, StoreError};

use crate::{
    Admin, access::Access, body::Body, error::Error, list::List, place::Place, query::Query, unix,
};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/projects/{project_id}/service_accounts", get(list).post(create))
        .route(
            "/projects/{project_id}/service_accounts/{service_account_id}",
            get(one).post(edit).delete(delete),
        )
        .route(
            "/projects/{project_id}/service_accounts/{service_account_id}/api_keys",
            post(create_key),
        )
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let page = query.page()?;
    let project = place.id("project_id")?;
    let accounts = admin.store.service_accounts_page(&caller, project, &page).await?;
    Ok(Json(List::of(&accounts, |account| account.id, shown)))
}

/// Makes a service account with a key, which is shown here and nowhere else, or without one.
async fn create(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let project: ProjectId = place.id("project_id")?;
    body.only(&["name", "create_service_account_only"])?;
    let name = body.need::<Name>("name")?;
    if body.flag("create_service_account_only")? {
        let id = admin.store.create_service_account(&caller, project, &name).await?;
        let mut account = shown(&admin.store.service_account(&caller, id).await?);
        account["api_key"] = Value::Null;
        return Ok(Json(account));
    }
    let minted = MintedKey::new(&admin.secrets)?;
    let new = NewApiKey {
        owner: NewOwner::NewServiceAccount(name.clone()),
        ..NewApiKey::new(project, name, minted.stored())
    };
    let made = make_key(&admin, &caller, new).await?;
    let id = made.service_account.ok_or(Error::Internal)?;
    let mut account = shown(&admin.store.service_account(&caller, id).await?);
    account["api_key"] = shown_key(&admin, &caller, &made, &minted).await?;
    Ok(Json(account))
}

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    Ok(Json(shown(&find(&admin, &caller, &place).await?)))
}

async fn edit(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let id = find(&admin, &caller, &place).await?.id;
    body.only(&["name", "role"])?;
    if body.text::<String>("role")?.is_some_and(|role| role != "member") {
        return Err(Error::invalid("role", "member: a service account runs no project"));
    }
    if let Some(name) = body.text::<Name>("name")? {
        admin.store.rename_service_account(&caller, id, &name).await?;
    }
    Ok(Json(shown(&find(&admin, &caller, &place).await?)))
}

async fn delete(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let id = find(&admin, &caller, &place).await?.id;
    admin.store.delete_service_account(&caller, id).await?;
    let object = "organization.project.service_account.deleted";
    Ok(Json(json!({ "object": object, "id": id, "deleted": true })))
}

async fn create_key(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let account = find(&admin, &caller, &place).await?;
    body.only(&["name", "scopes"])?;
    let name = match body.text::<Name>("name")? {
        Some(name) => name,
        None => account.name.parse().map_err(|_| Error::Internal)?,
    };
    let permissions = match body.texts::<Endpoint>("scopes")? {
        None => Permissions::All,
        Some(endpoints) => Permissions::Restricted(BTreeSet::from_iter(endpoints)),
    };
    let minted = MintedKey::new(&admin.secrets)?;
    let new = NewApiKey {
        owner: NewOwner::ServiceAccount(account.id),
        permissions,
        ..NewApiKey::new(account.project, name, minted.stored())
    };
    let made = make_key(&admin, &caller, new).await?;
    Ok(Json(shown_key(&admin, &caller, &made, &minted).await?))
}

/// This API can't say when a key shall expire: never, or as late as the organization's rule allows.
async fn make_key(
    admin: &Admin,
    caller: &Caller,
    mut new: NewApiKey<'_>,
) -> Result<MadeKey, Error> {
    match admin.store.create_api_key(caller, &new).await {
        Err(StoreError::Conflict(Conflict::Expiry(ExpiryError::TooLong(days)))) => {
            new.expiry = Expiry::Days(days);
            Ok(admin.store.create_api_key(caller, &new).await?)
        }
        other => Ok(other?),
    }
}

async fn find(admin: &Admin, caller: &Caller, place: &Place) -> Result<ServiceAccount, Error> {
    let project: ProjectId = place.id("project_id")?;
    let id: ServiceAccountId = place.id("service_account_id")?;
    let account = admin.store.service_account(caller, id).await?;
    if account.project == project { Ok(account) } else { Err(Error::NotFound) }
}

fn shown(account: &ServiceAccount) -> Value {
    json!({
        "object": "organization.project.service_account",
        "id": account.id,
        "name": account.name,
        "role": "member",
        "created_at": unix(account.created_at),
    })
}

async fn shown_key(
    admin: &Admin,
    caller: &Caller,
    made: &MadeKey,
    minted: &MintedKey,
) -> Result<Value, Error> {
    let key = admin.store.api_key(caller, made.id).await?;
    Ok(json!({
        "object": "organization.project.service_account.api_key",
        "value": minted.secret.expose_secret(),
        "name": key.name,
        "created_at": unix(key.created_at),
        "id": key.id,
        "expires_at": key.expires_at.map(unix),
    }))
}
