//! Another address for an account.

use domain::{Email, UserId};
use sqlx::{query, query_scalar, types::Uuid};

use super::{SessionHash, System, account_mails::INSTALLATION, sessions::end_sessions};
use crate::{StoreError, tx::Tx};

impl System<'_> {
    /// Notes that the account shall have this address, in place of one that was noted before, and
    /// mails a link to it; the present address is told. If the address has an account already, that
    /// is mailed there instead: whoever asked learns nothing.
    pub async fn begin_email_change(self, user: UserId, email: &Email) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        // Also where nothing is noted in its place: a mistyped address must not wait on.
        query!("DELETE FROM email_changes WHERE user_id = $1", user.uuid())
            .execute(&mut *tx)
            .await?;
        query!(
            "WITH noted AS (
                INSERT INTO email_changes AS c (user_id, id, email) SELECT $1, exq_id(), $2
                WHERE NOT EXISTS (SELECT FROM users WHERE email = $2 AND NOT held)
                ON CONFLICT (user_id) DO UPDATE SET id = excluded.id, email = excluded.email, created_at = exq_now()
                RETURNING c.id
            ), asked AS (
                SELECT CASE WHEN noted.id IS NULL THEN 'account_exists' ELSE 'email_change' END AS template,
                    jsonb_strip_nulls(jsonb_build_object('change', noted.id)) AS params, $2 AS recipient
                FROM (SELECT) one LEFT JOIN noted ON true
                UNION ALL
                SELECT 'email_leaving', jsonb_build_object('to', $2::text), email FROM users WHERE id = $1
            )
            INSERT INTO outbox (org_id, id, template, params, recipient)
            SELECT $3, exq_id(), template, params, recipient FROM asked",
            user.uuid(),
            email.as_str(),
            INSTALLATION.uuid()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Whether this change still waits for its link to be opened: for a day.
    pub async fn is_email_change(self, change: Uuid) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        Ok(query_scalar!(
            r#"SELECT EXISTS (SELECT FROM email_changes WHERE id = $1
                AND created_at > exq_now() - interval '1 day') AS "waits!""#,
            change
        )
        .fetch_one(&mut *tx)
        .await?)
    }

    /// Makes the account's own change, once: the address is the account's, and verified. Ends the account's
    /// sessions but the one that is kept, and tells the old address. False if the change is over, or
    /// the address has another account by now ([`crate::Conflict::Email`]).
    pub async fn finish_email_change(
        self,
        change: Uuid,
        user: UserId,
        keep: Option<&SessionHash>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        query!("SELECT id FROM users WHERE id = $1 FOR UPDATE", user.uuid())
            .fetch_optional(&mut *tx)
            .await?;
        let noted = query!(
            "DELETE FROM email_changes WHERE id = $1 AND user_id = $2 AND created_at > exq_now() - interval '1 day'
             RETURNING email",
            change,
            user.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(noted) = noted else { return Ok(false) };
        query!(
            "INSERT INTO outbox (org_id, id, template, params, recipient)
             SELECT $3, exq_id(), 'email_left', jsonb_build_object('to', $2::text), email FROM users WHERE id = $1",
            user.uuid(),
            noted.email,
            INSTALLATION.uuid()
        )
        .execute(&mut *tx)
        .await?;
        move_to(&mut tx, user, &noted.email, keep).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Changes the address at once, as verified, and ends the account's sessions but the one that
    /// is kept; [`crate::Conflict::Email`] if another account has it.
    pub async fn change_email(
        self,
        user: UserId,
        email: &Email,
        keep: Option<&SessionHash>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        move_to(&mut tx, user, email.as_str(), keep).await?;
        Ok(tx.commit().await?)
    }
}

async fn move_to(
    tx: &mut Tx,
    user: UserId,
    email: &str,
    keep: Option<&SessionHash>,
) -> Result<(), StoreError> {
    query!("DELETE FROM users WHERE email = $1 AND held AND id <> $2", email, user.uuid())
        .execute(&mut **tx)
        .await?;
    query!(
        "UPDATE users SET email = $2, verified_at = exq_now(), held = false WHERE id = $1",
        user.uuid(),
        email
    )
    .execute(&mut **tx)
    .await?;
    end_sessions(tx, user, keep).await?;
    Ok(())
}
