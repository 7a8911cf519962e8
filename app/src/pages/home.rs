//! `/`: the overview of the organization that is opened after sign-in.

use axum::{Router, extract::State, response::Response, routing::get};

use crate::web::{App, Failure, Member, Visitor, go};

pub(super) fn router() -> Router<App> {
    Router::new().route("/", get(open))
}

async fn open(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    Ok(match Member::at_home(&app, visitor).await? {
        Some(member) => go(format!("/{}", member.organization.id)),
        None => go("/organizations/new"),
    })
}
