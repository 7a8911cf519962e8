//! All routes and what lies around them.

use admin::Admin;
use app::web::{App, Failure};
use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::IntoResponse,
    routing::get,
};
use gateway::Gateway;
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer, csrf::CsrfLayer, set_header::SetResponseHeaderLayer,
};

use crate::{
    address::{Proxies, client_address},
    assets,
};

/// What `/readyz` asks.
#[derive(Clone)]
struct Health {
    app: App,
    stopping: CancellationToken,
}

/// Pages behind a session, the gateway and the admin API behind their keys, files, and two questions of health.
pub fn router(app: App, gateway: Gateway, proxies: Proxies, stopping: CancellationToken) -> Router {
    let secure = app.public_url.starts_with("https://");
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
                .layer(identity::session_layer(&app.store, &app.public_url)),
        )
        .with_state(app.clone());
    let (store, secrets) = (app.store.clone(), app.secrets.clone());
    let admin = Admin { store, secrets, limits: admin::Limits::default() };
    let health = Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .with_state(Health { app, stopping });
    let mut router = Router::new()
        .merge(health)
        .merge(assets::router())
        .nest("/v1/organization", admin::router(admin))
        .nest("/v1", gateway::router(gateway))
        .merge(pages)
        .layer(from_fn_with_state(proxies, client_address))
        .layer(CatchPanicLayer::new());
    if secure {
        let year = HeaderValue::from_static("max-age=31536000");
        router = router
            .layer(SetResponseHeaderLayer::overriding(header::STRICT_TRANSPORT_SECURITY, year));
    }
    router
}

/// Ready: not stopping, and the database is there with all migrations.
async fn ready(State(health): State<Health>) -> impl IntoResponse {
    if health.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match health.app.store.is_migrated().await {
        Ok(true) => (StatusCode::OK, "ready\n"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the database is older than the program\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database can’t be reached\n"),
    }
}
