//! The outbox: mails are claimed by any node, sent, and what the server answered is recorded.

use chrono::{DateTime, Utc};
use domain::{Email, OrgId, OutboxId};
use serde::Deserialize as _;

use super::{ReportOf, SpendOf, System, account_mails::INSTALLATION};
use crate::StoreError;

/// Tries before a mail counts as failed: the pauses double from 5 seconds to 2 minutes, so these are
/// about two days.
const MOST_ATTEMPTS: i32 = 1_440;
/// Times that a mail may be handed over without a word in return: more would fill a mailbox.
const MOST_UNSURE: i32 = 2;

/// In place of a server's answer, where the recipient has had such mails stopped.
pub const STOPPED: &str = "stopped by the recipient";

/// A claimed mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Whose mail; where it is about an account, no organization's.
    pub org: OrgId,
    /// Its id, and what its Message-ID is made of.
    pub id: OutboxId,
    /// Which text.
    pub template: String,
    /// What the text is made of.
    pub params: serde_json::Value,
    /// To whom.
    pub recipient: Email,
    /// When it was written.
    pub queued_at: DateTime<Utc>,
    /// When it was claimed.
    pub claimed_at: DateTime<Utc>,
    /// Which try this is; what is recorded must name it.
    pub attempt: i32,
    /// After how many earlier tries the server may have it already.
    pub unsure: i32,
    /// Its reader can have such mails stopped.
    pub can_be_stopped: bool,
}

impl Mail {
    /// Whose spend it tells, if it is an alert that tells one.
    pub fn spend(&self) -> Option<SpendOf> {
        let tells = matches!(self.template.as_str(), "threshold" | "blocked" | "forecast" | "burn");
        tells.then(|| SpendOf::deserialize(&self.params).ok()).flatten()
    }

    /// What it reports, if it is a report.
    pub fn report(&self) -> Option<ReportOf> {
        (self.template == "report").then(|| ReportOf::deserialize(&self.params).ok()).flatten()
    }

    /// Whether it is about a person's account and no organization.
    pub fn is_about_account(&self) -> bool {
        self.org == INSTALLATION
    }
}

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server took it.
    Accepted(String),
    /// It may be taken later.
    Later(String),
    /// It never will be.
    Never(String),
    /// All of it was handed over, and what the server said to that was lost: it may have it.
    Unsure(String),
    /// It was not sent, because what it is about is over.
    Void,
}

impl System<'_> {
    /// Claims up to `most` mails that are due, for five minutes: a node that dies meanwhile leaves
    /// them to the next, which cannot know how far it had come. Mails to
    /// someone who is no longer an owner, or wants no more of them, are dropped here.
    pub async fn claim_mails(self, most: i64) -> Result<Vec<Mail>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query!(
            r#"WITH due AS (
                SELECT org_id, id FROM outbox WHERE state IN ('queued', 'sending') AND due_at <= (SELECT exq_now())
                ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
            )
            UPDATE outbox o SET
                state = CASE WHEN mail.entitled AND NOT mail.stopped THEN 'sending' ELSE 'dropped' END,
                finished_at = CASE WHEN mail.entitled AND NOT mail.stopped THEN NULL ELSE exq_now() END,
                answer = CASE WHEN mail.stopped THEN $2 ELSE o.answer END,
                unsure = o.unsure + CASE WHEN o.state = 'sending' THEN 1 ELSE 0 END,
                attempts = o.attempts + 1, due_at = exq_now() + interval '5 minutes'
            FROM due, LATERAL (
                SELECT q.recipient_id IS NULL OR m.user_id IS NOT NULL AS entitled,
                    u.address IS NOT NULL AND exq_can_be_stopped(q.template, q.recipient_id) AS stopped
                FROM outbox q LEFT JOIN memberships m ON m.org_id = q.org_id AND m.user_id = q.recipient_id AND m.role = 'owner'
                LEFT JOIN muted u ON u.org_id = q.org_id AND u.address = lower(q.recipient)
                WHERE q.org_id = due.org_id AND q.id = due.id) mail
            WHERE o.org_id = due.org_id AND o.id = due.id
            RETURNING o.org_id, o.id, o.template, o.recipient,
                -- Who is told by a threshold's own list is told why.
                CASE WHEN o.template = 'threshold' AND o.recipient_id IS NULL
                    THEN o.params || '{"listed": true}' ELSE o.params END AS "params!",
                o.attempts, o.unsure, o.state, exq_can_be_stopped(o.template, o.recipient_id) AS "can_be_stopped!",
                o.created_at, exq_now() AS "now!""#,
            most,
            STOPPED
        )
        .fetch_all(&mut *tx)
        .await?;
        failpoint::at("store::claiming_mails");
        tx.commit().await?;
        rows.into_iter()
            .filter(|row| row.state == "sending")
            .map(|row| {
                Ok(Mail {
                    org: OrgId::from_uuid(row.org_id),
                    id: OutboxId::from_uuid(row.id),
                    template: row.template,
                    params: row.params,
                    recipient: row
                        .recipient
                        .parse()
                        .map_err(|_| StoreError::Damaged("a recipient"))?,
                    queued_at: row.created_at,
                    claimed_at: row.now,
                    attempt: row.attempts,
                    unsure: row.unsure,
                    can_be_stopped: row.can_be_stopped,
                })
            })
            .collect()
    }

    /// Records what came of a try; nothing if another node has claimed the mail meanwhile.
    pub async fn record_mail(self, mail: &Mail, sent: &Sent) -> Result<(), StoreError> {
        let (state, answer) = match sent {
            Sent::Void if mail.org == INSTALLATION => return self.forget_mail(mail).await,
            Sent::Void => ("dropped", ""),
            Sent::Accepted(answer) => ("sent", answer.as_str()),
            Sent::Unsure(answer) if mail.unsure + 1 < MOST_UNSURE => ("queued", answer.as_str()),
            Sent::Later(answer) if mail.attempt < MOST_ATTEMPTS => ("queued", answer.as_str()),
            Sent::Unsure(answer) | Sent::Later(answer) | Sent::Never(answer) => {
                ("failed", answer.as_str())
            }
        };
        let mut tx = self.begin().await?;
        sqlx::query!(
            "UPDATE outbox SET state = $3, answer = $4, unsure = unsure + $6,
                finished_at = CASE WHEN $3 = 'queued' THEN NULL ELSE exq_now() END,
                due_at = exq_now() + make_interval(secs => least(5 * 2 ^ least($5::float8 - 1, 10), 120))
             WHERE org_id = $1 AND id = $2 AND state = 'sending' AND attempts = $5::float8::integer",
            mail.org.uuid(),
            mail.id.uuid(),
            state,
            answer,
            f64::from(mail.attempt),
            i32::from(matches!(sent, Sent::Unsure(_)))
        )
        .execute(&mut *tx)
        .await?;
        failpoint::at("store::recording_mail");
        Ok(tx.commit().await?)
    }

    /// Anybody may type any address where a reset link is asked for; those without an account leave
    /// nothing behind.
    async fn forget_mail(self, mail: &Mail) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query!(
            "DELETE FROM outbox WHERE org_id = $1 AND id = $2",
            mail.org.uuid(),
            mail.id.uuid()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
