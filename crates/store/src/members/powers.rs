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
