//! `/spend_alerts` of the organization and of projects: their monthly thresholds of an amount.

use axum::{Json, Router, extract::State, routing::get};
use domain::{Email, Level, Period, Scope, ThresholdId, Usd};
use serde_json::{Value, json};
use store::{SpendAlert, Threshold};

use crate::{
    Admin, access::Access, body::Body, cents, error::Error, list::List, place::Place, query::Query,
    spend_limits::object,
};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/spend_alerts", get(list).post(create))
        .route("/spend_alerts/{alert_id}", get(one).post(edit).delete(delete))
        .route("/projects/{project_id}/spend_alerts", get(list).post(create))
        .route("/projects/{project_id}/spend_alerts/{alert_id}", get(one).post(edit).delete(delete))
}

async fn list(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    query: Query,
) -> Result<Json<List<Value>>, Error> {
    let on = place.scope(caller.org)?;
    let page = query.ordered_page()?;
    let alerts = admin.store.spend_alerts(&caller, on, &page).await?;
    Ok(Json(List::of(&alerts, |alert| alert.id, |alert| shown(on, alert))))
}

async fn create(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let on = place.scope(caller.org)?;
    let (amount, addresses) = read(&body)?;
    let level = Level::Amount(amount);
    let set = admin.store.add_threshold(&caller, on, Period::Month, level, &addresses).await?;
    Ok(Json(shown(on, &admin.store.spend_alert(&caller, on, set.id).await?)))
}

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let on = place.scope(caller.org)?;
    let alert = admin.store.spend_alert(&caller, on, place.id("alert_id")?).await?;
    Ok(Json(shown(on, &alert)))
}

async fn edit(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let (on, id): (_, ThresholdId) = (place.scope(caller.org)?, place.id("alert_id")?);
    let (amount, addresses) = read(&body)?;
    admin.store.edit_spend_alert(&caller, on, id, amount, &addresses).await?;
    Ok(Json(shown(on, &admin.store.spend_alert(&caller, on, id).await?)))
}

async fn delete(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let (on, id): (_, ThresholdId) = (place.scope(caller.org)?, place.id("alert_id")?);
    body.only(&[])?;
    // Only one of this list is deleted by its address.
    admin.store.spend_alert(&caller, on, id).await?;
    admin.store.remove_threshold(&caller, id).await?;
    Ok(Json(json!({
        "id": id, "object": format!("{}.spend_alert.deleted", object(on)), "deleted": true,
    })))
}

/// Amount and addresses of a body.
fn read(body: &Body) -> Result<(Usd, Vec<Email>), Error> {
    body.only(&["threshold_amount", "currency", "interval", "notification_channel"])?;
    let amount = cents::amount(body)?;
    let channel = body.object("notification_channel")?;
    let channel = channel.ok_or_else(|| Error::Missing("notification_channel".to_owned()))?;
    channel.only(&["type", "recipients", "subject_prefix"])?;
    if channel.need::<String>("type")? != "email" {
        return Err(Error::invalid("notification_channel.type", "email"));
    }
    channel.refuse("subject_prefix", "left out: mails have subjects of their own")?;
    let addresses = channel.texts::<Email>("recipients")?;
    let mut addresses =
        addresses.ok_or_else(|| Error::Missing("notification_channel.recipients".to_owned()))?;
    addresses.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    addresses.dedup();
    if addresses.len() > Threshold::MOST_ADDRESSES {
        let wanted = format!("at most {} addresses", Threshold::MOST_ADDRESSES);
        return Err(Error::invalid("notification_channel.recipients", &wanted));
    }
    Ok((amount, addresses))
}

fn shown(on: Scope, alert: &SpendAlert) -> Value {
    json!({
        "id": alert.id,
        "object": format!("{}.spend_alert", object(on)),
        "threshold_amount": cents::whole(alert.amount),
        "currency": "USD",
        "interval": "month",
        "notification_channel": { "type": "email", "recipients": alert.addresses },
        "exchequer_amount_usd": alert.amount,
    })
}
