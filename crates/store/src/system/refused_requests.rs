//! Requests that limits refused, by model.

use domain::{OrgId, ProjectId};

use super::System;
use crate::StoreError;

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefusedOf {
    /// Whose request.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// For which model.
    pub model: String,
    /// A budget or the usage limit was spent; else a rate limit or a guard said no.
    pub spent: bool,
}

impl System<'_> {
    /// Adds counts, in the order of what they are of, so that nodes do not wait for each other in a ring.
    pub async fn flush_refused_requests(
        self,
        counts: &[(RefusedOf, i64)],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let (mut orgs, mut projects, mut models) = (Vec::new(), Vec::new(), Vec::new());
        let (mut spent, mut requests) = (Vec::new(), Vec::new());
        for (of, count) in counts {
            orgs.push(of.org.uuid());
            projects.push(of.project.uuid());
            models.push(of.model.clone());
            spent.push(of.spent);
            requests.push(*count);
        }
        sqlx::query!(
            "INSERT INTO refused_requests AS r (org_id, quarter, project_id, model, spent, requests)
             SELECT n.org_id, exq_quarter(exq_now()), n.project_id, n.model, n.spent, n.requests
             FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[], $5::bigint[])
                AS n (org_id, project_id, model, spent, requests) ORDER BY 1, 3, 4, 5
             ON CONFLICT (org_id, quarter, project_id, model, spent)
             DO UPDATE SET requests = r.requests + excluded.requests",
            &orgs,
            &projects,
            &models,
            &spent,
            &requests
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Forgets those that no page compares with any more; how many rows.
    pub async fn reap_refused_requests(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let reaped = sqlx::query!(
            "DELETE FROM refused_requests WHERE quarter < exq_now() - interval '100 days'"
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(reaped.rows_affected())
    }
}
