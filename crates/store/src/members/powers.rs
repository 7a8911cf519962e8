//! What an owner could come back with.

use domain::{
    AdminKeyId, Caller, InvitationId, UserId,
    audit::{Change, Kind},
};

use crate::{StoreError, tx::Tx};

/// Takes from somebody who is no longer an owner what would make one again: the admin keys that the
/// person made, and open invitations of owners that the person sent. An entry for each.
pub(crate) async fn withdraw(
    tx: &mut Tx,
    caller: &Caller,
    user: UserId,
) -> Result<Vec<Change>, StoreError> {
    let keys = sqlx::query!(
        "UPDATE admin_keys SET revoked_at = exq_now() WHERE org_id = $1 AND created_by = $2 AND revoked_at IS NULL
         RETURNING id, name",
        caller.org.uuid(),
        user.uuid()
    )
    .fetch_all(&mut **tx)
    .await?;
    let invitations = sqlx::query!(
        "UPDATE invitations SET revoked_at = exq_now()
         WHERE org_id = $1 AND invited_by = $2 AND role = 'owner' AND accepted_at IS NULL AND revoked_at IS NULL
         RETURNING id, email",
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
