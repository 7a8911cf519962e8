//! What must happen without anyone asking. Every node runs all of it: each job may run anywhere at
//! any time, and what it does counts once, because the statement that does it also takes it away.

mod deliver;
mod heads;
mod jobs;
mod links;

use std::{future::Future, sync::Arc, time::Duration};

pub use deliver::deliver;
pub use heads::{SignHead, mail_heads};
pub use jobs::raise_tiers;
pub use links::{Link, Links};
use mail::Mailer;
use store::{Store, StoreError};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How often deltas are folded.
const FOLD: Duration = Duration::from_secs(1);
/// How often mails are looked for.
const DELIVER: Duration = Duration::from_secs(1);
/// How often heads of audit logs that must be mailed are looked for.
const HEADS: Duration = Duration::from_mins(5);
/// How often dead nodes are looked for.
const REAP: Duration = Duration::from_secs(5);
/// How often raises are looked for that ended.
const TELL: Duration = Duration::from_secs(5);
/// How often organizations are looked for that were closed long enough ago.
const ERASE: Duration = Duration::from_mins(1);
/// How often accounts are looked for that were deleted.
const FORGET: Duration = Duration::from_mins(1);
/// How often organizations are looked for that rise to the next usage tier.
const RAISE: Duration = Duration::from_mins(1);
/// How often the house is swept: sessions, throttles, changes, partitions.
const SWEEP: Duration = Duration::from_mins(1);

/// Starts all jobs of this node; they end when `stop` is cancelled, each after what it is doing.
/// Without a mailer mails wait in the outbox, and heads of audit logs are not written: a later one
/// covers what an earlier one would have.
pub fn start(
    store: &Store,
    mailer: Option<Mailer>,
    links: Arc<dyn Links>,
    sign: SignHead,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    tasks.spawn(repeat("fold", FOLD, store.clone(), jobs::fold, stop.clone()));
    tasks.spawn(repeat("reap", REAP, store.clone(), jobs::reap, stop.clone()));
    tasks.spawn(repeat("tell", TELL, store.clone(), jobs::tell, stop.clone()));
    tasks.spawn(repeat("erase", ERASE, store.clone(), jobs::erase, stop.clone()));
    tasks.spawn(repeat("forget", FORGET, store.clone(), jobs::forget, stop.clone()));
    tasks.spawn(repeat("raise tiers", RAISE, store.clone(), raise_tiers, stop.clone()));
    tasks.spawn(repeat("sweep", SWEEP, store.clone(), jobs::sweep, stop.clone()));
    if let Some(mailer) = mailer {
        let job = move |store| deliver(store, mailer.clone(), Arc::clone(&links));
        tasks.spawn(repeat("deliver", DELIVER, store.clone(), job, stop.clone()));
        let job = move |store| mail_heads(store, Arc::clone(&sign));
        tasks.spawn(repeat("heads", HEADS, store.clone(), job, stop.clone()));
    }
}

/// Runs a job, pauses, and so on. A job that fails is told and tried again: none of them loses
/// anything by it.
async fn repeat<F>(
    name: &'static str,
    pause: Duration,
    store: Store,
    job: impl Fn(Store) -> F,
    stop: CancellationToken,
) where
    F: Future<Output = Result<(), StoreError>> + Send,
{
    while !stop.is_cancelled() {
        if let Err(error) = job(store.clone()).await {
            tracing::warn!(
                job = name,
                error = &error as &dyn std::error::Error,
                "a job failed; it is tried again"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stop.cancelled() => {}
        }
    }
}
