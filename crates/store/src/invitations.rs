//! Invitations: sent, sent again, revoked. How they are accepted is in [`crate::system`].

mod list;

use chrono::{DateTime, Utc};
use domain::{
    Action, Actor, Addresses, AdminKeyId, Caller, Email, InvitationId, OutboxId, ProjectId,
    ProjectRole, Role, UserId,
    audit::{Change, Kind},
};
pub use list::{Invitation, InvitationMail, InvitationState};
use serde_json::{Value, json};
use sqlx::types::Uuid;

use crate::{
    Conflict, Store, StoreError,
    members::{Answerable, answerable, stay_owner},
    tx,
};

/// Most mails with invitations of an organization in a day, and of a person in all organizations.
const MOST_A_DAY: i64 = 500;

/// What came of inviting an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// The address.
    pub email: Email,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of inviting somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An invitation is on its way.
    Sent(InvitationId),
    /// A member already.
    Member,
    /// Invited already: the invitation waits to be accepted.
    Pending,
}

/// What an invitation's mail is made of.
struct Letter {
    organization: String,
    zone: String,
    inviter: Option<String>,
    /// The person who sends it, also by a program.
    by: Option<Uuid>,
}

/// A row whose link is to be mailed.
struct Row {
    id: InvitationId,
    version: i32,
    email: String,
    role: String,
    expires_at: DateTime<Utc>,
}

impl Store {
    /// Invites people, with a mail to each, and says what came of each address. The projects must
    /// be running ones of the organization.
    pub async fn invite(
        &self,
        caller: &Caller,
        addresses: &Addresses,
        role: Role,
        projects: &[(ProjectId, ProjectRole)],
    ) -> Result<Vec<Invited>, StoreError> {
        caller.may(Action::EditMembers)?;
        let mut tx = self.change(caller).await?;
        stay_owner(&mut tx, caller).await?;
        check_projects(&mut tx, caller, projects).await?;
        let by = answerable(&mut tx, caller).await?;
        let letter = letter(&mut tx, caller).await?;
        let members = members(&mut tx, caller).await?;
        let mut invited = Vec::with_capacity(addresses.as_slice().len());
        let mut sent = Vec::new();
        for email in addresses.as_slice() {
            let row = if members.iter().any(|member| member == email.as_str()) {
                Err(Outcome::Member)
            } else {
                insert(&mut tx, (caller, &by), email, role, projects).await?.ok_or(Outcome::Pending)
            };
            let outcome = match row {
                Ok(row) => {
                    post(&mut tx, caller, &letter, &row).await?;
                    sent.push(entry(&row, projects));
                    Outcome::Sent(row.id)
                }
                Err(outcome) => outcome,
            };
            invited.push(Invited { email: email.clone(), outcome });
        }
        if let Some(last) = sent.pop() {
            check_rate(&mut tx, caller, &letter).await?;
            for entry in sent {
                tx.also(entry);
            }
            tx.commit(last).await?;
        }
        Ok(invited)
    }

    /// Sends an invitation again: with a new link for another seven days, the old one is void.
    pub async fn resend_invitation(
        &self,
        caller: &Caller,
        id: InvitationId,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditMembers)?;
        let mut tx = self.change(caller).await?;
        let row = sqlx::query!(
            "UPDATE invitations SET version = version + 1, expires_at = exq_now() + interval '7 days'
             WHERE org_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL
             RETURNING version, email, role, expires_at",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let (version, email, role, expires_at) = (row.version, row.email, row.role, row.expires_at);
        let row = Row { id, version, email, role, expires_at };
        let letter = letter(&mut tx, caller).await?;
        post(&mut tx, caller, &letter, &row).await?;
        check_rate(&mut tx, caller, &letter).await?;
        tx.commit(entry(&row, &[]).moved("version", version - 1, version)).await
    }

    /// Revokes an invitation: its link is void. Revoking twice is the same; an accepted one is not
    /// there ([`StoreError::NotFound`]).
    pub async fn revoke_invitation(
        &self,
        caller: &Caller,
        id: InvitationId,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditMembers)?;
        let mut tx = self.change(caller).await?;
        let row = sqlx::query!(
            r#"SELECT email, revoked_at IS NOT NULL AS "revoked!" FROM invitations
             WHERE org_id = $1 AND id = $2 AND accepted_at IS NULL FOR NO KEY UPDATE"#,
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        if row.revoked {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE invitations SET revoked_at = exq_now() WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        let gone = Change::new(Kind::InviteDeleted, id);
        tx.commit(gone.personal("email", Some(row.email), None::<String>)).await
    }
}

fn entry(row: &Row, projects: &[(ProjectId, ProjectRole)]) -> Change {
    let places: Vec<_> =
        projects.iter().map(|(id, role)| format!("{id} {}", role.as_str())).collect();
    Change::new(Kind::InviteSent, row.id)
        .personal("email", None::<String>, Some(&row.email))
        .now("role", &row.role)
        .maybe("projects", None::<String>, (!places.is_empty()).then(|| places.join(", ")))
}

async fn check_projects(
    tx: &mut tx::Change,
    caller: &Caller,
    projects: &[(ProjectId, ProjectRole)],
) -> Result<(), StoreError> {
    let ids: Vec<_> = projects.iter().map(|(id, _)| id.uuid()).collect();
    let found = sqlx::query!(
        r#"SELECT id, archived_at IS NOT NULL AS "archived!" FROM projects
           WHERE org_id = $1 AND id = ANY ($2) ORDER BY id FOR SHARE"#,
        caller.org.uuid(),
        &ids
    )
    .fetch_all(&mut ***tx)
    .await?;
    if ids.iter().any(|id| found.iter().all(|row| row.id != *id)) {
        return Err(StoreError::NotFound);
    }
    if found.iter().any(|row| row.archived) {
        return Err(StoreError::Conflict(Conflict::ProjectArchived));
    }
    Ok(())
}

async fn members(tx: &mut tx::Change, caller: &Caller) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1",
        caller.org.uuid()
    )
    .fetch_all(&mut ***tx)
    .await?)
}

async fn letter(tx: &mut tx::Change, caller: &Caller) -> Result<Letter, StoreError> {
    let key = match caller.actor {
        Actor::AdminKey(key) => Some(key),
        _ => None,
    };
    Ok(sqlx::query_as!(
        Letter,
        r#"SELECT o.name AS organization, o.zone, u.name AS "inviter?", COALESCE($2, k.created_by) AS by
         FROM organizations o LEFT JOIN users u ON u.id = $2
         LEFT JOIN admin_keys k ON (k.org_id, k.id) = (o.org_id, $3) WHERE o.org_id = $1"#,
        caller.org.uuid(),
        caller.user().map(UserId::uuid),
        key.map(AdminKeyId::uuid)
    )
    .fetch_one(&mut ***tx)
    .await?)
}

/// The new invitation, in place of one that has expired; none if one waits to be accepted.
async fn insert(
    tx: &mut tx::Change,
    (caller, by): (&Caller, &Answerable),
    email: &Email,
    role: Role,
    projects: &[(ProjectId, ProjectRole)],
) -> Result<Option<Row>, StoreError> {
    let places: Value = projects
        .iter()
        .map(|(id, role)| json!({ "id": id.uuid(), "role": role.as_str() }))
        .collect();
    let row = sqlx::query!(
        "INSERT INTO invitations AS i (org_id, id, email, role, projects, invited_by, invited_with, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, exq_now() + interval '7 days')
         ON CONFLICT (org_id, email) WHERE accepted_at IS NULL AND revoked_at IS NULL
         DO UPDATE SET version = i.version + 1, role = excluded.role, projects = excluded.projects,
            invited_by = excluded.invited_by, invited_with = excluded.invited_with, expires_at = excluded.expires_at
         WHERE i.expires_at <= exq_now()
         RETURNING id, version, expires_at",
        caller.org.uuid(),
        InvitationId::generate().uuid(),
        email.as_str(),
        role.as_str(),
        places,
        by.user,
        by.key
    )
    .fetch_optional(&mut ***tx)
    .await?;
    Ok(row.map(|row| Row {
        id: InvitationId::from_uuid(row.id),
        version: row.version,
        email: email.to_string(),
        role: role.as_str().to_owned(),
        expires_at: row.expires_at,
    }))
}

/// Puts the mail into the outbox.
async fn post(
    tx: &mut tx::Change,
    caller: &Caller,
    letter: &Letter,
    row: &Row,
) -> Result<(), StoreError> {
    let params = json!({
        "invitation": row.id,
        "version": row.version,
        "organization": letter.organization,
        "zone": letter.zone,
        "inviter": letter.inviter,
        "by": letter.by,
        "role": row.role,
        "expires": row.expires_at,
    });
    sqlx::query!(
        "INSERT INTO outbox (org_id, id, template, params, recipient) VALUES ($1, $2, 'invitation', $3, $4)",
        caller.org.uuid(),
        OutboxId::generate().uuid(),
        params,
        row.email
    )
    .execute(&mut ***tx)
    .await?;
    Ok(())
}

/// Comes last: it goes on as the system, which alone sees the other organizations of the person.
async fn check_rate(
    tx: &mut tx::Change,
    caller: &Caller,
    letter: &Letter,
) -> Result<(), StoreError> {
    let sent = sqlx::query_scalar!(
        r#"SELECT count(*) AS "sent!" FROM outbox WHERE org_id = $1 AND template = 'invitation'
           AND created_at > (SELECT exq_now()) - interval '1 day'"#,
        caller.org.uuid()
    )
    .fetch_one(&mut ***tx)
    .await?;
    if sent > MOST_A_DAY {
        return Err(StoreError::Conflict(Conflict::TooManyInvitations));
    }
    let Some(by) = letter.by else { return Ok(()) };
    tx::become_system(tx).await?;
    tx::one_at_a_time(tx, "invitations", by).await?;
    let sent = sqlx::query_scalar!(
        r#"SELECT count(*) AS "sent!" FROM outbox WHERE params ->> 'by' = $1::uuid::text AND template = 'invitation'
           AND created_at > (SELECT exq_now()) - interval '1 day'"#,
        by
    )
    .fetch_one(&mut ***tx)
    .await?;
    if sent > MOST_A_DAY {
        return Err(StoreError::Conflict(Conflict::TooManyInvited));
    }
    Ok(())
}
