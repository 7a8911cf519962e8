//! What a member is told by mail of what somebody else decided.

use domain::{Caller, Role, UserId};

use crate::{StoreError, tx::Tx};

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// The member has this role now.
    Role(Role),
    /// The member is none any more.
    Removed,
}

/// Puts the mail into the outbox, in the transaction that decides; not to who decided it, nor to an
/// address that was never verified. The person is still a member.
pub(crate) async fn tell(
    tx: &mut Tx,
    caller: &Caller,
    user: UserId,
    news: News,
) -> Result<(), StoreError> {
    if caller.user() == Some(user) {
        return Ok(());
    }
    let (template, role) = match news {
        News::Role(role) => ("role_changed", Some(role.as_str())),
        News::Removed => ("member_removed", None),
    };
    sqlx::query!(
        "INSERT INTO outbox (org_id, id, template, params, recipient)
         SELECT o.org_id, exq_id(), $3,
            jsonb_strip_nulls(jsonb_build_object('organization', o.name, 'zone', o.zone, 'at', exq_now(), 'role', $4::text)),
            u.email
         FROM organizations o JOIN memberships m USING (org_id) JOIN users u ON u.id = m.user_id
         WHERE o.org_id = $1 AND m.user_id = $2 AND u.verified_at IS NOT NULL",
        caller.org.uuid(),
        user.uuid(),
        template,
        role
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
