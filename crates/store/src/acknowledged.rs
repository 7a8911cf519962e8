//! Alerts that somebody sees to.

use domain::{
    Caller, CrossingId, Scope, UserId,
    audit::{Change, Kind},
};

use crate::{
    Store, StoreError,
    budgets::{may_limit, scope},
};

impl Store {
    /// Notes that the person who asks sees to an alert; whoever says so first does. For those who set
    /// the budget that it is about.
    pub async fn acknowledge(&self, caller: &Caller, id: CrossingId) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let row = sqlx::query!(
            "SELECT k.scope, k.scope_id FROM crossings c JOIN counters k ON (k.org_id, k.id) = (c.org_id, c.counter_id)
             WHERE c.org_id = $1 AND c.id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let on = match row.scope.as_str() {
            "usage" => Scope::Org(caller.org),
            kind => scope(kind, row.scope_id)?,
        };
        let project = may_limit(&mut tx, caller, on).await?;
        let user = caller.user().map(UserId::uuid).ok_or(StoreError::NotFound)?;
        let noted = sqlx::query!(
            "INSERT INTO acknowledged (org_id, crossing_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            caller.org.uuid(),
            id.uuid(),
            user
        )
        .execute(&mut **tx)
        .await?;
        if noted.rows_affected() == 0 {
            return Ok(());
        }
        let change = Change::new(Kind::AlertAcknowledged, id);
        tx.commit(Change { project, ..change }).await
    }
}
