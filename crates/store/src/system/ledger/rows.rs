//! The composite types of the ledger's functions; what they mean stands there. Their fields go by their
//! places, not by their names.

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

#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "exq_ending")]
pub(super) struct Ending {
    pub(super) org_id: Uuid,
    pub(super) id: Uuid,
    pub(super) outcome: String,
    pub(super) service_tier: String,
    pub(super) status: Option<i32>,
    pub(super) input: i64,
    pub(super) cached: i64,
    pub(super) cache_write: i64,
    pub(super) cache_write_1h: i64,
    pub(super) audio_input: i64,
    pub(super) image_input: i64,
    pub(super) output: i64,
    pub(super) reasoning: i64,
    pub(super) audio_output: i64,
    pub(super) image_output: i64,
    pub(super) charge: BigDecimal,
    pub(super) first_token_ms: Option<i32>,
    pub(super) total_ms: Option<i32>,
    pub(super) held: Reservation,
    pub(super) admitted_at: DateTime<Utc>,
}

#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "exq_reservation")]
pub(super) struct Reservation {
    pub(super) org_id: Uuid,
    pub(super) id: Uuid,
    pub(super) project_id: Uuid,
    pub(super) key_id: Uuid,
    pub(super) member_id: Uuid,
    pub(super) model: String,
    pub(super) price_id: Option<Uuid>,
    pub(super) sandbox: bool,
    pub(super) streamed: bool,
    pub(super) bound: BigDecimal,
    pub(super) counters: Vec<i64>,
    pub(super) rate_id: i64,
    pub(super) tokens: i64,
    pub(super) day_starts: DateTime<Utc>,
    pub(super) day_ends: DateTime<Utc>,
}

#[derive(Debug, Default, sqlx::Type)]
#[sqlx(type_name = "exq_turn")]
pub(super) struct Turn {
    pub(super) id: i64,
    pub(super) day: Option<DateTime<Utc>>,
    pub(super) requests: i64,
    pub(super) tokens: i64,
    pub(super) back_minute: Option<DateTime<Utc>>,
    pub(super) minute_requests: i64,
    pub(super) minute_tokens: i64,
    pub(super) back_day: Option<DateTime<Utc>>,
    pub(super) day_requests: i64,
    pub(super) day_tokens: i64,
}

#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "exq_delta")]
pub(super) struct Delta {
    pub(super) org_id: Uuid,
    pub(super) at: DateTime<Utc>,
    pub(super) day_starts: DateTime<Utc>,
    pub(super) day_ends: DateTime<Utc>,
    pub(super) project_id: Uuid,
    pub(super) key_id: Uuid,
    pub(super) member_id: Uuid,
    pub(super) model: String,
    pub(super) sandbox: bool,
    pub(super) requests: i64,
    pub(super) estimated: i64,
    pub(super) unpriced: i64,
    pub(super) input: i64,
    pub(super) cached: i64,
    pub(super) cache_write: i64,
    pub(super) cache_write_1h: i64,
    pub(super) audio_input: i64,
    pub(super) image_input: i64,
    pub(super) output: i64,
    pub(super) reasoning: i64,
    pub(super) audio_output: i64,
    pub(super) image_output: i64,
    pub(super) charge: BigDecimal,
}

#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "exq_story")]
pub(super) struct Story {
    pub(super) org_id: Uuid,
    pub(super) id: Uuid,
    pub(super) project_id: Uuid,
    pub(super) endpoint: String,
    pub(super) provider_id: Option<String>,
    pub(super) max_output: Option<i64>,
    pub(super) choices: i64,
    pub(super) stops: bool,
    pub(super) tags: Vec<String>,
    pub(super) read_us: i64,
    pub(super) asked_us: i64,
    pub(super) admitted_us: i64,
    pub(super) connected_us: Option<i64>,
    pub(super) first_byte_us: Option<i64>,
    pub(super) first_token_us: Option<i64>,
    pub(super) last_us: i64,
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
