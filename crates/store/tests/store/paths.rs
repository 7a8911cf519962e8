//! The fast path and the pure rules agree on random batches.

use std::collections::HashMap;

use domain::{EventId, NodeId, Period, Scope, Usd};
use ledger::{Applied, Batch, Book as _, Decision, Reserving, Settling, decide};
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
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

async fn agree(database: &Database, case: usize, plan: &Plan) {
    let tenant = Tenant::new(database, &format!("t{case}")).await;
    let dime = price(database, "sandbox-dime").await;
    let book = database.store.book();
    let node = NodeId::generate();
    let epoch = book.register(node).await.unwrap();
    let cents = |n: u16| Usd::from_pico(i128::from(n) * Usd::PICO / 100);
    let scopes = [Scope::Org(tenant.org), Scope::Project(tenant.project), Scope::Key(tenant.key)];
    let reserving = async |bound: u16| {
        let mut request = request(&tenant, &dime, "0");
        request.bound = cents(bound);
        let places = Reserving::places(&request).map(|(scope, period)| (tenant.org, scope, period));
        let (counters, _) = book.counters(places.to_vec()).await.unwrap();
        Reserving { request, counters: counters.try_into().unwrap() }
    };
    let mut batch = Batch {
        node,
        epoch,
        number: 1,
        settlements: vec![],
        releases: vec![],
        reservations: vec![],
    };
    for bound in &plan.earlier {
        batch.reservations.push(reserving(*bound).await);
    }
    // Before any budget: all fit.
    assert!(matches!(book.apply(&batch).await.unwrap(), Applied::Done(_)));
    let earlier: Vec<EventId> = batch.reservations.iter().map(|r| r.request.id).collect();
    for (scope, (budget, period)) in scopes.iter().zip(plan.budgets.iter().zip(Period::ALL)) {
        if let Some(budget) = budget {
            database
                .store
                .set_budget(&tenant.caller, *scope, period, cents(*budget))
                .await
                .unwrap();
        }
    }
    let mut charges = HashMap::new();
    let mut next =
        Batch { number: 2, settlements: vec![], releases: vec![], reservations: vec![], ..batch };
    for (place, id) in earlier.iter().enumerate() {
        match plan.settled.get(place) {
            Some(charge) if place % 2 == 0 => {
                let mut settlement = answered("0");
                settlement.charge = cents(*charge);
                charges.insert(*id, settlement.charge);
                next.settlements.push(Settling { org: tenant.org, id: *id, settlement });
            }
            Some(_) => next.releases.push((tenant.org, *id)),
            None => {}
        }
    }
    for bound in &plan.reserved {
        next.reservations.push(reserving(*bound).await);
    }
    let fast = book.apply(&next).await.unwrap();
    if fast == Applied::Contended {
        let mut decided = Vec::new();
        let slow = book
            .decide(&next, |found| {
                decided =
                    decide(found.counters, &found.endings, &charges, &next.reservations, found.at);
                decided.clone()
            })
            .await
            .unwrap();
        assert!(matches!(slow, Applied::Done(_)));
        assert!(
            decided.iter().any(|d| *d != Decision::Admit),
            "case {case}: the rules admit all of {plan:?}"
        );
    } else {
        assert!(matches!(fast, Applied::Done(_)), "{fast:?}");
        // What the fast path took, the rules would have admitted one by one.
        let held = plan.reserved.iter().map(|n| u32::from(*n)).sum::<u32>();
        for (scope, (budget, period)) in scopes.iter().zip(plan.budgets.iter().zip(Period::ALL)) {
            let status =
                database.store.budget_status(&tenant.caller, *scope, period).await.unwrap();
            if let Some(budget) = budget {
                assert!(status.spent.plus(status.held) <= cents(*budget), "case {case}: {plan:?}");
                assert!(status.held >= Usd::from_pico(i128::from(held) * Usd::PICO / 100));
            }
        }
    }
}
