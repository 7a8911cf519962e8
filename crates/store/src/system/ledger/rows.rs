//! The composite types of the ledger's functions; what they mean stands there.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use sqlx::types::Uuid;

#[derive(Debug, Clone, sqlx::Type)]
#[sqlx(type_name = "exq_move")]
pub(super) struct Move {
    pub(super) id: i64,
    pub(super) spent: BigDecimal,
    pub(super) back: BigDecimal,
    pub(super) requests: i64,
    pub(super) ended: i64,
    pub(super) bound: BigDecimal,
    pub(super) asked: i64,
}

#[derive(Debug, Clone, sqlx::Type)]
#[sqlx(type_name = "exq_pace")]
pub(super) struct Pace {
    pub(super) rate: i64,
    pub(super) minute: DateTime<Utc>,
    pub(super) day: DateTime<Utc>,
    pub(super) requests: i64,
    pub(super) tokens: i64,
}

#[derive(Debug, Clone, sqlx::Type)]
#[sqlx(type_name = "exq_quota")]
pub(super) struct Quota {
    pub(super) counter: i64,
    pub(super) budget: Option<Uuid>,
    pub(super) revision: i32,
    pub(super) amount: BigDecimal,
    pub(super) observed: bool,
    pub(super) spent: BigDecimal,
    pub(super) held: BigDecimal,
    pub(super) running: i64,
}

#[derive(Debug, Clone, sqlx::Type)]
#[sqlx(type_name = "exq_crowd")]
pub(super) struct Crowd {
    pub(super) counter: i64,
    pub(super) running: i64,
    pub(super) most: i32,
}

#[derive(Debug, Clone, sqlx::Type)]
#[sqlx(type_name = "exq_rate")]
pub(super) struct Rate {
    pub(super) id: i64,
    pub(super) revision: i32,
    pub(super) minute_requests: i64,
    pub(super) minute_tokens: i64,
    pub(super) day_requests: i64,
    pub(super) day_tokens: i64,
    pub(super) requests_per_minute: Option<i64>,
    pub(super) tokens_per_minute: Option<i64>,
    pub(super) requests_per_day: Option<i64>,
    pub(super) tokens_per_day: Option<i64>,
}
