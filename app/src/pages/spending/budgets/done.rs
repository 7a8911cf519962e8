//! What a form of the page did, said once afterwards.

use leptos::prelude::*;

use crate::components::{Outcome, PostButton, Toast, Tone};
use crate::labels;

/// The form that takes a removal back.
pub(super) struct Again {
    pub(super) words: String,
    pub(super) action: String,
    pub(super) fields: Vec<(&'static str, String)>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    BudgetSet,
    /// The amount is spent already.
    BudgetReached,
    /// Somebody else had set one meanwhile.
    BudgetReplaced,
    BudgetRemoved,
    Raised,
    RaiseEnded,
    /// It had not begun.
    RaiseTakenBack,
    /// It had ended already.
    RaiseOver,
    ThresholdSet,
    ThresholdPassed,
    ThresholdRemoved,
}

impl Done {
    const ALL: [Self; 11] = [
        Self::BudgetSet,
        Self::BudgetReached,
        Self::BudgetReplaced,
        Self::BudgetRemoved,
        Self::Raised,
        Self::RaiseEnded,
        Self::RaiseTakenBack,
        Self::RaiseOver,
        Self::ThresholdSet,
        Self::ThresholdPassed,
        Self::ThresholdRemoved,
    ];

    /// The word in the address.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::BudgetSet => "budget",
            Self::BudgetReached => "budget-reached",
            Self::BudgetReplaced => "budget-replaced",
            Self::BudgetRemoved => "budget-removed",
            Self::Raised => "raised",
            Self::RaiseEnded => "raise-ended",
            Self::RaiseTakenBack => "raise-taken-back",
            Self::RaiseOver => "raise-over",
            Self::ThresholdSet => "threshold",
            Self::ThresholdPassed => "threshold-passed",
            Self::ThresholdRemoved => "threshold-removed",
        }
    }

    /// What may be taken back.
    pub(super) const fn is_removal(self) -> bool {
        matches!(self, Self::BudgetRemoved | Self::ThresholdRemoved)
    }

    pub(super) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|done| done.as_str() == word)
    }

    /// `clean` is the address of what is shown; `again` sets what was removed as it was.
    pub(super) fn told(self, clean: String, again: Option<Again>) -> AnyView {
        let (tone, lead, text) = match self {
            Self::BudgetSet => {
                (Tone::Ok, "Budget saved.", labels::IT_IS_IN_FORCE_ON_EVERY_NODE_WITHIN_A_SECOND)
            }
            // The page says below what that means.
            Self::BudgetReached => (
                Tone::Ok,
                "Budget saved, and it blocks now.",
                "As much as this or more is spent already.",
            ),
            Self::BudgetReplaced => (
                Tone::Warn,
                "Budget saved, in the place of another.",
                "Somebody had set one for the same window since you opened the page. There is one budget a window: yours is in force, and the audit log has both.",
            ),
            Self::BudgetRemoved => {
                (Tone::Ok, "Budget removed.", "No request is refused for it any more.")
            }
            Self::Raised => (
                Tone::Ok,
                "Raise saved.",
                "It ends by itself, and the owners are mailed then. Percentages of thresholds are of the raised amount while it is in force.",
            ),
            Self::RaiseEnded => (Tone::Ok, "Raise ended.", labels::WHAT_HOLDS_NOW_IS_SHOWN_BELOW),
            Self::RaiseTakenBack => {
                (Tone::Ok, "Raise taken back.", "It had not begun and never will.")
            }
            Self::RaiseOver => {
                (Tone::Warn, "This raise had ended already.", labels::WHAT_HOLDS_NOW_IS_SHOWN_BELOW)
            }
            Self::ThresholdSet => {
                (Tone::Ok, "Threshold added.", "It mails once in every window that reaches it.")
            }
            Self::ThresholdPassed => (
                Tone::Warn,
                "Threshold added, and already passed: nobody is mailed in this window.",
                "As much as this or more is spent. It mails from the next window on.",
            ),
            Self::ThresholdRemoved => (
                Tone::Ok,
                "Threshold removed.",
                "The alerts that it has sent stay in the list of alerts.",
            ),
        };
        match again.filter(|_| self.is_removal()) {
            Some(Again { words, action, fields }) => view! {
                <Toast lead text clean><PostButton action fields>{words}</PostButton></Toast>
            }
            .into_any(),
            None => view! { <Outcome tone lead text clean/> }.into_any(),
        }
    }
}
