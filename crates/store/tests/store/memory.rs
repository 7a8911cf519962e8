//! A node sums what its batches move by what it remembers. Where it remembers wrongly, or nothing, what is
//! written counts.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::NodeId;
use ledger::{Admitted, Applied, Batch, Book as _, Reserving, Settling};
use store::system::LedgerBook;
use testkit::{Database, Tenant};

use crate::support::{answered, price, request, usd};

/// A node with one open request, as it remembers it.
struct Open {
    database: Database,
    book: LedgerBook,
    node: (NodeId, i64),
    admitted: Admitted,
}

impl Open {
    async fn new() -> Self {
        let database = Database::new().await;
        let tenant = Tenant::new(&database, "owner").await;
        let (book, node) = (database.store.book(), NodeId::generate());
        let epoch = book.register(node).await.unwrap();
        let request = request(&tenant, &price(&database, "sandbox-dime").await, "0.10");
        let paced = [Reserving::paced(&request)];
        let rows = book.rows(&Reserving::places(&request), &paced).await.unwrap();
        let reserving = Reserving { request, counters: rows.counters, rate: rows.rates[0] };
        let reservations = vec![reserving.clone()];
        let batch = Batch { reservations, ..Batch::empty(node, epoch, 1) };
        let Applied::Done(found) = book.apply(&batch).await.unwrap() else { unreachable!() };
        let admitted = Admitted { reserving, at: found.at };
        Self { database, book, node: (node, epoch), admitted }
    }

    /// The batch that ends it.
    fn end(&self) -> Batch {
        let request = &self.admitted.reserving.request;
        let ended = Settling { org: request.org, id: request.id, settlement: answered("0.04") };
        Batch { settlements: vec![ended], ..Batch::empty(self.node.0, self.node.1, 2) }
    }

    /// Ends it on the fast path by this memory.
    async fn end_by(&self, admitted: Admitted) -> Applied {
        let id = self.admitted.reserving.request.id;
        let batch = Batch { admitted: [(id, Arc::new(admitted))].into(), ..self.end() };
        self.book.apply(&batch).await.unwrap()
    }

    async fn look(&self) -> String {
        let sums = "SELECT concat_ws(' ', (SELECT count(*) FROM intents), (SELECT count(*) FROM events),
            (SELECT count(*) FROM deltas), (SELECT sum(spent) FROM counters), (SELECT sum(held) FROM counters),
            (SELECT sum(minute_tokens) FROM rates), (SELECT batch FROM nodes))";
        self.database.look(sums).await
    }
}

const HELD: &str = "1 0 0 0.000000000000 0.900000000000 20 1";
const SPENT: &str = "0 1 1 0.360000000000 0.000000000000 17 2";

#[tokio::test]
async fn a_node_that_remembers_wrongly_moves_nothing() {
    let open = Open::new().await;
    assert_eq!(open.look().await, HELD);
    let right = &open.admitted;
    let wrong: [fn(&mut Admitted); 6] = [
        |it| it.reserving.request.bound = usd("0.11"),
        |it| it.reserving.request.tokens += 1,
        |it| it.reserving.counters.truncate(1),
        |it| it.reserving.counters[8].id = it.reserving.counters[7].id,
        |it| it.reserving.rate += 1,
        |it| it.at += TimeDelta::microseconds(1),
    ];
    for (which, change) in wrong.into_iter().enumerate() {
        let mut admitted = right.clone();
        change(&mut admitted);
        assert_eq!(open.end_by(admitted).await, Applied::Contended, "{which}");
        assert_eq!(open.look().await, HELD, "{which}");
    }
    assert!(matches!(open.end_by(right.clone()).await, Applied::Done(_)));
    assert_eq!(open.look().await, SPENT);
    assert_eq!(open.database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn what_a_node_does_not_remember_is_told_by_the_tables() {
    let open = Open::new().await;
    assert_eq!(open.book.apply(&open.end()).await.unwrap(), Applied::Contended);
    assert_eq!(open.look().await, HELD);
    let decided = open.book.decide(&open.end(), |_| Vec::new()).await.unwrap();
    assert!(matches!(decided, Applied::Done(_)));
    assert_eq!(open.look().await, SPENT);
    assert_eq!(open.database.store.system().reconcile().await.unwrap(), None);
}
