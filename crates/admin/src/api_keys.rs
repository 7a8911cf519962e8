//! `/projects/{project}/api_keys`: the keys of a project. They are made on the pages, or for a
//! service account.

use std::slice;

use axum::{Json, Router, extract::State, routing::get};
use domain::{Caller, KeyId, ProjectId, Role, api_key::Opens};
use serde_json::{Value, json};
use store::{ApiKey, KeyOwner, Member, ServiceAccount};

use crate::{Admin, access::Access, error::Error, list::List, place::Place, query::Query, unix};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/projects/{project_id}/api_keys", get(list))
        .route("/projects/{project_id}/api_keys/{api_key_id}", get(one).delete(delete))
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let page = query.page()?;
    let wanted = "active, inactive or any";
    let access = match query.one::<String>("owner_project_access", wanted)?.as_deref() {
        None | Some("any") => None,
        Some("active") => Some(true),
        Some("inactive") => Some(false),
        Some(_) => return Err(Error::invalid("owner_project_access", wanted)),
    };
    let project = place.id("project_id")?;
    let keys = admin.store.api_keys_page(&caller, project, &page, access).await?;
    let owners = Owners::of(&admin, &caller, &keys.rows).await?;
    Ok(Json(List::of(&keys, |key| key.id, |key| shown(key, &owners))))
}

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let key = find(&admin, &caller, &place).await?;
    let owners = Owners::of(&admin, &caller, slice::from_ref(&key)).await?;
    Ok(Json(shown(&key, &owners)))
}

async fn delete(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let key = find(&admin, &caller, &place).await?;
    if let KeyOwner::ServiceAccount { .. } = key.owner {
        return Err(Error::ServiceAccountKey);
    }
    admin.store.revoke_api_key(&caller, key.id).await?;
    let object = "organization.project.api_key.deleted";
    Ok(Json(json!({ "object": object, "id": key.id, "deleted": true })))
}

async fn find(admin: &Admin, caller: &Caller, place: &Place) -> Result<ApiKey, Error> {
    let (project, id): (ProjectId, KeyId) = (place.id("project_id")?, place.id("api_key_id")?);
    let key = admin.store.api_key(caller, id).await?;
    if is_here(&key, project) { Ok(key) } else { Err(Error::NotFound) }
}

/// What is revoked is gone, and an imported label is no key.
fn is_here(key: &ApiKey, project: ProjectId) -> bool {
    key.project == project && key.revoked_at.is_none() && !key.imported
}

/// Who owns some keys.
struct Owners {
    members: Vec<Member>,
    accounts: Vec<ServiceAccount>,
}

impl Owners {
    async fn of(admin: &Admin, caller: &Caller, keys: &[ApiKey]) -> Result<Self, Error> {
        let (mut people, mut accounts) = (Vec::new(), Vec::new());
        for key in keys {
            match key.owner {
                KeyOwner::Member { id, .. } => people.push(id),
                KeyOwner::ServiceAccount { id, .. } => accounts.push(id),
                KeyOwner::Operator => {}
            }
        }
        let members = admin.store.members_among(caller, &people).await?;
        let accounts = admin.store.service_accounts_among(caller, &accounts).await?;
        Ok(Self { members, accounts })
    }

    /// Without the person or the account, where that is gone; of nobody for a key of the operator's.
    fn shown(&self, key: &ApiKey) -> Value {
        match &key.owner {
            KeyOwner::Member { id, .. } => {
                let member = self.members.iter().find(|member| member.user == *id);
                let Some(member) = member else { return json!({ "type": "user" }) };
                let place = member.projects.iter().find(|project| project.id == key.project);
                let role = match (member.role, place) {
                    (Role::Owner, _) => "owner",
                    (Role::Reader, Some(place)) => place.role.as_str(),
                    (Role::Reader, None) => "none",
                };
                json!({ "type": "user", "user": {
                    "id": member.user, "email": member.email.as_deref().unwrap_or_default(),
                    "name": member.name, "created_at": unix(member.added_at), "role": role,
                } })
            }
            KeyOwner::ServiceAccount { id, .. } => {
                let account = self.accounts.iter().find(|account| account.id == *id);
                let Some(account) = account else { return json!({ "type": "service_account" }) };
                json!({ "type": "service_account", "service_account": {
                    "id": account.id, "name": account.name, "role": "member",
                    "created_at": unix(account.created_at),
                } })
            }
            KeyOwner::Operator => json!({}),
        }
    }
}

fn shown(key: &ApiKey, owners: &Owners) -> Value {
    json!({
        "object": "organization.project.api_key",
        "redacted_value": format!("{}{}...{}", Opens::Gateway.prefix(), key.public_id, key.last_four),
        "name": key.name,
        "created_at": unix(key.created_at),
        "last_used_at": key.used_at.map(unix),
        "id": key.id,
        "owner_project_access": if key.owner_has_access { "active" } else { "inactive" },
        "owner": owners.shown(key),
        "expires_at": key.expires_at.map(unix),
    })
}
