//! Usage tiers rise by themselves, and are set by the operator.

use chrono::{DateTime, Utc};
use domain::{
    Actor, Caller, OrgId, Origin, Period, Role, Tier, Tiers, Usd,
    audit::{Change, Kind},
    window::Window,
};
use ledger::{Counted, Place};
use serde_json::json;

use super::{System, counter, window};
use crate::{
    StoreError,
    audit::{append, hold},
    tiers::{earned, number, tiers},
    tx::Tx,
};

/// What the operator decides about an organization's tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetTier<'a> {
    /// The tier's number; it must exist.
    pub number: u16,
    /// It does not rise by itself from now on.
    pub held: bool,
    /// Why, for the organization's audit log.
    pub reason: &'a str,
}

/// A tier that became another.
struct Moved<'a> {
    from: i16,
    to: &'a Tier,
    by_itself: bool,
    held: (bool, bool),
    reason: Option<&'a str>,
}

impl System<'_> {
    /// The organizations that seem to have what the next tier needs.
    pub async fn rising(self) -> Result<Vec<OrgId>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query_scalar!(
            r#"SELECT o.org_id FROM organizations o
             CROSS JOIN LATERAL (SELECT t.charged, t.days FROM tiers t WHERE t.tier > o.tier ORDER BY t.tier LIMIT 1) n
             WHERE NOT o.tier_held AND o.closed_at IS NULL
                AND (o.first_request_at IS NULL
                    OR o.first_request_at <= (SELECT exq_now()) - n.days * interval '24 hours')
                AND n.charged <= (SELECT sum(k.spent) FROM counters k WHERE k.org_id = o.org_id AND k.scope = 'usage'
                    AND k.scope_id = o.org_id AND k.period = 'month' AND k.requests > 0)
             ORDER BY o.org_id"#
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows.into_iter().map(OrgId::from_uuid).collect())
    }

    /// Puts what does not count for rising into one row an organization; how many rows that were.
    pub async fn sum_unearned(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let taken = sqlx::query_scalar!(
            r#"WITH many AS (SELECT org_id FROM unearned GROUP BY org_id HAVING count(*) > 1),
                taken AS (DELETE FROM unearned u USING many m WHERE u.org_id = m.org_id RETURNING u.org_id, u.charge),
                put AS (INSERT INTO unearned (org_id, charge) SELECT org_id, sum(charge) FROM taken GROUP BY org_id)
             SELECT count(*) AS "taken!" FROM taken"#
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(u64::try_from(taken).unwrap_or(0))
    }

    /// Raises an organization's tier to the highest whose conditions are met, with an entry in its
    /// audit log and one mail to each verified owner; the new tier's number, none if it stays. Of
    /// nodes that do so at the same time, one does it.
    pub async fn raise_tier(self, org: OrgId) -> Result<Option<u16>, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query!(
            "SELECT tier, tier_held FROM organizations WHERE org_id = $1 AND closed_at IS NULL FOR NO KEY UPDATE",
            org.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row.filter(|row| !row.tier_held) else { return Ok(None) };
        lock(&mut tx, org).await?;
        let (earned, first) = earned(&mut tx, org).await?;
        let tiers = tiers(&mut tx).await?;
        let rises = tiers.rises_to(number(row.tier), earned);
        match rises {
            None => keep_first_request(&mut tx, org, first).await?,
            Some(to) => {
                let held = (false, false);
                let moved = Moved { from: row.tier, to, by_itself: true, held, reason: None };
                change(&mut tx, org, &tiers, &moved).await?;
            }
        }
        tx.commit().await?;
        Ok(rises.map(|tier| tier.number))
    }

    /// Sets an organization's tier, and whether it may rise by itself; false if it was so already.
    /// [`StoreError::NotFound`] if there is no such tier.
    pub async fn set_tier(self, org: OrgId, set: SetTier<'_>) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query!(
            "SELECT tier, tier_held FROM organizations WHERE org_id = $1 FOR NO KEY UPDATE",
            org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        lock(&mut tx, org).await?;
        let tiers = tiers(&mut tx).await?;
        let to = tiers.all().iter().find(|tier| tier.number == set.number);
        let to = to.ok_or(StoreError::NotFound)?;
        if number(row.tier) == to.number && row.tier_held == set.held {
            return Ok(false);
        }
        let held = (row.tier_held, set.held);
        let moved = Moved { from: row.tier, to, by_itself: false, held, reason: Some(set.reason) };
        change(&mut tx, org, &tiers, &moved).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Whoever changes a tier locks the counter that it limits first, like the ledger, and the end of the
/// audit log before: no request waits for who waits for that.
async fn lock(tx: &mut Tx, org: OrgId) -> Result<(), StoreError> {
    hold(tx, org).await?;
    let (_, counter) = usage_counter(tx, org).await?;
    sqlx::query!("SELECT id FROM counters WHERE id = $1 FOR UPDATE", counter)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// The counter that the usage limit is compared with, and its billing cycle.
pub(crate) async fn usage_counter(tx: &mut Tx, org: OrgId) -> Result<(Window, i64), StoreError> {
    let at = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#).fetch_one(&mut **tx).await?;
    let window = window(tx, org, Period::Month, at).await?;
    let place = Place { org, counted: Counted::Usage, period: Period::Month };
    let id = counter(tx, place, &window).await?;
    Ok((window, id))
}

async fn keep_first_request(
    tx: &mut Tx,
    org: OrgId,
    first: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE organizations SET first_request_at = $2
         WHERE org_id = $1 AND first_request_at IS NULL AND $2::timestamptz IS NOT NULL",
        org.uuid(),
        first
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes the tier, the entry, and the mails if the tier is another.
async fn change(
    tx: &mut Tx,
    org: OrgId,
    tiers: &Tiers,
    moved: &Moved<'_>,
) -> Result<(), StoreError> {
    let Moved { from, to, by_itself, held, reason } = *moved;
    let is_other = number(from) != to.number;
    sqlx::query!(
        "UPDATE organizations SET tier = $2, tier_held = $3,
            tier_since = CASE WHEN $4 THEN exq_now() ELSE tier_since END WHERE org_id = $1",
        org.uuid(),
        i16::try_from(to.number).unwrap_or(i16::MAX),
        held.1,
        is_other
    )
    .execute(&mut **tx)
    .await?;
    let before = tiers.at(number(from)).map_or(Usd::ZERO, |tier| tier.usage_limit);
    let actor = if by_itself { Actor::Rule } else { Actor::Operator };
    let entry = Change::new(Kind::TierSet, org)
        .moved("tier", from, to.number)
        .moved("usage_limit_usd", before, to.usage_limit)
        .moved("held", held.0, held.1)
        .maybe("reason", None::<&str>, reason);
    if is_other {
        let said = json!({
            "from": from, "to": to.number, "before": before, "usage_limit": to.usage_limit,
            "by_itself": by_itself, "held": held.1,
        });
        mail(tx, org, &said).await?;
    }
    let caller = Caller { actor, org, role: Role::Owner, origin: Origin::default() };
    append(tx, &caller, &entry).await
}

/// One mail for each verified owner.
async fn mail(tx: &mut Tx, org: OrgId, said: &serde_json::Value) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
         SELECT o.org_id, exq_id(), 'tier',
            $2::jsonb || jsonb_build_object('organization', o.name, 'zone', o.zone, 'at', exq_now()), u.id, u.email
         FROM organizations o JOIN memberships m ON m.org_id = o.org_id AND m.role = 'owner'
         JOIN users u ON u.id = m.user_id AND u.verified_at IS NOT NULL
         WHERE o.org_id = $1",
        org.uuid(),
        said
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
