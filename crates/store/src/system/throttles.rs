//! Counting failed attempts, for all nodes together.

use std::time::Duration;

use sqlx::query;

use crate::{StoreError, System};

/// What is limited: an HMAC, so that the table tells nobody which addresses exist.
pub type Subject = [u8; 32];

/// Failures of one subject in its present window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub failures: u32,
    /// Time since the last one.
    pub idle: Duration,
    /// Time since the first one.
    pub age: Duration,
}

impl System<'_> {
    /// Counts an attempt as failed before it is made, unless `wait` finds a time to wait in the
    /// counts so far. Of attempts made at once each sees those before it; a success is taken back
    /// by [`System::forgive`]. Each subject comes with the length of its window, which begins with
    /// its first failure. `None`: go ahead.
    pub async fn attempt<const N: usize>(
        self,
        subjects: [(Subject, Duration); N],
        wait: impl FnOnce([Count; N]) -> Option<Duration> + Send,
    ) -> Result<Option<Duration>, StoreError> {
        let mut tx = self.begin().await?;
        let hashes = subjects.map(|(subject, _)| subject.to_vec());
        let windows = subjects.map(|(_, window)| window.as_secs_f64());
        // Rows are locked in the order of their hashes, by everyone: no deadlock.
        query!(
            "INSERT INTO throttles AS t (subject, failures, last_at, since)
             SELECT subject, 0, exq_now(), exq_now()
             FROM unnest($1::bytea[], $2::float8[]) AS u (subject, length) ORDER BY subject
             ON CONFLICT (subject) DO UPDATE SET last_at = t.last_at",
            &hashes,
            &windows
        )
        .execute(&mut *tx)
        .await?;
        query!(
            "UPDATE throttles t SET failures = 0, last_at = exq_now(), since = exq_now()
             FROM unnest($1::bytea[], $2::float8[]) AS u (subject, length)
             WHERE t.subject = u.subject AND exq_now() >= t.since + make_interval(secs => u.length)",
            &hashes,
            &windows
        )
        .execute(&mut *tx)
        .await?;
        let rows = query!(
            r#"SELECT t.subject, t.failures, extract(epoch FROM exq_now() - t.last_at)::float8 AS "idle!",
                   extract(epoch FROM exq_now() - t.since)::float8 AS "age!"
               FROM throttles t WHERE t.subject = ANY ($1)"#,
            &hashes
        )
        .fetch_all(&mut *tx)
        .await?;
        let counts = subjects.map(|(subject, _)| {
            rows.iter().find(|row| row.subject == subject).map_or_else(Count::default, |row| {
                Count {
                    failures: u32::try_from(row.failures).unwrap_or(0),
                    idle: seconds(row.idle),
                    age: seconds(row.age),
                }
            })
        });
        if let Some(wait) = wait(counts) {
            return Ok(Some(wait));
        }
        query!("UPDATE throttles SET failures = failures + 1, last_at = exq_now() WHERE subject = ANY ($1)", &hashes)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(None)
    }

    /// Takes back the last failure of each of `subjects`, and all failures of `cleared`: the
    /// attempt succeeded.
    pub async fn forgive(
        self,
        subjects: &[Subject],
        cleared: Option<&Subject>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let hashes: Vec<Vec<u8>> = subjects.iter().map(|subject| subject.to_vec()).collect();
        query!(
            "WITH locked AS (SELECT subject FROM throttles WHERE subject = ANY ($1) OR subject = $2
                 ORDER BY subject FOR UPDATE)
             UPDATE throttles t SET failures =
                 CASE WHEN t.subject = ANY ($1) THEN greatest(t.failures - 1, 0) ELSE 0 END
             FROM locked WHERE t.subject = locked.subject",
            &hashes,
            cleared.map(<[u8; 32]>::as_slice)
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Forgets counts whose windows are surely over; how many.
    pub async fn reap_throttles(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let reaped = query!("DELETE FROM throttles WHERE last_at < exq_now() - interval '2 days'")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(reaped.rows_affected())
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
