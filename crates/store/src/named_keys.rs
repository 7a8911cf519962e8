//! API keys in short, for pages that name them beside other things: who can use them, and what for, is in
//! [`crate::api_keys`].

use domain::{Action, Caller, KeyId, ProjectId, UserId};

use crate::{Store, StoreError};

/// What tells a key from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey {
    /// Its id.
    pub id: KeyId,
    /// Its label.
    pub name: String,
    /// The project that it is in.
    pub project: ProjectId,
    /// That project's label.
    pub project_name: String,
    /// The last four characters of its secret.
    pub last_four: String,
    /// Its requests are told apart from those of others.
    pub tracked: bool,
    /// It opens nothing any more.
    pub revoked: bool,
    /// It is the caller's own.
    pub own: bool,
}

impl Store {
    /// Keys of the projects that the caller sees, newest first, revoked ones last.
    pub async fn named_keys(&self, caller: &Caller) -> Result<Vec<NamedKey>, StoreError> {
        caller.may(Action::List)?;
        let me = caller.user().map(UserId::uuid);
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT k.id, k.name, k.project_id, p.name AS project_name, k.last_four, k.tracked,
                k.revoked_at IS NOT NULL AS "revoked!", COALESCE(k.owner_id = $2, false) AS "own!"
             FROM api_keys k JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.project_id)
             WHERE k.org_id = $1
             ORDER BY k.revoked_at IS NOT NULL, k.created_at DESC, k.id DESC"#,
            caller.org.uuid(),
            me
        )
        .fetch_all(&mut *tx)
        .await?;
        let keys = rows.into_iter().map(|row| NamedKey {
            id: KeyId::from_uuid(row.id),
            name: row.name,
            project: ProjectId::from_uuid(row.project_id),
            project_name: row.project_name,
            last_four: row.last_four,
            tracked: row.tracked,
            revoked: row.revoked,
            own: row.own,
        });
        Ok(keys.collect())
    }
}
