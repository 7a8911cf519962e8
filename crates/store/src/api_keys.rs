//! API keys. The secret passes by here only as its hash.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, KeyId, Name, ProjectId, UserId,
    audit::{Change, Kind},
};

use crate::{
    Conflict, Store, StoreError,
    place::{may_edit_key, place},
    tx,
};

/// A key as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id; not the secret.
    pub id: KeyId,
    /// The project that it sends requests for.
    pub project: ProjectId,
    /// That project's label.
    pub project_name: String,
    /// Its label.
    pub name: String,
    /// The public part of the key, for recognizing it.
    pub public_id: String,
    /// The key's last four characters.
    pub last_four: String,
    /// The address of who made it, if still a member.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when it is refused.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Whether its project is archived, which refuses it too.
    pub project_archived: bool,
}

/// What is stored of a new key.
#[derive(Clone)]
pub struct NewKey<'a> {
    /// Finds its row.
    pub public_id: &'a str,
    /// HMAC-SHA256 of the whole key under the pepper.
    pub secret_hash: &'a [u8],
    /// For recognizing it.
    pub last_four: &'a str,
}

impl Store {
    /// Keys of all projects, newest first.
    pub async fn api_keys(&self, caller: &Caller) -> Result<Vec<ApiKey>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT k.id AS "id!", k.project_id AS "project_id!", p.name AS "project_name!", k.name AS "name!",
                k.public_id AS "public_id!", k.last_four AS "last_four!", u.email AS "created_by?",
                k.created_at AS "created_at!", k.revoked_at AS "revoked_at?", p.archived_at IS NOT NULL AS "archived!"
             FROM api_keys k JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.project_id)
             LEFT JOIN users u ON u.id = k.created_by
             WHERE k.org_id = $1 ORDER BY k.revoked_at IS NOT NULL, k.id DESC"#,
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| ApiKey {
                id: KeyId::from_uuid(row.id),
                project: ProjectId::from_uuid(row.project_id),
                project_name: row.project_name,
                name: row.name,
                public_id: row.public_id,
                last_four: row.last_four,
                created_by: row.created_by,
                created_at: row.created_at,
                revoked_at: row.revoked_at,
                project_archived: row.archived,
            })
            .collect())
    }

    /// Stores a new key for a project that is not archived.
    pub async fn create_api_key(
        &self,
        caller: &Caller,
        project: ProjectId,
        name: &Name,
        key: NewKey<'_>,
    ) -> Result<KeyId, StoreError> {
        let id = KeyId::generate();
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::EditOwnKeys)?;
        let archived = sqlx::query_scalar!(
            r#"SELECT archived_at IS NOT NULL AS "archived!" FROM projects WHERE org_id = $1 AND id = $2 FOR SHARE"#,
            caller.org.uuid(),
            project.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        if archived {
            return Err(StoreError::Conflict(Conflict::ProjectArchived));
        }
        sqlx::query!(
            "INSERT INTO api_keys (org_id, id, project_id, name, public_id, secret_hash, last_four, created_by, owner_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
            caller.org.uuid(),
            id.uuid(),
            project.uuid(),
            name.as_str(),
            key.public_id,
            key.secret_hash,
            key.last_four,
            caller.user().map(UserId::uuid)
        )
        .execute(&mut **tx)
        .await?;
        tx::become_system(&mut tx).await?;
        sqlx::query!(
            "INSERT INTO directory (public_id, org_id, key_id) VALUES ($1, $2, $3)",
            key.public_id,
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        let made = Change::new(Kind::KeyCreated, id).in_project(project).now("name", name);
        tx.commit(made.now("last_four", key.last_four)).await?;
        Ok(id)
    }

    /// Revokes a key for ever. Revoking twice is the same.
    pub async fn revoke_api_key(&self, caller: &Caller, id: KeyId) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let project = may_edit_key(&mut tx, caller, id).await?;
        let revoked = sqlx::query!(
            "UPDATE api_keys SET revoked_at = exq_now() WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        if revoked.rows_affected() == 0 {
            return Ok(());
        }
        tx.commit(Change::new(Kind::KeyDeleted, id).in_project(project)).await
    }
}
