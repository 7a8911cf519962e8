//! A batch as parallel arrays: `s_` settlements, `x_` releases, `r_` reservations.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use ledger::{Batch, Realm, Reserving};
use sqlx::types::Uuid;

use crate::money::numeric;

#[derive(Default)]
pub(super) struct Arrays {
    /// Counters of the reservations, each once.
    pub(super) counters: Vec<i64>,
    /// Rates of the reservations, each once, and the day that each is asked for.
    pub(super) rates: Vec<i64>,
    pub(super) days: Vec<DateTime<Utc>>,
    pub(super) s_orgs: Vec<Uuid>,
    pub(super) s_ids: Vec<Uuid>,
    pub(super) s_charges: Vec<BigDecimal>,
    /// Ten for each settlement, in the order of the classes.
    pub(super) s_tokens: Vec<i64>,
    pub(super) s_used: Vec<Option<i64>>,
    pub(super) s_outcomes: Vec<&'static str>,
    pub(super) s_tiers: Vec<&'static str>,
    pub(super) s_statuses: Vec<Option<i32>>,
    pub(super) s_firsts: Vec<Option<i32>>,
    pub(super) s_totals: Vec<Option<i32>>,
    pub(super) x_orgs: Vec<Uuid>,
    pub(super) x_ids: Vec<Uuid>,
    pub(super) r_orgs: Vec<Uuid>,
    pub(super) r_ids: Vec<Uuid>,
    pub(super) r_projects: Vec<Uuid>,
    pub(super) r_keys: Vec<Uuid>,
    pub(super) r_members: Vec<Uuid>,
    pub(super) r_models: Vec<String>,
    pub(super) r_prices: Vec<Option<Uuid>>,
    pub(super) r_sandboxes: Vec<bool>,
    pub(super) r_streams: Vec<bool>,
    pub(super) r_bounds: Vec<BigDecimal>,
    /// Ten for each reservation; 0 stands for none.
    pub(super) r_counters: Vec<i64>,
    pub(super) r_rates: Vec<i64>,
    pub(super) r_tokens: Vec<i64>,
    pub(super) r_day_starts: Vec<DateTime<Utc>>,
    pub(super) r_day_ends: Vec<DateTime<Utc>>,
}

impl Arrays {
    /// The batch, with those reservations alone that `admitted` marks; all of them without it.
    pub(super) fn of(batch: &Batch, admitted: Option<&[bool]>) -> Self {
        let mut arrays = Self::default();
        arrays.add_endings(batch);
        let mut rates = BTreeMap::new();
        for (place, reserving) in batch.reservations.iter().enumerate() {
            arrays.counters.extend(reserving.counters.iter().map(|counter| counter.id));
            rates.insert(reserving.rate, reserving.day().starts);
            if admitted.is_none_or(|admitted| admitted.get(place).copied().unwrap_or(false)) {
                arrays.add_reservation(reserving);
            }
        }
        arrays.counters.sort_unstable();
        arrays.counters.dedup();
        (arrays.rates, arrays.days) = rates.into_iter().unzip();
        arrays
    }

    /// Who ends: settlements, then releases.
    pub(super) fn endings(&self) -> (Vec<Uuid>, Vec<Uuid>) {
        (
            [self.s_orgs.as_slice(), &self.x_orgs].concat(),
            [self.s_ids.as_slice(), &self.x_ids].concat(),
        )
    }

    fn add_endings(&mut self, batch: &Batch) {
        for settling in &batch.settlements {
            let settlement = &settling.settlement;
            self.s_orgs.push(settling.org.uuid());
            self.s_ids.push(settling.id.uuid());
            self.s_charges.push(numeric(settlement.charge));
            self.s_tokens.extend(settlement.tokens.by_class().map(count));
            self.s_used.push(settlement.used().map(count));
            self.s_outcomes.push(settlement.outcome.as_str());
            self.s_tiers.push(settlement.service_tier.as_str());
            self.s_statuses.push(settlement.status.map(i32::from));
            self.s_firsts.push(settlement.first_token_ms.map(milliseconds));
            self.s_totals.push(settlement.total_ms.map(milliseconds));
        }
        for (org, id) in &batch.releases {
            self.x_orgs.push(org.uuid());
            self.x_ids.push(id.uuid());
        }
    }

    fn add_reservation(&mut self, reserving: &Reserving) {
        let request = &reserving.request;
        self.r_orgs.push(request.org.uuid());
        self.r_ids.push(request.id.uuid());
        self.r_projects.push(request.project.uuid());
        self.r_keys.push(if request.tracked { request.key.uuid() } else { Uuid::nil() });
        self.r_members.push(request.member.map_or(Uuid::nil(), domain::UserId::uuid));
        self.r_models.push(request.model.clone());
        self.r_prices.push(request.price.as_ref().map(|price| price.id.uuid()));
        self.r_sandboxes.push(request.realm != Realm::Provider);
        self.r_streams.push(request.streamed);
        self.r_bounds.push(numeric(request.bound));
        let named = reserving.counters.iter().map(|counter| counter.id);
        self.r_counters.extend(named.chain(std::iter::repeat(0)).take(Reserving::MOST));
        self.r_rates.push(reserving.rate);
        self.r_tokens.push(count(request.tokens));
        self.r_day_starts.push(reserving.day().starts);
        self.r_day_ends.push(reserving.day().ends);
    }
}

/// More tokens than fit a rate are not tokens; a limit refuses them anyhow.
fn count(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

fn milliseconds(time: u32) -> i32 {
    i32::try_from(time).unwrap_or(i32::MAX)
}
