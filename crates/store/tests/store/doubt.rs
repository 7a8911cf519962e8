//! A batch that was applied, whose answer was lost, and whose node was given up meanwhile.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{EventId, NodeId, OrgId};
use ledger::{
    Applied, Batch, Book, BookError, Decisions, Fate, Found, Node, Paced, Place, Refusal, Rows,
    Settling,
};
use store::{Store, system::LedgerBook};
use testkit::{Database, Tenant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::{Running, answered, price, request};

/// The real book, which once loses an answer for so long that the node is given up.
struct Unlucky {
    book: LedgerBook,
    store: Store,
    database: sqlx::PgPool,
    loses: AtomicBool,
}

impl Unlucky {
    async fn lose(&self, batch: &Batch) -> Result<(), BookError> {
        if batch.reservations.is_empty() || !self.loses.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        sqlx::query("UPDATE heartbeats SET seen_at = seen_at - interval '1 hour'")
            .execute(&self.database)
            .await
            .unwrap();
        while self.store.system().reap().await.unwrap() > 0 {}
        Err(BookError::Lost("the answer was lost".into()))
    }
}

impl Book for Unlucky {
    fn register(&self, node: NodeId) -> impl Future<Output = Result<i64, BookError>> + Send {
        self.book.register(node)
    }

    fn beat(&self, node: NodeId) -> impl Future<Output = Result<(), BookError>> + Send {
        self.book.beat(node)
    }

    fn leave(&self, node: NodeId) -> impl Future<Output = Result<(), BookError>> + Send {
        self.book.leave(node)
    }

    fn rows(
        &self,
        places: &[Place],
        paced: &[Paced],
    ) -> impl Future<Output = Result<Rows, BookError>> + Send {
        self.book.rows(places, paced)
    }

    async fn apply(&self, batch: &Batch) -> Result<Applied, BookError> {
        let applied = self.book.apply(batch).await?;
        self.lose(batch).await?;
        Ok(applied)
    }

    fn decide<F>(
        &self,
        batch: &Batch,
        rule: F,
    ) -> impl Future<Output = Result<Applied, BookError>> + Send
    where
        F: FnOnce(Found) -> Decisions + Send,
    {
        self.book.decide(batch, rule)
    }

    fn void(&self, batch: &Batch) -> impl Future<Output = Result<Fate, BookError>> + Send {
        self.book.void(batch)
    }

    fn quarantine(
        &self,
        batch: &Batch,
        settling: &Settling,
        reason: &str,
    ) -> impl Future<Output = Result<Applied, BookError>> + Send {
        self.book.quarantine(batch, settling, reason)
    }

    fn open(
        &self,
        node: NodeId,
        epoch: i64,
        seconds: i32,
    ) -> impl Future<Output = Result<Vec<(OrgId, EventId)>, BookError>> + Send {
        self.book.open(node, epoch, seconds)
    }
}

#[tokio::test]
async fn what_may_have_been_admitted_under_an_old_name_is_not_admitted_again() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let dime = price(&database, "sandbox-dime").await;
    let book = Unlucky {
        book: database.store.book(),
        store: database.store.clone(),
        database: database.admin.clone(),
        loses: AtomicBool::new(true),
    };
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let ledger = Node::start(Arc::new(book), &tasks, stop.clone()).await.unwrap();
    // Booked as interrupted meanwhile: it must not begin a second time under the same id, and costs
    // nothing in the end.
    let lost = ledger.reserve(request(&tenant, &dime, "0.10")).await;
    assert!(matches!(lost, Err(Refusal::Unavailable)));
    let next = ledger.reserve(request(&tenant, &dime, "0.10")).await.unwrap();
    assert!(next.settle(answered("0.10")).await);
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    let booked = "SELECT string_agg(outcome, ' ' ORDER BY id) FROM events";
    assert_eq!(database.look(booked).await, "released answered");
    assert_eq!(database.look("SELECT count(*) FROM intents").await, "0");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn a_database_that_takes_no_batch_is_asked_with_pauses_and_callers_are_told() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let dime = price(&database, "sandbox-dime").await;
    database.tamper("ALTER FUNCTION exq_ledger_book RENAME TO exq_ledger_gone").await;
    let node = Running::new(&database.store).await;
    for _ in 0..2 {
        let refused = node.ledger.reserve(request(&tenant, &dime, "0.10")).await;
        assert!(matches!(refused, Err(Refusal::Unavailable)));
    }
    // Each try takes a number.
    let tries: i64 = database.look("SELECT batch FROM nodes").await.parse().unwrap();
    assert!(tries < 100, "{tries}");
    database.tamper("ALTER FUNCTION exq_ledger_gone RENAME TO exq_ledger_book").await;
    let next = node.ledger.reserve(request(&tenant, &dime, "0.10")).await.unwrap();
    assert!(next.settle(answered("0.10")).await);
    node.finish().await;
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}
