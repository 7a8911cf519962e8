//! Changing API keys that exist.

use chrono::{DateTime, Utc};
use domain::{
    Caller, Expiry, KeyId, Name, Permissions, ProjectId,
    audit::{Change, Kind},
};

use crate::{
    Conflict, Store, StoreError,
    key_making::{Guards, guards},
    key_rules::Rules,
    money::numeric,
    place::{home, may_edit_key},
    tx,
};

/// What a key was before it is changed.
#[expect(clippy::struct_excessive_bools, reason = "facts that are independent of each other")]
struct Old {
    project: ProjectId,
    name: String,
    permissions: Permissions,
    tracked: bool,
    guards: Guards,
    imported: bool,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    paused: bool,
    revoked: bool,
    expired: bool,
}

/// Locks a key that the caller may edit.
async fn open(tx: &mut tx::Change, caller: &Caller, id: KeyId) -> Result<Old, StoreError> {
    let project = may_edit_key(tx, caller, id).await?;
    let row = sqlx::query!(
        r#"SELECT name, permissions, scopes, tracked, imported, created_at, expires_at, max_request, max_running,
            paused_at IS NOT NULL AS "paused!", revoked_at IS NOT NULL AS "revoked!",
            COALESCE(expires_at <= exq_now(), false) AS "expired!"
         FROM api_keys WHERE org_id = $1 AND id = $2"#,
        caller.org.uuid(),
        id.uuid()
    )
    .fetch_one(&mut ***tx)
    .await?;
    Ok(Old {
        project,
        name: row.name,
        permissions: Permissions::parse(&row.permissions, &row.scopes),
        tracked: row.tracked,
        guards: guards(row.max_request.as_ref(), row.max_running)?,
        imported: row.imported,
        created_at: row.created_at,
        expires_at: row.expires_at,
        paused: row.paused,
        revoked: row.revoked,
        expired: row.expired,
    })
}

impl Old {
    /// Stops unless requests are taken with such a key, now or after a pause.
    const fn lives(&self) -> Result<(), StoreError> {
        if self.revoked {
            Err(StoreError::Conflict(Conflict::KeyRevoked))
        } else if self.imported {
            Err(StoreError::Conflict(Conflict::KeyImported))
        } else if self.expired {
            Err(StoreError::Conflict(Conflict::KeyExpired))
        } else {
            Ok(())
        }
    }

    fn entry(&self, kind: Kind, id: KeyId) -> Change {
        Change::new(kind, id).in_project(self.project)
    }
}

impl Store {
    /// Renames a key, whatever state it is in.
    pub async fn rename_api_key(
        &self,
        caller: &Caller,
        id: KeyId,
        name: &Name,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let old = open(&mut tx, caller, id).await?;
        if old.name == name.as_str() {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE api_keys SET name = $3 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            name.as_str()
        )
        .execute(&mut **tx)
        .await?;
        tx.commit(old.entry(Kind::KeyUpdated, id).moved("name", &old.name, name)).await
    }

    /// Changes what a key may ask for.
    pub async fn set_key_permissions(
        &self,
        caller: &Caller,
        id: KeyId,
        permissions: &Permissions,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let old = open(&mut tx, caller, id).await?;
        old.lives()?;
        if old.permissions == *permissions {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE api_keys SET permissions = $3, scopes = $4 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            permissions.kind(),
            &permissions.scopes()
        )
        .execute(&mut **tx)
        .await?;
        let entry = old.entry(Kind::KeyUpdated, id);
        tx.commit(entry.moved("permissions", &old.permissions, permissions)).await
    }

    /// Changes when a key expires. The organization's longest lifetime counts from when it was made;
    /// what has expired stays so.
    pub async fn set_key_expiry(
        &self,
        caller: &Caller,
        id: KeyId,
        expiry: Expiry,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let (project, _) = home(&mut tx, caller, id).await?;
        let rules = Rules::of(&mut tx, caller, project).await?;
        let old = open(&mut tx, caller, id).await?;
        old.lives()?;
        rules.running()?;
        let expires = expiry.of_key(old.created_at, rules.now, rules.max_days)?;
        if old.expires_at == expires {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE api_keys SET expires_at = $3 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            expires
        )
        .execute(&mut **tx)
        .await?;
        let text = |at: DateTime<Utc>| at.to_rfc3339();
        let entry = old.entry(Kind::KeyUpdated, id);
        tx.commit(entry.maybe("expires", old.expires_at.map(text), expires.map(text))).await
    }

    /// Changes what a key may do at most, whatever its budgets. In force within a second.
    pub async fn set_key_guards(
        &self,
        caller: &Caller,
        id: KeyId,
        guards: Guards,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let old = open(&mut tx, caller, id).await?;
        old.lives()?;
        if old.guards == guards {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE api_keys SET max_request = $3, max_running = $4 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            guards.max_request.map(numeric),
            guards.max_running.map(|most| i32::try_from(most).unwrap_or(i32::MAX))
        )
        .execute(&mut **tx)
        .await?;
        let entry = old.entry(Kind::KeyUpdated, id);
        let entry = entry.maybe("max_request_usd", old.guards.max_request, guards.max_request);
        tx.commit(entry.maybe("max_running", old.guards.max_running, guards.max_running)).await
    }

    /// Has a key refused until it is resumed, or resumes it.
    pub async fn set_key_paused(
        &self,
        caller: &Caller,
        id: KeyId,
        paused: bool,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let old = open(&mut tx, caller, id).await?;
        old.lives()?;
        if old.paused == paused {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE api_keys SET paused_at = CASE WHEN $3 THEN exq_now() END WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            paused
        )
        .execute(&mut **tx)
        .await?;
        tx.commit(old.entry(Kind::KeyUpdated, id).moved("paused", old.paused, paused)).await
    }

    /// Has a key's usage told apart from now on, for good.
    pub async fn track_api_key(&self, caller: &Caller, id: KeyId) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let old = open(&mut tx, caller, id).await?;
        old.lives()?;
        if old.tracked {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE api_keys SET tracked = true WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        tx.commit(old.entry(Kind::KeyUpdated, id).moved("tracked", false, true)).await
    }

    /// Revokes a key for ever; of an imported label, takes it from the list. Twice is the same.
    pub async fn revoke_api_key(&self, caller: &Caller, id: KeyId) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let old = open(&mut tx, caller, id).await?;
        if old.revoked {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE api_keys SET revoked_at = exq_now() WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        tx.commit(old.entry(Kind::KeyDeleted, id).gone("name", &old.name)).await
    }
}
