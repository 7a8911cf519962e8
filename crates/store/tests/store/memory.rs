//! A node sums what its batches move by what it remembers. Where it remembers wrongly, or nothing, what is
//! written counts.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{NodeId, ProjectId};
use ledger::{Admitted, Applied, Batch, Book as _, Paced, Realm, Reserving, Settling};
use store::system::LedgerBook;
use testkit::{Database, Tenant};

use crate::support::{answered, price, request, usd};

/// A node with two open requests, as it remembers them.
struct Open {
    database: Database,
    book: LedgerBook,
    node: (NodeId, i64),
    admitted: [Admitted; 2],
    /// The row of a rate that neither is of.
    other_rate: i64,
}

impl Open {
    async fn new() -> Self {
        let database = Database::new().await;
        let tenant = Tenant::new(&database, "owner").await;
        let (book, node) = (database.store.book(), NodeId::generate());
        let epoch = book.register(node).await.unwrap();
        let dime = price(&database, "sandbox-dime").await;
        let requests = [(); 2].map(|()| request(&tenant, &dime, "0.10"));
        let other = Paced { model: "sandbox-tokens".to_owned(), ..Reserving::paced(&requests[0]) };
        let paced = [Reserving::paced(&requests[0]), other];
        let rows = book.rows(&Reserving::places(&requests[0]), &paced).await.unwrap();
        let reservations = requests.map(|request| Reserving {
            request,
            counters: rows.counters.clone(),
            rate: rows.rates[0],
        });
        let batch = Batch { reservations: reservations.to_vec(), ..Batch::empty(node, epoch, 1) };
        let Applied::Done(found) = book.apply(&batch).await.unwrap() else { unreachable!() };
        let admitted = reservations.map(|reserving| Admitted { reserving, at: found.at });
        Self { database, book, node: (node, epoch), admitted, other_rate: rows.rates[1] }
    }

    /// The batch that ends both.
    fn end(&self) -> Batch {
        let settlements = self.admitted.each_ref().map(|admitted| {
            let request = &admitted.reserving.request;
            Settling { org: request.org, id: request.id, settlement: answered("0.04") }
        });
        Batch { settlements: settlements.to_vec(), ..Batch::empty(self.node.0, self.node.1, 2) }
    }

    /// Ends both on the fast path, one of them by this memory.
    async fn end_by(&self, admitted: Admitted) -> Applied {
        let [one, other] = self.end().settlements.try_into().unwrap();
        let memory = [(one.id, Arc::new(admitted)), (other.id, Arc::new(self.admitted[1].clone()))];
        let batch = Batch { admitted: memory.into(), ..self.end() };
        self.book.apply(&batch).await.unwrap()
    }

    async fn look(&self) -> String {
        let sums = "SELECT concat_ws(' ', (SELECT count(*) FROM intents), (SELECT count(*) FROM events),
            (SELECT count(*) FROM deltas), (SELECT sum(spent) FROM counters), (SELECT sum(held) FROM counters),
            (SELECT sum(minute_tokens) FROM rates), (SELECT batch FROM nodes))";
        self.database.look(sums).await
    }
}

const HELD: &str = "2 0 0 0.000000000000 1.800000000000 40 1";
const SPENT: &str = "0 2 1 0.720000000000 0.000000000000 34 2";

#[tokio::test]
async fn a_node_that_remembers_wrongly_moves_nothing() {
    let open = Open::new().await;
    assert_eq!(open.look().await, HELD);
    let right = &open.admitted[0];
    let wrong: [fn(&mut Admitted); 13] = [
        |it| it.reserving.request.bound = usd("0.11"),
        |it| it.reserving.request.tokens += 1,
        |it| it.reserving.request.project = ProjectId::generate(),
        |it| it.reserving.request.tracked = false,
        |it| it.reserving.request.member = None,
        |it| it.reserving.request.model.push('x'),
        |it| it.reserving.request.price = None,
        |it| it.reserving.request.realm = Realm::Provider,
        |it| it.reserving.request.streamed = true,
        |it| it.reserving.counters.truncate(1),
        |it| it.reserving.counters[8].id = it.reserving.counters[7].id,
        |it| it.reserving.counters[0].starts -= TimeDelta::hours(1),
        |it| it.at += TimeDelta::microseconds(1),
    ];
    for (which, change) in wrong.into_iter().enumerate() {
        let mut admitted = right.clone();
        change(&mut admitted);
        assert_eq!(open.end_by(admitted).await, Applied::Contended, "{which}");
        assert_eq!(open.look().await, HELD, "{which}");
    }
    let mut other = right.clone();
    other.reserving.rate = open.other_rate;
    assert_eq!(open.end_by(other).await, Applied::Contended);
    assert!(matches!(open.end_by(right.clone()).await, Applied::Done(_)));
    assert_eq!(open.look().await, SPENT);
    assert_eq!(open.database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn an_intent_that_was_changed_ends_the_slow_way() {
    let open = Open::new().await;
    let id = open.admitted[0].reserving.request.id.uuid();
    open.database.tamper(&format!("UPDATE intents SET rate_id = NULL WHERE id = '{id}'")).await;
    assert_eq!(open.end_by(open.admitted[0].clone()).await, Applied::Contended);
    assert_eq!(open.look().await, HELD);
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
