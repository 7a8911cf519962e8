//! A new secret in an old key's place.

mod carry;

use chrono::{DateTime, Utc};
use domain::{
    Caller, Expiry, FormId, KeyId, Overlap, Permissions, ProjectId, ServiceAccountId, UserId,
    audit::{Change, Kind},
};

use crate::{
    Conflict, MadeKey, NewKey, Store, StoreError,
    key_making::{Row, guards},
    key_rules::Rules,
    place::{home, may_edit_key},
    service_accounts,
    tx::Tx,
};

/// How a key is rotated.
#[derive(Clone)]
pub struct Rotation<'a> {
    /// The key.
    pub old: KeyId,
    /// How long it stays valid.
    pub overlap: Overlap,
    /// The form that asked for it.
    pub form: Option<FormId>,
    /// The secret of its successor.
    pub key: NewKey<'a>,
}

impl Store {
    /// Makes a key of the same name, owner, permissions, tracking, guards, budgets and thresholds, that lives
    /// as long as the old one was meant to, and has the old one expire after the overlap. A person's key is rotated by
    /// that person alone: nobody gets a secret that speaks for another.
    pub async fn rotate_api_key(
        &self,
        caller: &Caller,
        rotation: &Rotation<'_>,
    ) -> Result<MadeKey, StoreError> {
        let mut tx = self.change(caller).await?;
        let (project, account, rules) = lock(&mut tx, caller, rotation.old).await?;
        let old = sqlx::query!(
            "SELECT name, owner_id, permissions, scopes, tracked, imported, created_at, expires_at,
                max_request, max_running,
                revoked_at IS NOT NULL AS \"revoked!\"
             FROM api_keys WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            rotation.old.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let owner = old.owner_id.map(UserId::from_uuid);
        if owner.is_some() && owner != caller.user() {
            return Err(StoreError::Forbidden(domain::Forbidden));
        }
        if old.imported {
            return Err(StoreError::Conflict(Conflict::KeyImported));
        }
        if old.revoked {
            return Err(StoreError::Conflict(Conflict::KeyRevoked));
        }
        rules.running()?;
        if rules.service_keys_only && account.is_none() {
            return Err(StoreError::Conflict(Conflict::ServiceKeysOnly));
        }
        let ends = rules.now + rotation.overlap.length();
        let ends = old.expires_at.map_or(ends, |expires| expires.min(ends));
        end(&mut tx, caller, rotation.old, ends).await?;
        let expiry = Expiry::of_successor(old.created_at, old.expires_at, rules.max_days);
        let row = Row {
            id: KeyId::generate(),
            project,
            name: &old.name,
            owner,
            service_account: account,
            permissions: &Permissions::parse(&old.permissions, &old.scopes),
            expires_at: expiry.from_now(rules.now, rules.max_days)?,
            tracked: old.tracked,
            guards: guards(old.max_request.as_ref(), old.max_running)?,
            form: rotation.form,
            replaces: Some(rotation.old),
            key: rotation.key,
        };
        row.insert(&mut tx, caller).await?;
        tx.also(row.entry());
        carry::carry(&mut tx, caller, project, (rotation.old, row.id)).await?;
        let retired = Change::new(Kind::KeyUpdated, rotation.old)
            .in_project(project)
            .maybe("expires", old.expires_at.map(|at| at.to_rfc3339()), Some(ends.to_rfc3339()))
            .now("replaced_by", row.id);
        let made = MadeKey {
            id: row.id,
            service_account: row.service_account,
            expires_at: row.expires_at,
        };
        tx.commit(retired).await?;
        Ok(made)
    }
}

/// Locks a key that the caller may edit, behind what it belongs to.
async fn lock(
    tx: &mut Tx,
    caller: &Caller,
    key: KeyId,
) -> Result<(ProjectId, Option<ServiceAccountId>, Rules), StoreError> {
    let (project, account) = home(tx, caller, key).await?;
    let rules = Rules::of(tx, caller, project).await?;
    if let Some(account) = account {
        service_accounts::lock(tx, caller, account, project).await?;
    }
    may_edit_key(tx, caller, key).await?;
    // Handed over meanwhile: its person has left.
    if home(tx, caller, key).await? != (project, account) {
        return Err(StoreError::NotFound);
    }
    Ok((project, account, rules))
}

/// Has the old key expire.
async fn end(
    tx: &mut Tx,
    caller: &Caller,
    key: KeyId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE api_keys SET expires_at = $3 WHERE org_id = $1 AND id = $2",
        caller.org.uuid(),
        key.uuid(),
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
