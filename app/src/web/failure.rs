//! What went wrong, as a page for the person who meets it.

use std::sync::Arc;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::Forbidden;
use identity::{NoRandomness, SignError};
use store::StoreError;
use tower_sessions::session;

use super::{go, with_next};
use crate::labels;

/// Why a page could not be shown. The one place that turns errors into statuses.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// Nobody is signed in: leads to the sign-in page, and back to this address.
    #[error("not signed in")]
    SignedOut {
        /// Path and query.
        next: String,
    },
    /// The person gave the password too long ago: leads to the page that asks for it, and back to
    /// this address.
    #[error("not proved lately")]
    Unproven {
        /// Path and query.
        next: String,
    },
    /// Nobody uses this installation yet: leads to the set-up page.
    #[error("not set up")]
    Unused,
    /// No such page, or not for this person: the same answer.
    #[error("no such page")]
    NotFound,
    /// The same of a receipt, which is there a moment after the answer that names it.
    #[error("no such receipt")]
    NoReceipt,
    /// The person may know of it and may not do it.
    #[error("not allowed")]
    Forbidden,
    /// A page that is no form was sent one, or a form's address was opened like a page.
    #[error("no such method")]
    NoMethod,
    /// A form that another site's page sent.
    #[error("another site's form")]
    OtherSite,
    /// The request can't be understood.
    #[error("bad request")]
    BadRequest,
    /// The database does not answer.
    #[error("unavailable")]
    Unavailable,
    /// A fault of ours; its cause is logged where it became this.
    #[error("internal fault")]
    Internal,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Forbidden(_) => Self::Forbidden,
            StoreError::Unavailable(_) => {
                tracing::warn!(error = chain(&error), "the database did not answer a page");
                Self::Unavailable
            }
            _ => {
                tracing::error!(error = chain(&error), "a page failed");
                Self::Internal
            }
        }
    }
}

impl From<Forbidden> for Failure {
    fn from(_: Forbidden) -> Self {
        Self::Forbidden
    }
}

impl From<session::Error> for Failure {
    /// The session could not be read or written: the database, in the end.
    fn from(error: session::Error) -> Self {
        tracing::warn!(error = chain(&error), "a session was not read or written");
        Self::Unavailable
    }
}

impl From<NoRandomness> for Failure {
    fn from(error: NoRandomness) -> Self {
        tracing::error!(error = chain(&error), "a key could not be made");
        Self::Internal
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        tracing::error!(error = chain(&error), "the head of an audit log was not signed");
        Self::Internal
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl Failure {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut { .. } | Self::Unproven { .. } | Self::Unused => StatusCode::SEE_OTHER,
            Self::NotFound | Self::NoReceipt => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::OtherSite => StatusCode::FORBIDDEN,
            Self::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) const fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::SignedOut { .. } | Self::Unproven { .. } | Self::Unused | Self::NotFound => (
                labels::THERE_IS_NO_SUCH_PAGE,
                "The address may be mistyped, or what it showed was removed, or it belongs to an organization that you are not a member of.",
            ),
            Self::NoReceipt => (
                "There is no such receipt",
                "A receipt is there about a second after the refusal: if that was just now, reload the page. Else the address may be mistyped, or it is of an organization or a project that you are not in.",
            ),
            Self::Forbidden => {
                ("You may not do this", "Your role does not allow it. Nothing was changed.")
            }
            Self::NoMethod => (
                "There is nothing to see here",
                "This address only takes what a page sends it, or sends nothing. Nothing was changed.",
            ),
            Self::OtherSite => (
                "Another site sent this",
                "Only the pages of this installation may act for you. Nothing was changed. Go to the page itself and do it there.",
            ),
            Self::BadRequest => (
                "The request could not be read",
                "Nothing was changed. Go back, reload the page and try again.",
            ),
            Self::Unavailable => (
                "The database does not answer",
                "Nothing was changed. Requests through the gateway wait or are refused meanwhile, none is lost. Try again in a minute.",
            ),
            Self::Internal => (
                "Something is wrong on our side",
                "Nothing was changed. Try again; if it stays, tell whoever runs this installation.",
            ),
        }
    }
}

impl Failure {
    /// What a response is marked with.
    pub(super) fn of(response: &Response) -> Option<Arc<Self>> {
        response.extensions().get::<Arc<Self>>().map(Arc::clone)
    }

    /// Whether trying again may help, so that the same address is offered.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable | Self::Internal)
    }
}

impl IntoResponse for Failure {
    /// Only marks the response: [`super::show_failures`] makes the page, which needs to know the person's
    /// theme.
    fn into_response(self) -> Response {
        match &self {
            Self::Unused => return go("/setup"),
            Self::SignedOut { next } => return go(with_next("/sign-in", next)),
            Self::Unproven { next } => return go(with_next("/confirm", next)),
            _ => {}
        }
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}
