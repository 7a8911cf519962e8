//! Closing an organization, and opening it again before it is erased.

use domain::{
    Action, Caller,
    audit::{Change, Kind},
};

use crate::{Store, StoreError};

impl Store {
    /// Closes the organization: its keys are refused from now on, and after 30 days
    /// a job erases it. Closing twice is the same.
    pub async fn close_organization(&self, caller: &Caller) -> Result<(), StoreError> {
        caller.may(Action::CloseOrganization)?;
        let mut tx = self.change(caller).await?;
        let closed = sqlx::query!(
            "UPDATE organizations SET closed_at = exq_now() WHERE org_id = $1 AND closed_at IS NULL",
            caller.org.uuid()
        )
        .execute(&mut **tx)
        .await?;
        if closed.rows_affected() == 0 {
            return Ok(());
        }
        tx.commit(Change::new(Kind::OrganizationClosed, caller.org)).await
    }

    /// Opens it again, as it was; [`StoreError::NotFound`] when its 30 days are over. Opening twice
    /// is the same.
    pub async fn reopen_organization(&self, caller: &Caller) -> Result<(), StoreError> {
        caller.may(Action::CloseOrganization)?;
        let mut tx = self.change(caller).await?;
        let row = sqlx::query!(
            r#"SELECT closed_at IS NULL AS "open!", closed_at < exq_now() - interval '30 days' AS over
             FROM organizations WHERE org_id = $1 FOR NO KEY UPDATE"#,
            caller.org.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        if row.open {
            return Ok(());
        }
        if row.over.unwrap_or_default() {
            return Err(StoreError::NotFound);
        }
        sqlx::query!(
            "UPDATE organizations SET closed_at = NULL WHERE org_id = $1",
            caller.org.uuid()
        )
        .execute(&mut **tx)
        .await?;
        tx.commit(Change::new(Kind::OrganizationReopened, caller.org)).await
    }
}
