//! The rules against what they promise, on random numbers and batches.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{BudgetId, EventId, KeyId, OrgId, ProjectId, Usd};
use ledger::{
    CounterRef, Decision, Found, Guard, Quota, Rate, Realm, Refused, Request, Reserving, decide,
};
use proptest::prelude::*;

fn usd(n: u16) -> Usd {
    Usd::from_pico(i128::from(n))
}

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// A reservation on counters 1 to 9 and rate 1, or on 1 to 3, another six, and rate 2.
fn reserving(bound: u16, other: bool) -> Reserving {
    let request = Request {
        id: EventId::generate(),
        org: OrgId::generate(),
        project: ProjectId::generate(),
        key: KeyId::generate(),
        member: None,
        tracked: true,
        model: "m".into(),
        price: None,
        realm: Realm::Sandbox,
        streamed: false,
        bound: usd(bound),
        tokens: u64::from(bound),
    };
    let counters = (1..=9)
        .map(|place| CounterRef {
            id: place + if other && place > 3 { 9 } else { 0 },
            starts: at(),
            ends: at() + TimeDelta::days(1),
        })
        .collect();
    Reserving { request, counters, rate: if other { 2 } else { 1 } }
}

fn quota(counter: i64, amount: u16, spent: u16, held: u16) -> Quota {
    Quota {
        counter,
        budget: Some(BudgetId::generate()),
        revision: 1,
        amount: usd(amount),
        observed: false,
        spent: usd(spent),
        held: usd(held),
        running: 1,
    }
}

/// Amount (none for no budget), spent, held, and whether it is observed only.
type Plan = (Option<u16>, u16, u16, bool);

fn found(plan: &[Plan], guards: [Option<u8>; 2], rates: &[[Option<u16>; 4]; 2]) -> Found {
    let ids = (1..=9).chain(13..=18);
    let quotas =
        ids.zip(plan.iter().cycle()).filter_map(|(id, (amount, spent, held, observed))| {
            amount.map(|amount| Quota { observed: *observed, ..quota(id, amount, *spent, *held) })
        });
    let guards = [7, 16].into_iter().zip(guards).filter_map(|(counter, most)| {
        most.map(|most| Guard { counter, running: 1, most: u32::from(most) })
    });
    let rates = [1, 2].into_iter().zip(rates).map(|(id, limits)| Rate {
        id,
        revision: 1,
        used: [2, 40, 3, 60],
        limits: limits.map(|limit| limit.map(u64::from)),
    });
    Found { at: at(), quotas: quotas.collect(), guards: guards.collect(), rates: rates.collect() }
}

/// The same rules, said the long way round: numbers that only grow, and a look at each of them.
struct Model {
    found: Found,
    waited: Vec<i64>,
}

impl Model {
    fn quotas<'a>(&'a self, reserving: &'a Reserving) -> impl Iterator<Item = &'a Quota> {
        let ids = reserving.counters.iter().map(|counter| counter.id);
        ids.filter_map(|id| self.found.quotas.iter().find(|quota| quota.counter == id))
    }

    fn check(&mut self, reserving: &Reserving, decision: &Decision) {
        let bound = reserving.request.bound;
        let binding = || self.quotas(reserving).filter(|quota| !quota.observed);
        let spent_up = binding().any(|q| q.spent >= q.amount || q.spent.plus(bound) > q.amount);
        let held_up = binding().any(|q| q.spent.plus(q.held).plus(bound) > q.amount);
        let behind = binding().any(|q| self.waited.contains(&q.counter));
        let many = self.found.guards.iter().any(|guard| {
            reserving.counters.iter().any(|counter| counter.id == guard.counter)
                && guard.running >= u64::from(guard.most)
        });
        let rate = self.found.rates.iter().find(|rate| rate.id == reserving.rate).unwrap();
        let adds = [1, reserving.request.tokens, 1, reserving.request.tokens];
        let fast = (0..4).any(|pace| {
            rate.limits[pace].is_some_and(|limit| rate.used[pace] + adds[pace] > limit)
        });
        match decision {
            Decision::Admit(standing) => {
                assert!(!spent_up && !held_up && !behind && !many && !fast);
                let would = self.quotas(reserving).filter(|q| {
                    q.observed && (q.spent >= q.amount || q.spent.plus(bound) > q.amount)
                });
                assert_eq!(standing.observed.len(), would.count());
                self.hold(reserving, adds);
                self.check_left(reserving, standing);
            }
            Decision::Wait(counter, _) => {
                assert!(!spent_up && !many && !fast && (held_up || behind));
                self.waited.push(*counter);
            }
            Decision::Refuse(Refused::Spent(counter, limit)) => {
                assert!(spent_up);
                assert!(binding().any(|q| q.counter == *counter && q.amount == limit.amount));
            }
            Decision::Refuse(Refused::Running(..)) => assert!(!spent_up && many),
            Decision::Refuse(Refused::Rate(_, limit)) => {
                assert!(!spent_up && !many && fast);
                assert!(limit.used + limit.wanted > limit.limit);
            }
        }
    }

    fn hold(&mut self, reserving: &Reserving, adds: [u64; 4]) {
        let named = |id: i64| reserving.counters.iter().any(|counter| counter.id == id);
        for quota in self.found.quotas.iter_mut().filter(|quota| named(quota.counter)) {
            quota.held = quota.held.plus(reserving.request.bound);
        }
        for guard in self.found.guards.iter_mut().filter(|guard| named(guard.counter)) {
            guard.running += 1;
        }
        for rate in self.found.rates.iter_mut().filter(|rate| rate.id == reserving.rate) {
            for (used, adds) in rate.used.iter_mut().zip(adds) {
                *used += adds;
            }
        }
    }

    fn check_left(&self, reserving: &Reserving, standing: &ledger::Standing) {
        let own: Vec<&Quota> =
            self.quotas(reserving).filter(|quota| !quota.observed && quota.counter > 3).collect();
        let left = own.iter().map(|q| q.amount.minus(q.spent).minus(q.held)).min();
        assert_eq!(standing.budget.map(|left| left.remaining), left);
        let rate = self.found.rates.iter().find(|rate| rate.id == reserving.rate).unwrap();
        let remaining = |minute: usize, day: usize| {
            [minute, day].into_iter().find_map(|p| rate.limits[p].map(|limit| limit - rate.used[p]))
        };
        assert_eq!(standing.requests.map(|left| left.remaining), remaining(0, 2));
        assert_eq!(standing.tokens.map(|left| left.remaining), remaining(1, 3));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn limits_hold_and_nobody_overtakes(
        plan in prop::collection::vec(
            (proptest::option::weighted(0.6, 0_u16..500), 0_u16..150, 0_u16..150, proptest::bool::weighted(0.2)),
            1..15,
        ),
        guards in prop::array::uniform2(proptest::option::weighted(0.3, 1_u8..6)),
        rates in prop::array::uniform2(prop::array::uniform4(proptest::option::weighted(0.2, 0_u16..600))),
        asked in prop::collection::vec((0_u16..120, any::<bool>()), 0..12),
    ) {
        let found = found(&plan, guards, &rates);
        let reservations: Vec<Reserving> = asked.iter().map(|(bound, other)| reserving(*bound, *other)).collect();
        let decisions = decide(found.clone(), &reservations);
        prop_assert_eq!(decisions.len(), reservations.len());
        let mut model = Model { found, waited: Vec::new() };
        for (reserving, decision) in reservations.iter().zip(&decisions) {
            model.check(reserving, decision);
        }
    }
}

fn one(quota: Quota) -> Found {
    Found { at: at(), quotas: vec![quota], ..Found::default() }
}

#[test]
fn a_reached_budget_refuses_what_costs_nothing() {
    let decisions = decide(one(quota(1, 5, 5, 0)), &[reserving(0, false)]);
    assert!(matches!(decisions[..], [Decision::Refuse(Refused::Spent(1, _))]));
}

#[test]
fn a_refusals_receipt_is_known_beforehand() {
    let reserving = reserving(1, false);
    let quota = quota(1, 5, 5, 0);
    let receipt = |seconds| {
        let found = Found { at: at() + TimeDelta::seconds(seconds), ..one(quota.clone()) };
        match &decide(found, std::slice::from_ref(&reserving))[..] {
            [Decision::Refuse(Refused::Spent(_, limit))] => limit.receipt,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(receipt(0), receipt(899));
    assert_ne!(receipt(0), receipt(900));
}

#[test]
fn places_leave_out_what_does_not_count() {
    let count = |realm| {
        let request = Request { realm, ..reserving(1, false).request };
        let places: HashMap<_, usize> =
            Reserving::places(&request).into_iter().fold(HashMap::new(), |mut all, place| {
                *all.entry(std::mem::discriminant(&place.counted)).or_default() += 1;
                all
            });
        places.values().sum::<usize>()
    };
    assert_eq!([Realm::Provider, Realm::Sandbox, Realm::Rehearsal].map(count), [10, 9, 6]);
}
