//! Invitations as lists show them.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, InvitationId, ProjectId, ProjectRole, Role};
use uuid::Uuid;

use crate::{MemberProject, Page, Part, Store, StoreError, page::page_of, tx::Tx};

/// An invitation that was not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Into which of the organization's running projects, by name.
    pub projects: Vec<MemberProject>,
    /// Which of its links works.
    pub version: u32,
    /// What the person who invited is called, if still a member.
    pub invited_by: Option<String>,
    /// When it was first sent.
    pub created_at: DateTime<Utc>,
    /// When its link stops working.
    pub expires_at: DateTime<Utc>,
    /// What became of it.
    pub state: InvitationState,
    /// What became of its mail.
    pub mail: InvitationMail,
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// It waits to be accepted.
    Pending,
    /// Nobody accepted it in time.
    Expired,
    /// Accepted, and when.
    Accepted(DateTime<Utc>),
}

/// What became of the last mail with an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvitationMail {
    /// It waits in the outbox, or is tried again.
    Waiting,
    /// The mail server took it.
    Sent,
    /// It was not delivered; what the server said.
    Failed(String),
}

impl InvitationMail {
    fn new(state: Option<&str>, answer: Option<String>) -> Self {
        match state {
            Some("sent") => Self::Sent,
            Some("failed") => Self::Failed(answer.unwrap_or_default()),
            _ => Self::Waiting,
        }
    }
}

impl Store {
    /// The invitations that were not revoked, the newest first.
    pub async fn invitations(&self, caller: &Caller) -> Result<Vec<Invitation>, StoreError> {
        caller.may(Action::EditMembers)?;
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, None).await
    }

    /// A part of the invitations that were not revoked.
    pub async fn invitations_page(
        &self,
        caller: &Caller,
        page: &Page<InvitationId>,
    ) -> Result<Part<Invitation>, StoreError> {
        caller.may(Action::EditMembers)?;
        let tx = &mut self.tenant(caller).await?;
        let part = page_of!(
            tx,
            caller,
            page,
            "i.id",
            "invitations i WHERE i.org_id = $1 AND i.revoked_at IS NULL"
        );
        let rows = read(tx, caller, Some(&part.rows)).await?;
        Ok(part.filled(rows, |invitation| invitation.id.uuid()))
    }

    /// One invitation.
    pub async fn invitation(
        &self,
        caller: &Caller,
        id: InvitationId,
    ) -> Result<Invitation, StoreError> {
        caller.may(Action::EditMembers)?;
        let mut tx = self.tenant(caller).await?;
        read(&mut tx, caller, Some(&[id.uuid()])).await?.pop().ok_or(StoreError::NotFound)
    }
}

/// All of them, or those whose ids are among these.
async fn read(
    tx: &mut Tx,
    caller: &Caller,
    only: Option<&[Uuid]>,
) -> Result<Vec<Invitation>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT i.id AS "id!", i.email AS "email!", i.role AS "role!", i.version AS "version!",
            u.name AS "invited_by?", i.created_at AS "created_at!", i.expires_at AS "expires_at!",
            i.accepted_at AS "accepted_at?", i.expires_at <= (SELECT exq_now()) AS "expired!",
            mail.state AS "mail?", mail.answer AS "answer?"
         FROM invitations i LEFT JOIN users u ON u.id = i.invited_by
         LEFT JOIN (
            SELECT DISTINCT ON (params ->> 'invitation') params ->> 'invitation' AS invitation, state, answer
            FROM outbox WHERE org_id = $1 AND template = 'invitation'
            ORDER BY params ->> 'invitation', created_at DESC
         ) mail ON mail.invitation = 'invite-' || replace(i.id::text, '-', '')
         WHERE i.org_id = $1 AND i.revoked_at IS NULL AND ($2::uuid[] IS NULL OR i.id = ANY ($2))
         ORDER BY i.created_at DESC, i.id DESC"#,
        caller.org.uuid(),
        only
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut places = sqlx::query!(
        r#"SELECT i.id, p.id AS project, p.name, x.role AS "role!"
         FROM invitations i CROSS JOIN jsonb_to_recordset(i.projects) AS x(id uuid, role text)
         JOIN projects p ON p.org_id = i.org_id AND p.id = x.id AND p.archived_at IS NULL
         WHERE i.org_id = $1 AND i.revoked_at IS NULL AND ($2::uuid[] IS NULL OR i.id = ANY ($2))
         ORDER BY lower(p.name), p.id"#,
        caller.org.uuid(),
        only
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Invitation {
            id: InvitationId::from_uuid(row.id),
            email: row.email,
            role: Role::from_column(&row.role),
            projects: places
                .extract_if(.., |place| place.id == row.id)
                .map(|place| MemberProject {
                    id: ProjectId::from_uuid(place.project),
                    name: place.name,
                    role: ProjectRole::from_column(&place.role),
                })
                .collect(),
            version: row.version.unsigned_abs(),
            invited_by: row.invited_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            state: match (row.accepted_at, row.expired) {
                (Some(at), _) => InvitationState::Accepted(at),
                (None, true) => InvitationState::Expired,
                (None, false) => InvitationState::Pending,
            },
            mail: InvitationMail::new(row.mail.as_deref(), row.answer),
        })
        .collect())
}
