//! What an organization asks of new keys.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, ProjectId};

use crate::{Conflict, Store, StoreError, place::stay, tx::Tx};

/// The rules, for a form that obeys them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRules {
    /// The most days that a new key may live.
    pub max_days: Option<u16>,
    /// New keys belong to service accounts; personal keys are refused.
    pub service_keys_only: bool,
}

impl Store {
    /// The organization's rules for new keys.
    pub async fn key_rules(&self, caller: &Caller) -> Result<KeyRules, StoreError> {
        caller.may(Action::SeeOrganization)?;
        let mut tx = self.tenant(caller).await?;
        let row = sqlx::query!(
            "SELECT key_max_days, service_keys_only FROM organizations WHERE org_id = $1",
            caller.org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(KeyRules {
            max_days: row.key_max_days.and_then(|days| u16::try_from(days).ok()),
            service_keys_only: row.service_keys_only,
        })
    }
}

/// The rules at the moment when a key is made.
pub(crate) struct Rules {
    pub(crate) now: DateTime<Utc>,
    pub(crate) max_days: Option<u16>,
    pub(crate) service_keys_only: bool,
    archived: bool,
}

impl Rules {
    /// Those in force, which stay so until the transaction is over. No key is locked before.
    pub(crate) async fn of(
        tx: &mut Tx,
        caller: &Caller,
        project: ProjectId,
    ) -> Result<Self, StoreError> {
        let row = sqlx::query!(
            r#"SELECT key_max_days, service_keys_only, exq_now() AS "now!" FROM organizations
             WHERE org_id = $1 FOR SHARE"#,
            caller.org.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        stay(tx, caller).await?;
        let archived = sqlx::query_scalar!(
            r#"SELECT archived_at IS NOT NULL AS "archived!" FROM projects
             WHERE org_id = $1 AND id = $2 FOR SHARE"#,
            caller.org.uuid(),
            project.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        Ok(Self {
            now: row.now,
            max_days: row.key_max_days.and_then(|days| u16::try_from(days).ok()),
            service_keys_only: row.service_keys_only,
            archived,
        })
    }

    /// Stops with [`Conflict::ProjectArchived`] if the project takes no keys.
    pub(crate) const fn running(&self) -> Result<(), StoreError> {
        if self.archived { Err(StoreError::Conflict(Conflict::ProjectArchived)) } else { Ok(()) }
    }
}
