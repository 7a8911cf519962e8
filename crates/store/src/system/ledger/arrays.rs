//! A batch as parallel arrays, for the slow path: `e_` endings, `r_` reservations, `w_` what these want together.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
};

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use domain::{EventId, OrgId, Usd};
use ledger::{Batch, Realm, Reserving, Settlement};
use sqlx::types::Uuid;

use crate::money::numeric;

#[derive(Default)]
pub(super) struct Arrays {
    /// Each once, also where a batch names it twice.
    ended: HashSet<EventId>,
    pub(super) e_orgs: Vec<Uuid>,
    pub(super) e_ids: Vec<Uuid>,
    pub(super) e_charges: Vec<BigDecimal>,
    /// Ten for each ending, in the order of the classes.
    pub(super) e_tokens: Vec<i64>,
    pub(super) e_used: Vec<Option<i64>>,
    pub(super) e_outcomes: Vec<&'static str>,
    pub(super) e_tiers: Vec<&'static str>,
    pub(super) e_statuses: Vec<Option<i32>>,
    pub(super) e_firsts: Vec<Option<i32>>,
    pub(super) e_totals: Vec<Option<i32>>,
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
    /// Each as the text of an array.
    pub(super) r_counters: Vec<String>,
    pub(super) r_rates: Vec<i64>,
    pub(super) r_tokens: Vec<i64>,
    pub(super) r_day_starts: Vec<DateTime<Utc>>,
    pub(super) r_day_ends: Vec<DateTime<Utc>>,
    pub(super) w_counters: Vec<i64>,
    pub(super) w_bounds: Vec<BigDecimal>,
    pub(super) w_requests: Vec<i64>,
    pub(super) w_rates: Vec<i64>,
    /// The day that the rate is asked for.
    pub(super) w_days: Vec<DateTime<Utc>>,
    pub(super) w_rate_requests: Vec<i64>,
    pub(super) w_rate_tokens: Vec<i64>,
}

/// What the reservations of a batch want of one rate.
struct Pace {
    day: DateTime<Utc>,
    requests: i64,
    tokens: i64,
}

impl Arrays {
    /// The batch, with those reservations alone that `admits` says yes to by their place.
    pub(super) fn of(batch: &Batch, admits: impl Fn(usize) -> bool) -> Self {
        let mut arrays = Self::default();
        for settling in &batch.settlements {
            arrays.add_ending(settling.org, settling.id, &settling.settlement);
        }
        for (org, id) in &batch.releases {
            arrays.add_ending(*org, *id, &Settlement::released());
        }
        let admitted = batch.reservations.iter().enumerate().filter(|(place, _)| admits(*place));
        let (mut counters, mut rates) = (BTreeMap::new(), BTreeMap::new());
        for (_, reserving) in admitted {
            arrays.add_reservation(reserving);
            for counter in &reserving.counters {
                let (bound, requests) = counters.entry(counter.id).or_insert((Usd::ZERO, 0));
                *bound = bound.plus(reserving.request.bound);
                *requests += 1;
            }
            let pace = rates.entry(reserving.rate).or_insert(Pace {
                day: reserving.day().starts,
                requests: 0,
                tokens: 0,
            });
            pace.day = pace.day.max(reserving.day().starts);
            pace.requests += 1;
            pace.tokens = pace.tokens.saturating_add(count(reserving.request.tokens));
        }
        for (id, (bound, requests)) in counters {
            arrays.w_counters.push(id);
            arrays.w_bounds.push(numeric(bound));
            arrays.w_requests.push(requests);
        }
        for (id, pace) in rates {
            arrays.w_rates.push(id);
            arrays.w_days.push(pace.day);
            arrays.w_rate_requests.push(pace.requests);
            arrays.w_rate_tokens.push(pace.tokens);
        }
        arrays
    }

    fn add_ending(&mut self, org: OrgId, id: EventId, settlement: &Settlement) {
        if !self.ended.insert(id) {
            return;
        }
        self.e_orgs.push(org.uuid());
        self.e_ids.push(id.uuid());
        self.e_charges.push(numeric(settlement.charge));
        self.e_tokens.extend(settlement.tokens.by_class().map(count));
        self.e_used.push(settlement.used().map(count));
        self.e_outcomes.push(settlement.outcome.as_str());
        self.e_tiers.push(settlement.service_tier.as_str());
        self.e_statuses.push(settlement.status.map(i32::from));
        self.e_firsts.push(settlement.first_token_ms.map(milliseconds));
        self.e_totals.push(settlement.total_ms.map(milliseconds));
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
        self.r_counters.push(array(reserving.counters.iter().map(|counter| counter.id)));
        self.r_rates.push(reserving.rate);
        self.r_tokens.push(count(request.tokens));
        self.r_day_starts.push(reserving.day().starts);
        self.r_day_ends.push(reserving.day().ends);
    }
}

/// As Postgres writes an array of integers.
fn array(numbers: impl Iterator<Item = i64>) -> String {
    let mut text = String::from("{");
    for number in numbers {
        let separator = if text.len() > 1 { "," } else { "" };
        // Writing to a text can't fail.
        let _ = write!(text, "{separator}{number}");
    }
    text.push('}');
    text
}

/// More tokens than fit a rate are not tokens; a limit refuses them anyhow.
pub(super) fn count(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

pub(super) fn milliseconds(time: u32) -> i32 {
    i32::try_from(time).unwrap_or(i32::MAX)
}
