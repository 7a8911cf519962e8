//! At what level a threshold notifies.

use crate::Usd;

/// A threshold's level: an amount, or a share of the budget of the same scope and window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// From this amount on.
    Amount(Usd),
    /// From this many hundredths of the budget on; 1 to 100.
    Percent(u32),
}

impl Level {
    /// The amount at which it fires; none for a share of a budget that does not exist.
    pub fn fires_at(self, budget: Option<Usd>) -> Option<Usd> {
        match self {
            Self::Amount(amount) => Some(amount),
            Self::Percent(percent) => budget?.percent(percent),
        }
    }
}
