//! What API keys have been doing.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{Action, Caller, KeyId, Usd};

use crate::{Store, StoreError, money::usd};

/// What a key has been doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyActivity {
    /// The first instant of the last day on which one of its requests was forwarded.
    pub last_day: Option<DateTime<Utc>>,
    /// Charges booked in the current month.
    pub spent: Usd,
    /// A budget that the caller sees, as it is set now, has refused one of its requests in the current window, or is spent.
    pub refusing: bool,
}

impl Store {
    /// What each key has been doing; keys that have done nothing are left out.
    pub async fn key_activity(
        &self,
        caller: &Caller,
    ) -> Result<HashMap<KeyId, KeyActivity>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT k.id AS "id!", used.last_day AS "last_day?", COALESCE(cycle.spent, 0) AS "spent!",
                refused.refusing AS "refusing!"
             FROM api_keys k
             LEFT JOIN LATERAL (
                SELECT max(c.starts) AS last_day FROM counters c
                WHERE c.org_id = $1 AND c.scope = 'key' AND c.scope_id = k.id AND c.period = 'day'
                    AND c.requests + c.running > 0
             ) used ON true
             LEFT JOIN LATERAL (
                SELECT c.spent - c.carried AS spent FROM counters c
                WHERE c.org_id = $1 AND c.scope = 'key' AND c.scope_id = k.id AND c.period = 'month'
                    AND c.starts <= exq_now() AND c.ends > exq_now()
             ) cycle ON true
             CROSS JOIN LATERAL (
                SELECT EXISTS (
                    -- A raise changes no revision, and lets requests pass again.
                    SELECT FROM receipts r JOIN budgets_in_force b
                        ON (b.org_id, b.id, b.revision) = (r.org_id, r.limit_id, r.revision) AND b.amount <= r.amount
                    WHERE r.org_id = $1 AND r.key_id = k.id AND NOT r.observed AND r.resets_at > exq_now()
                        AND r.quarter > exq_now() - interval '32 days'
                ) OR EXISTS (
                    -- Lowered below what is spent, it will refuse the next.
                    SELECT FROM budgets_in_force b LEFT JOIN counters c ON (c.org_id, c.scope, c.scope_id, c.period)
                        = (b.org_id, b.scope, b.scope_id, b.period) AND c.starts <= exq_now() AND c.ends > exq_now()
                    WHERE b.org_id = $1 AND NOT b.observe AND COALESCE(c.spent, 0) >= b.amount
                        AND (b.scope, b.scope_id) IN (('key', k.id), ('project', k.project_id), ('org', k.org_id))
                ) AS refusing
             ) refused
             WHERE k.org_id = $1 AND (used.last_day IS NOT NULL OR refused.refusing)"#,
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                let activity = KeyActivity {
                    last_day: row.last_day,
                    spent: usd(&row.spent)?,
                    refusing: row.refusing,
                };
                Ok((KeyId::from_uuid(row.id), activity))
            })
            .collect()
    }
}
