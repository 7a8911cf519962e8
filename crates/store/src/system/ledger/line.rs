//! The connection that batches go over.
//!
//! A pool asks a connection whether it lives before and after each use: three round trips for a batch
//! instead of one. So the last one is kept, and asked only if it has been silent for a while.

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::time::timeout;

/// Who answered so lately is taken for alive.
const FRESH: Duration = Duration::from_secs(1);
/// How long one connection is used, for what it keeps grows.
const LIFE: Duration = Duration::from_mins(10);

#[derive(Debug, Default)]
pub(super) struct Line(Mutex<Option<Kept>>);

/// A connection that nobody else uses, and that no pool waits for. Dropped, it is closed.
#[derive(Debug)]
pub(super) struct Kept {
    connection: PgConnection,
    since: Instant,
    answered: Instant,
}

impl Line {
    /// The kept connection if it lives, else a new one.
    pub(super) async fn take(&self, pool: &PgPool) -> Result<Kept, sqlx::Error> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut kept) = kept.filter(|kept| kept.since.elapsed() < LIFE)
            && kept.lives().await
        {
            return Ok(kept);
        }
        let now = Instant::now();
        Ok(Kept { connection: pool.acquire().await?.detach(), since: now, answered: now })
    }

    /// Keeps one that has just answered.
    pub(super) fn keep(&self, kept: Kept) {
        let kept = Kept { answered: Instant::now(), ..kept };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }
}

impl Kept {
    async fn lives(&mut self) -> bool {
        self.answered.elapsed() < FRESH
            || matches!(timeout(FRESH, self.connection.ping()).await, Ok(Ok(())))
    }
}

impl Deref for Kept {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Kept {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
