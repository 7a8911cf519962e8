//! Prompts and answers, sealed.

use domain::{EventId, OrgId, ProjectId};

use super::System;
use crate::StoreError;

/// Most that are forgotten in one transaction: each may be half a megabyte.
const FORGOTTEN_AT_ONCE: i64 = 1_000;
/// How many such slices one sweep goes through.
const SLICES: usize = 1_000;

/// Of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyRow {
    /// Whose.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// Which request.
    pub id: EventId,
    /// What the client sent, sealed.
    pub prompt: Vec<u8>,
    /// It was longer than what is kept of one.
    pub prompt_cut: bool,
    /// What the client got, sealed; none if no answer came.
    pub answer: Option<Vec<u8>>,
    /// As of the prompt.
    pub answer_cut: bool,
}

impl System<'_> {
    /// Keeps them for as long as their projects want it now; those of a project that wants none any more
    /// are not kept.
    pub async fn flush_bodies(self, rows: &[&BodyRow]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let orgs: Vec<_> = rows.iter().map(|row| row.org.uuid()).collect();
        let ids: Vec<_> = rows.iter().map(|row| row.id.uuid()).collect();
        let projects: Vec<_> = rows.iter().map(|row| row.project.uuid()).collect();
        let prompts: Vec<_> = rows.iter().map(|row| row.prompt.clone()).collect();
        let prompts_cut: Vec<_> = rows.iter().map(|row| row.prompt_cut).collect();
        let answers: Vec<_> = rows.iter().map(|row| row.answer.clone()).collect();
        let answers_cut: Vec<_> = rows.iter().map(|row| row.answer_cut).collect();
        sqlx::query!(
            "INSERT INTO bodies (org_id, id, project_id, prompt, prompt_cut, answer, answer_cut, expires_at)
             SELECT b.org_id, b.id, b.project_id, b.prompt, b.prompt_cut, b.answer, b.answer_cut,
                exq_now() + make_interval(hours => 24 * p.bodies_days)
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::boolean[], $6::bytea[], $7::boolean[])
                AS b (org_id, id, project_id, prompt, prompt_cut, answer, answer_cut)
             JOIN projects p ON (p.org_id, p.id) = (b.org_id, b.project_id) AND p.bodies_days > 0
             ON CONFLICT DO NOTHING",
            &orgs,
            &ids,
            &projects,
            &prompts,
            &prompts_cut,
            &answers as &[Option<Vec<u8>>],
            &answers_cut
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Forgets those that have expired and those that their projects keep no longer, slice by slice; how
    /// many.
    pub async fn reap_bodies(self) -> Result<u64, StoreError> {
        let mut reaped = 0;
        for _ in 0..SLICES {
            let slice = self.reap_slice_of_bodies().await?;
            reaped += slice;
            if slice == 0 {
                break;
            }
        }
        Ok(reaped)
    }

    async fn reap_slice_of_bodies(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut *tx).await?;
        let reaped = sqlx::query_file!("src/system/reap_bodies.sql", now, FORGOTTEN_AT_ONCE)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(reaped.rows_affected())
    }
}
