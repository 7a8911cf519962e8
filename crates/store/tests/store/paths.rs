//! The fast path and the pure rules agree on random batches.

use std::sync::Arc;

use domain::{NodeId, Period, Price, Scope, Usd};
use ledger::{Applied, Batch, Book as _, Decision, Found, Reserving, Settlement, Settling, decide};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use store::system::LedgerBook;
use testkit::{Database, Tenant};

use crate::support::{answered, price, request};

#[derive(Debug, Clone)]
struct Plan {
    budgets: [Option<u16>; 3],
    earlier: Vec<u16>,
    settled: Vec<u16>,
    reserved: Vec<u16>,
}

fn plan() -> impl Strategy<Value = Plan> {
    (
        [
            proptest::option::of(0_u16..120),
            proptest::option::of(0_u16..120),
            proptest::option::of(0_u16..120),
        ],
        prop::collection::vec(0_u16..30, 0..5),
        prop::collection::vec(0_u16..40, 0..5),
        prop::collection::vec(0_u16..40, 1..6),
    )
        .prop_map(|(budgets, earlier, settled, reserved)| Plan {
            budgets,
            earlier,
            settled,
            reserved,
        })
}

#[tokio::test]
async fn fast_path_and_rules_agree() {
    let database = Database::new().await;
    let mut runner = TestRunner::deterministic();
    for case in 0..60 {
        let plan = plan().new_tree(&mut runner).unwrap().current();
        agree(&database, case, &plan).await;
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

/// One random batch through both paths.
async fn agree(database: &Database, case: usize, plan: &Plan) {
    let round = Round::new(database, case).await;
    let mut batch = round.batch(1);
    for bound in &plan.earlier {
        batch.reservations.push(round.reserving(*bound).await);
    }
    // Before any budget: all fit.
    assert!(matches!(round.book.apply(&batch).await.unwrap(), Applied::Done(_)));
    for (scope, (budget, period)) in round.scopes().iter().zip(plan.budgets.iter().zip(Period::ALL))
    {
        if let Some(budget) = budget {
            database
                .store
                .set_budget(&round.tenant.caller, *scope, period, cents(*budget))
                .await
                .unwrap();
        }
    }
    let mut next = round.batch(2);
    for (place, reserving) in batch.reservations.iter().enumerate() {
        let (org, id) = (round.tenant.org, reserving.request.id);
        match plan.settled.get(place) {
            Some(charge) if place % 2 == 0 => {
                let settlement = Settlement { charge: cents(*charge), ..answered("0") };
                next.settlements.push(Settling { org, id, settlement });
            }
            Some(_) => next.releases.push((org, id)),
            None => {}
        }
    }
    for bound in &plan.reserved {
        next.reservations.push(round.reserving(*bound).await);
    }
    match round.book.apply(&next).await.unwrap() {
        Applied::Contended => {
            let decided = round.decide(&next).await;
            let all = decided.iter().all(Decision::admits);
            assert!(!all, "case {case}: the rules admit all of {plan:?}");
        }
        applied => {
            let Applied::Done(found) = applied else { unreachable!("case {case}: {applied:?}") };
            let decided = decide(found, &next.reservations);
            assert!(decided.iter().all(Decision::admits), "case {case}: {plan:?}");
            round.holds(database, case, plan).await;
        }
    }
}

fn cents(n: u16) -> Usd {
    Usd::from_pico(i128::from(n) * Usd::PICO / 100)
}

struct Round {
    tenant: Tenant,
    dime: Arc<Price>,
    book: LedgerBook,
    node: NodeId,
    epoch: i64,
}

impl Round {
    async fn new(database: &Database, case: usize) -> Self {
        let tenant = Tenant::new(database, &format!("t{case}")).await;
        let book = database.store.book();
        let node = NodeId::generate();
        let epoch = book.register(node).await.unwrap();
        Self { tenant, dime: price(database, "sandbox-dime").await, book, node, epoch }
    }

    fn scopes(&self) -> [Scope; 3] {
        [
            Scope::Org(self.tenant.org),
            Scope::Project(self.tenant.project),
            Scope::Key(self.tenant.key),
        ]
    }

    fn batch(&self, number: i64) -> Batch {
        let (settlements, releases, reservations) = Default::default();
        Batch { node: self.node, epoch: self.epoch, number, settlements, releases, reservations }
    }

    async fn reserving(&self, bound: u16) -> Reserving {
        let mut request = request(&self.tenant, &self.dime, "0");
        request.bound = cents(bound);
        let paced = [Reserving::paced(&request)];
        let rows = self.book.rows(&Reserving::places(&request), &paced).await.unwrap();
        Reserving { request, counters: rows.counters, rate: rows.rates[0] }
    }

    async fn decide(&self, batch: &Batch) -> Vec<Decision> {
        let mut decided = Vec::new();
        let rule = |found: Found| {
            decided = decide(found, &batch.reservations);
            decided.clone()
        };
        assert!(matches!(self.book.decide(batch, rule).await.unwrap(), Applied::Done(_)));
        decided
    }

    /// What the fast path took fits every budget, and all of it is held.
    async fn holds(&self, database: &Database, case: usize, plan: &Plan) {
        let reserved: Usd = plan.reserved.iter().map(|bound| cents(*bound)).sum();
        for (scope, (budget, period)) in
            self.scopes().iter().zip(plan.budgets.iter().zip(Period::ALL))
        {
            let status =
                database.store.budget_status(&self.tenant.caller, *scope, period).await.unwrap();
            assert!(status.held >= reserved, "case {case}: {plan:?}");
            if let Some(budget) = budget {
                assert!(status.spent < cents(*budget), "case {case}: {plan:?}");
                assert!(status.spent.plus(status.held) <= cents(*budget), "case {case}: {plan:?}");
            }
        }
    }
}
