//! Every way in which a request fails, and the one place that turns it into HTTP.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use domain::{Forbidden, LifetimeError};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use identity::NoRandomness;
use serde_json::json;
use store::{Conflict, StoreError};

/// What can go wrong with a request. The text of each is what the client reads.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("You didn't provide an admin key. Send it as a header: Authorization: Bearer YOUR_KEY")]
    KeyMissing,
    /// Unknown, malformed, expired or revoked: which of them is told to nobody. The key is masked.
    #[error("Incorrect admin key provided: {0}")]
    KeyInvalid(String),
    #[error(
        "This is an API key, which sends model requests alone. This address wants an admin key, which an owner of the organization makes."
    )]
    GatewayKey,
    #[error("The header {0} was sent more than once.")]
    RepeatedHeader(&'static str),
    #[error("This organization is suspended. Ask who runs this installation of Exchequer.")]
    OrganizationSuspended,
    /// Unknown, malformed, deleted, another organization's: the same words.
    #[error("There is no such object in this organization.")]
    NotFound,
    #[error("The admin key's role does not allow this.")]
    Forbidden,
    #[error("{}", sentence(&.0.to_string()))]
    Conflict(Conflict),
    #[error(
        "This key belongs to a service account. Delete the service account, or revoke the key on the page of API keys."
    )]
    ServiceAccountKey,
    #[error("This person is a member of the organization already.")]
    AlreadyMember,
    #[error("This address is invited already, and the invitation waits to be accepted.")]
    AlreadyInvited,
    #[error("This invitation was accepted: remove the member instead.")]
    InviteAccepted,
    #[error("The body is not the JSON object that it should be: {0}")]
    NotJson(String),
    #[error("The body must be JSON: send it with Content-Type: application/json.")]
    NotJsonType,
    #[error("The body is larger than 64 KiB.")]
    BodyTooLarge,
    #[error("The body could not be read to its end: {0}")]
    BodyCut(String),
    #[error("Missing required parameter: `{0}`.")]
    Missing(String),
    #[error("Unknown parameter: `{0}`.")]
    Unknown(String),
    #[error("Invalid value for `{param}`: it should be {wanted}.")]
    Invalid { param: String, wanted: String },
    #[error("Invalid value for `{param}`: {sentence}.")]
    Wrong { param: String, sentence: String },
    #[error("Unknown request URL: {0} {1}. Please check it for typos.")]
    UnknownUrl(Method, String),
    #[error("Not allowed to {0} on {1}.")]
    MethodNotAllowed(Method, String),
    #[error("Too many requests with this admin key. Try again in {} s.", seconds(*.0))]
    TooOften(Duration),
    #[error("The database can't be reached: nothing was changed. Try again in a moment.")]
    Unavailable,
    #[error("Something is wrong on our side: nothing was changed.")]
    Internal,
}

impl Error {
    /// A value that is not what it should be.
    pub(crate) fn invalid(param: &str, wanted: &str) -> Self {
        Self::Invalid { param: param.to_owned(), wanted: wanted.to_owned() }
    }

    const fn form(&self) -> (StatusCode, &'static str) {
        match self {
            Self::KeyMissing | Self::KeyInvalid(_) | Self::GatewayKey => {
                (StatusCode::UNAUTHORIZED, "invalid_api_key")
            }
            Self::RepeatedHeader(_) => (StatusCode::BAD_REQUEST, "repeated_header"),
            Self::OrganizationSuspended => (StatusCode::FORBIDDEN, "organization_suspended"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "insufficient_permissions"),
            Self::Conflict(_)
            | Self::AlreadyMember
            | Self::AlreadyInvited
            | Self::InviteAccepted => (StatusCode::CONFLICT, "conflict"),
            Self::ServiceAccountKey => (StatusCode::BAD_REQUEST, "service_account_key"),
            Self::NotJson(_) => (StatusCode::BAD_REQUEST, "invalid_json"),
            Self::NotJsonType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "request_too_large"),
            Self::BodyCut(_) => (StatusCode::BAD_REQUEST, "incomplete_body"),
            Self::Missing(_) => (StatusCode::BAD_REQUEST, "missing_required_parameter"),
            Self::Unknown(_) => (StatusCode::BAD_REQUEST, "unknown_parameter"),
            Self::Invalid { .. } | Self::Wrong { .. } => (StatusCode::BAD_REQUEST, "invalid_value"),
            Self::UnknownUrl(..) => (StatusCode::NOT_FOUND, "unknown_url"),
            Self::MethodNotAllowed(..) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_supported"),
            Self::TooOften(_) => (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "database_unavailable"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
        }
    }

    /// The field, parameter or header that is wrong, if it is one.
    fn param(&self) -> Option<&str> {
        match self {
            Self::Missing(param)
            | Self::Unknown(param)
            | Self::Invalid { param, .. }
            | Self::Wrong { param, .. } => Some(param),
            Self::Conflict(Conflict::ProjectName | Conflict::ServiceAccountName) => Some("name"),
            Self::Conflict(Conflict::ProjectMember | Conflict::LastOwner) => Some("role"),
            Self::AlreadyMember | Self::AlreadyInvited => Some("email"),
            Self::RepeatedHeader(name) => Some(name),
            _ => None,
        }
    }
}

/// In whole seconds, so that they are over afterwards.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// With a capital and a full stop: the store's errors are written to be put together.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code) = self.form();
        let (kind, wait) = match &self {
            Self::TooOften(wait) => ("requests", Some(seconds(*wait))),
            _ if status.is_server_error() => ("server_error", Some(1)),
            _ => ("invalid_request_error", None),
        };
        let body = json!({ "error": {
            "message": self.to_string(), "type": kind, "param": self.param(), "code": code,
        } });
        let mut response = (status, axum::Json(body)).into_response();
        let head = response.headers_mut();
        if let Some(wait) = wait {
            head.insert(header::RETRY_AFTER, wait.into());
        } else {
            // OpenAI's clients try a conflict again unless they are told not to.
            let should_retry = HeaderName::from_static("x-should-retry");
            head.insert(should_retry, HeaderValue::from_static("false"));
        }
        if status == StatusCode::UNAUTHORIZED {
            head.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Forbidden(_) => Self::Forbidden,
            StoreError::Conflict(rule) => Self::Conflict(rule),
            StoreError::Unavailable(_) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the database did not answer the admin API");
                Self::Unavailable
            }
            _ => {
                tracing::error!(error = &error as &dyn std::error::Error, "the admin API failed");
                Self::Internal
            }
        }
    }
}

impl From<Forbidden> for Error {
    fn from(_: Forbidden) -> Self {
        Self::Forbidden
    }
}

impl From<NoRandomness> for Error {
    fn from(error: NoRandomness) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "a key could not be made");
        Self::Internal
    }
}

impl From<LifetimeError> for Error {
    fn from(error: LifetimeError) -> Self {
        Self::Wrong { param: "expires_in_seconds".to_owned(), sentence: error.to_string() }
    }
}
