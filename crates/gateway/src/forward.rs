//! The way of a request: authenticate, resolve, bound, reserve; then forward and settle in a task of
//! its own, which runs to its end though the client hangs up.

use axum::{extract::Request, response::Response};
use domain::{EventId, ReceiptId};
use http::{HeaderMap, header};
use ledger::{Limit, Realm, Refusal, Reservation};
use store::system::{KeyState, RefusedOf, receipts::Cause};
use tokio::sync::oneshot;

use crate::{
    ask::Ask,
    asker::Asker,
    body,
    booking::Booking,
    bound::Bound,
    connection,
    error::Error,
    exchange::{Exchange, Provider},
    gateway::Gateway,
    headers,
    models::{self, Route},
    pace::{TooFast, TooManyRunning},
    refusal::Refused,
    sandbox::Steering,
    tags,
    telling::Telling,
};

/// The largest body of a request.
const LARGEST: usize = 16 * 1024 * 1024;

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    ChatCompletions,
    Embeddings,
}

impl Endpoint {
    /// What follows `/v1`.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/chat/completions",
            Self::Embeddings => "/embeddings",
        }
    }

    /// By what follows `/v1`.
    pub(crate) fn at(path: &str) -> Option<Self> {
        [Self::ChatCompletions, Self::Embeddings].into_iter().find(|one| one.path() == path)
    }

    /// What a key must be allowed.
    const fn permission(self) -> domain::Endpoint {
        match self {
            Self::ChatCompletions => domain::Endpoint::Chat,
            Self::Embeddings => domain::Endpoint::Embeddings,
        }
    }

    fn read(self, body: &[u8]) -> Result<Ask<'_>, Error> {
        match self {
            Self::ChatCompletions => Ask::chat(body),
            Self::Embeddings => Ask::embedding(body),
        }
    }
}

/// Forwards a request, if it may be.
pub(crate) async fn forward(
    gateway: Gateway,
    asker: Asker,
    endpoint: Endpoint,
    id: EventId,
    request: Request,
) -> Result<Response, Error> {
    let mut telling = Telling::of(endpoint.path());
    let (head, body) = request.into_parts();
    asker.key(&gateway, endpoint.permission(), &head.headers).await?;
    failpoint::at("gateway::key_known");
    if !connection::is_json(&head.headers) || head.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Error::NotJsonType);
    }
    let body = body::read(body, LARGEST, "16 MiB").await?;
    // A body may take its time: what the key may is judged again, now that it counts.
    let key = asker.key(&gateway, endpoint.permission(), &head.headers).await?;
    failpoint::at("gateway::body_read");
    telling.is_read();
    let ask = endpoint.read(&body)?;
    let tags = tags::of(&head.headers, ask.metadata, ask.user)?;
    models::allowed(&key, &ask.model)?;
    let route = gateway.models().route(&key, &ask.model, gateway.serving())?;
    let route = priced(&key, &ask, route)?;
    if key.rehearsal && !route.sandbox {
        return Err(Error::Rehearsal(key.project_name.clone()));
    }
    let provider = provider(&gateway, &route, &ask.model, &head.headers)?;
    let mut size = ask.size;
    if let Provider::Sandbox(steering) = &provider {
        size.at_least(steering.tokens.unwrap_or(0));
    }
    let bound = Bound::new(&size, route.price.as_deref());
    telling.asks(&ask, tags);
    failpoint::at("gateway::reserving");
    let reservation = reserve(&gateway, id, &key, &ask, &route, bound).await?;
    telling.is_admitted();
    failpoint::at("gateway::reserved");
    // It may have waited for what others held: who was refused meanwhile gets nothing forwarded, and
    // the reservation, dropped, is released.
    let now = asker.key(&gateway, endpoint.permission(), &head.headers).await?;
    models::allowed(&now, &ask.model)?;
    if (now.org, now.project) != (key.org, key.project) {
        return Err(Error::OrganizationRequired);
    }

    failpoint::at("gateway::judged_again");
    if key.fingerprints {
        gateway.fingerprint(&key, id, endpoint, body.clone());
    }
    let recording = gateway.bodies().record(&now, id, &body);
    let (asks_for_usage, tier) = (ask.stream_options.asks(), ask.size.tier.unwrap_or_default());
    let exchange = Exchange {
        provider,
        endpoint,
        query: head.uri.query().map(str::to_owned),
        body: if ask.stream { ask.stream_options.asking(&body) } else { body.clone() },
        headers: head.headers,
        hides_usage: ask.stream && !asks_for_usage,
        booking: Booking::new(reservation, route.price, bound, tier, telling),
        whose: (key.org, key.project),
        model: ask.model.into_owned(),
        recording,
        gateway: gateway.clone(),
    };
    let (answer, answered) = oneshot::channel();
    gateway.tasks().spawn(exchange.run(answer));
    // A task that ends without an answer was stopped with the program.
    answered.await.map_err(|_| Error::UpstreamLost)
}

/// Stops a request for a tier that has no price. One for sound without a rate passes or not by the
/// owner's choice, as one for a model without any; what it has rates for is held and charged all the
/// same.
fn priced(key: &KeyState, ask: &Ask<'_>, route: Route) -> Result<Route, Error> {
    let Some(price) = &route.price else { return Ok(route) };
    if ask.size.tier.is_some_and(|tier| !price.has(tier)) {
        return Err(Error::Invalid {
            param: "service_tier",
            wanted: "auto or default: this model has no price for the other tiers".to_owned(),
        });
    }
    if route.sandbox || ask.size.is_priced(price) || key.unpriced {
        Ok(route)
    } else {
        Err(Error::SoundNotPriced(ask.model.clone().into_owned()))
    }
}

fn provider(
    gateway: &Gateway,
    route: &Route,
    model: &str,
    head: &HeaderMap,
) -> Result<Provider, Error> {
    if route.sandbox {
        let words =
            head.get_all(headers::SANDBOX).iter().map(|value| value.to_str().unwrap_or("?"));
        return Ok(Provider::Sandbox(Steering::parse(words)?));
    }
    gateway
        .connection()
        .cloned()
        .map(Provider::Upstream)
        .ok_or_else(|| Error::ModelNotServed(model.to_owned()))
}

/// Reserves, or counts by its model what a limit refused. A model without a price may be a name that somebody
/// made up: it is counted if the project lists its models.
async fn reserve(
    gateway: &Gateway,
    id: EventId,
    key: &KeyState,
    ask: &Ask<'_>,
    route: &Route,
    bound: Bound,
) -> Result<Reservation, Error> {
    let reservation = admit(gateway, id, key, ask, route, bound).await;
    let is_counted = route.price.is_some() || key.models.is_some();
    if let Err(error) = &reservation
        && error.has_receipt()
        && is_counted
    {
        let (org, project, model) = (key.org, key.project, ask.model.clone().into_owned());
        let spent = matches!(error, Error::Refused(_));
        gateway.refused().count(RefusedOf { org, project, model, spent });
    }
    reservation
}

async fn admit(
    gateway: &Gateway,
    id: EventId,
    key: &KeyState,
    ask: &Ask<'_>,
    route: &Route,
    bound: Bound,
) -> Result<Reservation, Error> {
    too_expensive(gateway, id, key, bound)?;
    let request = ledger::Request {
        id,
        org: key.org,
        project: key.project,
        key: key.key,
        member: key.member,
        tracked: key.tracked,
        model: ask.model.clone().into_owned(),
        price: route.price.clone(),
        realm: match (key.rehearsal, route.sandbox) {
            (true, _) => Realm::Rehearsal,
            (false, true) => Realm::Sandbox,
            (false, false) => Realm::Provider,
        },
        streamed: ask.stream,
        bound: bound.amount,
        tokens: bound.tokens,
    };
    let refusal = match gateway.ledger().reserve(request).await {
        Ok(reservation) => {
            for limit in &reservation.standing().observed {
                let (limit, bound) = (limit.clone(), bound.amount);
                gateway.receipts().count(key, Cause::Observed { limit, bound });
            }
            return Ok(reservation);
        }
        Err(refusal) => refusal,
    };
    failpoint::at("gateway::refused");
    let receipt_url = |id| format!("{}/receipts/{id}", gateway.public_url());
    Err(match refusal {
        Refusal::Spent(limit) => refused(gateway, key, limit, bound, false),
        Refusal::Held(limit) => refused(gateway, key, limit, bound, true),
        Refusal::Rate(limit) => {
            gateway.receipts().count(key, Cause::Rate(limit.clone()));
            let receipt_url = receipt_url(limit.receipt);
            Error::TooFast(Box::new(TooFast { limit, receipt_url }))
        }
        Refusal::Running(guard) => {
            gateway.receipts().count(key, Cause::Running(guard.clone()));
            let receipt_url = receipt_url(guard.receipt);
            Error::TooManyRunning(Box::new(TooManyRunning { guard, receipt_url }))
        }
        Refusal::Unavailable => Error::LedgerUnavailable,
        Refusal::Invalid => {
            Error::Invalid { param: "model", wanted: "a text that can be stored".to_owned() }
        }
    })
}

fn refused(gateway: &Gateway, key: &KeyState, limit: Limit, bound: Bound, may_wait: bool) -> Error {
    let bound = bound.amount;
    gateway.receipts().count(key, Cause::Amount { limit: limit.clone(), bound });
    Error::Refused(Box::new(Refused {
        receipt_url: format!("{}/receipts/{}", gateway.public_url(), limit.receipt),
        limit,
        bound,
        may_wait,
    }))
}

/// The key's guard of what one request may cost.
fn too_expensive(
    gateway: &Gateway,
    id: EventId,
    key: &KeyState,
    bound: Bound,
) -> Result<(), Error> {
    let Some(most) = key.max_request.filter(|most| bound.amount > *most) else { return Ok(()) };
    // The time in the request's own id: it names the receipt, and decides nothing.
    let quarter = domain::window::quarter(id.time());
    let receipt = ReceiptId::of(key.key.uuid(), &format!("request {most}"), 0, key.key, quarter);
    let bound = bound.amount;
    gateway.receipts().count(key, Cause::TooExpensive { most, bound, receipt });
    let receipt_url = format!("{}/receipts/{receipt}", gateway.public_url());
    Err(Error::TooExpensive { bound, most, receipt_url })
}
