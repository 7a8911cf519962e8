//! What the person removed just before. Kept in the session, where no address can say otherwise.

use domain::{Level, Period, Scope, Usd};
use serde::{Deserialize, Serialize};
use store::{Budget, Threshold};
use tower_sessions::Session;

use super::done::Again;
use crate::{
    components::usd,
    web::{Failure, recall},
};

const KEY: &str = "removed-limit";

/// What sets it again as it was, and the page on which it was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Removed {
    scope: String,
    window: String,
    what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum What {
    /// Raises apart.
    Budget { amount: String, observe: bool },
    /// It may be another's than the page's: the organization's lists all.
    Threshold { scope: String, window: String, level: String, unit: String, addresses: String },
}

impl Removed {
    pub(super) fn budget(budget: &Budget) -> Self {
        let (amount, observe) = (budget.own_amount.to_string(), budget.observe);
        Self::on(budget.scope, budget.period, What::Budget { amount, observe })
    }

    pub(super) fn threshold((scope, period): (Scope, Period), threshold: &Threshold) -> Self {
        let (level, unit) = match threshold.level {
            Level::Percent(percent) => (percent.to_string(), "percent"),
            Level::Amount(amount) => (amount.to_string(), "usd"),
        };
        let what = What::Threshold {
            scope: threshold.scope.to_string(),
            window: threshold.period.as_str().to_owned(),
            level,
            unit: unit.to_owned(),
            addresses: threshold.addresses.join("\n"),
        };
        Self::on(scope, period, what)
    }

    fn on(scope: Scope, period: Period, what: What) -> Self {
        Self { scope: scope.to_string(), window: period.as_str().to_owned(), what }
    }

    /// Remembers it for the page that is shown next.
    pub(super) async fn keep(self, session: &Session) -> Result<(), Failure> {
        Ok(session.insert(KEY, self).await?)
    }

    /// What is remembered of this scope and window; once.
    pub(super) async fn take(
        session: &Session,
        scope: Scope,
        period: Period,
    ) -> Result<Option<Self>, Failure> {
        let (scope, window) = (scope.to_string(), period.as_str());
        recall(session, KEY, |it: &Self| it.scope == scope && it.window == window).await
    }

    /// The form that sets it again at this address; for a budget, while there is no other.
    pub(super) fn again(&self, action: &str, budgeted: bool) -> Option<Again> {
        let (words, fields) = match self.what.clone() {
            What::Budget { .. } if budgeted => return None,
            What::Budget { amount, observe } => {
                let shown = usd(amount.parse::<Usd>().ok()?);
                let mut fields = vec![
                    ("action", "set-budget".to_owned()),
                    ("scope", self.scope.clone()),
                    ("window", self.window.clone()),
                    // Somebody may set one before it is pressed: then that is said.
                    ("was", String::new()),
                    ("amount", amount),
                ];
                fields.extend(observe.then(|| ("observe", "yes".to_owned())));
                let words = if observe {
                    format!("Observe {shown} again")
                } else {
                    format!("Set {shown} again")
                };
                (words, fields)
            }
            What::Threshold { scope, window, level, unit, addresses } => {
                let action = "add-threshold".to_owned();
                let fields = [
                    ("action", action),
                    ("scope", scope),
                    ("window", window),
                    ("level", level),
                    ("unit", unit),
                    ("addresses", addresses),
                ];
                ("Add it again".to_owned(), fields.to_vec())
            }
        };
        Some(Again { words, action: action.to_owned(), fields })
    }
}
