//! Requests that limits refused, by model.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{Action, Caller};

use crate::{Store, StoreError, latencies::Ask};

/// How many requests for one model limits refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RefusedOfModel {
    /// Because a budget or the usage limit was spent, of which an alert tells.
    pub spent: u64,
    /// By rate limits and guards.
    pub others: u64,
}

impl RefusedOfModel {
    /// By whatever limit.
    pub const fn total(self) -> u64 {
        self.spent + self.others
    }
}

/// How many requests limits refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefusedRequests {
    /// By model.
    pub models: BTreeMap<String, RefusedOfModel>,
    /// From when on all were counted, if that was later than what is asked for begins.
    pub since: Option<DateTime<Utc>>,
}

impl RefusedRequests {
    /// Of one model, by rate limits and guards; none if not all were counted. `priced`: it has a price. Without
    /// one it is counted only where a project lists it, which is known of those alone that were counted.
    pub fn whole(&self, model: &str, priced: bool) -> Option<u64> {
        let counted = self.models.get(model).copied().unwrap_or_default();
        let is_counted = self.since.is_none() && (priced || counted.total() > 0);
        is_counted.then_some(counted.others)
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
            r#"SELECT model, COALESCE(sum(requests) FILTER (WHERE spent), 0)::bigint AS "spent!",
                COALESCE(sum(requests) FILTER (WHERE NOT spent), 0)::bigint AS "others!"
             FROM refused_requests
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
        let count = |requests| u64::try_from(requests).unwrap_or(0);
        let models = rows.into_iter().map(|row| {
            let (spent, others) = (count(row.spent), count(row.others));
            (row.model, RefusedOfModel { spent, others })
        });
        Ok(RefusedRequests { models: models.collect(), since })
    }
}
