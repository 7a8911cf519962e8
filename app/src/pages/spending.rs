//! What is spent, what limits it, and what was said about it.

use axum::{Router, routing::get};

use crate::web::App;

mod alerts;
mod budgets;
mod calendar;
mod delivery;
mod exports;
mod latency;
mod limits;
mod notes;
mod outlook;
mod overview;
mod question;
mod receipt;
mod reports;
mod sheet;
mod statements;
mod stretch;
mod usage;

pub use usage::file::usage_piece;

/// Overview, usage, exports, latency, budgets, limits, alerts, reports, statements, receipts.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{org}", get(overview::show))
        .route("/{org}/usage", get(usage::show).post(usage::views::save))
        .route("/{org}/usage.csv", get(usage::file::send))
        .route("/{org}/latency", get(latency::show))
        .route("/{org}/budgets", get(budgets::show).post(budgets::save))
        .route("/{org}/limits", get(limits::show))
        .route("/{org}/alerts", get(alerts::show).post(alerts::save))
        .route("/{org}/reports", get(reports::show).post(reports::save))
        .merge(exports::router())
        .merge(statements::router())
        .route("/receipts/{id}", get(receipt::show))
}
