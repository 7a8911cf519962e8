//! Invitations from the other side: whoever holds the link has no caller yet.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{
    Actor, Caller, Email, InvitationId, OrgId, Origin, Role, UserId,
    audit::{Change, Kind},
};

use super::{System, users, users::NewUser};
use crate::{StoreError, audit::append, organizations::zone, tx::Tx};

/// An invitation that may be accepted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenInvitation {
    /// Its id.
    pub id: InvitationId,
    /// Which of its links works.
    pub version: u32,
    /// Where one is invited to.
    pub org: OrgId,
    /// What that is called.
    pub organization: String,
    /// Its time zone.
    pub zone: Tz,
    /// Who is invited, and may accept.
    pub email: Email,
    /// As what.
    pub role: Role,
    /// What the person who invited is called, if still there.
    pub inviter: Option<String>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

/// Who accepts an invitation.
#[derive(Debug)]
pub enum Joiner<'a> {
    /// Somebody with an account.
    Account(UserId),
    /// Somebody who gets one with it.
    New(&'a NewUser),
}

impl System<'_> {
    /// The invitation, if it waits to be accepted.
    pub async fn open_invitation(
        self,
        id: InvitationId,
    ) -> Result<Option<OpenInvitation>, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query!(
            r#"SELECT i.org_id, i.version, i.email, i.role, i.expires_at, o.name, o.zone, u.name AS "inviter?"
             FROM invitations i JOIN organizations o ON o.org_id = i.org_id
             LEFT JOIN users u ON u.id = i.invited_by
             WHERE i.id = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL
                AND i.expires_at > exq_now() AND o.closed_at IS NULL"#,
            id.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        row.map(|row| {
            Ok(OpenInvitation {
                id,
                version: row.version.unsigned_abs(),
                org: OrgId::from_uuid(row.org_id),
                organization: row.name,
                zone: zone(&row.zone)?,
                email: row.email.parse().map_err(|_| StoreError::Damaged("an invited address"))?,
                role: Role::from_column(&row.role),
                inviter: row.inviter,
                expires_at: row.expires_at,
            })
        })
        .transpose()
    }

    /// Makes the person a member, once: of any number who redeem the link at the same moment one
    /// succeeds. [`StoreError::NotFound`] if the invitation is over, was sent anew meanwhile, or is
    /// for another address than the account's; [`crate::Conflict::Email`] if a new account's
    /// address has one. With `proved` the address counts as verified: the link came by mail. Who is a
    /// member already stays what that is, and is that as the caller.
    pub async fn accept_invitation(
        self,
        invitation: &OpenInvitation,
        joiner: Joiner<'_>,
        proved: bool,
        origin: Origin,
    ) -> Result<Caller, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query!(
            "UPDATE invitations i SET accepted_at = exq_now() FROM organizations o
             WHERE i.id = $1 AND i.version = $2 AND i.accepted_at IS NULL AND i.revoked_at IS NULL
                AND i.expires_at > exq_now() AND o.org_id = i.org_id AND o.closed_at IS NULL
             RETURNING i.org_id, i.email, i.role",
            invitation.id.uuid(),
            i32::try_from(invitation.version).unwrap_or(i32::MAX)
        )
        .fetch_one(&mut *tx)
        .await?;
        let user = match joiner {
            Joiner::New(new) if new.email.as_str() == row.email => {
                users::insert(&mut tx, new).await?
            }
            Joiner::New(_) => return Err(StoreError::NotFound),
            Joiner::Account(user) => user,
        };
        let org = OrgId::from_uuid(row.org_id);
        // Before the account, as whoever leaves locks them.
        let (role, added) = enrol(&mut tx, org, user, &row.role).await?;
        let person = sqlx::query!(
            "UPDATE users SET verified_at = CASE WHEN $4 THEN COALESCE(verified_at, exq_now()) ELSE verified_at END,
                default_org_id = COALESCE(default_org_id, $3)
             WHERE id = $1 AND email = $2",
            user.uuid(),
            row.email,
            row.org_id,
            proved
        )
        .execute(&mut *tx)
        .await?;
        if person.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        let caller = Caller { actor: Actor::User(user), org, role, origin };
        put(&mut tx, &caller, invitation.id, user).await?;
        record(&mut tx, &caller, invitation.id, (user, &row.email), added).await?;
        tx.commit().await?;
        Ok(caller)
    }
}

/// Makes the membership; what the person is then, and whether it is new.
async fn enrol(
    tx: &mut Tx,
    org: OrgId,
    user: UserId,
    role: &str,
) -> Result<(Role, bool), StoreError> {
    let added = sqlx::query!(
        "INSERT INTO memberships (org_id, user_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        org.uuid(),
        user.uuid(),
        role
    )
    .execute(&mut **tx)
    .await?;
    let role = sqlx::query_scalar!(
        "SELECT role FROM memberships WHERE org_id = $1 AND user_id = $2 FOR KEY SHARE",
        org.uuid(),
        user.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((Role::from_column(&role), added.rows_affected() == 1))
}

/// Puts the person into the projects of the invitation that are not archived.
async fn put(
    tx: &mut Tx,
    caller: &Caller,
    invitation: InvitationId,
    user: UserId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH accepted AS (
            UPDATE invitations SET accepted_by = $3 WHERE org_id = $1 AND id = $2 RETURNING projects
         )
         INSERT INTO project_members (org_id, project_id, user_id, role)
         SELECT $1, p.id, $3, x.role FROM accepted a
         CROSS JOIN jsonb_to_recordset(a.projects) AS x(id uuid, role text)
         JOIN projects p ON p.org_id = $1 AND p.id = x.id AND p.archived_at IS NULL
         ON CONFLICT DO NOTHING",
        caller.org.uuid(),
        invitation.uuid(),
        user.uuid()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn record(
    tx: &mut Tx,
    caller: &Caller,
    invitation: InvitationId,
    (user, email): (UserId, &str),
    added: bool,
) -> Result<(), StoreError> {
    let accepted = Change::new(Kind::InviteAccepted, invitation);
    append(tx, caller, &accepted.personal("email", None::<String>, Some(email))).await?;
    if added {
        let added = Change::new(Kind::UserAdded, user).now("role", caller.role.as_str());
        append(tx, caller, &added.personal("email", None::<String>, Some(email))).await?;
    }
    Ok(())
}
