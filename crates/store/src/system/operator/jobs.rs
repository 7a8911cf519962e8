//! What happens without anyone asking: when it did, when it will, and what went wrong.

use chrono::{DateTime, Utc};
use domain::{Job, Loop, NodeId};

use super::Operator;
use crate::StoreError;

/// A job of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Which.
    pub job: Job,
    /// When it is due next; past, if nobody did it yet.
    pub next_due: DateTime<Utc>,
    /// The node that is at it, and since when.
    pub running: Option<(NodeId, DateTime<Utc>)>,
    /// The last time that it was done.
    pub last: Option<Past>,
    /// Failures since then.
    pub failures: u32,
    /// The last failure, which may be long over, and its error.
    pub failed: Option<(DateTime<Utc>, String)>,
}

/// A job that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// For when.
    pub due: DateTime<Utc>,
    /// By which node.
    pub node: NodeId,
    /// From when.
    pub started_at: DateTime<Utc>,
    /// Until when.
    pub ended_at: DateTime<Utc>,
    /// What came of it.
    pub said: String,
    /// Something is wrong that the operator must see to.
    pub alarm: bool,
}

/// A loop of all nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoopRow {
    /// Which.
    pub which: Loop,
    /// When a node last went through it, to the minute.
    pub done_at: Option<DateTime<Utc>>,
    /// The last failure, which may be long over, and its error.
    pub failed: Option<(DateTime<Utc>, String)>,
}

impl Operator<'_> {
    /// All jobs, and the present instant. One that no node knows of yet is missing.
    pub async fn jobs(&self) -> Result<(Vec<JobRow>, DateTime<Utc>), StoreError> {
        let mut tx = self.system().begin().await?;
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut *tx).await?;
        let rows = sqlx::query!(
            r#"SELECT j.name, j.next_due, j.node_id AS running_node, j.started_at AS running_since, j.failures,
                j.failed_at, j.error, o.due AS "due?", o.node_id AS "node_id?", o.started_at AS "started_at?",
                o.ended_at AS "ended_at?", o.said AS "said?", o.alarm AS "alarm?"
             FROM jobs j LEFT JOIN LATERAL (SELECT * FROM occurrences o WHERE o.job = j.name ORDER BY o.due DESC LIMIT 1) o ON true"#
        )
        .fetch_all(&mut *tx)
        .await?;
        let known = |job: Job| {
            let row = rows.iter().find(|row| row.name == job.as_str())?;
            let last = row.due.zip(row.node_id).zip(row.started_at.zip(row.ended_at));
            Some(JobRow {
                job,
                next_due: row.next_due,
                running: row.running_node.map(NodeId::from_uuid).zip(row.running_since),
                last: last.map(|((due, node), (started_at, ended_at))| Past {
                    due,
                    node: NodeId::from_uuid(node),
                    started_at,
                    ended_at,
                    said: row.said.clone().unwrap_or_default(),
                    alarm: row.alarm.unwrap_or_default(),
                }),
                failures: u32::try_from(row.failures).unwrap_or(0),
                failed: row.failed_at.zip(row.error.clone()),
            })
        };
        Ok((Job::ALL.into_iter().filter_map(known).collect(), now))
    }

    /// The times that a job was done, newest first, a hundred at most.
    pub async fn past_of_job(&self, job: Job) -> Result<Vec<Past>, StoreError> {
        let mut tx = self.system().begin().await?;
        let rows = sqlx::query!(
            "SELECT due, node_id, started_at, ended_at, said, alarm FROM occurrences WHERE job = $1 ORDER BY due DESC LIMIT 100",
            job.as_str()
        )
        .fetch_all(&mut *tx)
        .await?;
        let past = rows.into_iter().map(|row| Past {
            due: row.due,
            node: NodeId::from_uuid(row.node_id),
            started_at: row.started_at,
            ended_at: row.ended_at,
            said: row.said,
            alarm: row.alarm,
        });
        Ok(past.collect())
    }

    /// All loops. One that no node has gone through yet is told so.
    pub async fn loops(&self) -> Result<Vec<LoopRow>, StoreError> {
        let mut tx = self.system().begin().await?;
        let rows = sqlx::query!("SELECT name, done_at, failed_at, error FROM loops")
            .fetch_all(&mut *tx)
            .await?;
        let told = |which: Loop| {
            let row = rows.iter().find(|row| row.name == which.as_str());
            LoopRow {
                which,
                done_at: row.and_then(|row| row.done_at),
                failed: row.and_then(|row| row.failed_at.zip(row.error.clone())),
            }
        };
        Ok(Loop::ALL.into_iter().map(told).collect())
    }
}
