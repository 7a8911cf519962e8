//! Every way in which a request fails, and the one place that turns it into HTTP: OpenAI's form,
//! which its clients understand.

use std::{fmt, time::Duration};

use axum::response::{IntoResponse, Response};
use domain::{Endpoint, TagError, Usd};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use serde::Serialize;

use crate::{
    headers,
    pace::{TooFast, TooManyRunning},
    refusal::Refused,
};

/// What can go wrong with a request. The text of each is what the client reads.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("You didn't provide an API key. Send it as a header: Authorization: Bearer YOUR_KEY")]
    KeyMissing,
    /// Unknown, malformed, revoked, expired or leaked: which of them is told to nobody. The key is
    /// masked.
    #[error("Incorrect API key provided: {0}")]
    KeyInvalid(String),
    #[error(
        "This is an admin key, which opens /v1/organization alone. Send the API key of a project."
    )]
    AdminKey,
    #[error("The header OpenAI-Organization names another organization than the API key's.")]
    MismatchedOrganization,
    #[error("The header OpenAI-Project names another project than the API key's.")]
    MismatchedProject,
    #[error(
        "This personal key has no organization to bill: name one of yours in the header OpenAI-Organization, or choose a default organization in your account."
    )]
    OrganizationRequired,
    #[error(
        "This personal key has no project to bill: name one of yours in the header OpenAI-Project, or ask to be made a member of the organization's default project."
    )]
    ProjectRequired,
    #[error("The header {0} was sent more than once.")]
    RepeatedHeader(&'static str),
    #[error("This organization is suspended. Ask who runs this installation of Exchequer.")]
    OrganizationSuspended,
    #[error("This organization is closed: its keys send no requests.")]
    OrganizationClosed,
    #[error("This API key is paused. Who may edit it resumes it on the page of API keys.")]
    KeyPaused,
    #[error("{0}")]
    Lacks(Lacking),
    #[error(
        "The project {project} may not use the model `{model}`. An owner of the organization chooses its models; GET /v1/models lists them."
    )]
    ModelNotAllowed { model: String, project: String },
    #[error("The project of this API key is archived: its keys send no requests.")]
    ProjectArchived,
    #[error(
        "This organization has no billing profile yet. An owner of the organization fills it in: {0}"
    )]
    BillingNotActive(String),
    #[error("The model `{0}` does not exist.")]
    ModelUnknown(String),
    #[error("The model `{0}` has a price, but no connection serves it.")]
    ModelNotServed(String),
    #[error(
        "The price of the model `{0}` is not known, so that no budget could hold: its requests are blocked."
    )]
    ModelNotPriced(String),
    #[error(
        "What sound or pictures cost with the model `{0}` is not known, so that no budget could hold: such requests are blocked."
    )]
    SoundNotPriced(String),
    #[error("The body is not the JSON that it should be: {0}")]
    NotJson(String),
    #[error("Missing required parameter: `{0}`.")]
    Missing(&'static str),
    #[error("Invalid value for `{param}`: it should be {wanted}.")]
    Invalid { param: &'static str, wanted: String },
    #[error("Invalid X-Exchequer-Tags: {0}. Write it like team=search, feature=chat.")]
    InvalidTags(TagError),
    #[error("The body could not be read to its end.")]
    BodyCut,
    #[error("The body was not sent within a minute.")]
    BodySlow,
    #[error("The body is larger than {0}.")]
    BodyTooLarge(&'static str),
    #[error(
        "The body must be JSON: send it with Content-Type: application/json and without Content-Encoding."
    )]
    NotJsonType,
    #[error("Too many leak reports from this network address. Try again in a minute.")]
    TooOften(Duration),
    #[error("The database can't be reached: no key was disabled. Report it again in a moment.")]
    ReportUnavailable,
    #[error("Unknown request URL: {0} {1}. Please check it for typos.")]
    UnknownUrl(Method, Uri),
    #[error("Not allowed to {0} on {1}.")]
    MethodNotAllowed(Method, Uri),
    #[error("{0}")]
    Refused(Box<Refused>),
    #[error("{0}")]
    TooFast(Box<TooFast>),
    #[error("{0}")]
    TooManyRunning(Box<TooManyRunning>),
    #[error(
        "This request may cost up to ${bound}, and this API key may spend ${most} on one. Lower its maximum of tokens; who may edit the key changes its guard. Receipt: {receipt_url}"
    )]
    TooExpensive { bound: Usd, most: Usd, receipt_url: String },
    #[error(
        "The project {0} is for rehearsals: it reaches the models of the sandbox alone, whose names begin with sandbox-."
    )]
    Rehearsal(String),
    #[error(
        "The ledger can't be reached, so that no budget could hold: nothing was forwarded. Try again in a moment."
    )]
    LedgerUnavailable,
    #[error("This server is about to stop. Try again in a moment.")]
    ShuttingDown,
    #[error(
        "The provider does not accept this installation's key for it: whoever runs this installation must renew it."
    )]
    UpstreamDenied,
    #[error("The provider could not be reached: nothing was forwarded.")]
    UpstreamRefused,
    #[error("The provider broke the connection before its answer was complete.")]
    UpstreamLost,
    #[error("The provider did not answer in time.")]
    UpstreamTimeout,
    #[error("The provider's answer could not be understood.")]
    UpstreamGarbage,
    /// An error status whose body was not JSON.
    #[error("The provider answered with status {0}.")]
    UpstreamStatus(StatusCode),
}

/// What a key has no right to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lacking {
    /// To this endpoint.
    Permission(Endpoint),
    /// To any request, because its owner has none.
    Owner,
    /// To any request, because it is personal.
    ServiceKeysOnly,
    /// To any request, because it is personal and may live longer than so many days.
    Outlives(u16),
    /// To any request, because an owner of the organization said so.
    Blocked,
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permission(endpoint) => write!(
                f,
                "This API key's permissions do not include {} ({}). Who may edit the key adds it, or use another key.",
                endpoint.path(),
                endpoint.label()
            ),
            Self::Owner => f.write_str(
                "The owner of this API key may not send requests in its project (any more). Ask an owner of the project.",
            ),
            Self::ServiceKeysOnly => f.write_str(
                "This organization takes no personal keys, only keys of service accounts. Ask an owner of the organization.",
            ),
            Self::Outlives(days) => write!(
                f,
                "This organization's keys must expire within {days} days of being made, and this personal key lives longer. Make one that expires within {days} days."
            ),
            Self::Blocked => f.write_str(
                "An owner of this organization refused this personal key: it sends no requests here.",
            ),
        }
    }
}

/// Longer than anybody waits in the middle of a request, in seconds: as long as OpenAI's client for
/// Python does.
const LONG: u32 = 120;

/// Whether trying again can help.
#[derive(Debug, Clone, Copy)]
enum Retry {
    /// Not before a person did something: `x-should-retry: false`, or OpenAI's clients try again.
    Never,
    /// After some seconds.
    After(u32),
    /// The client knows as much.
    Unsaid,
}

impl Error {
    /// A parameter that must be there and is not.
    pub(crate) const fn missing(param: &'static str) -> Self {
        Self::Missing(param)
    }

    const fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::KeyMissing | Self::KeyInvalid(_) | Self::AdminKey => {
                (StatusCode::UNAUTHORIZED, "invalid_api_key")
            }
            Self::MismatchedOrganization => (StatusCode::UNAUTHORIZED, "mismatched_organization"),
            Self::MismatchedProject | Self::ProjectRequired => {
                (StatusCode::UNAUTHORIZED, "mismatched_project")
            }
            Self::OrganizationRequired => (StatusCode::UNAUTHORIZED, "organization_required"),
            Self::RepeatedHeader(_) => (StatusCode::BAD_REQUEST, "repeated_header"),
            Self::OrganizationSuspended | Self::OrganizationClosed => {
                (StatusCode::FORBIDDEN, "organization_suspended")
            }
            Self::ProjectArchived => (StatusCode::FORBIDDEN, "project_archived"),
            Self::KeyPaused => (StatusCode::FORBIDDEN, "key_paused"),
            Self::Lacks(_) => (StatusCode::FORBIDDEN, "insufficient_permissions"),
            Self::ModelNotAllowed { .. } | Self::Rehearsal(_) => {
                (StatusCode::FORBIDDEN, "model_not_allowed")
            }
            Self::ModelNotPriced(_) | Self::SoundNotPriced(_) => {
                (StatusCode::FORBIDDEN, "model_not_priced")
            }
            Self::BillingNotActive(_) => (StatusCode::TOO_MANY_REQUESTS, "billing_not_active"),
            Self::ModelUnknown(_) | Self::ModelNotServed(_) => {
                (StatusCode::NOT_FOUND, "model_not_found")
            }
            Self::NotJson(_) => (StatusCode::BAD_REQUEST, "invalid_json"),
            Self::Missing(_) => (StatusCode::BAD_REQUEST, "missing_required_parameter"),
            Self::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid_value"),
            Self::InvalidTags(_) => (StatusCode::BAD_REQUEST, "invalid_tags"),
            Self::BodyCut | Self::BodySlow => (StatusCode::BAD_REQUEST, "incomplete_body"),
            Self::BodyTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "request_too_large"),
            Self::NotJsonType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::UnknownUrl(..) => (StatusCode::NOT_FOUND, "unknown_url"),
            Self::MethodNotAllowed(..) => (StatusCode::METHOD_NOT_ALLOWED, "method_not_supported"),
            Self::TooOften(_) | Self::TooFast(_) => {
                (StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded")
            }
            Self::TooManyRunning(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_in_flight"),
            Self::TooExpensive { .. } => (StatusCode::FORBIDDEN, "request_too_expensive"),
            Self::ReportUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "service_unavailable"),
            Self::Refused(refused) => (StatusCode::TOO_MANY_REQUESTS, refused.code()),
            Self::LedgerUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "ledger_unavailable"),
            Self::ShuttingDown => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"),
            Self::UpstreamDenied
            | Self::UpstreamRefused
            | Self::UpstreamLost
            | Self::UpstreamGarbage => (StatusCode::BAD_GATEWAY, "upstream_error"),
            Self::UpstreamTimeout => (StatusCode::GATEWAY_TIMEOUT, "upstream_error"),
            Self::UpstreamStatus(status) => (*status, "upstream_error"),
        }
    }

    /// What OpenAI's clients call the type.
    fn kind(&self) -> &'static str {
        match self {
            Self::Refused(_) => "insufficient_quota",
            Self::BillingNotActive(_) => "billing_not_active",
            Self::TooOften(_) | Self::TooManyRunning(_) => "requests",
            Self::TooFast(refused) => refused.limit.pace.unit(),
            Self::LedgerUnavailable | Self::ReportUnavailable | Self::ShuttingDown => {
                "server_error"
            }
            _ if self.is_upstream() => "upstream_error",
            _ => "invalid_request_error",
        }
    }

    fn is_upstream(&self) -> bool {
        self.status_and_code().1 == "upstream_error"
    }

    /// Whether a limit refused the request, of which a receipt tells.
    pub(crate) const fn has_receipt(&self) -> bool {
        matches!(
            self,
            Self::Refused(_)
                | Self::TooFast(_)
                | Self::TooManyRunning(_)
                | Self::TooExpensive { .. }
        )
    }

    const fn param(&self) -> Option<&'static str> {
        match self {
            Self::ModelUnknown(_)
            | Self::ModelNotServed(_)
            | Self::ModelNotPriced(_)
            | Self::SoundNotPriced(_)
            | Self::ModelNotAllowed { .. }
            | Self::Rehearsal(_) => Some("model"),
            Self::RepeatedHeader(param) | Self::Missing(param) | Self::Invalid { param, .. } => {
                Some(*param)
            }
            _ => None,
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::LedgerUnavailable | Self::ReportUnavailable | Self::ShuttingDown => {
                Retry::After(1)
            }
            Self::TooOften(wait) => {
                Retry::After(u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX))
            }
            Self::Refused(refused) if refused.may_wait => Retry::After(1),
            Self::TooManyRunning(_) => Retry::After(1),
            // More than the limit itself never fits.
            Self::TooFast(refused) if refused.limit.wanted <= refused.limit.limit => {
                Retry::After(refused.retry_after())
            }
            _ if self.is_upstream() => Retry::Unsaid,
            _ => Retry::Never,
        }
    }

    /// The body, which is also what a stream that began well ends with.
    pub(crate) fn body(&self) -> String {
        let body = Body {
            error: Detail {
                message: self.to_string(),
                kind: self.kind(),
                param: self.param(),
                code: self.status_and_code().1,
                limit: match self {
                    Self::Refused(refused) => Some(refused.fields()),
                    _ => None,
                },
            },
        };
        // Texts and numbers always serialize.
        serde_json::to_string(&body).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: Detail<'a>,
}

#[derive(Serialize)]
struct Detail<'a> {
    message: String,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<crate::refusal::Fields>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, _) = self.status_and_code();
        let mut response = (status, self.body()).into_response();
        let head = response.headers_mut();
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self.retry() {
            Retry::Never => {
                drop(head.insert(headers::SHOULD_RETRY, HeaderValue::from_static("false")));
            }
            Retry::After(seconds) => {
                head.insert(header::RETRY_AFTER, seconds.into());
                // OpenAI's client for JavaScript waits as long as it is told, for hours if need be,
                // and its caller with it.
                if seconds > LONG {
                    head.insert(headers::SHOULD_RETRY, HeaderValue::from_static("false"));
                }
            }
            Retry::Unsaid => {}
        }
        if let Self::TooFast(refused) = &self {
            refused.set(head);
        }
        if status == StatusCode::UNAUTHORIZED {
            head.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use http_body_util::BodyExt as _;
    use ledger::Pace;

    use super::*;
    use crate::pace;

    async fn shown(error: Error) -> String {
        let (head, body) = error.into_response().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let mut lines = vec![head.status.to_string()];
        for name in ["x-should-retry", "retry-after", "www-authenticate"] {
            if let Some(value) = head.headers.get(name) {
                lines.push(format!("{name}: {}", value.to_str().unwrap()));
            }
        }
        lines.push(String::from_utf8(body.to_vec()).unwrap());
        lines.join("\n")
    }

    #[tokio::test]
    #[expect(clippy::too_many_lines, reason = "a table of all errors")]
    async fn every_error_has_its_form() {
        let uri = || Uri::from_static("/v1/nowhere");
        let mut all = Vec::new();
        for error in [
            Error::KeyMissing,
            Error::KeyInvalid("sk-exq-…abcd".to_owned()),
            Error::AdminKey,
            Error::MismatchedOrganization,
            Error::MismatchedProject,
            Error::OrganizationRequired,
            Error::ProjectRequired,
            Error::RepeatedHeader("OpenAI-Project"),
            Error::OrganizationSuspended,
            Error::OrganizationClosed,
            Error::ProjectArchived,
            Error::KeyPaused,
            Error::Lacks(Lacking::Permission(Endpoint::Chat)),
            Error::Lacks(Lacking::Owner),
            Error::Lacks(Lacking::ServiceKeysOnly),
            Error::Lacks(Lacking::Outlives(90)),
            Error::Lacks(Lacking::Blocked),
            Error::ModelNotAllowed { model: "gpt-4o".to_owned(), project: "Search".to_owned() },
            Error::BillingNotActive("http://localhost:3000/billing".to_owned()),
            Error::ModelUnknown("gpt-0".to_owned()),
            Error::ModelNotServed("gpt-4o".to_owned()),
            Error::ModelNotPriced("gpt-0".to_owned()),
            Error::SoundNotPriced("gpt-4o".to_owned()),
            Error::NotJson("expected an object".to_owned()),
            Error::missing("model"),
            Error::Invalid { param: "n", wanted: "a whole number from 1 to 128".to_owned() },
            Error::InvalidTags(TagError::TooMany),
            Error::BodyCut,
            Error::BodySlow,
            Error::UpstreamDenied,
            Error::BodyTooLarge("16 MiB"),
            Error::NotJsonType,
            Error::TooOften(Duration::from_millis(59_001)),
            Error::ReportUnavailable,
            Error::UnknownUrl(Method::POST, uri()),
            Error::MethodNotAllowed(Method::GET, uri()),
            Error::Refused(Box::new(crate::refusal::tests::example(false))),
            Error::Refused(Box::new(crate::refusal::tests::example(true))),
            Error::TooFast(Box::new(pace::tests::too_fast(Pace::RequestsPerMinute, 1))),
            Error::TooFast(Box::new(pace::tests::too_fast(Pace::TokensPerMinute, 61))),
            Error::TooManyRunning(Box::new(pace::tests::too_many())),
            Error::TooExpensive {
                bound: Usd::from_dollars(2),
                most: Usd::from_dollars(1),
                receipt_url: "http://localhost:3000/receipts/rcpt_1".to_owned(),
            },
            Error::Rehearsal("Rehearsal".to_owned()),
            Error::LedgerUnavailable,
            Error::ShuttingDown,
            Error::UpstreamRefused,
            Error::UpstreamLost,
            Error::UpstreamTimeout,
            Error::UpstreamGarbage,
            Error::UpstreamStatus(StatusCode::IM_A_TEAPOT),
        ] {
            all.push(shown(error).await);
        }
        insta::assert_snapshot!(all.join("\n\n"));
    }

    #[tokio::test]
    async fn no_client_is_told_to_wait_for_hours() {
        for (minutes, tries_again) in [(2, true), (180, false)] {
            let mut refused = pace::tests::too_fast(Pace::RequestsPerDay, 1);
            refused.limit.resets_at = refused.limit.at + TimeDelta::minutes(minutes);
            let shown = shown(Error::TooFast(Box::new(refused))).await;
            assert!(shown.contains(&format!("retry-after: {}", minutes * 60)), "{shown}");
            assert_eq!(!shown.contains("x-should-retry: false"), tries_again, "{shown}");
        }
    }
}
