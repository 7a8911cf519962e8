//! All addresses and what lies around them.

use std::panic::AssertUnwindSafe;

use admin::Admin;
use app::web::{App, Failure};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::FutureExt as _;
use gateway::Gateway;
use tokio_util::sync::CancellationToken;
use tower::{ServiceBuilder, ServiceExt as _};
use tower_http::{catch_panic::CatchPanicLayer, csrf::CsrfLayer};

use crate::{
    address::{Proxies, client_address},
    assets,
};

/// What `/readyz` asks.
#[derive(Clone)]
struct Health {
    app: App,
    gateway: Gateway,
    stopping: CancellationToken,
}

/// Everything that answers. Cheap to clone.
#[derive(Clone)]
pub struct Site {
    gateway: Gateway,
    router: Router,
    /// For how long browsers shall ask by TLS alone.
    strict_transport: Option<HeaderValue>,
}

impl Site {
    /// Pages behind a session, the gateway and the admin API behind their keys, files, and two questions
    /// of health.
    pub fn new(app: App, gateway: Gateway, proxies: Proxies, stopping: CancellationToken) -> Self {
        let secure = app.public_url.starts_with("https://");
        Self {
            strict_transport: secure.then(|| HeaderValue::from_static("max-age=31536000")),
            router: router(app, gateway.clone(), proxies, stopping),
            gateway,
        }
    }

    /// Answers a request: one that is to be forwarded by the shortest way.
    pub async fn answer(self, request: Request) -> Response {
        let forwarded = AssertUnwindSafe(self.gateway.forward(request)).catch_unwind().await;
        let mut response = match forwarded {
            Ok(Ok(response)) => response,
            Ok(Err(request)) => match self.router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
        if let Some(year) = self.strict_transport {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
        response
    }
}

fn router(app: App, gateway: Gateway, proxies: Proxies, stopping: CancellationToken) -> Router {
    // Behind a proxy the host that the browser names is the public one.
    let csrf = CsrfLayer::new();
    let csrf = csrf.clone().add_trusted_origin(&app.public_url).unwrap_or(csrf);
    let csrf = csrf.with_rejection_response(|_| Failure::OtherSite.into_response());
    let pages = app::pages::router()
        .layer(
            ServiceBuilder::new()
                // Outermost: whatever fails below is a page.
                .layer(from_fn_with_state(app.clone(), app::web::show_failures))
                .layer(CatchPanicLayer::custom(|_| Failure::Internal.into_response()))
                // Another site's page must not act for the person: by Sec-Fetch-Site, else Origin.
                .layer(csrf)
                .layer(identity::session_layer(&app.store, &app.public_url))
                .layer(from_fn_with_state(app.clone(), app::web::name_owners)),
        )
        .with_state(app.clone());
    let (store, secrets) = (app.store.clone(), app.secrets.clone());
    let admin = Admin { store, secrets, limits: admin::Limits::default() };
    let health = Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(Health { app, gateway: gateway.clone(), stopping });
    Router::new()
        .merge(health)
        .merge(assets::router())
        .nest("/v1/organization", admin::router(admin))
        .nest("/v1", gateway::router(gateway))
        .merge(pages)
        .layer(from_fn_with_state(proxies, client_address))
        .layer(CatchPanicLayer::new())
}

/// Ready: not stopping, the database is there with all migrations, and the gateway has heard from it.
async fn ready(State(health): State<Health>) -> impl IntoResponse {
    if health.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match health.app.store.is_migrated().await {
        Ok(true) if !health.gateway.is_ready() => {
            (StatusCode::SERVICE_UNAVAILABLE, "keys and prices are not read yet\n")
        }
        Ok(true) => (StatusCode::OK, "ready\n"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the database is older than the program\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database can’t be reached\n"),
    }
}
