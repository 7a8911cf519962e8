//! What a batch is measured against, as the ledger's functions answer it: parallel arrays.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use domain::BudgetId;
use ledger::{Found, Guard, Quota, Rate};
use sqlx::types::Uuid;

use crate::{StoreError, money::usd};

/// The out parameters of `exq_ledger_read`; none for no rows.
#[derive(Default)]
pub(super) struct Measure {
    pub(super) q_counters: Option<Vec<i64>>,
    pub(super) q_budgets: Option<Vec<Option<Uuid>>>,
    pub(super) q_revisions: Option<Vec<i32>>,
    pub(super) q_amounts: Option<Vec<BigDecimal>>,
    pub(super) q_observed: Option<Vec<bool>>,
    pub(super) q_spent: Option<Vec<BigDecimal>>,
    pub(super) q_held: Option<Vec<BigDecimal>>,
    pub(super) q_running: Option<Vec<i64>>,
    pub(super) g_counters: Option<Vec<i64>>,
    pub(super) g_running: Option<Vec<i64>>,
    pub(super) g_most: Option<Vec<i32>>,
    pub(super) v_rates: Option<Vec<i64>>,
    pub(super) v_revisions: Option<Vec<i32>>,
    pub(super) v_used: Option<Vec<i64>>,
    pub(super) v_limits: Option<Vec<Option<i64>>>,
}

const DAMAGED: StoreError = StoreError::Damaged("what a batch is measured against");

impl Measure {
    pub(super) fn found(self, at: DateTime<Utc>) -> Result<Found, StoreError> {
        Ok(Found { at, guards: self.guards(), rates: self.rates()?, quotas: self.quotas()? })
    }

    fn quotas(self) -> Result<Vec<Quota>, StoreError> {
        let Some(counters) = self.q_counters else { return Ok(Vec::new()) };
        let (Some(budgets), Some(revisions), Some(amounts), Some(observed)) =
            (self.q_budgets, self.q_revisions, self.q_amounts, self.q_observed)
        else {
            return Err(DAMAGED);
        };
        let (Some(spent), Some(held), Some(running)) = (self.q_spent, self.q_held, self.q_running)
        else {
            return Err(DAMAGED);
        };
        let identities = counters.into_iter().zip(budgets).zip(revisions);
        let limits = amounts.iter().zip(observed);
        let numbers = spent.iter().zip(&held).zip(running);
        identities
            .zip(limits)
            .zip(numbers)
            .map(
                |(
                    (((counter, budget), revision), (amount, observed)),
                    ((spent, held), running),
                )| {
                    Ok(Quota {
                        counter,
                        budget: budget.map(BudgetId::from_uuid),
                        revision,
                        amount: usd(amount)?,
                        observed,
                        spent: usd(spent)?,
                        held: usd(held)?,
                        running: u32::try_from(running).unwrap_or(0),
                    })
                },
            )
            .collect()
    }

    fn guards(&self) -> Vec<Guard> {
        let (Some(counters), Some(running), Some(most)) =
            (&self.g_counters, &self.g_running, &self.g_most)
        else {
            return Vec::new();
        };
        counters
            .iter()
            .zip(running)
            .zip(most)
            .map(|((counter, running), most)| Guard {
                counter: *counter,
                running: u64::try_from(*running).unwrap_or(0),
                most: u32::try_from(*most).unwrap_or(0),
            })
            .collect()
    }

    /// Used and limits hold one run of all rates for each pace.
    fn rates(&self) -> Result<Vec<Rate>, StoreError> {
        let Some(ids) = &self.v_rates else { return Ok(Vec::new()) };
        let (Some(revisions), Some(used), Some(limits)) =
            (&self.v_revisions, &self.v_used, &self.v_limits)
        else {
            return Err(DAMAGED);
        };
        if revisions.len() != ids.len() || used.len() != 4 * ids.len() || limits.len() != used.len()
        {
            return Err(DAMAGED);
        }
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        let rates = ids.iter().zip(revisions).enumerate().map(|(place, (id, revision))| Rate {
            id: *id,
            revision: *revision,
            used: std::array::from_fn(|pace| count(used[pace * ids.len() + place])),
            limits: std::array::from_fn(|pace| limits[pace * ids.len() + place].map(count)),
        });
        Ok(rates.collect())
    }
}
