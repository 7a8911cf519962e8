//! How every budget stands, in one question.

use std::collections::hash_map::{Entry, HashMap};

use chrono::{DateTime, Utc};
use domain::{Action, Caller, Period, window::Window};

use crate::{Store, StoreError, budgets::BudgetStatus, money::usd, system::window};

/// A budget in its current window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The budget (there always is one) and what is spent of it.
    pub status: BudgetStatus,
    /// Since when it has refused at this amount in this window.
    pub blocked_at: Option<DateTime<Utc>>,
    /// Since when it has refused at this amount in this window though more than a tenth was left: what asked
    /// for more than that.
    pub short_at: Option<DateTime<Utc>>,
}

impl Store {
    /// All budgets of the organization, in the order of [`Store::budgets`], and the instant at which
    /// this is true.
    pub async fn standings(
        &self,
        caller: &Caller,
    ) -> Result<(Vec<Standing>, DateTime<Utc>), StoreError> {
        caller.may(Action::List)?;
        let budgets = self.budgets(caller).await?;
        let mut tx = self.counting(caller).await?;
        let at = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#).fetch_one(&mut *tx).await?;
        let mut windows: HashMap<Period, Window> = HashMap::new();
        for budget in &budgets {
            if let Entry::Vacant(place) = windows.entry(budget.period) {
                place.insert(window(&mut tx, caller.org, budget.period, at).await?);
            }
        }
        let rows = sqlx::query!(
            r#"SELECT b.id AS "id!", COALESCE(k.spent, 0) AS "spent!", COALESCE(k.held, 0) AS "held!",
                COALESCE(k.running, 0) AS "running!", COALESCE(k.requests, 0) AS "requests!",
                c.crossed_at AS "blocked_at?", f.crossed_at AS "short_at?",
                r.refused AS "refused!", r.observed AS "observed!"
             FROM budgets_in_force b
             JOIN windows w ON (w.org_id, w.period) = (b.org_id, b.period) AND w.starts <= $2 AND $2 < w.ends
             LEFT JOIN counters k ON (k.org_id, k.scope, k.scope_id, k.period, k.starts)
                = (b.org_id, b.scope, b.scope_id, b.period, w.starts)
             LEFT JOIN crossings c ON c.org_id = b.org_id AND c.kind = 'blocked' AND c.subject_id = b.id
                AND c.counter_id = k.id AND c.fires_at = b.amount
             LEFT JOIN crossings f ON f.org_id = b.org_id AND f.kind = 'refused' AND f.subject_id = b.id
                AND f.counter_id = k.id AND f.fires_at = b.amount
             CROSS JOIN LATERAL (
                SELECT COALESCE(sum(r.count) FILTER (WHERE NOT r.observed), 0)::bigint AS refused,
                    COALESCE(sum(r.count) FILTER (WHERE r.observed), 0)::bigint AS observed
                FROM receipts r WHERE r.org_id = b.org_id AND r.kind = 'budget' AND r.limit_id = b.id
                AND r.quarter >= w.starts AND r.quarter < w.ends) r
             WHERE b.org_id = $1"#,
            caller.org.uuid(),
            at
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut standings = Vec::with_capacity(budgets.len());
        for budget in budgets {
            // One removed or made between the two questions is left for the next time.
            let (Some(row), Some(window)) =
                (rows.remove(&budget.id.uuid()), windows.get(&budget.period))
            else {
                continue;
            };
            let status = BudgetStatus {
                budget: Some(budget),
                window: *window,
                spent: usd(&row.spent)?,
                held: usd(&row.held)?,
                running: u32::try_from(row.running).unwrap_or(0),
                requests: u64::try_from(row.requests).unwrap_or(0),
                refused: u64::try_from(row.refused).unwrap_or(0),
                observed: u64::try_from(row.observed).unwrap_or(0),
            };
            standings.push(Standing { status, blocked_at: row.blocked_at, short_at: row.short_at });
        }
        Ok((standings, at))
    }
}
