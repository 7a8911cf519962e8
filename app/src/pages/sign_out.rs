//! `POST /sign-out`.

use axum::{Router, response::Response, routing::post};
use tower_sessions::Session;

use crate::web::{App, Failure, go};

pub(super) fn router() -> Router<App> {
    Router::new().route("/sign-out", post(leave))
}

async fn leave(session: Session) -> Result<Response, Failure> {
    identity::log_out(&session).await?;
    Ok(go("/sign-in"))
}
