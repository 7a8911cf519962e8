//! An admitted request on its way to its usage event.

use std::{sync::Arc, time::Instant};

use domain::{Outcome, Price, ServiceTier, Tokens, Usd};
use http::StatusCode;
use ledger::{Reservation, Settlement, Standing};

use crate::{bound::Bound, telling::Telling, usage::Usage};

/// Holds the reservation until it is known how the request ended. Dropped while the provider may be
/// at work, it is booked at its bound.
pub(crate) struct Booking {
    reservation: Reservation,
    /// None: not known, and so is the charge.
    price: Option<Arc<Price>>,
    bound: Bound,
    admitted: Instant,
    status: Option<StatusCode>,
    first_output: Option<Instant>,
    /// By whose rates it is charged if the answer does not say.
    tier: ServiceTier,
    pub(crate) telling: Telling,
}

impl Booking {
    pub(crate) fn new(
        reservation: Reservation,
        price: Option<Arc<Price>>,
        bound: Bound,
        tier: ServiceTier,
        telling: Telling,
    ) -> Self {
        Self {
            reservation,
            price,
            bound,
            admitted: Instant::now(),
            status: None,
            first_output: None,
            tier,
            telling,
        }
    }

    /// The most that it can cost.
    pub(crate) const fn amount(&self) -> Usd {
        self.bound.amount
    }

    /// What its admission left of the limits.
    pub(crate) fn standing(&self) -> &Standing {
        self.reservation.standing()
    }

    /// From here on the provider may have seen it.
    pub(crate) fn forwarding(&mut self) {
        self.reservation.forwarding();
    }

    /// The provider answered with this status.
    pub(crate) const fn has_status(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// When the first output of a stream came.
    pub(crate) const fn had_output(&mut self, at: Option<Instant>) {
        self.first_output = at;
    }

    /// The provider surely did nothing.
    pub(crate) fn release(self) {
        self.reservation.release();
    }

    /// The provider told its usage. Waits for the commit, and says what it costs.
    pub(crate) async fn answered(self, usage: Usage) -> Option<Usd> {
        let knows = self.price.as_ref().is_none_or(|price| price.knows(usage.tokens, usage.tier));
        // A class or tier without a rate: charged by another one, which can be corrected.
        let outcome = if knows { Outcome::Answered } else { Outcome::Estimated };
        self.charge(outcome, usage).await
    }

    /// The answer is whole and tells no usage: the input at its bound, and the output that was seen.
    pub(crate) async fn estimated(self, output: u64) -> Option<Usd> {
        let usage = self.at_least(None, output.min(self.bound.output));
        self.charge(Outcome::Estimated, usage).await
    }

    /// The answer ended before its usage: as `told` so far, and the output at its bound, for what a
    /// model thinks before it speaks is paid and not seen.
    pub(crate) async fn cut_off(self, told: Option<Usage>) -> Option<Usd> {
        let usage = self.at_least(told, self.bound.output);
        self.charge(Outcome::Estimated, usage).await
    }

    fn at_least(&self, told: Option<Usage>, output: u64) -> Usage {
        let input = Tokens { input: self.bound.input, ..Tokens::default() };
        let mut usage = told.unwrap_or(Usage { tokens: input, tier: self.tier });
        usage.tokens.output += output.saturating_sub(usage.tokens.generated());
        usage
    }

    /// It was sent and no answer came: the bound, until somebody knows better.
    pub(crate) async fn unknown(self) {
        let (charge, tier) = (self.bound.amount, self.tier);
        self.settle(Outcome::Unknown, Usage { tokens: Tokens::default(), tier }, charge).await;
    }

    async fn charge(self, outcome: Outcome, usage: Usage) -> Option<Usd> {
        let Some(price) = &self.price else {
            self.settle(outcome, usage, Usd::ZERO).await;
            return None;
        };
        let charge = price.charge(usage.tokens, usage.tier);
        if charge > self.bound.amount {
            // It was spent: it is booked as it is, and the budget shows it.
            tracing::warn!(
                model = %price.model, %charge, reserved = %self.bound.amount,
                "a request cost more than its bound"
            );
        }
        self.settle(outcome, usage, charge).await;
        Some(charge)
    }

    async fn settle(self, outcome: Outcome, usage: Usage, charge: Usd) {
        let since = |at: Instant| {
            u32::try_from(at.saturating_duration_since(self.admitted).as_millis())
                .unwrap_or(u32::MAX)
        };
        let settlement = Settlement {
            outcome,
            status: self.status.map(|status| status.as_u16()),
            service_tier: usage.tier,
            tokens: usage.tokens,
            charge,
            first_token_ms: self.first_output.map(since),
            total_ms: Some(since(Instant::now())),
            story: Some(self.telling.end(self.first_output)),
        };
        if !self.reservation.settle(settlement).await {
            tracing::warn!("a reply is completed before its commit; its intent stands for it");
        }
    }
}
