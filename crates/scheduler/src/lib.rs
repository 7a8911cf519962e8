//! What must happen without anyone asking, on every node.
//!
//! A *loop* does whatever there is: its work may run anywhere at any time, and what it does counts
//! once, because the statement that does it also takes it away. A *job* happens at its times, once
//! among all nodes: see [`timed`].

mod deliver;
mod exports;
mod heads;
mod jobs;
mod links;
mod loops;
mod timed;
mod work;

use std::{future::Future, sync::Arc};

pub use deliver::deliver;
use domain::{Job, Loop, NodeId};
pub use exports::{WritePiece, write_files};
pub use heads::{SignHead, mail_heads};
pub use jobs::raise_tiers;
pub use links::{Link, Links};
use mail::Mailer;
use store::{Store, StoreError, system::Done};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What those beside the scheduler do for it.
#[expect(missing_debug_implementations, reason = "made of closures")]
pub struct Tools {
    /// Sends mails. Without it they wait in the outbox, and heads of audit logs are not written: a later
    /// one covers what an earlier one would have.
    pub mailer: Option<Mailer>,
    /// Where mails lead to.
    pub links: Arc<dyn Links>,
    /// Signs heads of audit logs.
    pub sign: SignHead,
    /// Writes files.
    pub write: WritePiece,
}

/// Starts all loops and jobs of this node, which claims jobs by its id. They end when `stop` is
/// cancelled, loops each after what it is doing, jobs at once.
pub fn start(
    id: NodeId,
    store: &Store,
    tools: Tools,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let Tools { mailer, links, sign, write } = tools;
    let node = Node { id, store, tasks, stop };
    node.repeat(Loop::Fold, jobs::fold);
    node.repeat(Loop::Reap, jobs::reap);
    node.repeat(Loop::Tell, jobs::tell);
    node.repeat(Loop::Report, jobs::report);
    node.repeat(Loop::Export, move |store| write_files(store, Arc::clone(&write)));
    node.repeat(Loop::Erase, jobs::erase);
    node.repeat(Loop::Forget, jobs::forget);
    node.keep(Job::Sweep, jobs::sweep);
    node.keep(Job::Tiers, jobs::tiers);
    node.keep(Job::Partitions, jobs::partitions);
    node.keep(Job::Reconcile, jobs::reconcile);
    node.keep(Job::Watch, jobs::watch);
    node.keep(Job::Drop, jobs::drop_months);
    if let Some(mailer) = mailer {
        node.repeat(Loop::Deliver, move |store| deliver(store, mailer.clone(), Arc::clone(&links)));
        node.keep(Job::Heads, move |store| heads::heads(store, Arc::clone(&sign)));
    }
}

/// What loops and jobs of this node are started with.
struct Node<'a> {
    id: NodeId,
    store: &'a Store,
    tasks: &'a TaskTracker,
    stop: &'a CancellationToken,
}

impl Node<'_> {
    fn repeat<F>(&self, which: Loop, work: impl Fn(Store) -> F + Send + 'static)
    where
        F: Future<Output = Result<(), StoreError>> + Send + 'static,
    {
        let (store, stop) = (self.store.clone(), self.stop.clone());
        self.tasks.spawn(loops::repeat(which, store, work, stop));
    }

    fn keep<F>(&self, job: Job, work: impl Fn(Store) -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<Done, StoreError>> + Send + 'static,
    {
        let (store, stop) = (self.store.clone(), self.stop.clone());
        self.tasks.spawn(timed::keep(self.id, job, store, work, stop));
    }
}
