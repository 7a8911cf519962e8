//! `/spend_limit` of the organization and of projects: their monthly budgets.

use axum::{Json, Router, extract::State, routing::get};
use domain::{Caller, Period, Scope, Usd};
use serde_json::{Value, json};
use store::Budget;

use crate::{Admin, access::Access, body::Body, cents, error::Error, place::Place};

pub(crate) fn router() -> Router<Admin> {
    Router::new()
        .route("/spend_limit", get(one).post(set).delete(delete))
        .route("/projects/{project_id}/spend_limit", get(one).post(set).delete(delete))
}

const FIELDS: [&str; 3] = ["threshold_amount", "currency", "interval"];

async fn one(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
) -> Result<Json<Value>, Error> {
    let on = place.scope(caller.org)?;
    let (budget, spent) = read(&admin, &caller, on).await?;
    Ok(Json(shown(on, &budget, spent)))
}

async fn set(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let on = place.scope(caller.org)?;
    body.only(&FIELDS)?;
    let amount = cents::amount(&body)?;
    admin.store.set_budget(&caller, on, Period::Month, amount).await?;
    let (budget, spent) = read(&admin, &caller, on).await?;
    Ok(Json(shown(on, &budget, spent)))
}

async fn delete(
    State(admin): State<Admin>,
    Access(caller): Access,
    place: Place,
    body: Body,
) -> Result<Json<Value>, Error> {
    let on = place.scope(caller.org)?;
    body.only(&[])?;
    let (budget, _) = read(&admin, &caller, on).await?;
    admin.store.remove_budget(&caller, budget.id).await?;
    Ok(Json(json!({ "object": format!("{}.spend_limit.deleted", object(on)), "deleted": true })))
}

/// The budget and what is spent of it.
async fn read(admin: &Admin, caller: &Caller, on: Scope) -> Result<(Budget, Usd), Error> {
    let status = admin.store.budget_status(caller, on, Period::Month).await?;
    Ok((status.budget.ok_or(Error::NotFound)?, status.spent))
}

/// What an object's name begins with.
pub(crate) const fn object(on: Scope) -> &'static str {
    match on {
        Scope::Org(_) => "organization",
        Scope::Project(_) | Scope::Key(_) => "project",
    }
}

/// The budget's own amount, which is what a program sets. What a raise makes of it stands beside, and
/// whether it is observed only: then it never enforces.
fn shown(on: Scope, budget: &Budget, spent: Usd) -> Value {
    let enforces = !budget.observe && spent >= budget.amount;
    json!({
        "object": format!("{}.spend_limit", object(on)),
        "threshold_amount": cents::whole(budget.own_amount),
        "currency": "USD",
        "interval": "month",
        "enforcement": { "status": if enforces { "enforcing" } else { "inactive" } },
        "exchequer_id": budget.id,
        "exchequer_amount_usd": budget.own_amount,
        "exchequer_amount_in_force_usd": budget.amount,
        "exchequer_raised_until": budget.raised_until.map(|at| at.timestamp()),
        "exchequer_observe_only": budget.observe,
        "exchequer_spent_usd": spent,
    })
}
