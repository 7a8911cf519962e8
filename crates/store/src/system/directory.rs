//! From a key to what it may, and news of changes.

use domain::{KeyId, OrgId, ProjectId, UserId};

use super::System;
use crate::{StoreError, change::ChangeCursor};

/// What the gateway must know of a key before it knows whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that are independent of each other")]
pub struct KeyState {
    /// The key.
    pub key: KeyId,
    /// Who is billed.
    pub org: OrgId,
    /// For which project.
    pub project: ProjectId,
    /// Who made the key.
    pub member: Option<UserId>,
    /// HMAC-SHA256 of the whole key under the pepper.
    pub secret_hash: [u8; 32],
    /// Revoked for ever.
    pub revoked: bool,
    /// Its project is archived.
    pub archived: bool,
    /// The operator refuses the organization's requests.
    pub suspended: bool,
    /// The organization has a billing profile.
    pub billing: bool,
}

impl System<'_> {
    /// The key with this public id.
    pub async fn key_state(self, public_id: &str) -> Result<Option<KeyState>, StoreError> {
        let mut tx = self.begin_quick().await?;
        let row = sqlx::query!(
            r#"SELECT k.org_id AS "org_id!", k.id AS "id!", k.project_id AS "project_id!", k.created_by AS "created_by?",
                k.secret_hash AS "secret_hash!", k.revoked_at IS NOT NULL AS "revoked!",
                p.archived_at IS NOT NULL AS "archived!", o.suspended_at IS NOT NULL AS "suspended!",
                b.org_id IS NOT NULL AS "billing!"
             FROM directory d JOIN api_keys k ON (k.org_id, k.id) = (d.org_id, d.key_id)
             JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.project_id)
             JOIN organizations o ON o.org_id = k.org_id
             LEFT JOIN billing_profiles b ON b.org_id = k.org_id
             WHERE d.public_id = $1"#,
            public_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        row.map(|row| {
            Ok(KeyState {
                key: KeyId::from_uuid(row.id),
                org: OrgId::from_uuid(row.org_id),
                project: ProjectId::from_uuid(row.project_id),
                member: row.created_by.map(UserId::from_uuid),
                secret_hash: row
                    .secret_hash
                    .try_into()
                    .map_err(|_| StoreError::Damaged("a key's hash"))?,
                revoked: row.revoked,
                archived: row.archived,
                suspended: row.suspended,
                billing: row.billing,
            })
        })
        .transpose()
    }

    /// Organizations that changed since the cursor was last moved, and moves it. The first call only
    /// sets it. A change may be told twice, never not at all: what a transaction wrote that was still
    /// running at the last read has its number at or above that read's oldest.
    pub async fn changed_orgs(self, cursor: &mut ChangeCursor) -> Result<Vec<OrgId>, StoreError> {
        let mut tx = self.begin_quick().await?;
        let row = sqlx::query!(
            r#"SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS "oldest!",
                ARRAY(SELECT DISTINCT org_id FROM changes WHERE xid >= $1::bigint::text::xid8) AS "orgs!""#,
            cursor.0
        )
        .fetch_one(&mut *tx)
        .await?;
        let first = cursor.0 == 0;
        cursor.0 = row.oldest;
        Ok(if first { Vec::new() } else { row.orgs.into_iter().map(OrgId::from_uuid).collect() })
    }

    /// Forgets changes that every living node has read.
    pub async fn prune_changes(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let pruned =
            sqlx::query!("DELETE FROM changes WHERE at < exq_now() - interval '10 minutes'")
                .execute(&mut *tx)
                .await?;
        tx.commit().await?;
        Ok(pruned.rows_affected())
    }
}
