//! What a key is up to, in the words of all pages.

use store::{ApiKey, KeyActivity};

use crate::components::Tone;

/// Anything that a person should know of a key before using it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyState {
    Revoked,
    /// Its project is archived.
    Archived,
    /// A budget refused a request of it in this window.
    Refusing,
    NeverUsed,
}

impl KeyState {
    /// None: it is used, and nothing stands in its way.
    pub(super) const fn of(key: &ApiKey, activity: &KeyActivity) -> Option<Self> {
        if key.revoked_at.is_some() {
            Some(Self::Revoked)
        } else if key.project_archived {
            Some(Self::Archived)
        } else if activity.refusing {
            Some(Self::Refusing)
        } else if activity.last_day.is_none() {
            Some(Self::NeverUsed)
        } else {
            None
        }
    }

    pub(super) const fn badge(self) -> (Tone, &'static str) {
        match self {
            Self::Revoked => (Tone::Plain, "Revoked"),
            Self::Archived => (Tone::Plain, "Project archived"),
            Self::Refusing => (Tone::Bad, "Refusing"),
            Self::NeverUsed => (Tone::Warn, "Never used"),
        }
    }
}
