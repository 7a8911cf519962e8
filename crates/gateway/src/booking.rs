//! An admitted request on its way to its usage event.

use std::{sync::Arc, time::Instant};

use domain::{Outcome, Price, ServiceTier, Tokens, Usd};
use http::StatusCode;
use ledger::{Reservation, Settlement, Standing};

use crate::bound::Bound;

/// Holds the reservation until it is known how the request ended. Dropped while the provider may be
/// at work, it is booked at its bound.
pub(crate) struct Booking {
    reservation: Reservation,
    price: Arc<Price>,
    bound: Bound,
    admitted: Instant,
    status: Option<StatusCode>,
    first_output: Option<Instant>,
}

impl Booking {
    pub(crate) fn new(reservation: Reservation, price: Arc<Price>, bound: Bound) -> Self {
        Self {
            reservation,
            price,
            bound,
            admitted: Instant::now(),
            status: None,
            first_output: None,
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
    pub(crate) async fn answered(self, tokens: Tokens) -> Usd {
        let charge = self.price.charge(tokens);
        if charge > self.bound.amount {
            // It was spent: it is booked as it is, and the budget shows it.
            tracing::warn!(
                model = %self.price.model, %charge, reserved = %self.bound.amount,
                "a request cost more than its bound"
            );
        }
        self.settle(Outcome::Answered, tokens, charge).await
    }

    /// No usage was told, or not to its end: the input at its bound, and the output that was seen,
    /// where `told` says no better.
    pub(crate) async fn estimated(self, told: Option<Tokens>, output: u64) -> Usd {
        let tokens = Tokens {
            output: output.min(self.bound.output),
            ..told.unwrap_or(Tokens { input: self.bound.input, ..Tokens::default() })
        };
        let charge = self.price.charge(tokens);
        self.settle(Outcome::Estimated, tokens, charge).await
    }

    /// It was sent and no answer came: the bound, until somebody knows better.
    pub(crate) async fn unknown(self) -> Usd {
        let charge = self.bound.amount;
        self.settle(Outcome::Unknown, Tokens::default(), charge).await
    }

    async fn settle(self, outcome: Outcome, tokens: Tokens, charge: Usd) -> Usd {
        let since = |at: Instant| {
            u32::try_from(at.saturating_duration_since(self.admitted).as_millis())
                .unwrap_or(u32::MAX)
        };
        let settlement = Settlement {
            outcome,
            status: self.status.map(|status| status.as_u16()),
            service_tier: ServiceTier::Default,
            tokens,
            charge,
            first_token_ms: self.first_output.map(since),
            total_ms: Some(since(Instant::now())),
        };
        if !self.reservation.settle(settlement).await {
            tracing::warn!("a reply is completed before its commit; its intent stands for it");
        }
        charge
    }
}
