//! Which transactions may meet at which row, and what comes of it: every pair of what the ledger, a
//! person and the reaper do, in both orders, each time made to meet at another row that somebody
//! holds. Nobody is a deadlock's victim, and the books agree.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::{EventId, Level, NodeId, Period, Price, Scope, Usd};
use ledger::{Applied, Batch, Book as _, Reserving, Settling};
use sqlx::{AssertSqlSafe, PgConnection};
use store::{Store, system::LedgerBook};
use testkit::{Database, Tenant};

use crate::support::{Known, answered, price, request};

/// What meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Reserve,
    Settle,
    Release,
    SetBudget,
    SetThreshold,
    Reap,
}

impl Step {
    const ALL: [Self; 6] = [
        Self::Reserve,
        Self::Settle,
        Self::Release,
        Self::SetBudget,
        Self::SetThreshold,
        Self::Reap,
    ];
}

/// A number that was not given before.
fn next() -> i64 {
    static LAST: AtomicI64 = AtomicI64::new(1_000);
    LAST.fetch_add(1, Ordering::Relaxed)
}

/// One node on a store of its own, as on another machine.
struct Session {
    store: Store,
    book: LedgerBook,
    node: NodeId,
    epoch: i64,
    number: i64,
    known: Known,
}

impl Session {
    async fn new(database: &Database) -> Self {
        let store = database.another().await;
        let book = store.book();
        let node = NodeId::generate();
        let epoch = book.register(node).await.unwrap();
        Self { store, book, node, epoch, number: 0, known: Known::default() }
    }

    fn batch(&mut self) -> Batch {
        self.number += 1;
        Batch::empty(self.node, self.epoch, self.number)
    }

    async fn write(&mut self, mut batch: Batch) {
        self.known.tell(&mut batch);
        let applied = self.book.apply(&batch).await;
        let Ok(Applied::Done(found)) = applied else { unreachable!("{applied:?}") };
        self.known.learn(&batch, found.at);
    }

    async fn reserve(&mut self, case: &Case) -> EventId {
        let mut batch = self.batch();
        let reserving = case.reserving(&self.book).await;
        let id = reserving.request.id;
        batch.reservations.push(reserving);
        self.write(batch).await;
        id
    }

    /// What must be there before the step, made while nobody holds anything.
    async fn prepare(&mut self, step: Step, case: &Case) -> Option<EventId> {
        match step {
            Step::Settle | Step::Release => Some(self.reserve(case).await),
            Step::Reap => {
                let mut dead = Self { node: NodeId::generate(), number: 0, ..self.copy() };
                dead.epoch = dead.book.register(dead.node).await.unwrap();
                dead.reserve(case).await;
                dead.book.leave(dead.node).await.unwrap();
                None
            }
            Step::Reserve | Step::SetBudget | Step::SetThreshold => None,
        }
    }

    fn copy(&self) -> Self {
        let (store, book) = (self.store.clone(), self.store.book());
        Self {
            store,
            book,
            node: self.node,
            epoch: self.epoch,
            number: self.number,
            known: Known::default(),
        }
    }

    async fn run(&mut self, step: Step, case: &Case, open: Option<EventId>) {
        let (caller, org) = (&case.tenant.caller, Scope::Org(case.tenant.org));
        match (step, open) {
            (Step::Reserve, _) => {
                self.reserve(case).await;
            }
            (Step::Settle, Some(id)) => {
                let mut batch = self.batch();
                let settlement = answered("0.01");
                batch.settlements.push(Settling { org: case.tenant.org, id, settlement });
                self.write(batch).await;
            }
            (Step::Release, Some(id)) => {
                let mut batch = self.batch();
                batch.releases.push((case.tenant.org, id));
                self.write(batch).await;
            }
            (Step::SetBudget, _) => {
                let many = Usd::from_dollars(1_000);
                self.store.set_budget(caller, org, Period::Month, many).await.unwrap();
            }
            (Step::SetThreshold, _) => {
                // Each at a level of its own: two at one are a conflict for people.
                let level = Level::Amount(Usd::from_dollars(next()));
                self.store.set_threshold(caller, org, Period::Month, level).await.unwrap();
            }
            (Step::Reap, _) => {
                self.store.system().reap().await.unwrap();
            }
            (Step::Settle | Step::Release, None) => unreachable!("it was prepared"),
        }
    }
}

struct Case {
    tenant: Tenant,
    price: Arc<Price>,
}

impl Case {
    async fn reserving(&self, book: &LedgerBook) -> Reserving {
        let request = request(&self.tenant, &self.price, "0.01");
        let paced = [Reserving::paced(&request)];
        let rows = book.rows(&Reserving::places(&request), &paced).await.unwrap();
        Reserving { request, counters: rows.counters, rate: rows.rates[0] }
    }
}

/// Rows at which they are made to meet, as queries that lock them.
async fn places(database: &Database) -> Vec<String> {
    let counters = database
        .look("SELECT string_agg(id::text, ' ' ORDER BY id) FROM counters")
        .await
        .split(' ')
        .map(|id| format!("SELECT FROM counters WHERE id = {id} FOR UPDATE"))
        .collect::<Vec<_>>();
    let mut places = vec![counters[0].clone(), counters[4].clone(), counters[8].clone()];
    places.push("SELECT FROM rates FOR UPDATE".to_owned());
    places.push("SELECT FROM intents ORDER BY id FOR UPDATE".to_owned());
    places.push("SELECT FROM audit_heads FOR UPDATE".to_owned());
    places
}

/// Until somebody waits for a lock, or for a moment: not every step comes by every row.
async fn meets(database: &Database) {
    let waits = "SELECT count(*) > 0 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..5 {
        if database.look(waits).await == "true" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

#[tokio::test]
async fn every_pair_meets_at_every_row_without_a_deadlock() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let case = Case { tenant, price: price(&database, "sandbox-dime").await };
    let (mut one, mut two) = (Session::new(&database).await, Session::new(&database).await);
    one.reserve(&case).await;
    let mut holder = database.admin.acquire().await.unwrap();
    for place in places(&database).await {
        // One window has only so many.
        database.tamper("DELETE FROM thresholds").await;
        for (first, second) in Step::ALL.into_iter().flat_map(|a| Step::ALL.map(|b| (a, b))) {
            let before = one.prepare(first, &case).await;
            let after = two.prepare(second, &case).await;
            run(&mut holder, format!("BEGIN; {place}")).await;
            let release = async {
                meets(&database).await;
                run(&mut holder, "COMMIT".to_owned()).await;
            };
            tokio::join!(one.run(first, &case, before), two.run(second, &case, after), release,);
        }
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}
