//! What an owner could come back with.

use domain::{
    Action, AdminKeyId, Caller, InvitationId, UserId,
    audit::{Change, Kind},
};

use crate::{Store, StoreError, tx::Tx};

/// What is taken from an owner who is one no longer, for people to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Powers {
    /// Admin keys that the person made: label and last four characters.
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

/// Takes from somebody who is no longer an owner what would make one again: the admin keys that the
/// person made, and open invitations of owners that the person sent. An entry for each.
pub(crate) async fn withdraw(
    tx: &mut Tx,
    caller: &Caller,
    user: UserId,
) -> Result<Vec<Change>, StoreError> {
    let keys = sqlx::query!(
        "WITH own AS (SELECT id FROM admin_keys WHERE org_id = $1 AND created_by = $2 AND revoked_at IS NULL
            ORDER BY id FOR NO KEY UPDATE)
         UPDATE admin_keys k SET revoked_at = exq_now() FROM own WHERE k.org_id = $1 AND k.id = own.id
         RETURNING k.id, k.name",
        caller.org.uuid(),
        user.uuid()
    )
    .fetch_all(&mut **tx)
    .await?;
    let invitations = sqlx::query!(
        // As addresses are invited: in their order.
        "WITH own AS (SELECT id FROM invitations WHERE org_id = $1 AND invited_by = $2 AND role = 'owner'
                AND accepted_at IS NULL AND revoked_at IS NULL ORDER BY email FOR NO KEY UPDATE)
         UPDATE invitations i SET revoked_at = exq_now() FROM own WHERE i.org_id = $1 AND i.id = own.id
         RETURNING i.id, i.email",
        caller.org.uuid(),
        user.uuid()
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
