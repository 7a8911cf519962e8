//! Which headers pass, in which direction.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What the request may cost at most, on every reply of an admitted request.
pub(crate) const RESERVED: HeaderName = HeaderName::from_static("x-exchequer-reserved");
/// What it cost, on JSON replies.
pub(crate) const CHARGE: HeaderName = HeaderName::from_static("x-exchequer-charge");
/// What is left of the tightest budget of the key or its project, in dollars.
pub(crate) const BUDGET_REMAINING: HeaderName =
    HeaderName::from_static("x-exchequer-budget-remaining");
/// When that budget's window ends.
pub(crate) const BUDGET_RESET: HeaderName = HeaderName::from_static("x-exchequer-budget-reset");
/// Steers the sandbox provider.
pub(crate) const SANDBOX: HeaderName = HeaderName::from_static("x-exchequer-sandbox");
/// What a client says about a request.
pub(crate) const TAGS: HeaderName = HeaderName::from_static("x-exchequer-tags");
/// Our id of the request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The provider's id of the request.
pub(crate) const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");
/// OpenAI's clients obey it.
pub(crate) const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// Whom the client thinks is billed.
pub(crate) const ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
/// In which project.
pub(crate) const PROJECT: HeaderName = HeaderName::from_static("openai-project");

const OURS: &str = "x-exchequer-";
const FORWARDED: &str = "x-forwarded-";

/// They concern one connection, not the request (RFC 9110, 7.6.1).
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The client's that are not for the provider: whom we bill and where the client sits is ours, and
/// cookies belong to the dashboard.
const NOT_UP: [&str; 15] = [
    // What else clients call their key, and what one account at the provider shares.
    "api-key",
    "idempotency-key",
    "x-api-key",
    "x-goog-api-key",
    "accept-encoding",
    "authorization",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "openai-organization",
    "openai-project",
    "via",
    "x-real-ip",
];

/// The provider's that are not for the client: they speak of the provider's host, of the account
/// there, or of the body's length, which is told anew.
const NOT_DOWN: [&str; 7] = [
    "alt-svc",
    "content-length",
    "openai-organization",
    "openai-project",
    "set-cookie",
    "strict-transport-security",
    "x-request-id",
];
/// Limits of the account at the provider, which all organizations share.
const LIMITS: &str = "x-ratelimit-";

/// The headers that go to the provider, with the key that it knows.
pub(crate) fn upward(client: &HeaderMap, authorization: Option<HeaderValue>) -> HeaderMap {
    let mut sent = kept(client, |name| {
        !NOT_UP.contains(&name) && !name.starts_with(OURS) && !name.starts_with(FORWARDED)
    });
    // A compressed answer would have to be unpacked for its usage.
    sent.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(authorization) = authorization {
        sent.insert(header::AUTHORIZATION, authorization);
    }
    sent
}

/// The headers that go to the client.
pub(crate) fn downward(provider: &HeaderMap) -> HeaderMap {
    let mut sent = kept(provider, |name| {
        !NOT_DOWN.contains(&name) && !name.starts_with(OURS) && !name.starts_with(LIMITS)
    });
    if let Some(id) = provider.get(REQUEST_ID) {
        sent.insert(UPSTREAM_REQUEST_ID, id.clone());
    }
    sent
}

fn kept(headers: &HeaderMap, passes: impl Fn(&str) -> bool) -> HeaderMap {
    let named: Vec<&str> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    headers
        .iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            passes(name)
                && !HOP_BY_HOP.contains(&name)
                && !named.iter().any(|hop| hop.eq_ignore_ascii_case(name))
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn sends_up_only_what_is_for_the_provider() {
        let sent = upward(
            &map(&[
                ("authorization", "Bearer sk-exq-x"),
                ("cookie", "a=b"),
                ("host", "gateway"),
                ("connection", "Keep-Alive, X-Hop"),
                ("x-hop", "1"),
                ("transfer-encoding", "chunked"),
                ("te", "trailers"),
                ("accept-encoding", "gzip"),
                ("openai-organization", "org-1"),
                ("x-exchequer-sandbox", "tokens=1"),
                ("x-exchequer-tags", "team=search"),
                ("x-forwarded-for", "10.0.0.1"),
                ("content-type", "application/json"),
                ("x-stainless-lang", "python"),
                ("idempotency-key", "7"),
                ("api-key", "sk-exq-x"),
                ("x-api-key", "sk-exq-x"),
            ]),
            Some(HeaderValue::from_static("Bearer upstream")),
        );
        assert_eq!(
            sent,
            map(&[
                ("content-type", "application/json"),
                ("x-stainless-lang", "python"),
                ("accept-encoding", "identity"),
                ("authorization", "Bearer upstream"),
            ])
        );
        assert!(
            !upward(&map(&[("authorization", "Bearer mine")]), None).contains_key("authorization")
        );
    }

    #[test]
    fn hands_down_all_but_what_concerns_the_connection() {
        let mut provider = map(&[
            ("x-request-id", "up-1"),
            ("connection", "close, x-named"),
            ("x-named", "1"),
            ("content-length", "5"),
            ("content-type", "application/json"),
            ("x-exchequer-charge", "0.00"),
            ("set-cookie", "a=b"),
            ("openai-organization", "vendors"),
            ("x-ratelimit-limit-requests", "5"),
            ("openai-processing-ms", "7"),
        ]);
        provider.append("x-twice", HeaderValue::from_static("1"));
        provider.append("x-twice", HeaderValue::from_static("2"));
        let mut expected = map(&[
            ("x-upstream-request-id", "up-1"),
            ("content-type", "application/json"),
            ("openai-processing-ms", "7"),
        ]);
        expected.append("x-twice", HeaderValue::from_static("1"));
        expected.append("x-twice", HeaderValue::from_static("2"));
        assert_eq!(downward(&provider), expected);
    }
}
