//! Personal keys: a person's own, for all of that person's organizations.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, Expiry, FormId, KeyId, Name, UserId,
    audit::{self, Kind},
};

use crate::{NewKey, Store, StoreError, System, tx, tx::Tx};

/// A personal key, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalKey {
    /// Its id; not the secret.
    pub id: KeyId,
    /// Its label.
    pub name: String,
    /// The public part of the key.
    pub public_id: String,
    /// Its last four characters.
    pub last_four: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it is refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when it is refused for good.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Since when it is refused because somebody found it in the open.
    pub leaked_at: Option<DateTime<Utc>>,
    /// When it was last presented in any organization.
    pub used_at: Option<DateTime<Utc>>,
    /// The organizations that refuse it, of those that its person is a member of.
    pub blocked_by: Vec<String>,
    /// Those that refuse it because their own keys must not live so long.
    pub outlives: Vec<String>,
}

/// A personal key of a member, as the organization's owners see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberKey {
    /// Its id; not the secret.
    pub id: KeyId,
    /// The public part of the key. What its person calls it is for that person alone.
    pub public_id: String,
    /// Its last four characters.
    pub last_four: String,
    /// The member.
    pub member: UserId,
    /// The member's name.
    pub member_name: String,
    /// The member's address.
    pub member_email: String,
    /// From when on it is refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last billed to this organization.
    pub used_at: Option<DateTime<Utc>>,
    /// Since when the organization refuses it.
    pub blocked_at: Option<DateTime<Utc>>,
}

/// A personal key to be made.
#[derive(Clone)]
pub struct NewPersonalKey<'a> {
    /// Its label.
    pub name: Name,
    /// When it expires.
    pub expiry: Expiry,
    /// The form that asked for it: what was sent with it before makes no second key.
    pub form: Option<FormId>,
    /// Its secret.
    pub key: NewKey<'a>,
}

impl System<'_> {
    /// A person's keys, newest first, revoked ones last.
    pub async fn personal_keys(self, user: UserId) -> Result<Vec<PersonalKey>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query!(
            r#"SELECT k.id, k.name, k.public_id, k.last_four, k.created_at, k.expires_at, k.revoked_at, k.leaked_at,
                (SELECT max(u.used_at) FROM key_uses u WHERE u.key_id = k.id) AS "used_at?",
                ARRAY(SELECT o.name FROM personal_key_blocks b JOIN organizations o USING (org_id)
                    JOIN memberships m ON (m.org_id, m.user_id) = (b.org_id, k.user_id)
                    WHERE b.key_id = k.id ORDER BY lower(o.name)) AS "blocked_by!",
                ARRAY(SELECT o.name FROM memberships m JOIN organizations o USING (org_id) WHERE m.user_id = k.user_id
                    AND o.key_max_days IS NOT NULL
                    AND COALESCE(k.expires_at > k.created_at + make_interval(hours => 24 * o.key_max_days), true)
                    ORDER BY lower(o.name)) AS "outlives!"
             FROM personal_keys k WHERE k.user_id = $1
             ORDER BY k.revoked_at IS NOT NULL, k.created_at DESC, k.id DESC"#,
            user.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| PersonalKey {
                id: KeyId::from_uuid(row.id),
                name: row.name,
                public_id: row.public_id,
                last_four: row.last_four,
                created_at: row.created_at,
                expires_at: row.expires_at,
                revoked_at: row.revoked_at,
                leaked_at: row.leaked_at,
                used_at: row.used_at,
                blocked_by: row.blocked_by,
                outlives: row.outlives,
            })
            .collect())
    }

    /// Makes a person's key; a form that was sent before is [`crate::Conflict::KeyMade`].
    pub async fn create_personal_key(
        self,
        user: UserId,
        new: &NewPersonalKey<'_>,
    ) -> Result<KeyId, StoreError> {
        let mut tx = self.begin().await?;
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut *tx).await?;
        let id = KeyId::generate();
        sqlx::query!(
            "INSERT INTO personal_keys (id, user_id, name, public_id, secret_hash, last_four, expires_at, form)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            id.uuid(),
            user.uuid(),
            new.name.as_str(),
            new.key.public_id,
            new.key.secret_hash,
            new.key.last_four,
            new.expiry.from_now(now, None)?,
            new.form.map(FormId::uuid)
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Renames a person's key.
    pub async fn rename_personal_key(
        self,
        user: UserId,
        id: KeyId,
        name: &Name,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let renamed = sqlx::query!(
            "UPDATE personal_keys SET name = $3 WHERE user_id = $1 AND id = $2",
            user.uuid(),
            id.uuid(),
            name.as_str()
        )
        .execute(&mut *tx)
        .await?;
        done(tx, renamed.rows_affected()).await
    }

    /// Revokes a person's key for ever. Twice is the same.
    pub async fn revoke_personal_key(self, user: UserId, id: KeyId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let revoked = sqlx::query!(
            "UPDATE personal_keys SET revoked_at = COALESCE(revoked_at, exq_now()) WHERE user_id = $1 AND id = $2",
            user.uuid(),
            id.uuid()
        )
        .execute(&mut *tx)
        .await?;
        done(tx, revoked.rows_affected()).await
    }
}

async fn done(tx: Tx, rows: u64) -> Result<(), StoreError> {
    if rows == 0 {
        return Err(StoreError::NotFound);
    }
    Ok(tx.commit().await?)
}

impl Store {
    /// Personal keys of all members that could be billed to the organization, by person.
    pub async fn member_keys(&self, caller: &Caller) -> Result<Vec<MemberKey>, StoreError> {
        caller.may(Action::EditPersonalKeys)?;
        let mut tx = self.tenant(caller).await?;
        // Personal keys belong to no tenant: the membership below is what makes them visible.
        tx::become_system(&mut tx).await?;
        let rows = sqlx::query!(
            r#"SELECT k.id AS "id!", k.public_id AS "public_id!", k.last_four AS "last_four!", u.id AS "member!",
                u.name AS "member_name!", u.email AS "member_email!", k.expires_at AS "expires_at?",
                s.used_at AS "used_at?", b.blocked_at AS "blocked_at?"
             FROM memberships m JOIN users u ON u.id = m.user_id JOIN personal_keys k ON k.user_id = u.id
             LEFT JOIN key_uses s ON (s.org_id, s.key_id) = (m.org_id, k.id)
             LEFT JOIN personal_key_blocks b ON (b.org_id, b.key_id) = (m.org_id, k.id)
             WHERE m.org_id = $1 AND k.revoked_at IS NULL
             ORDER BY lower(u.name), u.id, k.created_at DESC, k.id"#,
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| MemberKey {
                id: KeyId::from_uuid(row.id),
                public_id: row.public_id,
                last_four: row.last_four,
                member: UserId::from_uuid(row.member),
                member_name: row.member_name,
                member_email: row.member_email,
                expires_at: row.expires_at,
                used_at: row.used_at,
                blocked_at: row.blocked_at,
            })
            .collect())
    }

    /// Has the organization refuse a member's personal key, or take it again. Twice is the same.
    pub async fn set_personal_key_blocked(
        &self,
        caller: &Caller,
        key: KeyId,
        blocked: bool,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditPersonalKeys)?;
        let mut tx = self.change(caller).await?;
        tx::become_system(&mut tx).await?;
        let member = sqlx::query!(
            "SELECT u.email, k.last_four FROM personal_keys k JOIN users u ON u.id = k.user_id
             JOIN memberships m ON m.user_id = k.user_id WHERE m.org_id = $1 AND k.id = $2",
            caller.org.uuid(),
            key.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let moved = if blocked {
            sqlx::query!(
                "INSERT INTO personal_key_blocks (org_id, key_id, blocked_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                caller.org.uuid(),
                key.uuid(),
                caller.user().map(UserId::uuid)
            )
            .execute(&mut **tx)
            .await?
        } else {
            sqlx::query!(
                "DELETE FROM personal_key_blocks WHERE org_id = $1 AND key_id = $2",
                caller.org.uuid(),
                key.uuid()
            )
            .execute(&mut **tx)
            .await?
        };
        if moved.rows_affected() == 0 {
            return Ok(());
        }
        let kind = if blocked { Kind::PersonalKeyBlocked } else { Kind::PersonalKeyAllowed };
        let entry = audit::Change::new(kind, key).now("last_four", member.last_four);
        tx.commit(entry.personal("member", None::<String>, Some(member.email))).await
    }
}
