//! What a key is up to, in the words of all pages.

use chrono::{DateTime, TimeDelta, Utc};
use store::{ApiKey, KeyActivity};

use crate::components::Tone;
use crate::labels;

/// From when on a key is said to expire soon.
const SOON: TimeDelta = TimeDelta::days(14);
/// After how long without a request a key is idle.
const IDLE: TimeDelta = TimeDelta::days(90);

/// Whether a key is taken, and if not, why; of several reasons the one that lasts longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum KeyState {
    Active,
    ExpiresSoon,
    /// A budget refused a request of it in this window, or is spent: it refuses the next.
    Refusing,
    /// Its owner left the project.
    NoAccess,
    Paused,
    Expired,
    /// Its project is archived.
    Archived,
    Imported,
    Leaked,
    Revoked,
}

impl KeyState {
    /// All of them, as a filter lists them.
    pub(super) const ALL: [Self; 10] = [
        Self::Active,
        Self::ExpiresSoon,
        Self::Refusing,
        Self::NoAccess,
        Self::Paused,
        Self::Expired,
        Self::Archived,
        Self::Imported,
        Self::Leaked,
        Self::Revoked,
    ];

    pub(in crate::pages) fn of(key: &ApiKey, activity: &KeyActivity, now: DateTime<Utc>) -> Self {
        let expires_by = |at| key.expires_at.is_some_and(|expires| expires <= at);
        if key.revoked_at.is_some() {
            Self::Revoked
        } else if key.leaked_at.is_some() {
            Self::Leaked
        } else if key.imported {
            Self::Imported
        } else if key.project_archived {
            Self::Archived
        } else if expires_by(now) {
            Self::Expired
        } else if key.paused_at.is_some() {
            Self::Paused
        } else if !key.owner_has_access {
            Self::NoAccess
        } else if activity.refusing {
            Self::Refusing
        } else if expires_by(now + SOON) {
            Self::ExpiresSoon
        } else {
            Self::Active
        }
    }

    /// Requests are taken with it, as far as budgets go.
    pub(in crate::pages) const fn is_taken(self) -> bool {
        matches!(self, Self::Active | Self::ExpiresSoon | Self::Refusing)
    }

    /// For addresses.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ExpiresSoon => "expires-soon",
            Self::Refusing => "refusing",
            Self::NoAccess => "no-access",
            Self::Paused => "paused",
            Self::Expired => "expired",
            Self::Archived => "archived",
            Self::Imported => "imported",
            Self::Leaked => "leaked",
            Self::Revoked => "revoked",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Active => labels::ACTIVE,
            Self::ExpiresSoon => "Expires soon",
            Self::Refusing => "Refusing",
            Self::NoAccess => "Owner has no access",
            Self::Paused => labels::PAUSED,
            Self::Expired => labels::EXPIRED,
            Self::Archived => labels::PROJECT_ARCHIVED,
            Self::Imported => "Imported",
            Self::Leaked => labels::LEAKED,
            Self::Revoked => labels::REVOKED,
        }
    }

    pub(super) const fn tone(self) -> Tone {
        match self {
            Self::Active => Tone::Ok,
            Self::ExpiresSoon | Self::NoAccess | Self::Paused => Tone::Warn,
            Self::Refusing | Self::Leaked => Tone::Bad,
            Self::Expired | Self::Archived | Self::Imported | Self::Revoked => Tone::Plain,
        }
    }
}

/// What a person might want to tidy up: of keys that are taken alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hygiene {
    NeverUsed,
    Idle,
    NoExpiry,
    /// Neither it nor its project has a budget that refuses; the organization’s may.
    NoBudget,
    Untracked,
}

impl Hygiene {
    pub(super) const ALL: [Self; 5] =
        [Self::NeverUsed, Self::Idle, Self::NoExpiry, Self::NoBudget, Self::Untracked];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::NeverUsed => "never-used",
            Self::Idle => "idle",
            Self::NoExpiry => "no-expiry",
            Self::NoBudget => "no-budget",
            Self::Untracked => "untracked",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::NeverUsed => labels::NEVER_USED,
            Self::Idle => "Idle for 90 days",
            Self::NoExpiry => "No expiry",
            Self::NoBudget => "No budget, nor its project",
            Self::Untracked => labels::UNTRACKED,
        }
    }

    pub(super) fn concerns(self, key: &ApiKey, activity: &KeyActivity, now: DateTime<Utc>) -> bool {
        let used = last_used(key, activity);
        KeyState::of(key, activity, now).is_taken()
            && match self {
                Self::NeverUsed => used.is_none(),
                Self::Idle => used.is_some_and(|used| used + IDLE <= now),
                Self::NoExpiry => key.expires_at.is_none(),
                Self::NoBudget => !key.budgeted,
                Self::Untracked => !key.tracked,
            }
    }
}

/// When a key was last used: when it was presented, or for keys of old, the day of its last request.
pub(in crate::pages) fn last_used(key: &ApiKey, activity: &KeyActivity) -> Option<DateTime<Utc>> {
    key.used_at.max(activity.last_day)
}
