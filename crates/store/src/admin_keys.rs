//! Admin keys. The secret passes by here only as its hash.

use chrono::{DateTime, Utc};
use domain::{
    Action, AdminKeyId, Caller, FormId, Lifetime, Name, UserId,
    audit::{Change, Kind},
};
use uuid::Uuid;

use crate::{
    NewKey, Page, Part, Store, StoreError,
    members::{Of, answerable, stay_owner, withdraw},
    page::page_of,
    tx::Tx,
};

/// An admin key that was not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminKey {
    /// Its id; not the secret.
    pub id: AdminKeyId,
    /// Its label.
    pub name: String,
    /// The public part of the key, for recognizing it.
    pub public_id: String,
    /// The key's last four characters.
    pub last_four: String,
    /// Who made it, also by way of another admin key; none if made by the operator.
    pub maker: Option<AdminKeyMaker>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it is refused.
    pub expires_at: Option<DateTime<Utc>>,
    /// It is refused, because its time is over.
    pub expired: bool,
    /// When it was last presented, a minute late at most.
    pub used_at: Option<DateTime<Utc>>,
}

/// The member who made an admin key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminKeyMaker {
    /// The person.
    pub user: UserId,
    /// What the person is called.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// Since when the person is a member.
    pub member_since: DateTime<Utc>,
}

/// An admin key to be made.
#[derive(Clone)]
pub struct NewAdminKey<'a> {
    /// Its label.
    pub name: Name,
    /// How long it lives; none: until it is revoked.
    pub lifetime: Option<Lifetime>,
    /// The form that asked for it: what was sent with it before makes no second key.
    pub form: Option<FormId>,
    /// Its secret.
    pub key: NewKey<'a>,
}

impl Store {
    /// The organization's admin keys that were not revoked, oldest first.
    pub async fn admin_keys(&self, caller: &Caller) -> Result<Vec<AdminKey>, StoreError> {
        caller.may(Action::EditAdminKeys)?;
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, None).await
    }

    /// A part of the admin keys that were not revoked.
    pub async fn admin_keys_page(
        &self,
        caller: &Caller,
        page: &Page<AdminKeyId>,
    ) -> Result<Part<AdminKey>, StoreError> {
        caller.may(Action::EditAdminKeys)?;
        let tx = &mut self.tenant(caller).await?;
        let part = page_of!(
            tx,
            caller,
            page,
            "k.id",
            "admin_keys k WHERE k.org_id = $1 AND k.revoked_at IS NULL"
        );
        let rows = read(tx, caller, Some(&part.rows)).await?;
        Ok(part.filled(rows, |key| key.id.uuid()))
    }

    /// One admin key that was not revoked.
    pub async fn admin_key(&self, caller: &Caller, id: AdminKeyId) -> Result<AdminKey, StoreError> {
        caller.may(Action::EditAdminKeys)?;
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, Some(&[id.uuid()])).await?.pop().ok_or(StoreError::NotFound)
    }

    /// Stores a new admin key. A form that was sent before is [`crate::Conflict::KeyMade`].
    pub async fn create_admin_key(
        &self,
        caller: &Caller,
        new: &NewAdminKey<'_>,
    ) -> Result<AdminKeyId, StoreError> {
        let NewAdminKey { name, lifetime, form, key } = new;
        caller.may(Action::EditAdminKeys)?;
        let id = AdminKeyId::generate();
        let mut tx = self.change(caller).await?;
        stay_owner(&mut tx, caller).await?;
        let minter = answerable(&mut tx, caller).await?;
        let expires_at = sqlx::query_scalar!(
            "INSERT INTO admin_keys (org_id, id, name, public_id, secret_hash, last_four, created_by, minted_by, form, expires_at)
             -- Of the two instants the earlier: no key makes one that outlives it.
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, LEAST(exq_now() + make_interval(secs => $10), $11))
             RETURNING expires_at",
            caller.org.uuid(),
            id.uuid(),
            name.as_str(),
            key.public_id,
            key.secret_hash,
            key.last_four,
            minter.user,
            minter.key,
            form.map(FormId::uuid),
            lifetime.map(|lifetime| lifetime.length().as_seconds_f64()),
            minter.until
        )
        .fetch_one(&mut **tx)
        .await?;
        let made = Change::new(Kind::AdminKeyCreated, id)
            .now("name", name)
            .now("last_four", key.last_four)
            .maybe("expires", None::<&str>, expires_at.map(|at| at.to_rfc3339()));
        tx.commit(made).await?;
        Ok(id)
    }

    /// Revokes an admin key for ever, with the admin keys that were made with it and the open
    /// invitations of owners that these sent. Revoking twice is the same.
    pub async fn revoke_admin_key(
        &self,
        caller: &Caller,
        id: AdminKeyId,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditAdminKeys)?;
        let mut tx = self.change(caller).await?;
        sqlx::query!(
            "SELECT id FROM admin_keys WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let mut ended = withdraw(&mut tx, caller.org, Of::Key(id)).await?;
        let subject = id.to_string();
        let Some(own) = ended.iter().position(|change| change.subject == subject) else {
            return Ok(());
        };
        let own = ended.remove(own);
        for change in ended {
            tx.also(change);
        }
        tx.commit(own).await
    }
}

/// All of them, or those whose ids are among these; the oldest first.
async fn read(
    tx: &mut Tx,
    caller: &Caller,
    only: Option<&[Uuid]>,
) -> Result<Vec<AdminKey>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT k.id AS "id!", k.name AS "name!", k.public_id AS "public_id!", k.last_four AS "last_four!",
            k.created_at AS "created_at!", k.expires_at AS "expires_at?",
            COALESCE(k.expires_at <= exq_now(), false) AS "expired!", s.used_at AS "used_at?",
            u.id AS "maker?", u.name AS "maker_name?", u.email AS "maker_email?", m.created_at AS "maker_since?"
         FROM admin_keys k LEFT JOIN key_uses s ON (s.org_id, s.key_id) = (k.org_id, k.id)
         LEFT JOIN memberships m ON (m.org_id, m.user_id) = (k.org_id, k.created_by)
         LEFT JOIN users u ON u.id = m.user_id
         WHERE k.org_id = $1 AND k.revoked_at IS NULL AND ($2::uuid[] IS NULL OR k.id = ANY ($2))
         ORDER BY k.id"#,
        caller.org.uuid(),
        only
    )
    .fetch_all(&mut **tx)
    .await?;
    let keys = rows.into_iter().map(|row| AdminKey {
        id: AdminKeyId::from_uuid(row.id),
        name: row.name,
        public_id: row.public_id,
        last_four: row.last_four,
        maker: match (row.maker, row.maker_name, row.maker_email, row.maker_since) {
            (Some(user), Some(name), Some(email), Some(member_since)) => {
                Some(AdminKeyMaker { user: UserId::from_uuid(user), name, email, member_since })
            }
            _ => None,
        },
        created_at: row.created_at,
        expires_at: row.expires_at,
        expired: row.expired,
        used_at: row.used_at,
    });
    Ok(keys.collect())
}
