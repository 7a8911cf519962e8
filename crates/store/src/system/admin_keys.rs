//! From an admin key to the caller that it is.

use domain::{Actor, AdminKeyId, Caller, OrgId, Origin, Role};

use super::System;
use crate::StoreError;

/// What an admin key that is right opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// Its organization, as an owner.
    Caller(Caller),
    /// Nothing while the operator refuses the organization's requests.
    Suspended,
}

impl System<'_> {
    /// The caller of the admin key with this public id, if `is_right` recognizes the stored hash
    /// and the key is neither revoked nor expired. Read anew at each call, so that a revocation is
    /// in force at once; notes that the key was used, once a minute.
    pub async fn admin_caller(
        self,
        public_id: &str,
        origin: Origin,
        is_right: impl FnOnce(&[u8]) -> bool + Send,
    ) -> Result<Option<Admitted>, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query!(
            r#"SELECT k.org_id, k.id, k.secret_hash, o.suspended_at IS NOT NULL AS "suspended!",
                COALESCE(u.used_at < exq_now() - interval '1 minute', true) AS "stale!"
             FROM admin_keys k JOIN organizations o ON o.org_id = k.org_id
             LEFT JOIN key_uses u ON (u.org_id, u.key_id) = (k.org_id, k.id)
             WHERE k.public_id = $1 AND k.revoked_at IS NULL AND o.closed_at IS NULL
             AND (k.expires_at IS NULL OR k.expires_at > exq_now())"#,
            public_id
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(key) = row.filter(|row| is_right(&row.secret_hash)) else { return Ok(None) };
        if key.stale {
            sqlx::query!(
                "INSERT INTO key_uses AS u (org_id, key_id, used_at) VALUES ($1, $2, exq_now())
                 ON CONFLICT (org_id, key_id) DO UPDATE SET used_at = greatest(u.used_at, excluded.used_at)",
                key.org_id,
                key.id
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        }
        if key.suspended {
            return Ok(Some(Admitted::Suspended));
        }
        Ok(Some(Admitted::Caller(Caller {
            actor: Actor::AdminKey(AdminKeyId::from_uuid(key.id)),
            org: OrgId::from_uuid(key.org_id),
            role: Role::Owner,
            origin,
        })))
    }
}
