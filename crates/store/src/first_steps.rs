//! What an organization has done to be safe, besides what its pages list.

use domain::{Action, Caller};

use crate::{Store, StoreError};

/// What the list of first steps asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FirstSteps {
    /// It has more than one owner.
    pub second_owner: bool,
    /// A mail server took a test alert, or a real one, of it.
    pub alerted: bool,
}

impl Store {
    /// For who sees the whole organization.
    pub async fn first_steps(&self, caller: &Caller) -> Result<FirstSteps, StoreError> {
        caller.may(Action::SeeWhole)?;
        let mut tx = self.tenant(caller).await?;
        Ok(sqlx::query_as!(
            FirstSteps,
            r#"SELECT (SELECT count(*) > 1 FROM memberships WHERE org_id = $1 AND role = 'owner') AS "second_owner!",
                EXISTS (SELECT FROM outbox WHERE org_id = $1 AND state = 'sent'
                    AND template IN ('test_alert', 'threshold', 'blocked')) AS "alerted!""#,
            caller.org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?)
    }
}
