//! The registry of ids: one type per entity, a `UUIDv7` inside, a prefix outside.
//!
//! The prefixes are those that OpenAI's clients know, where they know one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a valid id: it should look like {prefix}… with 32 hexadecimal digits")]
pub struct IdError {
    prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// What its text form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Names nothing: no row has it.
            pub const NIL: Self = Self(Uuid::nil());

            /// A new id, ordered by time of making.
            #[cfg(feature = "server")]
            #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id of a stored row.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// For the row in the database.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix($prefix)
                    .filter(|rest| rest.len() == 32)
                    .and_then(|rest| Uuid::try_parse(rest).ok())
                    .map(Self)
                    .ok_or(IdError { prefix: $prefix })
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    )+};
}

ids! {
    /// A tenant.
    OrgId = "org-";
    /// A person.
    UserId = "user-";
    /// A project in an organization.
    ProjectId = "proj_";
    /// An API key (its secret is something else: [`crate::api_key`]).
    KeyId = "key_";
    /// A budget.
    BudgetId = "bdg_";
    /// A notification threshold.
    ThresholdId = "thr_";
    /// A budget's larger amount for a while.
    RaiseId = "raise_";
    /// How fast a project may use a model.
    RateLimitId = "rl-";
    /// A threshold crossed, or a budget that began to block, once per window.
    CrossingId = "crs_";
    /// One request, from admission on; its usage event has the same id.
    EventId = "req_";
    /// A record of refusals.
    ReceiptId = "rcpt_";
    /// A version of a model's price.
    PriceId = "price_";
    /// A mail that must be sent.
    OutboxId = "mail_";
    /// A way to look at usage, under a name.
    ViewId = "view_";
    /// A file that a member asked for.
    ExportId = "exp_";
    /// A running server process.
    NodeId = "node_";
    /// An invitation to an organization.
    InvitationId = "invite-";
    /// A non-person that owns keys in one project.
    ServiceAccountId = "svc_acct_";
    /// A key for the admin API.
    AdminKeyId = "key_";
    /// An entry of the audit log.
    AuditId = "audit_log-";
    /// One showing of a form: what was sent with it once is not done again.
    FormId = "form_";
    /// One asking for a page, as the log and the page of a fault name it.
    FaultId = "fault_";
    /// A person's session, as shown to that person; never the cookie.
    SessionId = "sess_";
}

#[cfg(feature = "server")]
impl EventId {
    /// A new id of a request that was admitted at another time.
    pub fn at(time: chrono::DateTime<chrono::Utc>) -> Self {
        let seconds = time.timestamp().max(0).cast_unsigned();
        let time =
            uuid::Timestamp::from_unix(uuid::NoContext, seconds, time.timestamp_subsec_nanos());
        Self(Uuid::new_v7(time))
    }

    /// The smallest id of an instant. It is made here and not by a function of the database where rows
    /// are looked for: behind row-level security only a plain value finds a place in an index.
    pub fn floor(at: chrono::DateTime<chrono::Utc>) -> Self {
        let milliseconds = at.timestamp_millis().max(0).cast_unsigned();
        Self(Uuid::from_u128(u128::from(milliseconds) << 80))
    }

    /// When it was made, by the clock of who made it; the epoch for an id that tells no time.
    pub fn time(self) -> chrono::DateTime<chrono::Utc> {
        let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |time| time.to_unix());
        let seconds = i64::try_from(seconds).unwrap_or(0);
        chrono::DateTime::from_timestamp(seconds, nanos).unwrap_or_default()
    }
}

#[cfg(feature = "server")]
impl KeyId {
    /// Stands for a key where people send requests from a project's playground: nobody holds such a key,
    /// and by its id usage tells their requests apart from those of programs.
    pub fn playground(project: ProjectId) -> Self {
        Self(Uuid::new_v5(&project.uuid(), b"playground"))
    }

    /// Whether it stands for a playground. What is generated is of version 7.
    pub fn is_playground(self) -> bool {
        self.0.get_version_num() == 5
    }
}

#[cfg(feature = "server")]
impl ReceiptId {
    /// The receipt of all refusals of a key by one revision of a limit in one quarter of an hour:
    /// known without asking, so that a storm of refusals writes next to nothing. `limit` is a
    /// budget, or whatever else has a limit, and `what` tells its limits apart.
    pub fn of(
        limit: Uuid,
        what: &str,
        revision: i32,
        key: KeyId,
        quarter: chrono::DateTime<chrono::Utc>,
    ) -> Self {
        let name = format!("{what} {revision} {key} {}", quarter.timestamp());
        Self(Uuid::new_v5(&limit, name.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_and_keeps_its_kind() {
        let id = OrgId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().starts_with("org-"));
        assert!(id.to_string().parse::<UserId>().is_err());
    }

    #[cfg(feature = "server")]
    #[test]
    fn a_playground_is_no_key_and_each_project_has_its_own() {
        let (one, other) = (ProjectId::generate(), ProjectId::generate());
        assert!(KeyId::playground(one).is_playground());
        assert_eq!(KeyId::playground(one), KeyId::playground(one));
        assert_ne!(KeyId::playground(one), KeyId::playground(other));
        assert!(!KeyId::generate().is_playground() && !KeyId::NIL.is_playground());
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        for text in [
            "",
            "org-",
            "org-1234",
            "org-zz92000000000000000000000000000",
            "org-01920000-0000-7000-8000-00000000000",
        ] {
            assert!(text.parse::<OrgId>().is_err(), "{text}");
        }
    }
}
