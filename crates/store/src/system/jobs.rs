//! Jobs at their times: claimed for a while, done, and finished once.

use chrono::{DateTime, Utc};
use domain::{Job, Loop, NodeId};
use sqlx::{query, query_scalar};

use super::{System, account_mails::INSTALLATION};
use crate::StoreError;

/// A job that is claimed, for one of its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// What is to be done.
    pub job: Job,
    /// For when: the last of its times up to now.
    pub due: DateTime<Utc>,
    node: NodeId,
    attempt: i64,
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// A sentence for the operator.
    pub said: String,
    /// Whether operators are mailed, because something is wrong.
    pub alarm: bool,
}

impl Done {
    /// As it should be.
    pub fn well(said: impl Into<String>) -> Self {
        Self { said: said.into(), alarm: false }
    }
}

impl System<'_> {
    /// Makes known that there is this job. A new one is due at once.
    pub async fn plan_job(self, job: Job) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "INSERT INTO jobs (name, next_due) VALUES ($1, exq_now()) ON CONFLICT DO NOTHING",
            job.as_str()
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Claims the job for a minute, if it is due and nobody has it. Of times that passed meanwhile only
    /// the last is made up for.
    pub async fn claim_job(self, node: NodeId, job: Job) -> Result<Option<Occurrence>, StoreError> {
        let mut tx = self.begin().await?;
        let claimed = query!(
            r#"UPDATE jobs SET attempt = attempt + 1, node_id = $2, started_at = exq_now(), until = exq_now() + interval '1 minute'
             WHERE name = $1 AND next_due <= exq_now() AND COALESCE(until <= exq_now(), true)
             RETURNING attempt, exq_now() AS "now!""#,
            job.as_str(),
            node.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(claimed.map(|row| Occurrence {
            job,
            due: job.schedule().last(row.now),
            node,
            attempt: row.attempt,
        }))
    }

    /// Claims it for another minute; false if another node has it meanwhile.
    pub async fn renew_job(self, occurrence: &Occurrence) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let renewed = query!(
            "UPDATE jobs SET until = exq_now() + interval '1 minute' WHERE name = $1 AND attempt = $2 AND node_id = $3",
            occurrence.job.as_str(),
            occurrence.attempt,
            occurrence.node.uuid()
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(renewed.rows_affected() > 0)
    }

    /// Gives it back undone: another node may have it at once.
    pub async fn release_job(self, occurrence: &Occurrence) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "UPDATE jobs SET node_id = NULL, until = NULL WHERE name = $1 AND attempt = $2",
            occurrence.job.as_str(),
            occurrence.attempt
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Writes down what came of it, mails operators if they must know, and plans the next time; false,
    /// and nothing of this, if another node has it meanwhile.
    pub async fn finish_job(
        self,
        occurrence: &Occurrence,
        done: &Done,
    ) -> Result<bool, StoreError> {
        let Occurrence { job, due, node, attempt } = occurrence;
        let mut tx = self.begin().await?;
        let ours = query_scalar!(
            r#"UPDATE jobs SET next_due = $3, node_id = NULL, until = NULL, failures = 0
             WHERE name = $1 AND attempt = $2 AND node_id = $4 RETURNING started_at AS "started_at!""#,
            job.as_str(),
            attempt,
            job.schedule().next(*due),
            node.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(started_at) = ours else { return Ok(false) };
        query!(
            "WITH done AS (
                INSERT INTO occurrences (job, due, node_id, started_at, ended_at, said, alarm)
                VALUES ($1, $2, $3, $4, exq_now(), $5, $6) ON CONFLICT DO NOTHING RETURNING *
             ), mailed AS (
                INSERT INTO outbox (org_id, id, template, params, recipient)
                SELECT $8, exq_id(), 'job_alarm', jsonb_build_object('job', $7::text, 'due', d.due, 'said', d.said), u.email
                FROM done d JOIN users u ON u.operator AND u.verified_at IS NOT NULL WHERE d.alarm
             )
             DELETE FROM occurrences WHERE job = $1
                AND due < (SELECT o.due FROM occurrences o WHERE o.job = $1 ORDER BY o.due DESC OFFSET 99 LIMIT 1)",
            job.as_str(),
            due,
            node.uuid(),
            started_at,
            done.said,
            done.alarm,
            job.label(),
            INSTALLATION.uuid()
        )
        .execute(&mut *tx)
        .await?;
        failpoint::at("store::job_finishing");
        tx.commit().await?;
        Ok(true)
    }

    /// It could not be done: it is tried again after 10 seconds, and after ever longer pauses up to
    /// ten minutes.
    pub async fn fail_job(self, occurrence: &Occurrence, error: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "UPDATE jobs SET node_id = NULL, failures = failures + 1, failed_at = exq_now(), error = $3,
                until = exq_now() + LEAST(interval '10 minutes', interval '10 seconds' * 2 ^ LEAST(failures, 10))
             WHERE name = $1 AND attempt = $2",
            occurrence.job.as_str(),
            occurrence.attempt,
            error
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Tells that this node went through a loop, or with which error it could not.
    pub async fn tell_loop(self, which: Loop, error: Option<&str>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        query!(
            "INSERT INTO loops AS l (name, done_at, failed_at, error)
             VALUES ($1, CASE WHEN $2::text IS NULL THEN exq_now() END, CASE WHEN $2 IS NOT NULL THEN exq_now() END, $2)
             ON CONFLICT (name) DO UPDATE SET done_at = COALESCE(excluded.done_at, l.done_at),
                failed_at = COALESCE(excluded.failed_at, l.failed_at), error = COALESCE(excluded.error, l.error)",
            which.as_str(),
            error
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
