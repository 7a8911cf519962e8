//! Requests of people, from the dashboard's playground: the way of all requests, but for the key.

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse as _, Response},
};
use domain::{EventId, OrgId, Price, Usd};
use http::{HeaderValue, header};
use store::system::Player;

use crate::{
    Gateway,
    ask::Ask,
    asker::Asker,
    bound::Bound,
    endpoints::identified,
    error::Error,
    forward::{Endpoint, forward},
    headers,
};

/// What tells these requests apart in usage.
const TAGS: HeaderValue = HeaderValue::from_static("source=playground");

impl Gateway {
    /// Answers a chat completion that a person sends, as it answers a program's. `id` is the request's.
    pub async fn play(&self, player: Player, id: EventId, body: Vec<u8>) -> Response {
        if self.is_shutting_down() {
            return identified(Error::ShuttingDown.into_response(), id);
        }
        let mut request = Request::new(body.into());
        let head = request.headers_mut();
        head.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        head.insert(headers::TAGS, TAGS);
        let asker = Asker::Person(player);
        let answer = forward(self.clone(), asker, Endpoint::ChatCompletions, id, request).await;
        identified(answer.into_response(), id)
    }

    /// The models with a price that would be answered, by name; none before prices are known.
    pub fn served(&self, org: OrgId) -> Vec<Arc<Price>> {
        self.models().served(org, self.serving()).unwrap_or_default()
    }

    /// The most that a chat completion can cost, which is what is reserved for it; none where no price is
    /// known or the body is no chat completion.
    pub fn most(&self, org: OrgId, body: &[u8]) -> Option<Usd> {
        let ask = Ask::chat(body).ok()?;
        let price = self.served(org).into_iter().find(|price| price.model == ask.model)?;
        Some(Bound::new(&ask.size, Some(&price)).amount)
    }
}
