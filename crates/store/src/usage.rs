//! What usage is counted in: requests, tokens and money.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, Tokens, Usd};

use crate::{Store, StoreError};

/// Requests, tokens and money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Forwarded requests that are done.
    pub requests: i64,
    /// Of these, charged by an estimate.
    pub estimated: i64,
    /// Of these, for models without a known price: what they cost is not in the charge.
    pub unpriced: i64,
    /// Tokens by class.
    pub tokens: Tokens,
    /// What they cost, as far as it is known.
    pub charge: Usd,
}

impl Totals {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            estimated: self.estimated + other.estimated,
            unpriced: self.unpriced + other.unpriced,
            tokens: self.tokens.plus(other.tokens),
            charge: self.charge.plus(other.charge),
        }
    }

    /// What is left of it without a part of it.
    #[must_use]
    pub fn minus(self, part: Self) -> Self {
        let (all, some) = (self.tokens.by_class(), part.tokens.by_class());
        let tokens = std::array::from_fn(|class| all[class].saturating_sub(some[class]));
        Self {
            requests: self.requests - part.requests,
            estimated: self.estimated - part.estimated,
            unpriced: self.unpriced - part.unpriced,
            tokens: Tokens::from_classes(tokens),
            charge: self.charge.minus(part.charge),
        }
    }
}

impl Store {
    /// The instant at which it is asked, by the clock that usage is booked by. What is read after it holds
    /// all that was booked before it.
    pub async fn clock(&self, caller: &Caller) -> Result<DateTime<Utc>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let at = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#).fetch_one(&mut *tx).await?;
        Ok(at)
    }
}

/// Sums of the classes, in their order.
pub(crate) fn tokens(sums: &[i64]) -> Tokens {
    let count = |at: usize| sums.get(at).and_then(|n| u64::try_from(*n).ok()).unwrap_or(0);
    Tokens::from_classes(std::array::from_fn(count))
}
