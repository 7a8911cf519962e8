//! Postgres: the only crate with SQL.
//!
//! How to add a query: find the file of its noun (or make it), write a method on [`Store`] that
//! takes a [`domain::Caller`], call `caller.may(Action::…)` first, open [`Store::tenant`], use
//! `query!` or `query_as!`, and renew `.sqlx/` with `make prepare`. Only what has no caller (the
//! ledger, the scheduler, authentication) goes to [`system`].

mod acknowledged;
mod admin_keys;
mod api_keys;
mod audit;
mod billing;
mod bodies;
mod budgets;
mod change;
mod coarse;
mod corrections;
mod cycles;
pub mod drift;
mod error;
pub mod event_slices;
pub mod explore;
mod exports;
mod first_steps;
mod invitations;
mod kept;
mod key_activity;
mod key_edits;
mod key_imports;
mod key_making;
mod key_rotation;
mod key_rules;
pub mod latencies;
mod maker;
mod members;
mod migrate;
mod money;
mod named_keys;
mod organizations;
mod own_mails;
mod own_prices;
mod page;
mod past;
mod personal_keys;
mod place;
mod project_members;
mod projects;
pub mod provider_errors;
mod raises;
mod rate_limits;
mod receipts;
mod recipients;
mod refused;
pub mod refused_requests;
mod reports;
pub mod requests;
mod service_accounts;
mod shapes;
mod slice_names;
pub mod slices;
mod spend_alerts;
mod standings;
pub mod statements;
pub mod system;
pub mod tags;
mod thresholds;
mod tiers;
mod tx;
pub mod usage;
mod views;
mod watches;
mod what_if;

use std::{str::FromStr, time::Duration};

pub use admin_keys::{AdminKey, AdminKeyMaker, NewAdminKey};
pub use api_keys::{ApiKey, KeyOwner};
pub use audit::{AuditFilter, AuditPage};
pub use billing::BillingProfile;
pub use bodies::{Keeping, SealedBody};
pub use budgets::{Budget, BudgetStatus, SetBudget};
pub use change::ChangeCursor;
pub use corrections::{Doubtful, DoubtfulKey};
pub use cycles::{BillingCycle, Cycles};
pub use error::{Conflict, StoreError};
pub use exports::{Export, ExportState, UsageFile};
pub use first_steps::FirstSteps;
pub use invitations::{
    Invitation, InvitationMail, InvitationState, Invited, Outcome as InviteOutcome,
};
pub use key_activity::KeyActivity;
pub use key_imports::Label;
pub use key_making::{Guards, KeyBudget, MadeKey, NewApiKey, NewKey, NewOwner};
pub use key_rotation::Rotation;
pub use key_rules::KeyRules;
pub use maker::Maker;
pub use members::{Member, MemberProject, OwnKey, OwnKeys, Powers};
pub use named_keys::NamedKey;
pub use organizations::{Organization, OwnOrganization};
pub use own_prices::OwnPrice;
pub use page::{Page, Part};
pub use past::{Past, Until};
pub use personal_keys::{MemberKey, NewPersonalKey, PersonalKey};
pub use project_members::{Candidate, ProjectMember};
pub use projects::{ListedProject, Project};
pub use raises::{NewRaise, Raise, RaiseState};
pub use rate_limits::{ModelPage, RateLimit, RateLimits};
pub use receipts::{LimitNow, Numbers, Receipt, RefusedBy, SetThen};
pub use recipients::Recipient;
pub use refused::BudgetRefusals;
pub use reports::Report;
pub use service_accounts::ServiceAccount;
pub use slice_names::Names;
pub use spend_alerts::SpendAlert;
use sqlx::{
    Connection as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
pub use standings::Standing;
pub use system::{NewUser, System};
pub use thresholds::{Acknowledged, Crossing, Delivery, SetThreshold, Threshold};
pub use tiers::{OwnTier, UsageLimit};
pub use views::UsageView;
pub use watches::Warning;
pub use what_if::{PastStretch, WhatIf};

/// A connection answered so lately that it needs no test before it is used again.
const FRESH: Duration = Duration::from_millis(100);

/// The database, as the rest of the program sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    ledger: PgPool,
}

impl Store {
    /// Prepares connections to the database at `url`, at most `connections` for pages and
    /// requests, besides the ledger's own. Fails if the address is wrong or nothing answers.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        // Compiling a query (jit) costs more than running it, and no timeout ends it: where tables
        // have never been counted, as after a crash of the database, a batch took seconds.
        let options = PgConnectOptions::from_str(url)?
            .application_name("exchequer")
            .options([("jit", "off")]);
        // A node stopped between lock and write must not hold the others.
        let bounded = |lock: &str, statement: &str, idle: &str| {
            options.clone().options([
                ("lock_timeout", lock),
                ("statement_timeout", statement),
                ("idle_in_transaction_session_timeout", idle),
                ("tcp_keepalives_idle", "10"),
                ("tcp_keepalives_interval", "5"),
                ("tcp_keepalives_count", "3"),
            ])
        };
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(5))
            .max_lifetime(Duration::from_mins(10))
            // A page takes dozens of connections one after the other; only one that lay idle may be broken.
            .test_before_acquire(false)
            .before_acquire(|connection, now| {
                Box::pin(async move {
                    if now.idle_for > FRESH {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(bounded("5s", "30s", "15s"))
            .await?;
        // The ledger's statements go by key. Planned anew for each batch, or read as a whole while a
        // table is small, they would cost more than what they do (docs/performance.md).
        // Nested loops also lock rows in the order in which they are asked for.
        let planned = [
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
        ];
        let ledger = PgPoolOptions::new()
            .max_connections(6)
            .acquire_timeout(Duration::from_secs(1))
            .max_lifetime(Duration::from_mins(10))
            .connect_lazy_with(bounded("250ms", "2s", "500ms").options(planned));
        Ok(Self { pool, ledger })
    }

    /// What has no caller: the ledger, the scheduler, authentication, the operator's commands.
    pub const fn system(&self) -> System<'_> {
        System::new(self)
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.ledger.close().await;
        self.pool.close().await;
    }
}
