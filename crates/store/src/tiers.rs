//! Usage tiers, and how an organization stands in its own.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, Earned, EventId, OrgId, Rate, Rates, Tier, Tiers, Usd, window::Window,
};

use crate::{
    Store, StoreError, event_slices::CLOCKS_DIFFER, money::usd, system::usage_counter, tx::Tx,
};

/// What an organization may spend in its billing cycle, and what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLimit {
    /// Its tier.
    pub tier: OwnTier,
    /// All tiers.
    pub tiers: Tiers,
    /// The current billing cycle.
    pub window: Window,
    /// Charges booked in it, without the sandbox.
    pub spent: Usd,
    /// Bounds of the running requests.
    pub held: Usd,
    /// How many that is.
    pub running: u32,
    /// Since when the present limit has refused requests in this cycle.
    pub blocked_at: Option<DateTime<Utc>>,
    /// What counts for rising.
    pub earned: Earned,
    /// The instant at which this is true.
    pub at: DateTime<Utc>,
}

impl UsageLimit {
    /// What its tier allows; nothing if there is no tier.
    pub fn amount(&self) -> Usd {
        self.tiers.at(self.tier.number).map_or(Usd::ZERO, |tier| tier.usage_limit)
    }
}

/// Which tier an organization has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnTier {
    /// Its number.
    pub number: u16,
    /// Since when.
    pub since: DateTime<Utc>,
    /// It does not rise by itself.
    pub held: bool,
}

impl Store {
    /// The organization's usage limit, what is spent of it, and what is missing to the next tier.
    pub async fn usage_limit(&self, caller: &Caller) -> Result<UsageLimit, StoreError> {
        caller.may(Action::SeeWhole)?;
        let mut tx = self.counting(caller).await?;
        let (window, counter) = usage_counter(&mut tx, caller.org).await?;
        let row = sqlx::query!(
            r#"SELECT o.tier, o.tier_since, o.tier_held, k.spent, k.held, k.running, exq_now() AS "at!",
                (SELECT max(c.crossed_at) FROM crossings c WHERE c.org_id = o.org_id AND c.kind = 'blocked'
                    AND c.subject_id = o.org_id AND c.counter_id = k.id AND c.fires_at =
                        (SELECT t.usage_limit FROM tiers t WHERE t.tier <= o.tier ORDER BY t.tier DESC LIMIT 1))
                    AS blocked_at
             FROM organizations o JOIN counters k ON k.org_id = o.org_id AND k.id = $2 WHERE o.org_id = $1"#,
            caller.org.uuid(),
            counter
        )
        .fetch_one(&mut *tx)
        .await?;
        let tiers = tiers(&mut tx).await?;
        let earned = earned(&mut tx, caller.org).await?.0;
        tx.commit().await?;
        Ok(UsageLimit {
            tier: OwnTier { number: number(row.tier), since: row.tier_since, held: row.tier_held },
            tiers,
            window,
            spent: usd(&row.spent)?,
            held: usd(&row.held)?,
            running: u32::try_from(row.running).unwrap_or(0),
            blocked_at: row.blocked_at,
            earned,
            at: row.at,
        })
    }
}

/// A tier's number, as its column has it.
pub(crate) fn number(column: i16) -> u16 {
    u16::try_from(column).unwrap_or(0)
}

/// All tiers.
pub(crate) async fn tiers(tx: &mut Tx) -> Result<Tiers, StoreError> {
    let rows = sqlx::query!(
        "SELECT tier, usage_limit, charged, days, requests_per_minute, tokens_per_minute, requests_per_day,
            tokens_per_day FROM tiers ORDER BY tier"
    )
    .fetch_all(&mut **tx)
    .await?;
    let tiers = rows.into_iter().map(|row| {
        Ok(Tier {
            number: number(row.tier),
            usage_limit: usd(&row.usage_limit)?,
            charged: usd(&row.charged)?,
            days: u32::try_from(row.days).unwrap_or(0),
            rates: rates([
                row.requests_per_minute,
                row.tokens_per_minute,
                row.requests_per_day,
                row.tokens_per_day,
            ]),
        })
    });
    Ok(Tiers::new(tiers.collect::<Result<_, StoreError>>()?))
}

/// Rates, as their columns have them.
pub(crate) fn rates(columns: [Option<i64>; 4]) -> Rates {
    let rate = |column: i64| {
        let number = u64::try_from(column).unwrap_or(0).min(Rate::MOST);
        Rate::new(number)
    };
    Rates::from_all(columns.map(|column| column.and_then(rate)))
}

/// Rates, for their columns.
pub(crate) fn columns(rates: &Rates) -> [Option<i64>; 4] {
    rates.all().map(|rate| rate.and_then(|rate| i64::try_from(rate.get()).ok()))
}

/// What counts for rising, and when the first request was.
pub(crate) async fn earned(
    tx: &mut Tx,
    org: OrgId,
) -> Result<(Earned, Option<DateTime<Utc>>), StoreError> {
    let row = sqlx::query!(
        r#"SELECT o.first_request_at, exq_now() AS "at!",
            COALESCE((SELECT sum(k.spent) FROM counters k WHERE k.org_id = o.org_id AND k.scope = 'usage'
                AND k.scope_id = o.org_id AND k.period = 'month'), 0)
            - COALESCE((SELECT sum(u.charge) FROM unearned u WHERE u.org_id = o.org_id), 0) AS "charged!",
            (SELECT min(k.starts) FROM counters k WHERE k.org_id = o.org_id AND k.scope = 'usage'
                AND k.scope_id = o.org_id AND k.period = 'month' AND k.requests > 0) AS first_cycle
         FROM organizations o WHERE o.org_id = $1"#,
        org.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    let first = match (row.first_request_at, row.first_cycle) {
        (Some(first), _) => Some(first),
        (None, None) => None,
        (None, Some(cycle)) => first_request(tx, org, cycle).await?,
    };
    let days = first.map(|first| (row.at - first).num_days());
    let days = days.map(|days| u32::try_from(days).unwrap_or(0));
    Ok((Earned { charged: usd(&row.charged)?, days }, first))
}

/// The first request that did not go to the sandbox, which is in this billing cycle.
async fn first_request(
    tx: &mut Tx,
    org: OrgId,
    cycle: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let first = sqlx::query_scalar!(
        "SELECT admitted_at FROM events WHERE org_id = $1 AND id >= $2 AND NOT sandbox
         ORDER BY id LIMIT 1",
        org.uuid(),
        EventId::floor(cycle - CLOCKS_DIFFER).uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(first)
}
