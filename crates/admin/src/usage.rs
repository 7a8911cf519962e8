//! `/usage/…` and `/costs`: what was used and what it cost, in buckets of time.
//!
//! A request's path: [`endpoint`] says what may be asked, [`question`] reads it, [`buckets`] cuts the
//! time, [`sums`] asks the store, [`row`] writes what was found.

mod buckets;
mod endpoint;
mod question;
mod row;
mod sums;

use axum::{Json, Router, extract::FromRequestParts, routing::get};
use domain::Caller;
use http::request::Parts;
use serde::Serialize;

use self::{
    endpoint::{
        AUDIO_SPEECHES, AUDIO_TRANSCRIPTIONS, CODE_INTERPRETER_SESSIONS, COMPLETIONS, COSTS,
        EMBEDDINGS, Endpoint, FILE_SEARCH_CALLS, IMAGES, MODERATIONS, VECTOR_STORES,
        WEB_SEARCH_CALLS,
    },
    question::Question,
    row::Row,
};
use crate::{Admin, access::Access, error::Error, query::Query};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/costs", get(|asked: Asked| asked.answer(&COSTS)))
        .route("/usage/audio_speeches", get(|asked: Asked| asked.answer(&AUDIO_SPEECHES)))
        .route(
            "/usage/audio_transcriptions",
            get(|asked: Asked| asked.answer(&AUDIO_TRANSCRIPTIONS)),
        )
        .route(
            "/usage/code_interpreter_sessions",
            get(|asked: Asked| asked.answer(&CODE_INTERPRETER_SESSIONS)),
        )
        .route("/usage/completions", get(|asked: Asked| asked.answer(&COMPLETIONS)))
        .route("/usage/embeddings", get(|asked: Asked| asked.answer(&EMBEDDINGS)))
        .route("/usage/file_search_calls", get(|asked: Asked| asked.answer(&FILE_SEARCH_CALLS)))
        .route("/usage/images", get(|asked: Asked| asked.answer(&IMAGES)))
        .route("/usage/moderations", get(|asked: Asked| asked.answer(&MODERATIONS)))
        .route("/usage/vector_stores", get(|asked: Asked| asked.answer(&VECTOR_STORES)))
        .route("/usage/web_search_calls", get(|asked: Asked| asked.answer(&WEB_SEARCH_CALLS)))
}

/// Who asks what.
struct Asked {
    admin: Admin,
    caller: Caller,
    query: Query,
}

impl FromRequestParts<Admin> for Asked {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Error> {
        let Access(caller) = Access::from_request_parts(parts, admin).await?;
        let Ok(query) = Query::from_request_parts(parts, admin).await;
        Ok(Self { admin: admin.clone(), caller, query })
    }
}

impl Asked {
    async fn answer(self, endpoint: &'static Endpoint) -> Result<Json<Answer>, Error> {
        let Self { admin, caller, query } = self;
        let now = admin.store.system().now().await?;
        let question = Question::read(&query, endpoint, caller.org, now)?;
        let mut page = Answer::empty(&question);
        let Some(meter) = endpoint.meter else { return Ok(Json(page)) };
        for ((place, names), totals) in sums::read(&admin.store, &caller, &question, meter).await? {
            if let Some(bucket) = page.data.get_mut(place) {
                bucket.results.push(Row::new(meter, &question, names, totals)?);
            }
        }
        Ok(Json(page))
    }
}

/// A page: some of the buckets that were asked for.
#[derive(Debug, Serialize)]
struct Answer {
    object: &'static str,
    data: Vec<Bucket>,
    has_more: bool,
    next_page: Option<String>,
}

/// A stretch of time, and what was used in it.
#[derive(Debug, Serialize)]
struct Bucket {
    object: &'static str,
    start_time: i64,
    end_time: i64,
    results: Vec<Row>,
}

impl Answer {
    fn empty(question: &Question) -> Self {
        let buckets = question.buckets.stretches().map(|(start_time, end_time)| Bucket {
            object: "bucket",
            start_time,
            end_time,
            results: Vec::new(),
        });
        let next_page = question.buckets.next().map(|at| question.cursor(at));
        Self { object: "page", data: buckets.collect(), has_more: next_page.is_some(), next_page }
    }
}
