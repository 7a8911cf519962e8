//! The connection to a provider: where it is, and how a request is sent there.

use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header, uri::PathAndQuery};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{HttpConnector, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use secrecy::{ExposeSecret as _, SecretString};

use crate::headers;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept. Shorter than what common servers keep theirs (5 s): a
/// request on a connection that they just closed would be lost, and be booked as unknown.
const IDLE: Duration = Duration::from_secs(4);

/// The installation's OpenAI-compatible provider.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Like `https://api.openai.com/v1`. Without a path, `/v1` is meant.
    pub base_url: Uri,
    /// Sent as a bearer token; an empty one is not sent.
    pub key: SecretString,
    /// The longest silence: before the answer, and between any two pieces of it.
    pub timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// Not connected: the provider has seen nothing.
    #[error("the provider could not be connected to")]
    NotConnected(#[source] hyper_util::client::legacy::Error),
    /// Sent, at least in part, and the connection broke.
    #[error("the connection to the provider broke")]
    Lost(#[source] hyper_util::client::legacy::Error),
    /// Sent, and no answer came.
    #[error("the provider did not answer in time")]
    TimedOut,
    /// The address and the path make no address.
    #[error("the provider's address is wrong")]
    Address(#[from] http::Error),
}

/// Keeps connections to one provider. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    upstream: Arc<Upstream>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Connection {
    pub(crate) fn new(upstream: Upstream) -> Result<Self, rustls::Error> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        // Before all patience is over, so that "not connected" and "sent, no answer" stay apart.
        http.set_connect_timeout(Some(CONNECT.min(upstream.timeout / 2)));
        http.set_keepalive(Some(Duration::from_secs(30)));
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::aws_lc_rs::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(https);
        Ok(Self { upstream: Arc::new(upstream), client })
    }

    /// The longest silence.
    pub(crate) fn timeout(&self) -> Duration {
        self.upstream.timeout
    }

    /// Sends a request; `path` is what follows `/v1`, with its query. Tells as well when there was a
    /// connection to send it over, a kept or a new one.
    pub(crate) async fn send(
        &self,
        path: &str,
        client: &HeaderMap,
        body: Bytes,
    ) -> (Option<Instant>, Result<Response<Body>, SendError>) {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = match address(&self.upstream.base_url, path) {
            Ok(address) => address,
            Err(error) => return (None, Err(error.into())),
        };
        *request.headers_mut() = headers::upward(client, self.authorization());
        let mut connected = None;
        let answering = self.answer(request, &mut connected);
        let answer = match tokio::time::timeout(self.upstream.timeout, answering).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) if error.is_connect() => Err(SendError::NotConnected(error)),
            Ok(Err(error)) => Err(SendError::Lost(error)),
            Err(_) => Err(SendError::TimedOut),
        };
        (connected, answer)
    }

    async fn answer(
        &self,
        mut request: Request<Full<Bytes>>,
        connected: &mut Option<Instant>,
    ) -> Result<Response<Body>, hyper_util::client::legacy::Error> {
        let mut captured = capture_connection(&mut request);
        let mut answer = pin!(self.client.request(request));
        // The answer is asked for first, for that makes the connection. Without one there is an error,
        // and the other never ends.
        tokio::select! {
            biased;
            early = &mut answer => return early.map(|response| response.map(Body::new)),
            _ = captured.wait_for_connection_metadata() => *connected = Some(Instant::now()),
        }
        answer.await.map(|response| response.map(Body::new))
    }

    fn authorization(&self) -> Option<HeaderValue> {
        let key = self.upstream.key.expose_secret();
        if key.is_empty() {
            return None;
        }
        let mut value = HeaderValue::try_from(format!("Bearer {key}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn address(base: &Uri, path: &str) -> Result<Uri, http::Error> {
    let prefix = match base.path().trim_end_matches('/') {
        "" => "/v1",
        prefix => prefix,
    };
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(format!("{prefix}{path}"))?);
    Ok(Uri::from_parts(parts)?)
}

/// Whether a body says it is JSON.
pub(crate) fn is_json(head: &HeaderMap) -> bool {
    kind(head).is_some_and(|kind| kind == "application/json" || kind.ends_with("+json"))
}

/// Whether a body says it is a stream of events.
pub(crate) fn is_stream(head: &HeaderMap) -> bool {
    kind(head).is_some_and(|kind| kind == "text/event-stream")
}

fn kind(head: &HeaderMap) -> Option<String> {
    let value = head.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let kind = value.split(';').next().unwrap_or_default();
    Some(kind.trim().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_address_and_path() {
        for (base, whole) in [
            ("http://localhost:1", "http://localhost:1/v1/embeddings?a=b"),
            ("http://localhost:1/", "http://localhost:1/v1/embeddings?a=b"),
            ("https://api.openai.com/v1", "https://api.openai.com/v1/embeddings?a=b"),
            ("https://h/openai/v1/", "https://h/openai/v1/embeddings?a=b"),
        ] {
            let address = address(&base.parse().unwrap(), "/embeddings?a=b").unwrap();
            assert_eq!(address.to_string(), whole);
        }
    }
}
