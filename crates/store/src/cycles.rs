//! Billing cycles: the organization's months.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Action, Caller, Period, window::Window};

use crate::{Store, StoreError, organizations::zone, system::window};

/// A billing cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillingCycle {
    /// From when to when.
    pub window: Window,
    /// The zone that it was made in: its days are those that its usage is rolled up by.
    pub zone: Tz,
}

/// The organization's billing cycles so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycles {
    /// As [`Store::clock`].
    pub now: DateTime<Utc>,
    /// The one that is running.
    pub current: BillingCycle,
    /// Those before it, the newest first.
    pub earlier: Vec<BillingCycle>,
}

impl Cycles {
    /// All of them, the newest first.
    pub fn all(&self) -> impl Iterator<Item = &BillingCycle> {
        std::iter::once(&self.current).chain(&self.earlier)
    }
}

impl Store {
    /// The organization's billing cycles.
    pub async fn cycles(&self, caller: &Caller) -> Result<Cycles, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.counting(caller).await?;
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#).fetch_one(&mut *tx).await?;
        window(&mut tx, caller.org, Period::Month, now).await?;
        let rows = sqlx::query!(
            "SELECT label, starts, ends, zone FROM windows WHERE org_id = $1 AND period = 'month' AND starts <= $2
             ORDER BY starts DESC",
            caller.org.uuid(),
            now
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut cycles = Vec::with_capacity(rows.len());
        for row in rows {
            let window = Window { label: row.label, starts: row.starts, ends: row.ends };
            cycles.push(BillingCycle { window, zone: zone(&row.zone)? });
        }
        let mut cycles = cycles.into_iter();
        let current =
            cycles.next().ok_or(StoreError::Damaged("the running cycle has no window"))?;
        Ok(Cycles { now, current, earlier: cycles.collect() })
    }
}
