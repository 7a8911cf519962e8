//! Mails that somebody has sent to the own address, to see that they come and what they look like.

use domain::{
    Action, Caller, UserId,
    audit::{Change as Entry, Kind},
};
use serde_json::{Value, json};

use crate::{
    Conflict, Store, StoreError,
    tx::{Change, one_at_a_time},
};

/// Most of them within an hour.
const MOST: i64 = 10;

impl Store {
    /// Mails the person who asks that alerts of the organization arrive there.
    pub async fn send_test_alert(&self, caller: &Caller) -> Result<(), StoreError> {
        caller.may(Action::EditLimits)?;
        let mut tx = self.change(caller).await?;
        mail_oneself(&mut tx, caller, "test_alert", &json!({})).await?;
        tx.commit(Entry::new(Kind::AlertTried, caller.org)).await
    }
}

/// Writes the mail, whose parameters begin with the organization's name and zone. Who had stopped mails
/// of the organization gets them again.
pub(crate) async fn mail_oneself(
    tx: &mut Change,
    caller: &Caller,
    template: &str,
    params: &Value,
) -> Result<(), StoreError> {
    let user = caller.user().map(UserId::uuid).ok_or(StoreError::NotFound)?;
    one_at_a_time(tx, "own mails", user).await?;
    let sent = sqlx::query_scalar!(
        r#"SELECT count(*) AS "sent!" FROM outbox WHERE org_id = $1 AND template IN ('report', 'test_alert')
            AND recipient_id = $2 AND created_at > exq_now() - interval '1 hour'"#,
        caller.org.uuid(),
        user
    )
    .fetch_one(&mut ***tx)
    .await?;
    if sent >= MOST {
        return Err(StoreError::Conflict(Conflict::OwnMails));
    }
    let written = sqlx::query!(
        "INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
         SELECT o.org_id, exq_id(), $2, jsonb_build_object('organization', o.name, 'zone', o.zone) || $3::jsonb, u.id, u.email
         FROM organizations o JOIN users u ON u.id = $4 AND u.verified_at IS NOT NULL WHERE o.org_id = $1",
        caller.org.uuid(),
        template,
        params,
        user
    )
    .execute(&mut ***tx)
    .await?;
    if written.rows_affected() == 0 {
        return Err(StoreError::Conflict(Conflict::OwnMailUnverified));
    }
    sqlx::query!(
        "DELETE FROM muted WHERE org_id = $1 AND address = (SELECT lower(email) FROM users WHERE id = $2)",
        caller.org.uuid(),
        user
    )
    .execute(&mut ***tx)
    .await?;
    Ok(())
}
