//! An admitted request and the provider's answer to it.
//!
//! What is booked:
//! - no connection, or an error status: nothing, the reservation is released;
//! - sent and no whole answer: the bound, as unknown; the client gets 502, or 504 after a silence;
//! - an answer with its usage: that usage;
//! - an answer without a usage that can be true: what was seen, estimated;
//! - a stream that ended before its usage: its output at the bound, estimated;
//! - an answer that is not JSON: the same, and the client gets 502, since it could not read it.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use domain::{OrgId, ProjectId, ProviderError};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use ledger::Standing;
use store::system::ErrorOf;
use tokio::{sync::oneshot, task::spawn_blocking};

use crate::{
    bodies::Recording,
    booking::Booking,
    connection::{self, Connection, SendError},
    error::Error,
    forward::Endpoint,
    gateway::Gateway,
    headers,
    meter::{self, Shown},
    pace,
    relay::Relay,
    sandbox::{self, Steering},
    tap::Packing,
    whole,
};

/// The sandbox needs no more patience than its longest pause.
const SANDBOX_SILENCE: Duration = Duration::from_secs(700);

/// Answers above so many bytes are not read on the threads that serve everybody.
const LARGE: usize = 256 * 1024;

/// Who answers.
pub(crate) enum Provider {
    Sandbox(Steering),
    Upstream(Connection),
}

impl Provider {
    fn silence(&self) -> Duration {
        match self {
            Self::Sandbox(_) => SANDBOX_SILENCE,
            Self::Upstream(connection) => connection.timeout(),
        }
    }
}

/// An admitted request.
pub(crate) struct Exchange {
    pub(crate) provider: Provider,
    pub(crate) endpoint: Endpoint,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    /// As it is sent.
    pub(crate) body: Bytes,
    /// The client did not ask for the usage of its stream.
    pub(crate) hides_usage: bool,
    pub(crate) booking: Booking,
    pub(crate) whose: (OrgId, ProjectId),
    pub(crate) model: String,
    /// What is kept of prompt and answer, if the project wants that.
    pub(crate) recording: Recording,
    pub(crate) gateway: Gateway,
}

/// Where the reply goes; nobody may be there any more.
struct Reply {
    answer: oneshot::Sender<Response>,
    reserved: String,
    standing: Standing,
}

impl Reply {
    fn send(self, mut response: Response) {
        if let Ok(reserved) = HeaderValue::try_from(self.reserved) {
            response.headers_mut().insert(headers::RESERVED, reserved);
        }
        pace::left(response.headers_mut(), &self.standing);
        drop(self.answer.send(response));
        failpoint::at("gateway::reply_given");
    }

    fn fail(self, error: Error) {
        self.send(error.into_response());
    }
}

impl Exchange {
    /// Forwards, answers and settles.
    pub(crate) async fn run(mut self, answer: oneshot::Sender<Response>) {
        let reply = Reply {
            answer,
            reserved: self.booking.amount().to_string(),
            standing: self.booking.standing().clone(),
        };
        failpoint::at("gateway::exchange_began");
        let response = match self.send().await {
            Ok(response) => response,
            Err(error) => return self.not_answered(&error, reply).await,
        };
        failpoint::at("gateway::answer_began");
        let status = response.status();
        self.booking.has_status(status);
        self.booking.telling.has_head(response.headers());
        if status.is_client_error() || status.is_server_error() {
            self.refused(response, reply).await;
        } else if !status.is_success() {
            // A redirect leads away from the connection that was chosen.
            self.release(ProviderError::of_status(status.as_u16()));
            reply.fail(Error::UpstreamGarbage);
        } else if connection::is_stream(response.headers()) {
            self.stream(response, reply).await;
        } else {
            self.json(response, reply).await;
        }
    }

    async fn send(&mut self) -> Result<Response, SendError> {
        self.booking.forwarding();
        failpoint::at("gateway::forwarding");
        match &self.provider {
            Provider::Sandbox(steering) => {
                let chat = self.endpoint == Endpoint::ChatCompletions;
                Ok(sandbox::answer(chat, &self.body, steering).await)
            }
            Provider::Upstream(connection) => {
                let (path, body) = (self.endpoint.path(), self.body.clone());
                let path = match &self.query {
                    Some(query) => Cow::Owned(format!("{path}?{query}")),
                    None => Cow::Borrowed(path),
                };
                let (connected, answer) = connection.send(&path, &self.headers, body).await;
                self.booking.telling.connected(connected);
                answer
            }
        }
    }

    async fn not_answered(self, error: &SendError, reply: Reply) {
        tracing::warn!(error = error as &dyn std::error::Error, "a provider did not answer");
        let failure = match error {
            SendError::NotConnected(_) | SendError::Address(_) => {
                self.release(ProviderError::Unreachable);
                return reply.fail(Error::UpstreamRefused);
            }
            SendError::Lost(_) => Error::UpstreamLost,
            SendError::TimedOut => Error::UpstreamTimeout,
        };
        failpoint::at("gateway::answer_lost");
        self.booking.unknown().await;
        failpoint::at("gateway::unknown_booked");
        reply.fail(failure);
        self.recording.end(&self.gateway, Packing::None);
    }

    /// An error status: handed on as it is, in OpenAI's form. But a 401 of the provider is about the
    /// installation's key, not about the client's.
    async fn refused(self, response: Response, reply: Reply) {
        failpoint::at("gateway::provider_refused");
        let is_ours = matches!(self.provider, Provider::Upstream(_));
        let silence = self.provider.silence();
        self.release(ProviderError::of_status(response.status().as_u16()));
        failpoint::at("gateway::released");
        if is_ours && response.status() == StatusCode::UNAUTHORIZED {
            tracing::error!("the provider does not accept EXCHEQUER_UPSTREAM_KEY");
            return reply.fail(Error::UpstreamDenied);
        }
        let (head, body) = response.into_parts();
        let mut sent = headers::downward(&head.headers);
        let whole = whole::read(body, silence).await.ok();
        let readable = whole.filter(|bytes| {
            let plain = whole::unpacked(bytes, Packing::of(&head.headers));
            plain.is_some_and(|plain| {
                serde_json::from_slice::<serde::de::IgnoredAny>(&plain).is_ok()
            })
        });
        let body = readable.unwrap_or_else(|| {
            sent.remove(header::CONTENT_ENCODING);
            Error::UpstreamStatus(head.status).body().into()
        });
        sent.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        reply.send(respond(head.status, sent, body.into()));
    }

    /// The provider surely did nothing, which is counted.
    fn release(self, error: ProviderError) {
        self.booking.release();
        let (org, project) = self.whose;
        self.gateway.provider_errors().count(ErrorOf { org, project, model: self.model, error });
    }

    async fn stream(self, response: Response, reply: Reply) {
        let head = response.headers();
        let packing = Packing::of(head);
        let silence = self.provider.silence();
        let (relay, body) = Relay::new(
            self.booking,
            packing,
            self.hides_usage,
            silence,
            Arc::clone(self.gateway.drains()),
            self.recording,
        );
        let mut sent = headers::downward(head);
        // A proxy in front of the gateway must not gather frames either.
        sent.insert("x-accel-buffering", HeaderValue::from_static("no"));
        reply.send(respond(response.status(), sent, body));
        relay.run(response).await.end(&self.gateway, packing);
    }

    async fn json(mut self, response: Response, reply: Reply) {
        let (head, body) = response.into_parts();
        let whole = match whole::read(body, self.provider.silence()).await {
            Ok(whole) => whole,
            Err(error) => {
                self.booking.unknown().await;
                reply.fail(error);
                return self.recording.end(&self.gateway, Packing::None);
            }
        };
        failpoint::at("gateway::answer_whole");
        let packing = Packing::of(&head.headers);
        self.recording.keep(&whole);
        let shown = shown(whole.clone(), packing).await;
        let is_garbage = matches!(shown, Shown::Garbage(_));
        let charge = match shown {
            Shown::Usage(usage) => self.booking.answered(usage).await,
            Shown::Output(tokens) | Shown::Garbage(tokens) => self.booking.estimated(tokens).await,
        };
        failpoint::at("gateway::answer_booked");
        let mut sent = if is_garbage {
            Error::UpstreamGarbage.into_response()
        } else {
            respond(head.status, headers::downward(&head.headers), whole.into())
        };
        // Where no price is known there is no charge to tell, not one of zero.
        let charge = charge.and_then(|charge| HeaderValue::try_from(charge.to_string()).ok());
        if let Some(charge) = charge {
            sent.headers_mut().insert(headers::CHARGE, charge);
        }
        reply.send(sent);
        self.recording.end(&self.gateway, packing);
    }
}

fn respond(status: StatusCode, headers: HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// What a whole answer shows of its usage. A large one is read where it holds up nobody else.
async fn shown(whole: Bytes, packing: Packing) -> Shown {
    let size = whole.len();
    // What can't be unpacked here, the client may be able to.
    let unread = Shown::Output((size as u64).div_ceil(4));
    let read = move || whole::unpacked(&whole, packing).map(|plain| meter::answer(&plain));
    let shown = if size > LARGE { spawn_blocking(read).await.ok().flatten() } else { read() };
    shown.unwrap_or(unread)
}
