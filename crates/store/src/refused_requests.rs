//! Requests that limits refused, by model.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{Action, Caller};

use crate::{Store, StoreError, latencies::Ask};

/// How many requests limits refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefusedRequests {
    /// By model.
    pub models: BTreeMap<String, u64>,
    /// From when on they were counted, if that was later than what is asked for begins.
    pub since: Option<DateTime<Utc>>,
}

impl RefusedRequests {
    /// Of one model; none if not all were counted.
    pub fn whole(&self, model: &str) -> Option<u64> {
        let counted = self.models.get(model).copied().unwrap_or(0);
        self.since.is_none().then_some(counted)
    }
}

impl Store {
    /// What limits refused within the ask's bounds, by model. Projects and models of others find nothing.
    pub async fn refused_requests(
        &self,
        caller: &Caller,
        ask: Ask<'_>,
    ) -> Result<RefusedRequests, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT model, sum(requests)::bigint AS "requests!" FROM refused_requests
             WHERE org_id = $1 AND quarter >= $2 AND quarter < $3
                AND (cardinality($4::uuid[]) = 0 OR project_id = ANY ($4))
                AND (cardinality($5::text[]) = 0 OR model = ANY ($5))
             GROUP BY model"#,
            caller.org.uuid(),
            ask.bounds.first(),
            ask.bounds.last(),
            ask.projects,
            ask.models
        )
        .fetch_all(&mut *tx)
        .await?;
        let since = sqlx::query_scalar!(
            r#"SELECT refused_requests_since AS "since!" FROM organizations
             WHERE org_id = $1 AND refused_requests_since > $2"#,
            caller.org.uuid(),
            ask.bounds.first()
        )
        .fetch_optional(&mut *tx)
        .await?;
        let models =
            rows.into_iter().map(|row| (row.model, u64::try_from(row.requests).unwrap_or(0)));
        Ok(RefusedRequests { models: models.collect(), since })
    }
}
