//! `reconcile` finds each kind of damage and names it; folding loses nothing.

use chrono::TimeDelta;
use domain::{Job, NodeId, Outcome, Usd};
use ledger::{Realm, Request, Settlement};
use store::system::Done;
use testkit::{Database, Tenant};

use crate::support::{Running, answered, price, request};

async fn used() -> (Database, Running) {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    for charge in ["0.10", "0.000000000003", "0.2"] {
        node.ledger
            .reserve(request(&tenant, &dime, "0.90"))
            .await
            .unwrap()
            .settle(answered(charge))
            .await;
    }
    std::mem::forget(node.ledger.reserve(request(&tenant, &dime, "0.90")).await.unwrap());
    (database, node)
}

#[tokio::test]
async fn each_damage_is_named() {
    let (database, node) = used().await;
    let system = database.store.system();
    assert_eq!(system.reconcile().await.unwrap(), None);
    for (damage, repair, named) in [
        ("UPDATE events SET charge = charge + 0.000000000001 WHERE charge = 0.2",
         "UPDATE events SET charge = charge - 0.000000000001 WHERE charge > 0.2", "quarters"),
        ("UPDATE deltas SET charge = -charge", "UPDATE deltas SET charge = -charge", "quarters"),
        ("CREATE TABLE kept AS SELECT * FROM deltas; ALTER TABLE deltas DISABLE TRIGGER roll; DELETE FROM deltas;
            ALTER TABLE deltas ENABLE TRIGGER roll",
         "INSERT INTO deltas OVERRIDING SYSTEM VALUE SELECT * FROM kept; DROP TABLE kept", "quarters"),
        ("UPDATE counters SET spent = spent + 0.000000000001 WHERE scope = 'key'",
         "UPDATE counters SET spent = spent - 0.000000000001 WHERE scope = 'key'", "against counters"),
        ("UPDATE counters SET held = 0 WHERE period = 'week'",
         "UPDATE counters SET held = 0.9 WHERE period = 'week'", "counters hold"),
        ("INSERT INTO unearned (org_id, charge) SELECT org_id, 0.000000000001 FROM organizations",
         "DELETE FROM unearned", "do not count for rising"),
        ("UPDATE intents SET node_id = '00000000-0000-0000-0000-000000000001'",
         "UPDATE intents SET node_id = (SELECT id FROM nodes)", "without a node"),
        ("UPDATE intents SET key_id = project_id", "UPDATE intents SET key_id = (SELECT id FROM api_keys)", "without a node"),
        ("INSERT INTO events SELECT org_id, exq_id(), project_id, key_id, member_id, model, price_id, sandbox, streamed,
            outcome, status, input, cached, output, charge, bound, counters, day_starts, day_ends, admitted_at,
            settled_at, first_token_ms, total_ms FROM events WHERE charge = 0.2",
         "DELETE FROM events WHERE id = (SELECT max(id::text)::uuid FROM events)", "quarters"),
        ("UPDATE days SET requests = requests + 1", "UPDATE days SET requests = requests - 1", "days"),
        ("UPDATE rollups SET charge = charge + 0.000000000001 WHERE shape = 3",
         "UPDATE rollups SET charge = charge - 0.000000000001 WHERE shape = 3", "fewer dimensions"),
        ("UPDATE rollups SET input = input - 1, cached = cached + 1 WHERE shape = 11",
         "UPDATE rollups SET input = input + 1, cached = cached - 1 WHERE shape = 11", "fewer dimensions"),
        ("CREATE TABLE gone AS SELECT * FROM rollups WHERE shape = 12; DELETE FROM rollups WHERE shape = 12",
         "INSERT INTO rollups SELECT * FROM gone; DROP TABLE gone", "fewer dimensions"),
        ("UPDATE coarse_rollups SET output = output + 1 WHERE shape IN (0, 11)",
         "UPDATE coarse_rollups SET output = output - 1 WHERE shape IN (0, 11)", "coarse"),
        ("UPDATE coarse_rollups SET estimated = estimated + 1 WHERE shape = 33",
         "UPDATE coarse_rollups SET estimated = estimated - 1 WHERE shape = 33", "coarse"),
        ("CREATE TABLE gone AS SELECT * FROM coarse_rollups WHERE shape = 4; DELETE FROM coarse_rollups WHERE shape = 4",
         "INSERT INTO coarse_rollups SELECT * FROM gone; DROP TABLE gone", "coarse"),
    ] {
        if damage.contains("days") {
            while system.fold().await.unwrap() > 0 {}
            assert_eq!(system.reconcile().await.unwrap(), None);
        }
        database.tamper(damage).await;
        let difference = system.reconcile().await.unwrap().unwrap_or_else(|| panic!("not found: {damage}"));
        assert!(difference.what.contains(named), "{damage}: {difference}");
        database.tamper(repair).await;
        assert_eq!(system.reconcile().await.unwrap(), None, "{repair}");
    }
    node.finish().await;
}

/// What the migration does that fills the rollups of what was folded before there were any.
const FILL: &str = include_str!("../../../../migrations/20261203700001_rollups_filled_again.sql");

const COARSE: &str =
    include_str!("../../../../migrations/20261204200002_coarse_rollups_filled.sql");

const OF_ALL: &str = include_str!("../../../../migrations/20261205200001_rollups_of_all.sql");

const SPANS: &str = include_str!("../../../../migrations/20261206100001_spans.sql");

const UNEARNED: &str = include_str!("../../../../migrations/20261203600002_unearned_filled.sql");

#[tokio::test]
async fn what_was_folded_before_is_rolled_up_by_the_migration() {
    let (database, node) = used().await;
    let system = database.store.system();
    while system.fold().await.unwrap() > 0 {}
    database.tamper("DELETE FROM rollups WHERE shape <> 3").await;
    assert!(system.reconcile().await.unwrap().is_some());
    database.migrate_by_hand(FILL).await;
    assert_eq!(system.reconcile().await.unwrap(), None);
    database.tamper("DELETE FROM coarse_rollups WHERE shape > 1").await;
    assert!(system.reconcile().await.unwrap().is_some());
    database.migrate_by_hand(COARSE).await;
    database.migrate_by_hand(SPANS).await;
    assert_eq!(system.reconcile().await.unwrap(), None);
    for of_all in ["rollups", "coarse_rollups"] {
        database.tamper(&format!("DELETE FROM {of_all} WHERE shape IN (6, 13)")).await;
        assert!(system.reconcile().await.unwrap().is_some());
        database.migrate_by_hand(OF_ALL).await;
        assert_eq!(system.reconcile().await.unwrap(), None);
    }
    for shape in [14, 24, 33, 34, 41] {
        database.tamper(&format!("DELETE FROM coarse_rollups WHERE shape = {shape}")).await;
        assert!(system.reconcile().await.unwrap().is_some());
        database.migrate_by_hand(SPANS).await;
        assert_eq!(system.reconcile().await.unwrap(), None);
    }
    node.finish().await;
}

/// A node of the version before would find rows that it doesn't know: it may neither finish nor begin.
#[tokio::test]
async fn the_comparison_is_put_off_by_the_migration_that_the_version_before_does_not_know() {
    let database = Database::new().await;
    let (system, node) = (database.store.system(), NodeId::generate());
    system.plan_job(Job::Reconcile).await.unwrap();
    let running = system.claim_job(node, Job::Reconcile).await.unwrap().unwrap();
    database.migrate_by_hand(SPANS).await;
    assert!(!system.renew_job(&running).await.unwrap());
    system.fail_job(&running, "no room").await.unwrap();
    system.release_job(&running).await.unwrap();
    assert!(!system.finish_job(&running, &Done::well("done")).await.unwrap());
    assert_eq!(system.claim_job(node, Job::Reconcile).await.unwrap(), None);
    database.advance(TimeDelta::hours(13)).await;
    assert!(system.claim_job(node, Job::Reconcile).await.unwrap().is_some());
}

#[tokio::test]
async fn what_did_not_count_for_rising_before_is_summed_by_the_migration() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let (store, caller) = (&database.store, &tenant.caller);
    let price = price(&database, "sandbox-dime").await;
    for charge in ["0.10", "0.20"] {
        let asked = Request { realm: Realm::Provider, ..request(&tenant, &price, "0.90") };
        let ending = Settlement { outcome: Outcome::Estimated, ..answered(charge) };
        node.ledger.reserve(asked).await.unwrap().settle(ending).await;
    }
    let earned = async || store.usage_limit(caller).await.unwrap().earned.charged;
    assert_eq!(earned().await, Usd::ZERO);
    database.tamper("DELETE FROM unearned WHERE charge = 0.10").await;
    assert_ne!(earned().await, Usd::ZERO);
    for _ in 0..2 {
        database.migrate_by_hand(UNEARNED).await;
        assert_eq!(earned().await, Usd::ZERO);
        assert_eq!(store.system().reconcile().await.unwrap(), None);
    }
    assert!(store.system().sum_unearned().await.unwrap() > 1);
    assert_eq!(store.system().sum_unearned().await.unwrap(), 0);
    assert_eq!(earned().await, Usd::ZERO);
    node.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn folding_on_every_node_at_once_counts_each_delta_once() {
    let (database, node) = used().await;
    let tenant = Tenant::new(&database, "other").await;
    let dime = price(&database, "sandbox-dime").await;
    let folding: Vec<_> = (0..4)
        .map(|_| {
            let store = database.store.clone();
            tokio::spawn(async move {
                for _ in 0..40 {
                    store.system().fold().await.unwrap();
                }
            })
        })
        .collect();
    for _ in 0..60 {
        node.ledger
            .reserve(request(&tenant, &dime, "0.90"))
            .await
            .unwrap()
            .settle(answered("0.10"))
            .await;
    }
    for task in folding {
        task.await.unwrap();
    }
    while database.store.system().fold().await.unwrap() > 0 {}
    assert_eq!(database.look("SELECT count(*) FROM deltas").await, "0");
    assert_eq!(database.look("SELECT sum(requests) FROM quarters").await, "63");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    node.finish().await;
}
