//! What an owner could come back with.

use chrono::{DateTime, Utc};
use domain::{
    Action, Actor, AdminKeyId, Caller, InvitationId, OrgId, UserId,
    audit::{Change, Kind},
};
use uuid::Uuid;

use crate::{Store, StoreError, tx::Tx};

/// What is taken from an owner who is one no longer, for people to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Powers {
    /// Admin keys that the person made, also with other admin keys: label and last four characters.
    pub admin_keys: Vec<String>,
    /// Addresses that the person invited as owners, and that have not answered.
    pub invitations: Vec<String>,
}

impl Store {
    /// What [`Store::remove_member`] and a lower role revoke besides the person's own keys: of
    /// oneself, or of anybody for an owner.
    pub async fn powers_of(&self, caller: &Caller, user: UserId) -> Result<Powers, StoreError> {
        if caller.user() != Some(user) {
            caller.may(Action::EditMembers)?;
        }
        let mut tx = self.tenant(caller).await?;
        let admin_keys = sqlx::query_scalar!(
            r#"SELECT name || ' …' || last_four AS "key!" FROM admin_keys
             WHERE org_id = $1 AND created_by = $2 AND revoked_at IS NULL ORDER BY lower(name), id"#,
            caller.org.uuid(),
            user.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        let invitations = sqlx::query_scalar!(
            "SELECT email FROM invitations WHERE org_id = $1 AND invited_by = $2 AND role = 'owner'
                AND accepted_at IS NULL AND revoked_at IS NULL ORDER BY email",
            caller.org.uuid(),
            user.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(Powers { admin_keys, invitations })
    }
}

/// Whose powers end.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    /// Of somebody who is no longer an owner: what the person made, also by way of admin keys.
    Person(UserId),
    /// An admin key, and what was made with it.
    Key(AdminKeyId),
}

/// Takes what would make an owner again: admin keys, those that were made with them, and open
/// invitations of owners. An entry for each.
pub(crate) async fn withdraw(tx: &mut Tx, org: OrgId, of: Of) -> Result<Vec<Change>, StoreError> {
    let (user, key) = match of {
        Of::Person(user) => (Some(user.uuid()), None),
        Of::Key(key) => (None, Some(key.uuid())),
    };
    let keys = sqlx::query!(
        "WITH RECURSIVE own AS (
            SELECT id FROM admin_keys WHERE org_id = $1 AND (created_by = $2 OR id = $3)
            UNION SELECT k.id FROM admin_keys k JOIN own ON own.id = k.minted_by WHERE k.org_id = $1
         ), held AS (SELECT k.id FROM admin_keys k WHERE k.org_id = $1 AND k.id IN (SELECT id FROM own)
            AND k.revoked_at IS NULL ORDER BY k.id FOR NO KEY UPDATE)
         UPDATE admin_keys k SET revoked_at = exq_now() FROM held WHERE k.org_id = $1 AND k.id = held.id
         RETURNING k.id, k.name",
        org.uuid(),
        user,
        key
    )
    .fetch_all(&mut **tx)
    .await?;
    let ended: Vec<_> = keys.iter().map(|row| row.id).collect();
    let invitations = sqlx::query!(
        // As addresses are invited: in their order.
        "WITH own AS (SELECT id FROM invitations WHERE org_id = $1 AND (invited_by = $2 OR invited_with = ANY ($3))
                AND role = 'owner' AND accepted_at IS NULL AND revoked_at IS NULL ORDER BY email FOR NO KEY UPDATE)
         UPDATE invitations i SET revoked_at = exq_now() FROM own WHERE i.org_id = $1 AND i.id = own.id
         RETURNING i.id, i.email",
        org.uuid(),
        user,
        &ended
    )
    .fetch_all(&mut **tx)
    .await?;
    let keys = keys.into_iter().map(|row| {
        Change::new(Kind::AdminKeyDeleted, AdminKeyId::from_uuid(row.id)).gone("name", row.name)
    });
    let invitations = invitations.into_iter().map(|row| {
        Change::new(Kind::InviteDeleted, InvitationId::from_uuid(row.id)).personal(
            "email",
            Some(row.email),
            None::<String>,
        )
    });
    Ok(keys.chain(invitations).collect())
}

/// Keeps a person who is the caller an owner until the transaction is over: whoever takes that away
/// finds all that the person has made. [`StoreError::NotFound`] if no owner any more.
pub(crate) async fn stay_owner(tx: &mut Tx, caller: &Caller) -> Result<(), StoreError> {
    let Some(user) = caller.user() else { return Ok(()) };
    sqlx::query!(
        "SELECT user_id FROM memberships WHERE org_id = $1 AND user_id = $2 AND role = 'owner' FOR SHARE",
        caller.org.uuid(),
        user.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// Who answers for what the caller makes.
#[derive(Default)]
pub(crate) struct Answerable {
    /// The person, also behind admin keys; none for the operator.
    pub(crate) user: Option<Uuid>,
    /// The admin key, which stays in force until the transaction is over.
    pub(crate) key: Option<Uuid>,
    /// When that key's time is over.
    pub(crate) until: Option<DateTime<Utc>>,
}

/// Reads it, and locks an admin key. [`StoreError::NotFound`] if that was revoked meanwhile.
pub(crate) async fn answerable(tx: &mut Tx, caller: &Caller) -> Result<Answerable, StoreError> {
    let Actor::AdminKey(key) = caller.actor else {
        let user = caller.user().map(UserId::uuid);
        return Ok(Answerable { user, ..Answerable::default() });
    };
    let row = sqlx::query!(
        "SELECT created_by, expires_at FROM admin_keys
         WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL FOR SHARE",
        caller.org.uuid(),
        key.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Answerable { user: row.created_by, key: Some(key.uuid()), until: row.expires_at })
}
