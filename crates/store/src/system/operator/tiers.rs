//! The table of usage tiers, and any organization's tier.

use domain::{Earned, OrgId, Tier, TierError, Tiers, Usd};

use super::Operator;
use crate::{
    StoreError,
    money::{numeric, usd},
    system::SetTier,
    tiers::{OwnTier, columns, earned, number, tiers},
    tx::Tx,
};

/// A change of the table that can't be.
#[derive(Debug, thiserror::Error)]
pub enum EditTierError {
    /// A rule of the table.
    #[error(transparent)]
    Rule(#[from] TierError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for EditTierError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// An organization's tier, as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierOf {
    /// The tier.
    pub tier: OwnTier,
    /// Charges of the current billing cycle that the usage limit counts.
    pub spent: Usd,
    /// What counts for rising.
    pub earned: Earned,
}

impl Operator<'_> {
    /// All tiers, and how many organizations have each of them, in the same order.
    pub async fn tiers(&self) -> Result<(Tiers, Vec<u64>), StoreError> {
        let mut tx = self.system().begin().await?;
        let tiers = tiers(&mut tx).await?;
        let rows = sqlx::query!(
            r#"SELECT o.tier, count(*) AS "many!" FROM organizations o WHERE o.closed_at IS NULL GROUP BY o.tier"#
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut many = vec![0; tiers.all().len()];
        for row in rows {
            let at = tiers.all().iter().rposition(|tier| tier.number <= number(row.tier));
            if let Some(many) = at.and_then(|at| many.get_mut(at)) {
                *many += u64::try_from(row.many).unwrap_or(0);
            }
        }
        Ok((tiers, many))
    }

    /// Changes a tier, or adds one above the highest. It is in force within a second:
    /// a lower usage limit refuses what is over it and takes nothing back.
    pub async fn save_tier(&self, tier: Tier) -> Result<(), EditTierError> {
        let mut tx = self.system().begin().await?;
        one_editor(&mut tx).await?;
        let number = i16::try_from(tier.number).map_err(|_| TierError::NoSuchTier)?;
        tiers(&mut tx).await?.with(tier)?;
        let [minute_requests, minute_tokens, day_requests, day_tokens] = columns(&tier.rates);
        sqlx::query!(
            "INSERT INTO tiers (tier, usage_limit, charged, days, requests_per_minute, tokens_per_minute,
                requests_per_day, tokens_per_day) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (tier) DO UPDATE SET usage_limit = excluded.usage_limit, charged = excluded.charged,
                days = excluded.days, requests_per_minute = excluded.requests_per_minute,
                tokens_per_minute = excluded.tokens_per_minute, requests_per_day = excluded.requests_per_day,
                tokens_per_day = excluded.tokens_per_day",
            number,
            numeric(tier.usage_limit),
            numeric(tier.charged),
            i32::try_from(tier.days).unwrap_or(i32::MAX),
            minute_requests,
            minute_tokens,
            day_requests,
            day_tokens
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        tracing::info!(operator = %self.user, tier = ?tier, "an operator set a usage tier");
        Ok(())
    }

    /// Removes the highest tier; organizations that have it are in the next lower one.
    pub async fn remove_tier(&self, number: u16) -> Result<(), EditTierError> {
        let mut tx = self.system().begin().await?;
        one_editor(&mut tx).await?;
        tiers(&mut tx).await?.without(number)?;
        sqlx::query!(
            "DELETE FROM tiers WHERE tier = $1",
            i16::try_from(number).map_err(|_| TierError::NoSuchTier)?
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        tracing::info!(operator = %self.user, tier = number, "an operator removed a usage tier");
        Ok(())
    }

    /// An organization's tier.
    pub async fn tier_of(&self, org: OrgId) -> Result<TierOf, StoreError> {
        let mut tx = self.system().begin().await?;
        let row = sqlx::query!(
            r#"SELECT o.tier, o.tier_since, o.tier_held, COALESCE((SELECT k.spent FROM counters k
                WHERE k.org_id = o.org_id AND k.scope = 'usage' AND k.scope_id = o.org_id AND k.period = 'month'
                AND k.starts <= (SELECT exq_now()) AND k.ends > (SELECT exq_now()) LIMIT 1), 0) AS "spent!"
             FROM organizations o WHERE o.org_id = $1"#,
            org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        let tier = OwnTier { number: number(row.tier), since: row.tier_since, held: row.tier_held };
        let earned = earned(&mut tx, org).await?.0;
        Ok(TierOf { tier, spent: usd(&row.spent)?, earned })
    }

    /// Sets an organization's tier, and whether it may rise by itself. The reason stands in its audit
    /// log, and its owners are mailed if the tier is another. Doing so twice is the same.
    pub async fn set_tier(&self, org: OrgId, set: SetTier<'_>) -> Result<(), StoreError> {
        if self.system().set_tier(org, set).await? {
            tracing::info!(
                operator = %self.user, organization = %org, tier = set.number, held = set.held,
                address = self.origin.address.map(tracing::field::display),
                "an operator set an organization's tier"
            );
        }
        Ok(())
    }
}

/// Those who change the table do so one after the other: each is checked against what is there.
async fn one_editor(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query!("LOCK TABLE tiers IN SHARE ROW EXCLUSIVE MODE").execute(&mut **tx).await?;
    Ok(())
}
