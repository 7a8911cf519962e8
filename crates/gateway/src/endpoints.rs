//! The addresses, and what a request finds at each.

use axum::{
    Extension, Json, Router,
    extract::{OriginalUri, RawPathParams, Request, State, rejection::RawPathParamsRejection},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use domain::{EventId, Price};
use http::{HeaderMap, HeaderValue, Method};
use serde::Serialize;

use crate::{
    asker::Asker,
    authenticate,
    error::Error,
    forward::{Endpoint, forward},
    gateway::Gateway,
    headers, models, report,
};

/// All of `/v1`; to be nested there.
pub fn router(gateway: Gateway) -> Router {
    Router::new()
        .route(Endpoint::ChatCompletions.path(), post(chat_completions))
        .route(Endpoint::Embeddings.path(), post(embeddings))
        .route("/keys/report", post(report::report))
        .route("/models", get(list_models))
        .route("/models/{*model}", get(show_model))
        .fallback(unknown_url)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(gateway.clone(), receive))
        .with_state(gateway)
}

impl Gateway {
    /// Answers a request that is to be forwarded; any other is given back, for [`router`]. Nearly all are
    /// to be forwarded, and a router with all its layers takes a tenth of what one costs.
    pub async fn forward(&self, request: Request) -> Result<Response, Request> {
        let path = request.uri().path().strip_prefix("/v1");
        let Some(endpoint) =
            path.and_then(Endpoint::at).filter(|_| request.method() == Method::POST)
        else {
            return Err(request);
        };
        let id = EventId::generate();
        if self.is_shutting_down() {
            return Ok(identified(Error::ShuttingDown.into_response(), id));
        }
        Ok(identified(
            forward(self.clone(), Asker::Program, endpoint, id, request).await.into_response(),
            id,
        ))
    }
}

/// Gives each request its id, which its usage event will have, and takes none when the program stops.
async fn receive(State(gateway): State<Gateway>, mut request: Request, next: Next) -> Response {
    let id = EventId::generate();
    if gateway.is_shutting_down() {
        return identified(Error::ShuttingDown.into_response(), id);
    }
    request.extensions_mut().insert(id);
    identified(next.run(request).await, id)
}

/// With the request's id in its head.
pub(crate) fn identified(mut response: Response, id: EventId) -> Response {
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(headers::REQUEST_ID, id);
    }
    response
}

async fn chat_completions(
    State(gateway): State<Gateway>,
    Extension(id): Extension<EventId>,
    request: Request,
) -> Result<Response, Error> {
    forward(gateway, Asker::Program, Endpoint::ChatCompletions, id, request).await
}

async fn embeddings(
    State(gateway): State<Gateway>,
    Extension(id): Extension<EventId>,
    request: Request,
) -> Result<Response, Error> {
    forward(gateway, Asker::Program, Endpoint::Embeddings, id, request).await
}

#[derive(Serialize)]
struct Model {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: String,
}

impl Model {
    fn new(name: &str, price: Option<&Price>) -> Self {
        Self {
            id: name.to_owned(),
            object: "model",
            created: 0,
            owned_by: price.map_or_else(|| "unknown".to_owned(), |price| price.provider.clone()),
        }
    }
}

#[derive(Serialize)]
struct Models {
    object: &'static str,
    data: Vec<Model>,
}

/// The models that have a price, that somebody serves, and that the key's project may ask.
async fn list_models(
    State(gateway): State<Gateway>,
    head: HeaderMap,
) -> Result<Json<Models>, Error> {
    let key = authenticate::caller(&gateway, domain::Endpoint::Models, &head).await?;
    let served = gateway.models().served(key.org, gateway.serving())?;
    let allowed = served.iter().filter(|price| models::allowed(&key, &price.model).is_ok());
    let data = allowed.map(|price| Model::new(&price.model, Some(price))).collect();
    Ok(Json(Models { object: "list", data }))
}

async fn show_model(
    State(gateway): State<Gateway>,
    model: Result<RawPathParams, RawPathParamsRejection>,
    head: HeaderMap,
) -> Result<Json<Model>, Error> {
    let key = authenticate::caller(&gateway, domain::Endpoint::Models, &head).await?;
    // What is not even text is no model's name.
    let unknown = || Error::ModelUnknown("\u{fffd}".to_owned());
    let params = model.map_err(|_| unknown())?;
    let (_, model) = params.iter().next().ok_or_else(unknown)?;
    models::allowed(&key, model)?;
    let route = gateway.models().route(&key, model, gateway.serving())?;
    Ok(Json(Model::new(model, route.price.as_deref())))
}

async fn unknown_url(method: Method, OriginalUri(uri): OriginalUri) -> Error {
    Error::UnknownUrl(method, uri)
}

async fn method_not_allowed(method: Method, OriginalUri(uri): OriginalUri) -> Error {
    Error::MethodNotAllowed(method, uri)
}
