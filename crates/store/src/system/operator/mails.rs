//! The outbox, without what is in the mails.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::{OrgId, OutboxId};

use super::{Operator, Rows};
use crate::StoreError;

/// How far a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// Waits for its time, or for a mail server.
    Queued,
    /// A node has it.
    Sending,
    /// The server took it.
    Sent,
    /// The server never will take it.
    Failed,
    /// Its recipient is no longer one.
    Dropped,
}

/// Not one of the states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("choose a state from the list")]
pub struct MailStateError;

impl MailState {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Sending, Self::Sent, Self::Failed, Self::Dropped];

    /// The word for tables and addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }

    /// The word for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "Waiting",
            Self::Sending => "Being sent",
            Self::Sent => "Sent",
            Self::Failed => "Failed",
            Self::Dropped => "Dropped",
        }
    }
}

impl FromStr for MailState {
    type Err = MailStateError;

    fn from_str(text: &str) -> Result<Self, MailStateError> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(MailStateError)
    }
}

/// A mail, as the operator sees it: no text, no link, nothing that either is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    /// Its id.
    pub id: OutboxId,
    /// To whom.
    pub recipient: String,
    /// Which text.
    pub template: String,
    /// How far it is.
    pub state: MailState,
    /// Tries so far.
    pub attempts: u32,
    /// Those after which the server may have it though nobody heard its answer.
    pub unsure: u32,
    /// What the mail server answered last.
    pub answer: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it is tried next, while it waits.
    pub due_at: DateTime<Utc>,
    /// When it was sent or given up.
    pub finished_at: Option<DateTime<Utc>>,
}

impl Operator<'_> {
    /// Up to `most` mails in a state, or in any, older than `before`; the newest first.
    pub async fn mails(
        &self,
        state: Option<MailState>,
        before: Option<OutboxId>,
        most: u16,
    ) -> Result<Rows<MailRow>, StoreError> {
        let mut tx = self.system().begin().await?;
        let rows = sqlx::query!(
            "SELECT id, recipient, template, state, attempts, unsure, answer, created_at, due_at, finished_at FROM outbox
             WHERE ($1::text IS NULL OR state = $1) AND ($2::uuid IS NULL OR id < $2)
             ORDER BY id DESC LIMIT $3",
            state.map(MailState::as_str),
            before.map(OutboxId::uuid),
            i64::from(most) + 1
        )
        .fetch_all(&mut *tx)
        .await?;
        let rows = rows.into_iter().map(|row| {
            Ok(MailRow {
                id: OutboxId::from_uuid(row.id),
                recipient: row.recipient,
                template: row.template,
                state: row.state.parse().map_err(|_| StoreError::Damaged("a mail's state"))?,
                attempts: u32::try_from(row.attempts).unwrap_or(0),
                unsure: u32::try_from(row.unsure).unwrap_or(0),
                answer: row.answer,
                created_at: row.created_at,
                due_at: row.due_at,
                finished_at: row.finished_at,
            })
        });
        Ok(Rows::new(rows.collect::<Result<_, StoreError>>()?, most))
    }

    /// Has a mail that failed sent again, from its first try on; one that has not failed stays as it
    /// is.
    pub async fn retry_mail(&self, id: OutboxId) -> Result<(), StoreError> {
        let mut tx = self.system().begin().await?;
        let row = sqlx::query!("SELECT org_id FROM outbox WHERE id = $1", id.uuid())
            .fetch_one(&mut *tx)
            .await?;
        sqlx::query!(
            "UPDATE outbox SET state = 'queued', attempts = 0, due_at = exq_now(), finished_at = NULL
             WHERE org_id = $1 AND id = $2 AND state = 'failed'",
            row.org_id,
            id.uuid()
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        tracing::info!(operator = %self.user, mail = %id, org = %OrgId::from_uuid(row.org_id), "an operator has a mail sent again");
        Ok(())
    }
}
