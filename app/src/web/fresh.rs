//! What asks for the password anew.

use axum::{extract::FromRequestParts, http::request::Parts};
use identity::Proof;
use tower_sessions::Session;

use super::{App, Failure};

/// Whoever asks gave the password (and the second factor's code, if there is one) within the last
/// ten minutes; else the request leads to `/confirm`, and from there back to this address, without
/// what was typed. An extractor for the pages and forms of what is dangerous: put it behind
/// [`super::Visitor`] or [`super::Member`], so that who may not see the page at all is told that.
#[derive(Debug)]
pub struct Fresh(pub Proof);

impl FromRequestParts<App> for Fresh {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let session =
            Session::from_request_parts(parts, app).await.map_err(|_| Failure::Internal)?;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        Self::ask(app, &session, path).await
    }
}

impl Fresh {
    /// The same for a form of which only one of several buttons is dangerous; `back` is the address
    /// of the page that the form stands on.
    pub async fn ask(app: &App, session: &Session, back: &str) -> Result<Self, Failure> {
        let proof = identity::proof(&app.store, session).await?;
        proof.map(Self).ok_or_else(|| Failure::Unproven { next: back.to_owned() })
    }
}
