//! `/admin_api_keys`: keys like the one that is used here.

use axum::{Json, Router, extract::State, routing::get};
use domain::{AdminKeyId, Lifetime, Name, api_key::Opens};
use identity::MintedKey;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use store::{AdminKey, NewAdminKey};

use crate::{
    Admin, access::Access, body::Body, error::Error, list::List, place::Place, query::Query, unix,
};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/admin_api_keys", get(list).post(create))
        .route("/admin_api_keys/{key_id}", get(one).delete(delete))
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let page = query.ordered_page()?;
    let keys = admin.store.admin_keys_page(&caller, &page).await?;
    Ok(Json(List::of(&keys, |key| key.id, shown)))
}

async fn create(
    State(admin): State<Admin>,
    Access(caller): Access,
    body: Body,
) -> Result<Json<Value>, Error> {
    body.only(&["name", "expires_in_seconds"])?;
    let name = body.need::<Name>("name")?;
    let lifetime = body.integer("expires_in_seconds")?.map(Lifetime::from_seconds).transpose()?;
    let minted = MintedKey::admin(&admin.secrets)?;
    let new = NewAdminKey { name, lifetime, form: None, key: minted.stored() };
    let id = admin.store.create_admin_key(&caller, &new).await?;
    let mut key = shown(&admin.store.admin_key(&caller, id).await?);
    key["value"] = json!(minted.secret.expose_secret());
    Ok(Json(key))
}

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    Ok(Json(shown(&admin.store.admin_key(&caller, place.id("key_id")?).await?)))
}

async fn delete(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let id: AdminKeyId = place.id("key_id")?;
    // One that is revoked already is not there any more.
    admin.store.admin_key(&caller, id).await?;
    admin.store.revoke_admin_key(&caller, id).await?;
    Ok(Json(json!({ "id": id, "object": "organization.admin_api_key.deleted", "deleted": true })))
}

fn shown(key: &AdminKey) -> Value {
    let owner = key.maker.as_ref().map_or_else(
        || json!({}),
        |maker| {
            json!({
                "type": "user", "object": "organization.user", "id": maker.user, "name": maker.name,
                "created_at": unix(maker.member_since), "role": "owner",
            })
        },
    );
    json!({
        "object": "organization.admin_api_key",
        "id": key.id,
        "name": key.name,
        "redacted_value": format!("{}{}...{}", Opens::Admin.prefix(), key.public_id, key.last_four),
        "created_at": unix(key.created_at),
        "expires_at": key.expires_at.map(unix),
        "last_used_at": key.used_at.map(unix),
        "owner": owner,
    })
}
