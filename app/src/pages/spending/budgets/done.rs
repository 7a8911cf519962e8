//! What a form of the page did, said once afterwards.

use leptos::prelude::*;

use crate::components::{Notice, Tone};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    BudgetSet,
    BudgetRemoved,
    ThresholdSet,
    ThresholdPassed,
    ThresholdRemoved,
}

impl Done {
    const ALL: [Self; 5] = [
        Self::BudgetSet,
        Self::BudgetRemoved,
        Self::ThresholdSet,
        Self::ThresholdPassed,
        Self::ThresholdRemoved,
    ];

    /// The word in the address.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::BudgetSet => "budget",
            Self::BudgetRemoved => "budget-removed",
            Self::ThresholdSet => "threshold",
            Self::ThresholdPassed => "threshold-passed",
            Self::ThresholdRemoved => "threshold-removed",
        }
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.as_str() == word)
    }

    pub(super) fn notice(self) -> AnyView {
        let (tone, lead, text) = match self {
            Self::BudgetSet => {
                (Tone::Ok, "Budget saved.", "It is in force on every node within a second.")
            }
            Self::BudgetRemoved => {
                (Tone::Ok, "Budget removed.", "No request is refused for it any more.")
            }
            Self::ThresholdSet => {
                (Tone::Ok, "Threshold added.", "It mails once in every cycle that reaches it.")
            }
            Self::ThresholdPassed => (
                Tone::Warn,
                "Threshold added, and already passed: nobody is mailed in this cycle.",
                "More than this is spent. It mails from the next cycle on.",
            ),
            Self::ThresholdRemoved => (
                Tone::Ok,
                "Threshold removed.",
                "The alerts that it has sent stay in the list of alerts.",
            ),
        };
        view! { <Notice tone lead text/> }.into_any()
    }
}
