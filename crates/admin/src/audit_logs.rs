//! `/audit_logs`: what was changed, the newest first.

mod event;
mod filter;

use std::collections::HashMap;

use axum::{Json, Router, extract::State, routing::get};
use domain::AuditId;
use serde_json::Value;
use store::StoreError;

use crate::{Admin, access::Access, error::Error, list::List, query::Query};

pub(crate) fn router() -> Router<Admin> {
    Router::new().route("/audit_logs", get(list))
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let page = query.page::<AuditId>()?;
    let Some(filter) = filter::read(&admin, &caller, &query).await? else {
        return Ok(Json(List::new(Vec::<(AuditId, Value)>::new(), false)));
    };
    let at = async |cursor: Option<AuditId>, name| match cursor {
        None => Ok(None),
        Some(id) => match admin.store.audit_seq(&caller, id).await {
            Err(StoreError::NotFound) => Err(Error::invalid(name, "the id of an entry")),
            found => Ok(Some(found?)),
        },
    };
    let (older, newer) = (at(page.after, "after").await?, at(page.before, "before").await?);
    let most = page.limit;
    let found = match (older, newer) {
        (Some(_), Some(_)) => return Err(Error::invalid("before", "left out beside after")),
        (None, Some(seq)) => admin.store.audit_log_newer(&caller, &filter, seq, most).await?,
        (older, None) => admin.store.audit_log(&caller, &filter, older, most).await?,
    };
    let projects = admin.store.projects(&caller).await?;
    let names: HashMap<_, _> =
        projects.into_iter().map(|project| (project.id, project.name)).collect();
    let shown = found.entries.iter().map(|(_, entry)| event::shown(entry, &names));
    let shown = shown.collect::<Option<Vec<_>>>().ok_or(StoreError::Damaged("an audit entry"))?;
    Ok(Json(List::new(shown, found.more)))
}
