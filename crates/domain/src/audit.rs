//! What the audit log tells of a change.
//!
//! A change names what was done to what, and the facts before and after. A fact that says something
//! about a person is *personal*: the log's chain covers only its salted hash, so that the value can
//! be erased.

#[cfg(feature = "server")]
mod chain;
#[cfg(feature = "server")]
mod entry;
#[cfg(feature = "server")]
mod export;
#[cfg(feature = "server")]
mod hash;
#[cfg(feature = "server")]
mod head;
#[cfg(feature = "server")]
#[cfg(test)]
mod tests;

use std::fmt::Display;

#[cfg(feature = "server")]
pub use self::{
    chain::{Chain, Damage, Fault, Whole},
    entry::{Body, End, Entry, Personal, Salted, Sides},
    export::{Export, ExportError, head_of, rows, top},
    hash::{Hash, HashError},
    head::{Head, HeadError, SignedHead},
};

use crate::ProjectId;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal $label:literal;)+) => {
        /// What was done, in the words of the admin API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* #[doc = $label] $name,)+ }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word for tables and programs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The words for people.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }
        }
    };
}

kinds! {
    OrganizationCreated = "organization.created" "Organization made";
    OrganizationUpdated = "organization.updated" "Organization changed";
    OrganizationClosed = "organization.closed" "Organization closed";
    OrganizationReopened = "organization.reopened" "Organization reopened";
    OrganizationSuspended = "organization.suspended" "Organization suspended";
    OrganizationResumed = "organization.resumed" "Organization resumed";
    BillingUpdated = "billing.updated" "Billing profile changed";
    InviteSent = "invite.sent" "Invitation sent";
    InviteAccepted = "invite.accepted" "Invitation accepted";
    InviteDeleted = "invite.deleted" "Invitation revoked";
    UserAdded = "user.added" "Member added";
    UserUpdated = "user.updated" "Member changed";
    UserDeleted = "user.deleted" "Member removed";
    ProjectCreated = "project.created" "Project made";
    ProjectUpdated = "project.updated" "Project changed";
    ProjectArchived = "project.archived" "Project archived";
    ProjectUserAdded = "project.user.added" "Project member added";
    ProjectUserUpdated = "project.user.updated" "Project member changed";
    ProjectUserDeleted = "project.user.deleted" "Project member removed";
    ServiceAccountCreated = "service_account.created" "Service account made";
    ServiceAccountUpdated = "service_account.updated" "Service account changed";
    ServiceAccountDeleted = "service_account.deleted" "Service account deleted";
    KeyCreated = "api_key.created" "API key made";
    KeyUpdated = "api_key.updated" "API key changed";
    KeyDeleted = "api_key.deleted" "API key revoked";
    KeyLeaked = "api_key.leaked" "API key reported as leaked";
    PersonalKeyBlocked = "personal_key.blocked" "Personal key refused";
    PersonalKeyAllowed = "personal_key.allowed" "Personal key allowed";
    AdminKeyCreated = "admin_api_key.created" "Admin key made";
    AdminKeyDeleted = "admin_api_key.deleted" "Admin key revoked";
    BudgetSet = "budget.set" "Budget set";
    BudgetRemoved = "budget.removed" "Budget removed";
    RaiseSet = "budget.raised" "Budget raised for a while";
    RaiseEnded = "budget.raise.ended" "Raise of a budget ended";
    ChargeCorrected = "charge.corrected" "Charge of a request corrected";
    ThresholdSet = "threshold.set" "Threshold set";
    ThresholdRemoved = "threshold.removed" "Threshold removed";
    AlertAcknowledged = "alert.acknowledged" "Alert acknowledged";
    AlertTried = "alert.tried" "Test alert sent";
    ReportSet = "report.set" "Report set";
    ReportRemoved = "report.removed" "Report stopped";
    ReportSent = "report.sent" "Report sent";
    WatchesSet = "watches.set" "Warnings set";
    ViewKept = "view.kept" "View kept";
    ViewRemoved = "view.removed" "View removed";
    ExportAsked = "export.asked" "File asked for";
    ExportRemoved = "export.removed" "File removed";
    CycleClosed = "cycle.closed" "Billing cycle closed";
    InvoiceKept = "invoice.kept" "Provider’s invoice kept";
    InvoiceRemoved = "invoice.removed" "Provider’s invoice removed";
    TierSet = "tier.set" "Usage tier set";
    RateLimitSet = "rate_limit.set" "Rate limit set";
    RateLimitRemoved = "rate_limit.removed" "Rate limit removed";
    PriceSet = "price.set" "Own price set";
    PriceRemoved = "price.removed" "Own price removed";
    AuditExported = "audit.exported" "Audit log exported";
    BodyOpened = "request.opened" "Prompt and answer opened";
}

/// A value before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is called.
    pub name: &'static str,
    /// Before; none for what was made.
    pub before: Option<String>,
    /// After; none for what is gone.
    pub after: Option<String>,
    /// It says something about a person.
    pub personal: bool,
}

/// What was done, for one entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub kind: Kind,
    /// The id of what was changed.
    pub subject: String,
    /// The project that it belongs to, if to one.
    pub project: Option<ProjectId>,
    /// What was different before.
    pub facts: Vec<Fact>,
}

impl Change {
    /// A change without facts yet.
    pub fn new(kind: Kind, subject: impl Display) -> Self {
        Self { kind, subject: subject.to_string(), project: None, facts: Vec::new() }
    }

    /// It concerns a project.
    #[must_use]
    pub fn in_project(mut self, project: ProjectId) -> Self {
        self.project = Some(project);
        self
    }

    /// Something that is there now and was not before.
    #[must_use]
    pub fn now(self, name: &'static str, after: impl Display) -> Self {
        self.fact(name, None, Some(after.to_string()), false)
    }

    /// Something that was there before and is not now.
    #[must_use]
    pub fn gone(self, name: &'static str, before: impl Display) -> Self {
        self.fact(name, Some(before.to_string()), None, false)
    }

    /// Something that may be different; left out if it is the same.
    #[must_use]
    pub fn moved(self, name: &'static str, before: impl Display, after: impl Display) -> Self {
        self.fact(name, Some(before.to_string()), Some(after.to_string()), false)
    }

    /// Something that may be there or not, before and after; left out if it is the same.
    #[must_use]
    pub fn maybe(
        self,
        name: &'static str,
        before: Option<impl Display>,
        after: Option<impl Display>,
    ) -> Self {
        self.fact(name, before.map(|b| b.to_string()), after.map(|a| a.to_string()), false)
    }

    /// As [`Change::maybe`], about a person.
    #[must_use]
    pub fn personal(
        self,
        name: &'static str,
        before: Option<impl Display>,
        after: Option<impl Display>,
    ) -> Self {
        self.fact(name, before.map(|b| b.to_string()), after.map(|a| a.to_string()), true)
    }

    fn fact(
        mut self,
        name: &'static str,
        before: Option<String>,
        after: Option<String>,
        personal: bool,
    ) -> Self {
        if before != after {
            self.facts.push(Fact { name, before, after, personal });
        }
        self
    }
}
