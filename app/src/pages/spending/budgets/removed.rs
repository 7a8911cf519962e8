//! The budget that the person removed just before. Kept in the session, where no address can say otherwise.

use domain::{Period, Scope, Usd};
use serde::{Deserialize, Serialize};
use store::Budget;
use tower_sessions::Session;

use crate::web::Failure;

const KEY: &str = "removed-budget";

/// What sets it again as it was, raises apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Removed {
    scope: String,
    window: String,
    amount: String,
    pub(super) observe: bool,
}

impl Removed {
    /// Remembers it for the page that is shown next.
    pub(super) async fn keep(session: &Session, budget: &Budget) -> Result<(), Failure> {
        let removed = Self {
            scope: budget.scope.to_string(),
            window: budget.period.as_str().to_owned(),
            amount: budget.own_amount.to_string(),
            observe: budget.observe,
        };
        Ok(session.insert(KEY, removed).await?)
    }

    /// What is remembered of this scope and window; once.
    pub(super) async fn take(
        session: &Session,
        scope: Scope,
        period: Period,
    ) -> Result<Option<Self>, Failure> {
        let removed: Option<Self> = session.remove(KEY).await?;
        let (scope, window) = (scope.to_string(), period.as_str());
        Ok(removed.filter(|it| it.scope == scope && it.window == window))
    }

    pub(super) fn amount(&self) -> Option<Usd> {
        self.amount.parse().ok()
    }
}
