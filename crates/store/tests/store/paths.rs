//! Random batches, each through the fast path where it takes it and, with a twin that differs in nothing,
//! through the slow one: both measure against what a plain model says, both admit what the rules admit
//! against that, and both leave the same rows behind.

mod plain;
mod plan;
mod tables;
mod twin;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use domain::Price;
use ledger::{Decision, Found, LimitId, Refused, decide};
use plan::Step;
use testkit::{
    Database,
    soak::{seeds, tell},
};
use twin::{Path, Twin};

use crate::support::price;

/// A minute before a month, a week and a day end.
const BEGIN: &str = "2026-05-31T23:59:00Z";

/// Plans in `make test`; together they meet everything.
const SMALL: u64 = 30;

/// How often each was met: which path, which verdict.
type Seen = BTreeMap<&'static str, u64>;

#[tokio::test]
async fn both_paths_agree_with_a_plain_model() {
    let database = Database::new().await;
    database.stop_clock(Utc::now()).await;
    let prices = [price(&database, "sandbox-dime").await, price(&database, "sandbox-tokens").await];
    let (mut seen, mut plans) = (Seen::new(), 0);
    for seed in seeds(SMALL, 3_000) {
        agree(&database, &prices, seed, &mut seen).await;
        plans += 1;
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    if plans >= SMALL {
        let words: Vec<&str> = seen.keys().copied().collect();
        let all = [
            "admitted",
            "budget",
            "fast path",
            "guard",
            "rate",
            "slow path",
            "usage limit",
            "waiting",
        ];
        assert_eq!(words, all, "not everything was met");
    }
    let what = format!("{plans} random plans through both paths of the ledger");
    tell(&what, &format!("{seen:?}; no difference"));
}

/// One plan, through both.
async fn agree(database: &Database, prices: &[Arc<Price>; 2], seed: u64, seen: &mut Seen) {
    let mut now: DateTime<Utc> = BEGIN.parse().unwrap();
    database.set_clock(now).await;
    // What was in force when the clock was ahead need not be now.
    for table in ["counters", "rates"] {
        database.tamper(&format!("UPDATE {table} SET known_until = '-infinity'")).await;
    }
    let mut fast = Twin::new(database, prices, &format!("fast{seed}")).await;
    let mut slow = Twin::new(database, prices, &format!("slow{seed}")).await;
    for step in &plan::random(seed) {
        now += TimeDelta::seconds(step.pass);
        database.set_clock(now).await;
        let context = format!("seed {seed}: {step:?}");
        let words = take(database, &mut fast, (step, now, Path::Fast), &context).await;
        let others = take(database, &mut slow, (step, now, Path::Slow), &context).await;
        assert_eq!(words[1..], others[1..], "{context}");
        for word in words {
            *seen.entry(word).or_default() += 1;
        }
        let (one, other) = (tables::of(database, &fast).await, tables::of(database, &slow).await);
        assert_eq!(one, other, "{context}");
    }
}

/// One step of one twin, compared with its model; the path that it went, and its verdicts.
async fn take(
    database: &Database,
    twin: &mut Twin,
    (step, now, path): (&Step, DateTime<Utc>, Path),
    context: &str,
) -> Vec<&'static str> {
    if let Some(limits) = &step.limits {
        twin.limit(database, limits, now).await;
    }
    let batch = twin.batch(step).await;
    let mut wanted = twin.plain.found(&batch, now);
    let (went, mut found) = twin.write(&batch, path).await;
    sort(&mut found);
    sort(&mut wanted);
    assert_eq!(found, wanted, "{context}");
    let decided = decide(found, &batch.reservations);
    let fits = decided.iter().all(Decision::admits);
    assert_eq!(went == Path::Fast, fits && path == Path::Fast, "{context}");
    twin.plain.take(&batch, &decided, now);
    twin.compare_counters(database).await;
    let went = if went == Path::Fast { "fast path" } else { "slow path" };
    [went].into_iter().chain(decided.iter().map(word)).collect()
}

/// In an order of its own, because tables answer in none.
fn sort(found: &mut Found) {
    found.quotas.sort_by_key(|quota| quota.counter);
    found.guards.sort_by_key(|guard| guard.counter);
    found.rates.sort_by_key(|rate| rate.id);
}

const fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Admit(_) => "admitted",
        Decision::Wait(..) => "waiting",
        Decision::Refuse(Refused::Spent(_, limit)) => match limit.by {
            LimitId::Budget(_) => "budget",
            LimitId::UsageLimit(_) => "usage limit",
        },
        Decision::Refuse(Refused::Rate(..)) => "rate",
        Decision::Refuse(Refused::Running(..)) => "guard",
    }
}
