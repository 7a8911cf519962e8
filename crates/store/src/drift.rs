//! Each model of today against its own past.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use domain::{Caller, Usd, window::first_instant};
use sqlx::types::Uuid;

use crate::{
    Store, StoreError,
    latencies::{Ask, Latency},
    provider_errors::ProviderErrors,
    refused_requests::RefusedRequests,
    slices::{self, Dimension, Grain, Only},
};

/// So many whole days are the past.
pub const PAST: u64 = 28;
/// Of fewer requests today, nothing is said.
pub const LEAST_TODAY: u64 = 20;
/// Of fewer requests in the past, nothing is said.
pub const LEAST_BEFORE: u64 = 100;

/// A model that was used today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Its name.
    pub model: String,
    /// Since midnight, where the organization is.
    pub today: Side,
    /// The 28 days before.
    pub before: Side,
}

/// Today, or the past.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// How long requests took.
    pub latency: Latency,
    /// What the provider did not serve.
    pub errors: ProviderErrors,
    /// What rate limits and guards refused; none if that was not counted all the time. A spent budget has an
    /// alert of its own, and would be told again of each model and day.
    pub refused: Option<u64>,
    /// What one request cost on average, if its model has a price.
    pub cost: Option<Usd>,
}

/// What is worse than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Worse {
    /// 5 more of 100 requests fail.
    Failing,
    /// 5 more of 100 requests are refused by a rate limit or a guard.
    Refused,
    /// Half of all first tokens come at least half as late again.
    FirstToken,
    /// Half of all answers are whole at least half as late again.
    Slower,
    /// A request costs at least half as much again.
    Dearer,
}

impl Worse {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Failing, Self::Refused, Self::FirstToken, Self::Slower, Self::Dearer];

    /// The word in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Refused => "refused",
            Self::FirstToken => "first_token",
            Self::Slower => "slower",
            Self::Dearer => "dearer",
        }
    }
}

impl Side {
    /// What was forwarded, and what the provider did not serve.
    pub fn requests(&self) -> u64 {
        self.latency.requests + self.errors.total()
    }

    /// What was forwarded, and what a rate limit or a guard refused.
    pub fn asked(&self) -> u64 {
        self.requests() + self.refused.unwrap_or(0)
    }

    /// Of what was forwarded: no answer came, or something is wrong with the provider.
    pub fn failed(&self) -> u64 {
        self.latency.failed + self.errors.against_provider()
    }
}

impl Drift {
    /// What is worse than before; none if there are too few requests to tell.
    pub fn worse(&self) -> Option<Vec<Worse>> {
        let are_enough = |of: fn(&Side) -> u64| {
            of(&self.today) >= LEAST_TODAY && of(&self.before) >= LEAST_BEFORE
        };
        let (forwarded, asked) = (are_enough(Side::requests), are_enough(Side::asked));
        let failed = |side: &Side| permille(side.failed(), side.requests());
        let refused = |side: &Side| permille(side.refused?, side.asked());
        let first = |side: &Side| side.latency.first_token.percentile(50).map(u128::from);
        let half = |side: &Side| side.latency.total().percentile(50).map(u128::from);
        let cost = |side: &Side| side.cost.and_then(|cost| u128::try_from(cost.pico()).ok());
        let grew = |of: fn(&Side) -> Option<u128>| match (of(&self.today), of(&self.before)) {
            (Some(now), Some(then)) => then > 0 && now * 2 >= then * 3,
            _ => false,
        };
        let rose = |of: fn(&Side) -> Option<u128>| match (of(&self.today), of(&self.before)) {
            (Some(now), Some(then)) => now >= then + 50,
            _ => false,
        };
        let is_so = |worse: &Worse| match worse {
            Worse::Failing => forwarded && rose(failed),
            Worse::Refused => asked && rose(refused),
            Worse::FirstToken => forwarded && grew(first),
            Worse::Slower => forwarded && grew(half),
            Worse::Dearer => forwarded && grew(cost),
        };
        let worse: Vec<_> = Worse::ALL.into_iter().filter(is_so).collect();
        (forwarded || !worse.is_empty()).then_some(worse)
    }
}

/// The models of today, or of the past.
struct Sides {
    models: BTreeMap<String, Side>,
    refused: RefusedRequests,
}

impl Sides {
    /// With what was refused of each, once their costs are there: without one, a model has no known price.
    fn compared(self) -> BTreeMap<String, Side> {
        let Self { mut models, refused } = self;
        for (model, side) in &mut models {
            side.refused = refused.whole(model, side.cost.is_some());
        }
        models
    }
}

fn permille(part: u64, whole: u64) -> Option<u128> {
    (u128::from(part) * 1_000).checked_div(whole.into())
}

impl Store {
    /// The models of today, the one with the most requests first, each beside its past. Days are those of
    /// the zone. Of projects and models, an empty list leaves all of them; those of others find nothing.
    pub async fn drifts(
        &self,
        caller: &Caller,
        (zone, now): (Tz, DateTime<Utc>),
        projects: &[Uuid],
        models: &[String],
    ) -> Result<Vec<Drift>, StoreError> {
        let today = now.with_timezone(&zone).date_naive();
        let bounds = [today - Days::new(PAST), today, today + Days::new(1)]
            .map(|day| first_instant(day, zone));
        let ask = |bounds| Ask { bounds, hours: false, projects, models };
        let mut now = self.sides(caller, ask(&bounds[1..])).await?;
        if now.models.is_empty() {
            return Ok(Vec::new());
        }
        let mut past = self.sides(caller, ask(&bounds[..2])).await?;
        let only = Only { projects: projects.to_vec(), models: models.to_vec(), ..Only::default() };
        let by = [Dimension::Model];
        let costs = slices::Ask { bounds: &bounds, grain: Grain::Days, by: &by, only: &only };
        for slice in self.slices(caller, costs).await? {
            let sides = if slice.stretch == 0 { &mut past } else { &mut now };
            let priced = i128::from(slice.totals.requests - slice.totals.unpriced);
            let side = slice.model.and_then(|model| sides.models.get_mut(&model));
            if let Some(side) = side.filter(|_| priced > 0) {
                side.cost = Some(Usd::from_pico(slice.totals.charge.pico() / priced));
            }
        }
        let (now, mut past) = (now.compared(), past.compared());
        let drift = |(model, today): (String, Side)| {
            let before = past.remove(&model).unwrap_or_default();
            Drift { model, today, before }
        };
        let mut drifts: Vec<_> = now.into_iter().map(drift).collect();
        drifts.sort_by_key(|drift| std::cmp::Reverse(drift.today.asked()));
        Ok(drifts)
    }

    async fn sides(&self, caller: &Caller, ask: Ask<'_>) -> Result<Sides, StoreError> {
        let latencies = self.latencies(caller, ask).await?;
        let mut models = BTreeMap::<String, Side>::new();
        for (model, latency) in latencies.models {
            models.entry(model).or_default().latency = latency;
        }
        for (model, errors) in self.provider_errors(caller, ask).await? {
            models.entry(model).or_default().errors = errors;
        }
        let refused = self.refused_requests(caller, ask).await?;
        for (model, _) in refused.models.iter().filter(|(_, refused)| refused.others > 0) {
            models.entry(model.clone()).or_default();
        }
        Ok(Sides { models, refused })
    }
}

#[cfg(test)]
mod tests {
    use domain::ProviderError;

    use super::*;

    fn side(requests: u64, failed: u64, micros: u64, pico: i128) -> Side {
        let mut latency = Latency { requests, failed, ..Latency::default() };
        for _ in failed..requests {
            latency.first_token.add(micros / 10);
            latency.totals[1].add(micros);
        }
        Side { latency, refused: Some(0), cost: Some(Usd::from_pico(pico)), ..Side::default() }
    }

    fn refused(side: Side, refused: u64) -> Side {
        Side { refused: Some(refused), ..side }
    }

    fn not_served(side: Side, error: ProviderError, requests: u64) -> Side {
        let mut errors = side.errors;
        errors.add(error, requests);
        Side { errors, ..side }
    }

    #[test]
    fn what_is_worse_is_said_and_nothing_of_few_requests() {
        let worse = |today, before| Drift { model: "m".to_owned(), today, before }.worse();
        let past = || side(1_000, 10, 1_000_000, 100);
        assert_eq!(worse(side(50, 0, 1_000_000, 100), past()), Some(vec![]));
        // A bucket more is no more than the error.
        assert_eq!(worse(side(50, 0, 1_180_000, 149), past()), Some(vec![]));
        assert_eq!(worse(side(50, 0, 200_000, 1), past()), Some(vec![]), "better is not said");
        let all = refused(side(50, 3, 2_000_000, 150), 3);
        assert_eq!(worse(all, past()), Some(Worse::ALL.to_vec()));
        assert_eq!(worse(side(19, 19, 1, 1), past()), None);
        assert_eq!(worse(side(50, 9, 9_000_000, 900), side(99, 0, 1_000_000, 100)), None);
        let unpriced = Side { cost: None, ..past() };
        assert_eq!(worse(side(50, 0, 1_000_000, 900), unpriced), Some(vec![]));
    }

    #[test]
    fn what_the_provider_did_not_serve_is_failing_and_what_was_asked_wrongly_is_not() {
        let worse = |today| {
            let before = side(1_000, 10, 1_000_000, 100);
            Drift { model: "m".to_owned(), today, before }.worse()
        };
        let fine = || side(50, 0, 1_000_000, 100);
        for error in ProviderError::ALL {
            let said = worse(not_served(fine(), error, 10)).unwrap();
            assert_eq!(said == [Worse::Failing], error.counts_against_provider(), "{error:?}");
        }
        let down = not_served(Side::default(), ProviderError::Unreachable, 20);
        assert_eq!(worse(down), Some(vec![Worse::Failing]), "nothing but errors");
    }

    #[test]
    fn more_refused_is_said_of_all_that_was_asked_for_where_it_was_counted() {
        let worse = |today, before| Drift { model: "m".to_owned(), today, before }.worse();
        let past = || refused(side(1_000, 0, 1_000_000, 100), 10);
        let fine = || side(94, 0, 1_000_000, 100);
        // 9 of 1,000 before; 58 and 60 of 1,000 today.
        assert_eq!(worse(refused(side(97, 0, 1_000_000, 100), 6), past()), Some(vec![]));
        assert_eq!(worse(refused(fine(), 6), past()), Some(vec![Worse::Refused]));
        // All of it, or nothing forwarded ever.
        assert_eq!(worse(refused(Side::default(), 20), past()), Some(vec![Worse::Refused]));
        assert_eq!(worse(refused(Side::default(), 19), past()), None);
        let never = refused(Side::default(), 100);
        assert_eq!(worse(refused(Side::default(), 20), never), None, "as before");
        // Of few that were forwarded nothing else is said.
        let slow = refused(side(19, 19, 9_000_000, 900), 10);
        assert_eq!(worse(slow, past()), Some(vec![Worse::Refused]));
        assert_eq!(worse(side(19, 19, 9_000_000, 900), past()), None);
        // Nobody knows how much was refused before it was counted.
        let unknown = || Side { refused: None, ..past() };
        assert_eq!(worse(refused(fine(), 900), unknown()), Some(vec![]));
        assert_eq!(worse(unknown(), past()), Some(vec![]));
        assert_eq!(worse(Side { refused: None, ..Side::default() }, Side::default()), None);
    }
}
