//! The admin API: what an organization's owners do on the pages, for programs, in OpenAI's form.
//!
//! A request's path through the modules: [`access`] finds the admin key's caller; [`place`],
//! [`query`] and [`body`] read what is asked; the file of the noun asks the same method of the store
//! as the pages do, so that there is one set of rules; [`list`] writes the part of a list that the store found, [`limits`] counts. Whatever fails is an
//! [`error::Error`], and only there it becomes HTTP.

mod access;
mod admin_keys;
mod api_keys;
mod audit_logs;
mod body;
mod cents;
mod error;
mod invites;
mod limits;
mod list;
mod place;
mod project_users;
mod projects;
mod query;
mod rate_limits;
mod service_accounts;
mod spend_alerts;
mod spend_limits;
mod usage;
mod users;

use std::sync::Arc;

use axum::{
    Router,
    extract::{OriginalUri, Request},
    middleware::{Next, from_fn},
    response::Response,
};
use chrono::{DateTime, Utc};
use domain::EventId;
use http::{HeaderName, HeaderValue, Method};
use identity::Secrets;
use store::Store;

pub use crate::limits::Limits;
use crate::{error::Error, limits::Slot};

/// What the admin API is made with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Admin {
    /// The database.
    pub store: Store,
    /// Keys derived from the installation's secret.
    pub secrets: Arc<Secrets>,
    /// How often each key may ask.
    pub limits: Limits,
}

/// All of `/v1/organization`; to be nested there. A [`domain::Origin`] in a request's extensions
/// tells the audit log from where it came.
pub fn router(admin: Admin) -> Router {
    Router::new()
        .merge(admin_keys::router())
        .merge(api_keys::router())
        .merge(audit_logs::router())
        .merge(invites::router())
        .merge(project_users::router())
        .merge(projects::router())
        .merge(rate_limits::router())
        .merge(service_accounts::router())
        .merge(spend_alerts::router())
        .merge(spend_limits::router())
        .merge(usage::router())
        .merge(users::router())
        .fallback(unknown_url)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(identify))
        .with_state(admin)
}

/// Gives each answer an id, by which people can speak of it, and says how the key stands.
async fn identify(mut request: Request, next: Next) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(Arc::clone(&slot));
    let mut response = next.run(request).await;
    if let Some(standing) = slot.get() {
        standing.write(response.headers_mut());
    }
    if let Ok(id) = HeaderValue::try_from(EventId::generate().to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

async fn unknown_url(method: Method, OriginalUri(uri): OriginalUri) -> Error {
    Error::UnknownUrl(method, uri.path().to_owned())
}

async fn method_not_allowed(method: Method, OriginalUri(uri): OriginalUri) -> Error {
    Error::MethodNotAllowed(method, uri.path().to_owned())
}

/// A time as this API writes it: whole seconds since 1970.
const fn unix(at: DateTime<Utc>) -> i64 {
    at.timestamp()
}
