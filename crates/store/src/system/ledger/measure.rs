//! What a batch is measured against, as the ledger's functions answer it.

use chrono::{DateTime, Utc};
use domain::BudgetId;
use ledger::{Found, Guard, Quota, Rate};

use super::rows;
use crate::{StoreError, money::usd};

/// The out parameters of `exq_ledger_read` and `exq_ledger_record`; none for no rows.
#[derive(Default)]
pub(super) struct Measure {
    pub(super) quotas: Option<Vec<rows::Quota>>,
    pub(super) crowds: Option<Vec<rows::Crowd>>,
    pub(super) paced: Option<Vec<rows::Rate>>,
}

impl Measure {
    pub(super) fn found(&self, at: DateTime<Utc>) -> Result<Found, StoreError> {
        Ok(Found {
            at,
            quotas: self.quotas.iter().flatten().map(quota).collect::<Result<_, _>>()?,
            guards: self.crowds.iter().flatten().map(guard).collect(),
            rates: self.paced.iter().flatten().map(rate).collect(),
        })
    }
}

fn quota(row: &rows::Quota) -> Result<Quota, StoreError> {
    Ok(Quota {
        counter: row.counter,
        budget: row.budget.map(BudgetId::from_uuid),
        revision: row.revision,
        amount: usd(&row.amount)?,
        observed: row.observed,
        spent: usd(&row.spent)?,
        held: usd(&row.held)?,
        running: u32::try_from(row.running).unwrap_or(0),
    })
}

fn guard(row: &rows::Crowd) -> Guard {
    Guard {
        counter: row.counter,
        running: u64::try_from(row.running).unwrap_or(0),
        most: u32::try_from(row.most).unwrap_or(0),
    }
}

fn rate(row: &rows::Rate) -> Rate {
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Rate {
        id: row.id,
        revision: row.revision,
        used: [row.minute_requests, row.minute_tokens, row.day_requests, row.day_tokens].map(count),
        limits: [
            row.requests_per_minute,
            row.tokens_per_minute,
            row.requests_per_day,
            row.tokens_per_day,
        ]
        .map(|limit| limit.map(count)),
    }
}
