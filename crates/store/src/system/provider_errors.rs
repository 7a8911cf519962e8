//! Requests that providers did not serve.

use domain::{OrgId, ProjectId, ProviderError};

use super::System;
use crate::StoreError;

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorOf {
    /// Whose request.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// For which model.
    pub model: String,
    /// Why it was not served.
    pub error: ProviderError,
}

impl System<'_> {
    /// Adds counts, in the order of what they are of, so that nodes do not wait for each other in a ring.
    pub async fn flush_provider_errors(self, counts: &[(ErrorOf, i64)]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let (mut orgs, mut projects, mut models, mut kinds, mut requests) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (of, count) in counts {
            orgs.push(of.org.uuid());
            projects.push(of.project.uuid());
            models.push(of.model.clone());
            kinds.push(of.error.as_str().to_owned());
            requests.push(*count);
        }
        sqlx::query!(
            "INSERT INTO provider_errors AS e (org_id, quarter, project_id, model, kind, requests)
             SELECT n.org_id, exq_quarter(exq_now()), n.project_id, n.model, n.kind, n.requests
             FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[])
                AS n (org_id, project_id, model, kind, requests) ORDER BY 1, 3, 4, 5
             ON CONFLICT (org_id, quarter, project_id, model, kind) DO UPDATE SET requests = e.requests + excluded.requests",
            &orgs,
            &projects,
            &models,
            &kinds,
            &requests
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Forgets those that no page compares with any more; how many rows.
    pub async fn reap_provider_errors(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let reaped = sqlx::query!(
            "DELETE FROM provider_errors WHERE quarter < exq_now() - interval '100 days'"
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(reaped.rows_affected())
    }
}
