//! The book on Postgres against a plain model: random reservations, settlements, releases, deaths, late
//! settlements, changes of price and of budgets, over windows that end. `make soak` runs a million
//! operations.

mod plain;

use std::{
    collections::hash_map::{Entry, HashMap},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{EventId, KeyId, NodeId, OrgId, Outcome, Period, Price, Scope, Usd};
use ledger::{Applied, Batch, Book as _, Request, Reserving, Rows, Settlement, Settling, decide};
use plain::{Plain, Verdict};
use store::system::LedgerBook;
use testkit::{
    Database, Tenant,
    soak::{Random, is_full, seeds, tell},
};

use crate::support::{Known, answered, price, request};

/// Most commands of one batch.
const MOST: u64 = 60;

#[tokio::test]
async fn the_book_never_drifts_from_a_plain_model() {
    let (most, pause) = if is_full() { (1_000_000, 200) } else { (5_000, 20) };
    let mut world = World::new(seeds(1, 1).start).await;
    let (mut operations, mut steps) = (0, 0_u64);
    while operations < most {
        operations += world.step().await;
        steps += 1;
        if steps.is_multiple_of(pause) || operations >= most {
            world.compare().await;
        }
    }
    assert_eq!(world.database.store.system().reconcile().await.unwrap(), None);
    while world.database.store.system().fold().await.unwrap() > 0 {}
    assert_eq!(world.database.store.system().reconcile().await.unwrap(), None);
    tell(
        &format!("{operations} random operations in {steps} batches against a plain model"),
        &format!("{}; drift 0", world.model.saw()),
    );
}

/// A node that the test itself is.
struct Node {
    id: NodeId,
    epoch: i64,
    number: i64,
}

struct World {
    database: Database,
    book: LedgerBook,
    node: Node,
    tenants: Vec<Tenant>,
    dime: Arc<Price>,
    random: Random,
    model: Plain,
    /// Where each key's requests are held, for as long as no window ends.
    rows: HashMap<KeyId, Rows>,
    known: Known,
}

impl World {
    async fn new(seed: u64) -> Self {
        let database = Database::new().await;
        let mut tenants = Vec::new();
        for name in ["one", "two"] {
            let tenant = Tenant::new(&database, name).await;
            for _ in 0..2 {
                let (key, _) = Tenant::key(&database.store, &tenant.caller, tenant.project).await;
                tenants.push(Tenant { key, ..tenant.clone() });
            }
            tenants.push(tenant);
        }
        let book = database.store.book();
        let dime = price(&database, "sandbox-dime").await;
        let node = register(&book).await;
        let (random, model) = (Random::new(seed, 0), Plain::default());
        let (rows, known) = (HashMap::new(), Known::default());
        Self { database, book, node, tenants, dime, random, model, rows, known }
    }

    /// One batch, death, change or passing of time; answers how many operations it was.
    async fn step(&mut self) -> u64 {
        match self.random.of(0..40) {
            0 => self.die().await,
            1 | 2 => self.limit().await,
            3 => self.unlimit().await,
            4 | 5 => {
                let hours = i64::try_from(self.random.of(1..40)).unwrap();
                self.model.hours += hours;
                self.rows.clear();
                self.database.advance(TimeDelta::hours(self.model.hours)).await;
                1
            }
            _ => self.batch().await,
        }
    }

    /// The node dies with what it has open, and begins anew.
    async fn die(&mut self) -> u64 {
        self.database.tamper("UPDATE heartbeats SET seen_at = seen_at - interval '1 hour'").await;
        while self.database.store.system().reap().await.unwrap() > 0 {}
        let interrupted = self.model.interrupt_all();
        self.node = register(&self.book).await;
        interrupted + 1
    }

    async fn limit(&mut self) -> u64 {
        let (tenant, scope, period) = self.place();
        let amount = Usd::from_pico(i128::from(self.random.of(0..60)) * Usd::PICO / 2);
        self.database.store.set_budget(&tenant.caller, scope, period, amount).await.unwrap();
        self.model.budgets.insert((scope, period), amount);
        1
    }

    async fn unlimit(&mut self) -> u64 {
        let (tenant, scope, period) = self.place();
        let budgets = self.database.store.budgets(&tenant.caller).await.unwrap();
        if let Some(budget) = budgets.iter().find(|b| (b.scope, b.period) == (scope, period)) {
            self.database.store.remove_budget(&tenant.caller, budget.id).await.unwrap();
            self.model.budgets.remove(&(scope, period));
        }
        1
    }

    fn place(&mut self) -> (Tenant, Scope, Period) {
        let tenant = self.tenant();
        let scopes =
            [Scope::Org(tenant.org), Scope::Project(tenant.project), Scope::Key(tenant.key)];
        let scope = scopes[self.random.index(3)];
        (tenant, scope, Period::ALL[self.random.index(3)])
    }

    fn tenant(&mut self) -> Tenant {
        let which = self.random.index(self.tenants.len());
        self.tenants[which].clone()
    }

    /// A batch of everything, through the fast path and, where not all fit, the slow one.
    async fn batch(&mut self) -> u64 {
        self.node.number += 1;
        let mut batch = Batch::empty(self.node.id, self.node.epoch, self.node.number);
        let commands = 1 + self.random.of(0..MOST);
        for _ in 0..commands {
            match self.random.of(0..10) {
                0..5 => batch.reservations.push(self.reserving().await),
                5..8 => batch.settlements.extend(self.settling(&batch)),
                _ => batch.releases.extend(self.releasing(&batch)),
            }
        }
        self.known.tell(&mut batch);
        let late = self.is_late(&batch);
        let mut applied = self.book.apply(&batch).await.unwrap();
        if applied == Applied::Contended && self.is_over(&batch).await {
            // A window ended in real time.
            self.rows.clear();
            for at in 0..batch.reservations.len() {
                let request = batch.reservations[at].request.clone();
                batch.reservations[at] = self.held_on(request).await;
            }
            applied = self.book.apply(&batch).await.unwrap();
        }
        let wanted = self.model.take(&batch);
        let at = match applied {
            Applied::Contended => {
                let refuses = wanted.iter().any(|verdict| *verdict != Verdict::Admit);
                assert!(refuses || late, "{batch:?}");
                let mut decided = Vec::new();
                let rule = |found| {
                    let decisions = decide(found, &batch.reservations);
                    decided = decisions.iter().map(Verdict::of).collect();
                    decisions
                };
                let slow = self.book.decide(&batch, rule).await.unwrap();
                let Applied::Done(found) = slow else { unreachable!("{slow:?}") };
                assert_eq!(decided, wanted, "{batch:?}");
                found.at
            }
            Applied::Done(found) => {
                assert!(wanted.iter().all(|verdict| *verdict == Verdict::Admit), "{batch:?}");
                found.at
            }
            other => unreachable!("{other:?}"),
        };
        self.known.learn(&batch, at);
        commands
    }

    /// Whether it ends something that is not open: the slow path's work.
    fn is_late(&self, batch: &Batch) -> bool {
        let settled = batch.settlements.iter().map(|settling| settling.id);
        let released = batch.releases.iter().map(|(_, id)| *id);
        settled.chain(released).any(|id| !self.model.is_open(id))
    }

    async fn is_over(&self, batch: &Batch) -> bool {
        let (from, until) = batch.valid();
        let now = "SELECT exq_now()";
        let now: DateTime<Utc> =
            sqlx::query_scalar(now).fetch_one(&self.database.admin).await.unwrap();
        now < from || now >= until
    }

    async fn reserving(&mut self) -> Reserving {
        let tenant = self.tenant();
        let bound = Usd::from_pico(i128::from(self.random.of(0..50)) * Usd::PICO / 100);
        let request = Request { bound, ..request(&tenant, &self.dime, "0") };
        self.held_on(request).await
    }

    async fn held_on(&mut self, request: Request) -> Reserving {
        let rows = match self.rows.entry(request.key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let (places, paced) = (Reserving::places(&request), Reserving::paced(&request));
                place.insert(self.book.rows(&places, &[paced]).await.unwrap())
            }
        };
        Reserving { counters: rows.counters.clone(), rate: rows.rates[0], request }
    }

    /// The end of an open request, of one that has ended already, or of one that never was.
    fn settling(&mut self, batch: &Batch) -> Option<Settling> {
        let (org, id, bound) = self.some_request();
        if is_named(batch, id) {
            return None;
        }
        let outcomes = [Outcome::Answered, Outcome::Estimated, Outcome::Unknown];
        let outcome = outcomes[self.random.index(3)];
        // Mostly below its bound; now and then a request costs more.
        let most = bound.pico() * if self.random.of(0..10) == 0 { 2 } else { 1 };
        let hundredths = i128::from(self.random.of(0..101));
        let charge =
            if outcome == Outcome::Unknown { bound.pico() } else { most * hundredths / 100 };
        let settlement = Settlement { outcome, charge: Usd::from_pico(charge), ..answered("0") };
        Some(Settling { org, id, settlement })
    }

    fn releasing(&mut self, batch: &Batch) -> Option<(OrgId, EventId)> {
        let (org, id, _) = self.some_request();
        (!is_named(batch, id)).then_some((org, id))
    }

    fn some_request(&mut self) -> (OrgId, EventId, Usd) {
        match self.random.of(0..20) {
            0 => None,
            1..3 => self.model.ended(&mut self.random),
            _ => self.model.open(&mut self.random),
        }
        // One that never was.
        .unwrap_or_else(|| (self.tenants[0].org, EventId::generate(), Usd::ZERO))
    }

    /// All counters as they are, against sums from nothing over what the model holds.
    async fn compare(&self) {
        assert!(self.model.is_sound(), "the model has lost count");
        let rows: Vec<(i64, String, String, i64, i64)> = sqlx::query_as(
            "SELECT id, spent::text, held::text, requests, running::bigint FROM counters ORDER BY id",
        )
        .fetch_all(&self.database.admin)
        .await
        .unwrap();
        let sums = self.model.sums();
        for (id, spent, held, requests, running) in rows {
            let sum = sums.get(&id).copied().unwrap_or_default();
            let found = (spent.parse().unwrap(), held.parse().unwrap(), requests, running);
            assert_eq!(found, (sum.spent, sum.held, sum.requests, sum.running), "counter {id}");
        }
    }
}

fn is_named(batch: &Batch, id: EventId) -> bool {
    batch.settlements.iter().any(|settling| settling.id == id)
        || batch.releases.iter().any(|(_, named)| *named == id)
}

async fn register(book: &LedgerBook) -> Node {
    let id = NodeId::generate();
    Node { id, epoch: book.register(id).await.unwrap(), number: 0 }
}
