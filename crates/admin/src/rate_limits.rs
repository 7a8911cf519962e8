//! `/projects/{project}/rate_limits`: how fast a project may use each model.

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use domain::{ProjectId, Rate, Rates};
use serde_json::{Value, json};
use store::{Conflict, ModelPage, RateLimit, StoreError};

use crate::{
    Admin, access::Access, body::Body, error::Error, list::List, place::Place, query::Query,
};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/projects/{project_id}/rate_limits", get(list))
        .route("/projects/{project_id}/rate_limits/{rate_limit_id}", post(edit))
}

/// As OpenAI names them, in the order of [`Rates::NAMES`]; the last is ours.
const NAMES: [&str; 4] = [
    "max_requests_per_1_minute",
    "max_tokens_per_1_minute",
    "max_requests_per_1_day",
    "max_tokens_per_1_day",
];
/// Limits of OpenAI's that are none here.
const OTHERS: [&str; 3] =
    ["max_images_per_1_minute", "max_audio_megabytes_per_1_minute", "batch_1_day_max_input_tokens"];
/// What stands before the model in an id.
const PREFIX: &str = "rl-";

/// A row's id.
struct Id(String);

impl std::str::FromStr for Id {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.strip_prefix(PREFIX).map(|model| Self(model.to_owned())).ok_or(())
    }
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let project: ProjectId = place.id("project_id")?;
    let asked = query.page_by::<Id>(100)?;
    let page = ModelPage {
        after: asked.after.map(|id| id.0),
        before: asked.before.map(|id| id.0),
        limit: asked.limit,
    };
    let (limits, more) = admin.store.rate_limits(&caller, project, &page).await?;
    let rows = limits.models.iter();
    let rows = rows.map(|limit| (format!("{PREFIX}{}", limit.model), shown(limit, &limits.tier)));
    Ok(Json(List::new(rows.collect(), more)))
}

async fn edit(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let (project, Id(model)) = (place.id::<ProjectId>("project_id")?, place.id("rate_limit_id")?);
    for other in OTHERS {
        body.refuse(other, "left out: this installation limits requests and tokens alone")?;
    }
    body.only(&NAMES)?;
    let (old, _) = admin.store.rate_limit(&caller, project, &model).await?;
    let mut own = old.own.all();
    for (name, own) in NAMES.into_iter().zip(&mut own) {
        if let Some(number) = body.integer(name)? {
            let rate = u64::try_from(number).ok().and_then(Rate::new);
            let rate = rate.ok_or_else(|| Error::invalid(name, WANTED))?;
            // As good as none, and what a row without a limit is shown with.
            *own = (rate.get() < Rate::MOST).then_some(rate);
        }
    }
    let set = admin.store.set_rate_limit(&caller, project, &model, Rates::from_all(own)).await;
    set.map_err(refused)?;
    let (limit, limits) = admin.store.rate_limit(&caller, project, &model).await?;
    Ok(Json(shown(&limit, &limits.tier)))
}

fn refused(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(rule @ Conflict::RateAboveTier(which, _)) => Error::Wrong {
            param: NAMES[which % NAMES.len()].to_owned(),
            sentence: rule.to_string(),
        },
        // No row can have such an id.
        StoreError::Conflict(Conflict::ModelName) => Error::NotFound,
        error => error.into(),
    }
}

const WANTED: &str = "a whole number from 0 to 1000000000000";

/// What is in force. The form has no word for no limit where a minute is concerned: the most there can
/// be stands for it.
fn shown(limit: &RateLimit, tier: &Rates) -> Value {
    let mut row = json!({
        "object": "project.rate_limit",
        "id": format!("{PREFIX}{}", limit.model),
        "model": limit.model,
    });
    for (place, (name, rate)) in NAMES.into_iter().zip(limit.own.within(tier).all()).enumerate() {
        match rate {
            Some(rate) => row[name] = json!(rate),
            None if place < 2 => row[name] = json!(Rate::MOST),
            None => {}
        }
    }
    row
}
