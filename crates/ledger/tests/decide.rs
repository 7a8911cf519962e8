//! The rules against what they promise, on random counters and batches.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{BudgetId, EventId, KeyId, OrgId, Period, Price, PriceId, ProjectId, Scope, Usd};
use ledger::{
    BudgetRow, COUNTERS, Counter, CounterRef, Decision, Ending, Request, Reserving, decide,
};
use proptest::prelude::*;

fn usd(n: u16) -> Usd {
    Usd::from_pico(i128::from(n))
}

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// A reservation on counters 1 to 9, or on 1 to 3 and another six, for another project.
fn reserving(bound: u16, other: bool) -> Reserving {
    let price = Price {
        id: PriceId::generate(),
        provider: "sandbox".into(),
        model: "m".into(),
        input: 0,
        cached: 0,
        output: 0,
        per_request: Usd::ZERO,
        context: None,
        max_output: None,
    };
    let request = Request {
        id: EventId::generate(),
        org: OrgId::generate(),
        project: ProjectId::generate(),
        key: KeyId::generate(),
        member: None,
        tracked: true,
        model: "m".into(),
        price: Arc::new(price),
        sandbox: true,
        streamed: false,
        bound: usd(bound),
    };
    let counters: [CounterRef; COUNTERS] = std::array::from_fn(|place| CounterRef {
        id: [1, 2, 3, 4, 5, 6, 7, 8, 9][place] + if other && place > 2 { 9 } else { 0 },
        starts: at(),
        ends: at() + TimeDelta::days(1),
    });
    Reserving { request, counters }
}

fn counters(plan: &[(Option<u16>, u16, u16)]) -> Vec<Counter> {
    let ids = (1..=9).chain(13..=18);
    ids.zip(plan.iter().cycle())
        .map(|(id, (budget, spent, held))| Counter {
            id,
            scope: Scope::Org(OrgId::generate()),
            period: Period::Day,
            ends: at() + TimeDelta::days(1),
            spent: usd(*spent),
            held: usd(*held),
            running: 1,
            budget: budget.map(|amount| BudgetRow {
                id: BudgetId::generate(),
                revision: 1,
                amount: usd(amount),
            }),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn budgets_hold_and_nobody_overtakes(
        plan in prop::collection::vec((proptest::option::weighted(0.6, 0_u16..400), 0_u16..150, 0_u16..150), 1..15),
        asked in prop::collection::vec((0_u16..120, any::<bool>()), 0..12),
        charge in 0_u16..150,
    ) {
        let counters = counters(&plan);
        let reservations: Vec<Reserving> = asked.iter().map(|(bound, other)| reserving(*bound, *other)).collect();
        let ended = EventId::generate();
        // Everything that counter 1 held ends, and costs `charge`.
        let ending = Ending { id: ended, counters: vec![1], bound: counters[0].held };
        let charges = HashMap::from([(ended, usd(charge))]);
        let decisions = decide(counters.clone(), &[ending], &charges, &reservations, at());
        prop_assert_eq!(decisions.len(), reservations.len());

        let mut model: HashMap<i64, Counter> = counters.into_iter().map(|counter| (counter.id, counter)).collect();
        let first = model.get_mut(&1).unwrap();
        (first.held, first.spent) = (Usd::ZERO, first.spent.plus(usd(charge)));
        let mut waited: Vec<i64> = Vec::new();
        for (reserving, decision) in reservations.iter().zip(&decisions) {
            let budgeted: Vec<&Counter> = reserving.counters.iter().map(|c| &model[&c.id]).filter(|c| c.budget.is_some()).collect();
            let amount = |c: &Counter| c.budget.as_ref().unwrap().amount;
            let bound = reserving.request.bound;
            let spent_up = budgeted.iter().any(|c| c.spent >= amount(c) || c.spent.plus(bound) > amount(c));
            let held_up = budgeted.iter().any(|c| c.spent.plus(c.held).plus(bound) > amount(c));
            let behind = budgeted.iter().any(|c| waited.contains(&c.id));
            match decision {
                Decision::Admit => {
                    prop_assert!(!spent_up && !held_up && !behind);
                    for named in &reserving.counters {
                        let counter = model.get_mut(&named.id).unwrap();
                        counter.held = counter.held.plus(bound);
                    }
                }
                Decision::Wait(limit) => {
                    prop_assert!(!spent_up && (held_up || behind));
                    waited.push(limit.0);
                }
                Decision::Refuse(limit) => {
                    prop_assert!(spent_up);
                    prop_assert!(reserving.counters.iter().any(|c| c.id == limit.0));
                }
            }
        }
    }
}

#[test]
fn a_reached_budget_refuses_what_costs_nothing() {
    let counters = counters(&[(Some(5), 5, 0)]);
    let decisions = decide(counters, &[], &HashMap::new(), &[reserving(0, false)], at());
    assert!(matches!(decisions[..], [Decision::Refuse(_)]));
}

#[test]
fn a_refusals_receipt_is_known_beforehand() {
    let reserving = reserving(1, false);
    let counters = counters(&[(Some(5), 5, 0)]);
    let receipt = |seconds| {
        let at = at() + TimeDelta::seconds(seconds);
        match &decide(counters.clone(), &[], &HashMap::new(), std::slice::from_ref(&reserving), at)
            [..]
        {
            [Decision::Refuse(limit)] => limit.1.receipt,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(receipt(0), receipt(899));
    assert_ne!(receipt(0), receipt(900));
}
