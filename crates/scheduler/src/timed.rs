//! Jobs at their times. Each node looks for each job that is due; who claims it does it, and what it
//! brings about counts once, because only who still has the claim can finish it.

use std::{error::Error, future::Future, time::Duration};

use domain::{Job, NodeId};
use store::{
    Store, StoreError,
    system::{Done, Occurrence},
};
use tokio_util::sync::CancellationToken;

use crate::work::attempt;

/// How often a node looks whether a job is due.
const LOOK: Duration = Duration::from_secs(2);
/// How often a claim is renewed; it lasts three times as long.
const RENEW: Duration = Duration::from_secs(20);

/// How a try ended.
enum Ended {
    Done(Result<Done, String>),
    /// Another node has it.
    Lapsed,
    Stopped,
}

/// Does the job at its times until the node stops.
pub(crate) async fn keep<F>(
    node: NodeId,
    job: Job,
    store: Store,
    work: impl Fn(Store) -> F,
    stop: CancellationToken,
) where
    F: Future<Output = Result<Done, StoreError>> + Send,
{
    let mut is_planned = false;
    while !stop.is_cancelled() {
        let tried = async {
            if !is_planned {
                store.system().plan_job(job).await?;
                is_planned = true;
            }
            occurrence(node, job, &store, &work, &stop).await
        };
        if let Err(error) = tried.await {
            tracing::warn!(
                job = job.as_str(),
                error = &error as &dyn Error,
                "a job can’t be claimed or ended"
            );
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Does the job once, if it is due and nobody else has it.
async fn occurrence<F>(
    node: NodeId,
    job: Job,
    store: &Store,
    work: &impl Fn(Store) -> F,
    stop: &CancellationToken,
) -> Result<(), StoreError>
where
    F: Future<Output = Result<Done, StoreError>> + Send,
{
    let Some(occurrence) = store.system().claim_job(node, job).await? else { return Ok(()) };
    failpoint::at("scheduler::job_claimed");
    let ended = tokio::select! {
        done = attempt(work(store.clone())) => Ended::Done(done),
        () = lapsed(store, &occurrence) => Ended::Lapsed,
        () = stop.cancelled() => Ended::Stopped,
    };
    failpoint::at("scheduler::job_done");
    match ended {
        Ended::Done(Ok(done)) => {
            if done.alarm {
                tracing::error!(
                    job = job.as_str(),
                    said = done.said,
                    "a job found something wrong"
                );
            }
            if !store.system().finish_job(&occurrence, &done).await? {
                tracing::warn!(job = job.as_str(), "another node has this job meanwhile");
            }
            Ok(())
        }
        Ended::Done(Err(error)) => {
            tracing::warn!(job = job.as_str(), error, "a job was not done; it is tried again");
            store.system().fail_job(&occurrence, &error).await
        }
        Ended::Lapsed => {
            tracing::warn!(job = job.as_str(), "another node has this job meanwhile");
            Ok(())
        }
        Ended::Stopped => store.system().release_job(&occurrence).await,
    }
}

/// Renews the claim until it is gone. A database that does not answer takes nothing away yet.
async fn lapsed(store: &Store, occurrence: &Occurrence) {
    loop {
        tokio::time::sleep(RENEW).await;
        if matches!(store.system().renew_job(occurrence).await, Ok(false)) {
            return;
        }
    }
}
