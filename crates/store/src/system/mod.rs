//! What has no caller: authentication before it knows one, the ledger, the scheduler, the operator's
//! commands. The only place whose transactions see more than one organization.

mod account_mails;
mod admin_keys;
mod audit;
mod bodies;
mod deletion;
mod directory;
mod email_changes;
mod erase;
mod exports;
mod fingerprints;
mod fold;
mod history;
mod invitations;
mod jobs;
mod leaks;
mod ledger;
mod memberships;
mod muted;
mod news;
pub mod operator;
mod outbox;
pub(crate) mod prices;
mod provider_errors;
mod raises;
mod reaper;
pub mod receipts;
mod reconcile;
mod refused_requests;
mod reports;
mod retention;
mod second_factors;
mod sessions;
mod settings;
mod spend;
mod tags;
mod throttles;
mod tiers;
mod time;
mod timings;
mod users;
mod uses;
mod watch;

pub use account_mails::Notice;
pub use admin_keys::Admitted;
pub use bodies::BodyRow;
pub use deletion::Deletion;
pub use directory::{KeyState, Named, Obstacle, Player, Presented, Proof, Reach, Unbilled};
pub use erase::Erased;
pub use exports::Piece;
pub use fingerprints::FingerprintRow;
pub use fold::FOLDED_AT_ONCE;
pub use history::{PastEvent, PastRefusals};
pub use invitations::{Joiner, OpenInvitation};
pub use jobs::{Done, Occurrence};
pub use leaks::Suspect;
pub use ledger::LedgerBook;
pub(crate) use ledger::{counter, window};
pub use muted::Mute;
pub use outbox::{Mail, STOPPED, Sent};
pub use provider_errors::ErrorOf;
pub use reconcile::Difference;
pub use refused_requests::RefusedOf;
pub use reports::{ReportOf, Reported};
pub(crate) use reports::{Windows, windows};
pub use retention::{Dropping, Hindrance, Month};
pub use second_factors::{RecoveryHash, SecondFactor};
pub use sessions::{Epoch, OwnSession, SessionHash, StoredSession};
pub use settings::{Installation, SignUpPolicy};
pub use spend::{Spend, SpendOf};
pub use tags::{TAG_VALUES, TAGS_AT_ONCE};
pub use throttles::{Count, Subject};
pub use tiers::SetTier;
pub(crate) use tiers::usage_counter;
pub use timings::TIMED_AT_ONCE;
pub use users::{Account, Credentials, NewUser, PasswordHash};

use domain::{Actor, Caller, OrgId, Origin, Role};

use crate::{Store, StoreError, tx, tx::Tx};

/// The store, asked without a caller.
#[derive(Debug, Clone, Copy)]
pub struct System<'a> {
    store: &'a Store,
}

impl<'a> System<'a> {
    pub(crate) const fn new(store: &'a Store) -> Self {
        Self { store }
    }

    /// Who asks where a rule of this program looks into an organization.
    pub(crate) fn rule(org: OrgId) -> Caller {
        Caller { actor: Actor::Rule, org, role: Role::Owner, origin: Origin::default() }
    }

    /// On the ledger's connections, for what a request waits for: busy pages must not hold it up.
    async fn begin_quick(self) -> Result<Tx, StoreError> {
        tx::system(&self.store.ledger).await
    }

    /// For what moves the rows of a table away, some at a time.
    async fn begin_taking(self) -> Result<Tx, StoreError> {
        tx::taking(&self.store.pool).await
    }

    pub(crate) async fn begin(self) -> Result<Tx, StoreError> {
        tx::system(&self.store.pool).await
    }
}
