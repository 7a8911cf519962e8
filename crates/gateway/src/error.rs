//! Every way in which a request fails, and the one place that turns it into HTTP: OpenAI's form,
//! which its clients understand.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use serde::Serialize;

use crate::{headers, refusal::Refused};

/// What can go wrong with a request. The text of each is what the client reads.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("You didn't provide an API key. Send it as a header: Authorization: Bearer YOUR_KEY")]
    KeyMissing,
    /// Unknown, malformed or revoked: which of them is told to nobody. The key is masked.
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
    #[error("The header {0} was sent more than once.")]
    RepeatedHeader(&'static str),
    #[error("This organization is suspended. Ask who runs this installation of Exchequer.")]
    OrganizationSuspended,
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
    #[error("The body is not the JSON that it should be: {0}")]
    NotJson(String),
    #[error("Missing required parameter: `{0}`.")]
    Missing(&'static str),
    #[error("Invalid value for `{param}`: it should be {wanted}.")]
    Invalid { param: &'static str, wanted: String },
    #[error("The body could not be read to its end.")]
    BodyCut,
    #[error("The body was not sent within a minute.")]
    BodySlow,
    #[error("The body is larger than 16 MiB.")]
    BodyTooLarge,
    #[error(
        "The body must be JSON: send it with Content-Type: application/json and without Content-Encoding."
    )]
    NotJsonType,
    #[error("Unknown request URL: {0} {1}. Please check it for typos.")]
    UnknownUrl(Method, Uri),
    #[error("Not allowed to {0} on {1}.")]
    MethodNotAllowed(Method, Uri),
    #[error("{0}")]
    Refused(Box<Refused>),
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

struct Form {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    param: Option<&'static str>,
    retry: Retry,
}

impl Error {
    /// A parameter that must be there and is not.
    pub(crate) const fn missing(param: &'static str) -> Self {
        Self::Missing(param)
    }

    fn form(&self) -> Form {
        let form = |status, kind, code, retry| Form { status, kind, code, param: None, retry };
        let bad = |status, code| form(status, "invalid_request_error", code, Retry::Never);
        let upstream = |status| form(status, "upstream_error", "upstream_error", Retry::Unsaid);
        let unavailable =
            |code| form(StatusCode::SERVICE_UNAVAILABLE, "server_error", code, Retry::After(1));
        match self {
            Self::KeyMissing | Self::KeyInvalid(_) | Self::AdminKey => {
                bad(StatusCode::UNAUTHORIZED, "invalid_api_key")
            }
            Self::MismatchedOrganization => {
                bad(StatusCode::UNAUTHORIZED, "mismatched_organization")
            }
            Self::MismatchedProject => bad(StatusCode::UNAUTHORIZED, "mismatched_project"),
            Self::RepeatedHeader(name) => {
                Form { param: Some(name), ..bad(StatusCode::BAD_REQUEST, "repeated_header") }
            }
            Self::OrganizationSuspended => bad(StatusCode::FORBIDDEN, "organization_suspended"),
            Self::ProjectArchived => bad(StatusCode::FORBIDDEN, "project_archived"),
            Self::BillingNotActive(_) => form(
                StatusCode::TOO_MANY_REQUESTS,
                "billing_not_active",
                "billing_not_active",
                Retry::Never,
            ),
            Self::ModelUnknown(_) | Self::ModelNotServed(_) => {
                Form { param: Some("model"), ..bad(StatusCode::NOT_FOUND, "model_not_found") }
            }
            Self::ModelNotPriced(_) => {
                Form { param: Some("model"), ..bad(StatusCode::FORBIDDEN, "model_not_priced") }
            }
            Self::NotJson(_) => bad(StatusCode::BAD_REQUEST, "invalid_json"),
            Self::Missing(param) => Form {
                param: Some(param),
                ..bad(StatusCode::BAD_REQUEST, "missing_required_parameter")
            },
            Self::Invalid { param, .. } => {
                Form { param: Some(param), ..bad(StatusCode::BAD_REQUEST, "invalid_value") }
            }
            Self::BodyCut | Self::BodySlow => bad(StatusCode::BAD_REQUEST, "incomplete_body"),
            Self::BodyTooLarge => bad(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large"),
            Self::NotJsonType => bad(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::UnknownUrl(..) => bad(StatusCode::NOT_FOUND, "unknown_url"),
            Self::MethodNotAllowed(..) => {
                bad(StatusCode::METHOD_NOT_ALLOWED, "method_not_supported")
            }
            Self::Refused(refused) => form(
                StatusCode::TOO_MANY_REQUESTS,
                "insufficient_quota",
                refused.code(),
                if refused.may_wait { Retry::After(1) } else { Retry::Never },
            ),
            Self::LedgerUnavailable => unavailable("ledger_unavailable"),
            Self::ShuttingDown => unavailable("shutting_down"),
            Self::UpstreamDenied
            | Self::UpstreamRefused
            | Self::UpstreamLost
            | Self::UpstreamGarbage => upstream(StatusCode::BAD_GATEWAY),
            Self::UpstreamTimeout => upstream(StatusCode::GATEWAY_TIMEOUT),
            Self::UpstreamStatus(status) => upstream(*status),
        }
    }

    /// The body, which is also what a stream that began well ends with.
    pub(crate) fn body(&self) -> String {
        let form = self.form();
        let body = Body {
            error: Detail {
                message: self.to_string(),
                kind: form.kind,
                param: form.param,
                code: form.code,
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
        let form = self.form();
        let mut response = (form.status, self.body()).into_response();
        let head = response.headers_mut();
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Retry::Never = form.retry {
            head.insert(headers::SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        if let Retry::After(seconds) = form.retry {
            head.insert(header::RETRY_AFTER, seconds.into());
        }
        if form.status == StatusCode::UNAUTHORIZED {
            head.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

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
    async fn every_error_has_its_form() {
        let uri = || Uri::from_static("/v1/nowhere");
        let mut all = Vec::new();
        for error in [
            Error::KeyMissing,
            Error::KeyInvalid("sk-exq-…abcd".to_owned()),
            Error::AdminKey,
            Error::MismatchedOrganization,
            Error::MismatchedProject,
            Error::RepeatedHeader("OpenAI-Project"),
            Error::OrganizationSuspended,
            Error::ProjectArchived,
            Error::BillingNotActive("http://localhost:3000/billing".to_owned()),
            Error::ModelUnknown("gpt-0".to_owned()),
            Error::ModelNotServed("gpt-4o".to_owned()),
            Error::ModelNotPriced("gpt-0".to_owned()),
            Error::NotJson("expected an object".to_owned()),
            Error::missing("model"),
            Error::Invalid { param: "n", wanted: "a whole number from 1 to 128".to_owned() },
            Error::BodyCut,
            Error::BodySlow,
            Error::UpstreamDenied,
            Error::BodyTooLarge,
            Error::NotJsonType,
            Error::UnknownUrl(Method::POST, uri()),
            Error::MethodNotAllowed(Method::GET, uri()),
            Error::Refused(Box::new(crate::refusal::tests::example(false))),
            Error::Refused(Box::new(crate::refusal::tests::example(true))),
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
}
