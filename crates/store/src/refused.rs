//! How much was refused.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, Scope};

use crate::{Store, StoreError, budgets::scope_parts};

impl Store {
    /// Requests of a scope that were refused from `from` up to and not with `until`, by whatever
    /// limit.
    pub async fn refused(
        &self,
        caller: &Caller,
        on: Scope,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        caller.may(Action::List)?;
        let (kind, id) = scope_parts(on);
        let mut tx = self.tenant(caller).await?;
        let refused = sqlx::query_scalar!(
            r#"SELECT COALESCE(sum(count), 0)::bigint AS "refused!" FROM receipts
             WHERE org_id = $1 AND quarter >= $2 AND quarter < $3 AND NOT observed
             AND CASE $4 WHEN 'project' THEN project_id = $5 WHEN 'key' THEN key_id = $5 ELSE org_id = $5 END"#,
            caller.org.uuid(),
            from,
            until,
            kind,
            id
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(u64::try_from(refused).unwrap_or(0))
    }
}
