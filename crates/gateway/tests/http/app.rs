//! A gateway on a port of its own.

use std::{sync::Arc, time::Duration};

use axum::Router;
use bytes::Bytes;
use domain::{BodyPart, EventId, OrgId};
use gateway::{Gateway, Setup, Upstream};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use secrecy::{SecretBox, SecretString};
use store::Store;
use testkit::{Database, PEPPER, Tenant, provider::Provider};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What the provider sells: $1 in, $0.10 cached, $4 out per million, 1,000 tokens of context, 100 out.
pub(crate) const MODEL: &str = "model-x";

pub(crate) struct App {
    pub(crate) database: Database,
    pub(crate) tenant: Tenant,
    pub(crate) provider: Provider,
    pub(crate) shutdown: CancellationToken,
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A reply, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the body came to its end.
    pub(crate) whole: bool,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and code of an error.
    pub(crate) fn error(&self) -> (u16, String) {
        let code = self.json()["error"]["code"].as_str().unwrap_or("null").to_owned();
        (self.status.as_u16(), code)
    }
}

impl App {
    pub(crate) async fn new() -> Self {
        let provider = Provider::start().await.unwrap();
        let url = provider.url();
        Self::with_upstream(provider, &url, Duration::from_secs(5)).await
    }

    pub(crate) async fn with_upstream(provider: Provider, url: &str, timeout: Duration) -> Self {
        let database = Database::new().await;
        let tenant = Tenant::new(&database, "acme").await;
        database
            .tamper(
                "INSERT INTO prices (id, provider, model, effective_from, source, rates,
                     context_tokens, max_output_tokens)
                 VALUES (gen_random_uuid(), 'openai', 'model-x', '2020-01-01', 'test',
                     '[{\"tier\":\"default\",\"from\":0,\"input\":\"1\",\"cached\":\"0.1\",\"output\":\"4\"},
                       {\"tier\":\"flex\",\"from\":0,\"input\":\"0.5\",\"output\":\"2\"}]', 1000, 100)",
            )
            .await;
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let store = database.store.clone();
        let base = serve(store, url, timeout, &tasks, &shutdown).await;
        let client = Client::builder(TokioExecutor::new()).build_http();
        let app = Self { database, tenant, provider, shutdown, base, client };
        app.is_ready().await;
        app
    }

    /// The same installation as another node sees it.
    pub(crate) async fn second_node(&self) -> Node {
        let (tasks, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let store = self.database.another().await;
        let timeout = Duration::from_secs(5);
        let base = serve(store, &self.provider.url(), timeout, &tasks, &shutdown).await;
        Node { base, shutdown }
    }

    async fn is_ready(&self) {
        let is_ready = async || {
            while self.send(self.request(Method::GET, "/models")).await.status != StatusCode::OK {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), is_ready()).await.unwrap();
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("authorization", format!("Bearer {}", self.tenant.secret))
    }

    pub(crate) fn post(&self, path: &str) -> http::request::Builder {
        self.request(Method::POST, path).header("content-type", "application/json")
    }

    /// Sends a request without a body and reads the reply.
    pub(crate) async fn send(&self, request: http::request::Builder) -> Reply {
        self.ask(request, "").await
    }

    /// Sends a request and reads the reply to its end.
    pub(crate) async fn ask(
        &self,
        request: http::request::Builder,
        body: impl Into<Bytes>,
    ) -> Reply {
        let (head, mut body) = self.begin(request, body).await.into_parts();
        let mut read = Vec::new();
        let whole = loop {
            match body.frame().await {
                Some(Ok(frame)) => read.extend_from_slice(&frame.into_data().unwrap()),
                Some(Err(_)) => break false,
                None => break true,
            }
        };
        Reply { status: head.status, headers: head.headers, body: read.into(), whole }
    }

    /// Sends a request; the body is the caller's to read.
    pub(crate) async fn begin(
        &self,
        request: http::request::Builder,
        body: impl Into<Bytes>,
    ) -> http::Response<hyper::body::Incoming> {
        self.client.request(request.body(Full::new(body.into())).unwrap()).await.unwrap()
    }

    /// A chat with [`MODEL`].
    pub(crate) async fn chat(&self, fields: &str) -> Reply {
        self.ask(self.post("/chat/completions"), chat(MODEL, fields)).await
    }

    /// A chat with a model of the sandbox.
    pub(crate) async fn sandbox(&self, model: &str, fields: &str, steering: &str) -> Reply {
        let request = self.post("/chat/completions").header("x-exchequer-sandbox", steering);
        self.ask(request, chat(model, fields)).await
    }

    /// All events: outcome, status, tokens by class, charge.
    pub(crate) async fn events(&self) -> String {
        self.database
            .look(
                "SELECT string_agg(concat_ws(' ', outcome, status, input, cached, output, trim_scale(charge)), '; ' ORDER BY id)
                 FROM events",
            )
            .await
    }

    /// Waits until there are events that are `expected`.
    pub(crate) async fn books(&self, expected: &str) {
        for _ in 0..200 {
            if self.events().await == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.events().await, expected);
    }

    /// Nothing is held, and nothing was booked.
    pub(crate) async fn books_nothing(&self) {
        for _ in 0..200 {
            if self.database.look("SELECT count(*) FROM intents").await == "0" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let held = "SELECT (SELECT count(*) FROM intents) + (SELECT count(*) FROM events)
            + (SELECT count(*) FROM counters WHERE held <> 0 OR spent <> 0)";
        assert_eq!(self.database.look(held).await, "0");
    }
}

/// Another node; it stops when it is dropped.
pub(crate) struct Node {
    pub(crate) base: String,
    shutdown: CancellationToken,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// No seal at all, but whose text it is.
#[expect(clippy::unnecessary_wraps, reason = "a real one may fail")]
fn marked((org, id, part): (OrgId, EventId, BodyPart), plain: &[u8]) -> Option<Vec<u8>> {
    let mark = format!("{} {} {} ", org.uuid(), id.uuid(), part.as_str());
    Some([mark.as_bytes(), plain].concat())
}

/// A gateway on a port of its own; its address.
async fn serve(
    store: Store,
    upstream: &str,
    timeout: Duration,
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
) -> String {
    let ledger = ledger::Node::start(Arc::new(store.book()), tasks, shutdown.clone());
    let gateway = Gateway::new(Setup {
        ledger: ledger.await.unwrap(),
        store,
        peppers: vec![SecretBox::new(Box::new(PEPPER))],
        fingerprint_key: SecretBox::new(Box::new(PEPPER)),
        seal: Arc::new(marked),
        upstream: Some(Upstream {
            base_url: upstream.parse().unwrap(),
            key: SecretString::from("sk-upstream"),
            timeout,
        }),
        sandbox: true,
        public_url: "http://exchequer.test/".to_owned(),
        tasks: tasks.clone(),
        shutdown: shutdown.clone(),
    })
    .unwrap();
    gateway.start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = Router::new().nest("/v1", gateway::router(gateway));
    tasks.spawn(async move { axum::serve(listener, router).await });
    base
}

/// A chat's body.
pub(crate) fn chat(model: &str, fields: &str) -> String {
    format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"hello"}}]{fields}}}"#)
}
