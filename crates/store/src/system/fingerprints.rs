//! Fingerprints of requests.

use chrono::TimeDelta;
use domain::{EventId, OrgId, ProjectId};

use super::System;
use crate::StoreError;

/// A day longer than the advisor looks back.
const KEPT: TimeDelta = TimeDelta::days(8);
/// Most that are forgotten in one statement.
const FORGOTTEN_AT_ONCE: i64 = 50_000;

/// Of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FingerprintRow {
    /// Whose.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// Which request.
    pub id: EventId,
    /// Equal for requests that one answer would have served.
    pub fingerprint: [u8; 16],
}

impl System<'_> {
    /// Keeps them.
    pub async fn flush_fingerprints(self, rows: &[FingerprintRow]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let orgs: Vec<_> = rows.iter().map(|row| row.org.uuid()).collect();
        let ids: Vec<_> = rows.iter().map(|row| row.id.uuid()).collect();
        let projects: Vec<_> = rows.iter().map(|row| row.project.uuid()).collect();
        let prints: Vec<_> = rows.iter().map(|row| row.fingerprint.to_vec()).collect();
        sqlx::query!(
            "INSERT INTO fingerprints (org_id, id, project_id, fingerprint)
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[]) ON CONFLICT DO NOTHING",
            &orgs,
            &ids,
            &projects,
            &prints
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Forgets those that nobody looks at any more; how many.
    pub async fn reap_fingerprints(self) -> Result<u64, StoreError> {
        let mut reaped = 0;
        loop {
            let slice = self.reap_slice().await?;
            reaped += slice;
            if slice < FORGOTTEN_AT_ONCE.cast_unsigned() {
                return Ok(reaped);
            }
        }
    }

    async fn reap_slice(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut *tx).await?;
        let reaped = sqlx::query!(
            "DELETE FROM fingerprints WHERE (org_id, id) IN (
                SELECT org_id, id FROM fingerprints WHERE id < $1 ORDER BY id LIMIT $2)",
            EventId::floor(now - KEPT).uuid(),
            FORGOTTEN_AT_ONCE
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(reaped.rows_affected())
    }
}
