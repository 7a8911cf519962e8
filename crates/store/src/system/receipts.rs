//! Receipts of refusals.

use chrono::{DateTime, Utc};
use domain::{KeyId, OrgId, ProjectId, ReceiptId, Usd};
use ledger::{Limit, LimitId, RateLimited, TooMany};
use sqlx::types::{BigDecimal, Uuid};

use super::System;
use crate::{StoreError, budgets::scope_parts, money::numeric};

/// Refusals by one limit of one key since the last flush.
#[derive(Debug, Clone)]
pub struct ReceiptRow {
    /// Whose.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// By which key.
    pub key: KeyId,
    /// What said no, with its numbers at the first refusal.
    pub cause: Cause,
    /// How many.
    pub count: i64,
}

/// What said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A budget or the usage limit.
    Amount {
        /// Which.
        limit: Limit,
        /// What the request could have cost.
        bound: Usd,
    },
    /// A budget that is observed only: it would have said no.
    Observed {
        /// Which.
        limit: Limit,
        /// What the request could have cost.
        bound: Usd,
    },
    /// A rate limit.
    Rate(RateLimited),
    /// The key's guard of requests at once.
    Running(TooMany),
    /// The key's guard of what one request may cost.
    TooExpensive {
        /// The most.
        most: Usd,
        /// What it could have cost.
        bound: Usd,
        /// The record of the refusal.
        receipt: ReceiptId,
    },
}

impl Cause {
    /// The record of the refusal.
    pub const fn receipt(&self) -> ReceiptId {
        match self {
            Self::Amount { limit, .. } | Self::Observed { limit, .. } => limit.receipt,
            Self::Rate(limit) => limit.receipt,
            Self::Running(most) => most.receipt,
            Self::TooExpensive { receipt, .. } => *receipt,
        }
    }
}

/// The columns that depend on what said no.
struct Columns<'a> {
    limit: Uuid,
    kind: &'static str,
    observed: bool,
    revision: i32,
    scope: &'static str,
    period: &'static str,
    model: Option<&'a str>,
    amount: BigDecimal,
    spent: BigDecimal,
    held: BigDecimal,
    /// Of limits in dollars, what the request could have cost.
    bound: Option<BigDecimal>,
    /// None: with the next request.
    resets_at: Option<DateTime<Utc>>,
}

impl ReceiptRow {
    fn columns(&self) -> Columns<'_> {
        let guard = Columns {
            limit: self.key.uuid(),
            kind: "running",
            observed: false,
            revision: 0,
            scope: "key",
            period: "request",
            model: None,
            amount: BigDecimal::default(),
            spent: BigDecimal::default(),
            held: BigDecimal::default(),
            bound: None,
            resets_at: None,
        };
        match &self.cause {
            Cause::Amount { limit, bound } | Cause::Observed { limit, bound } => {
                let (id, kind) = match limit.by {
                    LimitId::Budget(id) => (id.uuid(), "budget"),
                    LimitId::UsageLimit(id) => (id.uuid(), "usage_limit"),
                };
                Columns {
                    limit: id,
                    kind,
                    observed: matches!(self.cause, Cause::Observed { .. }),
                    revision: limit.revision,
                    scope: scope_parts(limit.scope).0,
                    period: limit.period.as_str(),
                    amount: numeric(limit.amount),
                    spent: numeric(limit.spent),
                    held: numeric(limit.held),
                    bound: Some(numeric(*bound)),
                    resets_at: Some(limit.resets_at),
                    ..guard
                }
            }
            Cause::Rate(limit) => Columns {
                limit: limit.project.uuid(),
                kind: limit.pace.unit(),
                revision: limit.revision,
                scope: "project",
                period: limit.pace.window(),
                model: Some(&limit.model),
                amount: limit.limit.into(),
                spent: limit.used.into(),
                held: limit.wanted.into(),
                resets_at: Some(limit.resets_at),
                ..guard
            },
            Cause::Running(most) => {
                Columns { amount: most.most.into(), spent: most.running.into(), ..guard }
            }
            Cause::TooExpensive { most, bound, .. } => {
                Columns { kind: "request", amount: numeric(*most), held: numeric(*bound), ..guard }
            }
        }
    }
}

impl System<'_> {
    /// Adds the counts.
    pub async fn flush_receipts(self, rows: &[ReceiptRow]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for row in rows {
            let of = row.columns();
            sqlx::query!(
                "INSERT INTO receipts AS r (org_id, id, limit_id, revision, project_id, key_id, scope, period,
                    quarter, amount, spent, held, resets_at, count, first_at, last_at, kind, observed, model,
                    bound)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, exq_quarter(exq_now()), $9, $10, $11,
                    COALESCE($12, exq_now()), $13, exq_now(), exq_now(), $14, $15, $16, $17)
                 ON CONFLICT (org_id, id) DO UPDATE SET count = r.count + excluded.count, last_at = excluded.last_at",
                row.org.uuid(),
                row.cause.receipt().uuid(),
                of.limit,
                of.revision,
                row.project.uuid(),
                row.key.uuid(),
                of.scope,
                of.period,
                of.amount,
                of.spent,
                of.held,
                of.resets_at,
                row.count,
                of.kind,
                of.observed,
                of.model,
                of.bound
            )
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }
}
