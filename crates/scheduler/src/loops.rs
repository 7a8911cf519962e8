//! Loops: what every node does all the time, whatever there is.

use std::time::Duration;

use domain::Loop;
use store::{Store, StoreError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::work::attempt;

/// How often it is told that all is well, or that nothing goes.
const WELL: Duration = Duration::from_mins(1);
const ILL: Duration = Duration::from_secs(10);

/// Runs a loop's work, pauses, and so on. Work that fails is told and tried again: none of it loses
/// anything by it.
pub(crate) async fn repeat<F>(
    which: Loop,
    store: Store,
    work: impl Fn(Store) -> F,
    stop: CancellationToken,
) where
    F: Future<Output = Result<(), StoreError>> + Send,
{
    let pause = which.pause().to_std().unwrap_or_default();
    let mut health = Health { which, store: store.clone(), told: None };
    while !stop.is_cancelled() {
        let failed = attempt(work(store.clone())).await.err();
        if let Some(error) = &failed {
            tracing::warn!(work = which.as_str(), error, "work was not done; it is tried again");
        }
        health.tell(failed).await;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Tells the operator how a loop goes, now and then.
struct Health {
    which: Loop,
    store: Store,
    told: Option<(Instant, bool)>,
}

impl Health {
    async fn tell(&mut self, error: Option<String>) {
        let is_well = error.is_none();
        let is_known = self.told.is_some_and(|(at, was_well)| {
            was_well == is_well && at.elapsed() < if is_well { WELL } else { ILL }
        });
        if is_known {
            return;
        }
        // Where the database is away, the log has said so.
        if self.store.system().tell_loop(self.which, error.as_deref()).await.is_ok() {
            self.told = Some((Instant::now(), is_well));
        }
    }
}
