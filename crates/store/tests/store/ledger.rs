//! The ledger on several nodes.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::{Outcome, Period, Scope};
use ledger::{Book as _, Refusal, Request, Settlement};
use store::Store;
use testkit::{Database, Tenant, Wire};
use tokio::task::JoinSet;

use crate::support::{Running, answered, price, request, usd};

/// Two nodes, 32 clients each, answers after up to half a second of fake waiting, a budget of
/// exactly N: N pass.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_as_many_pass_as_fit_on_two_nodes() {
    let database = Database::new().await;
    for (round, budget) in (0_u64..20).zip([7, 50, 1, 33, 12].into_iter().cycle()) {
        let tenant = Tenant::new(&database, &format!("owner{round}")).await;
        let amount = usd(&format!("{}.{}", budget / 10, budget % 10));
        database
            .store
            .set_budget(&tenant.caller, Scope::Org(tenant.org), Period::Month, amount)
            .await
            .unwrap();
        let nodes =
            [Running::new(&database.store).await, Running::new(&database.another().await).await];
        let dime = price(&database, "sandbox-dime").await;
        let mut clients = JoinSet::new();
        for (client, node) in (0..64_u64).zip(nodes.iter().cycle()) {
            let (ledger, tenant, dime) = (node.ledger.clone(), tenant.clone(), Arc::clone(&dime));
            clients.spawn(async move {
                match ledger.reserve(request(&tenant, &dime, "0.10")).await {
                    Ok(mut reservation) => {
                        reservation.forwarding();
                        tokio::time::sleep(Duration::from_millis((client * 37 + round * 91) % 100))
                            .await;
                        reservation.settle(answered("0.10")).await;
                        1
                    }
                    Err(Refusal::Spent(_) | Refusal::Held(_)) => 0,
                    Err(other) => panic!("{other:?}"),
                }
            });
        }
        let passed: i32 = clients.join_all().await.into_iter().sum();
        assert_eq!(passed, budget.min(64), "round {round}");
        let spent = database.look(&format!("SELECT spent FROM counters WHERE org_id = '{}' AND scope = 'org' AND period = 'month'", tenant.org.uuid())).await;
        assert_eq!(usd(&spent), amount);
        for node in nodes {
            node.finish().await;
        }
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    assert_eq!(
        database.look("SELECT sum(held) + sum(running) FROM counters").await,
        "0.000000000000"
    );
}

#[tokio::test]
async fn what_is_held_makes_others_wait_and_then_pass() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    database
        .store
        .set_budget(&tenant.caller, Scope::Org(tenant.org), Period::Month, usd("1"))
        .await
        .unwrap();
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    let first = node.ledger.reserve(request(&tenant, &dime, "0.90")).await.unwrap();
    let second = {
        let (ledger, request) = (node.ledger.clone(), request(&tenant, &dime, "0.50"));
        tokio::spawn(async move { ledger.reserve(request).await })
    };
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!second.is_finished());
    first.settle(answered("0.10")).await;
    second.await.unwrap().unwrap().release();
    // Held for longer than anyone waits: refused, with the numbers, and nobody is mailed.
    let _held = node.ledger.reserve(request(&tenant, &dime, "0.85")).await.unwrap();
    let Err(Refusal::Held(limit)) = node.ledger.reserve(request(&tenant, &dime, "0.10")).await
    else {
        panic!("admitted")
    };
    assert_eq!((limit.spent, limit.held, limit.running), (usd("0.10"), usd("0.85"), 1));
    assert_eq!(database.look("SELECT count(*) FROM outbox").await, "0");
}

#[tokio::test]
async fn a_dropped_guard_releases_or_books_at_the_bound() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    drop(node.ledger.reserve(request(&tenant, &dime, "0.90")).await.unwrap());
    let mut sent = node.ledger.reserve(request(&tenant, &dime, "0.70")).await.unwrap();
    sent.forwarding();
    drop(sent);
    // A caller that leaves before the answer.
    for _ in 0..20 {
        let (ledger, request) = (node.ledger.clone(), request(&tenant, &dime, "0.01"));
        let asking = tokio::spawn(async move { ledger.reserve(request).await.map(drop) });
        tokio::task::yield_now().await;
        asking.abort();
    }
    node.finish().await;
    assert_eq!(
        database.look("SELECT string_agg(outcome || ' ' || charge, ',') FROM events").await,
        "unknown 0.700000000000"
    );
    assert_eq!(database.look("SELECT count(*) FROM intents").await, "0");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn a_dead_nodes_requests_are_booked_and_their_late_ends_correct_them() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    let mut late = node.ledger.reserve(request(&tenant, &dime, "0.50")).await.unwrap();
    late.forwarding();
    let unsent = node.ledger.reserve(request(&tenant, &dime, "0.25")).await.unwrap();
    database.tamper("UPDATE heartbeats SET seen_at = seen_at - interval '1 hour'").await;
    // The living node beats again within a second; the reaper comes first here.
    while database.look("SELECT count(*) FROM events").await != "2" {
        database.tamper("UPDATE heartbeats SET seen_at = seen_at - interval '1 hour'").await;
        database.store.system().reap().await.unwrap();
    }
    let booked = "SELECT string_agg(outcome || ' ' || charge, ', ' ORDER BY bound) FROM events";
    assert_eq!(
        database.look(booked).await,
        "interrupted 0.250000000000, interrupted 0.500000000000"
    );
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    assert!(late.settle(answered("0.10")).await);
    drop(unsent);
    while database.look(booked).await != "released 0.000000000000, answered 0.100000000000" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    // The node was given up, and serves on under a new name.
    node.ledger
        .reserve(request(&tenant, &dime, "0.10"))
        .await
        .unwrap()
        .settle(answered("0.10"))
        .await;
    node.finish().await;
    assert_eq!(database.look("SELECT count(*) FROM events").await, "3");
}

#[tokio::test]
async fn an_untracked_key_is_nowhere_but_in_its_counters() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (node, other) =
        (Running::new(&database.store).await, Running::new(&database.another().await).await);
    let dime = price(&database, "sandbox-dime").await;
    let untracked = || Request { tracked: false, ..request(&tenant, &dime, "0.50") };
    let mut settled = node.ledger.reserve(untracked()).await.unwrap();
    let mut left = other.ledger.reserve(untracked()).await.unwrap();
    settled.forwarding();
    left.forwarding();
    let reconciled = async || database.store.system().reconcile().await.unwrap();
    assert_eq!(reconciled().await, None);
    assert!(settled.settle(answered("0.10")).await);
    while database.look("SELECT count(*) FROM events").await != "2" {
        database.tamper("UPDATE heartbeats SET seen_at = seen_at - interval '1 hour'").await;
        database.store.system().reap().await.unwrap();
    }
    let key = tenant.key.uuid();
    let named = format!(
        "SELECT (SELECT count(*) FROM events WHERE key_id = '{key}') + (SELECT count(*) FROM deltas WHERE key_id = '{key}')"
    );
    assert_eq!(database.look(&named).await, "0");
    let spent = format!(
        "SELECT trim_scale(spent) FROM counters WHERE scope_id = '{key}' AND period = 'day'"
    );
    assert_eq!(database.look(&spent).await, "0.6");
    assert_eq!(reconciled().await, None);
    while database.store.system().fold().await.unwrap() > 0 {}
    assert_eq!(reconciled().await, None);
    let tracked = node.ledger.reserve(request(&tenant, &dime, "0.50")).await.unwrap();
    assert!(tracked.settle(answered("0.10")).await);
    assert_eq!(database.look(&named).await, "2");
    // A key that nobody has is still found.
    let open = node.ledger.reserve(untracked()).await.unwrap();
    database.tamper("UPDATE intents SET key_id = exq_id()").await;
    let first = reconciled().await.unwrap();
    assert_eq!(first.what, "intents without a node, a project or a key");
    drop(open);
}

#[tokio::test]
async fn usage_belongs_to_the_window_of_its_admission() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    let open = node.ledger.reserve(request(&tenant, &dime, "0.10")).await.unwrap();
    database.advance(TimeDelta::days(40)).await;
    open.settle(answered("0.10")).await;
    node.ledger
        .reserve(request(&tenant, &dime, "0.10"))
        .await
        .unwrap()
        .settle(answered("0.20"))
        .await;
    let months = "SELECT string_agg(spent::float::text, ' ' ORDER BY starts) FROM counters WHERE scope = 'org' AND period = 'month'";
    assert_eq!(database.look(months).await, "0.1 0.2");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    node.finish().await;
}

#[tokio::test]
async fn bad_data_is_taken_out_alone() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    let mut bad = Vec::new();
    for at in 0..200 {
        let mut request = request(&tenant, &dime, "0.01");
        if at == 77 {
            request.model = "a\0b".to_owned();
        }
        let ledger = node.ledger.clone();
        bad.push(tokio::spawn(async move { ledger.reserve(request).await }));
    }
    let mut invalid = 0;
    for asked in bad {
        match asked.await.unwrap() {
            Ok(reservation) => assert!(reservation.settle(answered("0.01")).await),
            Err(Refusal::Invalid) => invalid += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(invalid, 1);
    // More money than a column holds: the intent ends at its bound, the settlement lies aside.
    let reservation = node.ledger.reserve(request(&tenant, &dime, "0.05")).await.unwrap();
    let monstrous = Settlement {
        charge: domain::Usd::from_pico(i128::MAX),
        outcome: Outcome::Answered,
        ..answered("0")
    };
    assert!(reservation.settle(monstrous).await);
    assert_eq!(database.look("SELECT count(*) FROM quarantine").await, "1");
    assert_eq!(
        database.look("SELECT count(*) || ' ' || sum(charge) FROM events").await,
        "200 2.040000000000"
    );
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    node.finish().await;
}

/// So much is spent that nothing can be added.
async fn damage(database: &Database, tenant: &Tenant) {
    let most = "UPDATE counters SET spent = 999999999999999999.999999999999 WHERE org_id";
    database.tamper(&format!("{most} = '{}'", tenant.org.uuid())).await;
}

#[tokio::test]
async fn what_can_not_be_booked_waits_for_repair_and_stops_nobody() {
    let database = Database::new().await;
    let (damaged, sound) =
        (Tenant::new(&database, "damaged").await, Tenant::new(&database, "sound").await);
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    let mut open = node.ledger.reserve(request(&damaged, &dime, "0.10")).await.unwrap();
    open.forwarding();
    damage(&database, &damaged).await;
    let settled = tokio::spawn(open.settle(answered("0.10")));
    for _ in 0..10 {
        let admitted = node.ledger.reserve(request(&sound, &dime, "0.10")).await.unwrap();
        assert!(admitted.settle(answered("0.10")).await);
    }
    assert_eq!(database.look("SELECT count(*) FROM intents").await, "1");
    database
        .tamper(&format!("UPDATE counters SET spent = 0 WHERE org_id = '{}'", damaged.org.uuid()))
        .await;
    assert!(settled.await.unwrap());
    node.finish().await;
    let booked = "SELECT outcome || ' ' || trim_scale(charge) FROM events WHERE org_id";
    let booked = format!("{booked} = '{}'", damaged.org.uuid());
    assert_eq!(database.look(&booked).await, "answered 0.1");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn one_request_of_a_dead_node_that_can_not_be_booked_leaves_the_others_to_the_reaper() {
    let database = Database::new().await;
    let (damaged, sound) =
        (Tenant::new(&database, "damaged").await, Tenant::new(&database, "sound").await);
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    for tenant in [&damaged, &sound, &damaged, &sound] {
        let mut left = node.ledger.reserve(request(tenant, &dime, "0.10")).await.unwrap();
        left.forwarding();
        // As if its node had died with it.
        std::mem::forget(left);
    }
    damage(&database, &damaged).await;
    while database.look("SELECT count(*) FROM events").await != "2" {
        database.tamper("UPDATE heartbeats SET seen_at = seen_at - interval '1 hour'").await;
        database.store.system().reap().await.unwrap();
    }
    let of = format!("SELECT count(*) FROM intents WHERE org_id = '{}'", damaged.org.uuid());
    assert_eq!(database.look(&of).await, "2");
}

#[tokio::test]
async fn a_tenant_whose_windows_somebody_is_making_waits_alone() {
    let database = Database::new().await;
    let (stuck, free) =
        (Tenant::new(&database, "stuck").await, Tenant::new(&database, "free").await);
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    let mut holder = database.admin.acquire().await.unwrap();
    let hold = format!(
        "BEGIN; INSERT INTO windows (org_id, period, starts, ends, label, zone)
         SELECT org_id, 'day', date_trunc('day', exq_now(), zone), date_trunc('day', exq_now(), zone) + interval '1 day',
            (exq_now() AT TIME ZONE zone)::date, zone FROM organizations WHERE org_id = '{}'",
        stuck.org.uuid()
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(hold)).execute(&mut *holder).await.unwrap();
    for _ in 0..5 {
        let (refused, admitted) = tokio::join!(
            node.ledger.reserve(request(&stuck, &dime, "0.10")),
            node.ledger.reserve(request(&free, &dime, "0.10"))
        );
        assert!(matches!(refused, Err(Refusal::Unavailable)));
        assert!(admitted.unwrap().settle(answered("0.10")).await);
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut *holder).await.unwrap();
    let admitted = node.ledger.reserve(request(&stuck, &dime, "0.10")).await.unwrap();
    assert!(admitted.settle(answered("0.10")).await);
    node.finish().await;
}

#[tokio::test]
async fn a_database_that_falls_silent_is_given_up_for_a_new_connection() {
    let database = Database::new().await;
    let wire = Wire::to(&database.url).await;
    let book = Store::connect(&wire.url, 2).await.unwrap().book();
    let node = domain::NodeId::generate();
    book.register(node).await.unwrap();
    let mut holder = database.admin.acquire().await.unwrap();
    let hold = "BEGIN; SELECT 1 FROM heartbeats FOR UPDATE";
    sqlx::raw_sql(hold).execute(&mut *holder).await.unwrap();
    // It waits for the row when the wire falls silent.
    let (beaten, ()) = tokio::join!(book.beat(node), async {
        while database.look("SELECT count(*) FROM pg_locks WHERE NOT granted").await == "0" {}
        wire.fall_silent();
    });
    assert!(matches!(beaten, Err(ledger::BookError::Lost(_))));
    sqlx::raw_sql("ROLLBACK").execute(&mut *holder).await.unwrap();
    book.beat(node).await.unwrap();
}

/// Two keys are refused by one amount at one moment, the second from memory.
#[tokio::test]
async fn each_key_has_receipts_of_its_own() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, scope) = (&database.store, Scope::Org(tenant.org));
    store.set_budget(&tenant.caller, scope, Period::Month, usd("0.05")).await.unwrap();
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    let (one, other) = (tenant.key, domain::KeyId::generate());
    let refused = async |key, bound| {
        let request = Request { key, ..request(&tenant, &dime, bound) };
        match node.ledger.reserve(request).await {
            Err(Refusal::Spent(limit) | Refusal::Held(limit)) => limit.receipt,
            other => panic!("{:?}", other.err()),
        }
    };
    // All of them are of one batch or of one memory.
    let (first, second) = tokio::join!(refused(one, "0.10"), refused(other, "0.10"));
    assert_ne!(first, second);
    assert_ne!(refused(one, "0.10").await, refused(other, "0.10").await);
    // Those that wait for what others hold, too.
    let _held = node.ledger.reserve(request(&tenant, &dime, "0.05")).await.unwrap();
    let (first, second) = tokio::join!(refused(one, "0.01"), refused(other, "0.01"));
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_locked_row_stops_its_own_tenant_only_and_settles_in_the_end() {
    let database = Database::new().await;
    let (stuck, free) =
        (Tenant::new(&database, "stuck").await, Tenant::new(&database, "free").await);
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    let open = node.ledger.reserve(request(&stuck, &dime, "0.10")).await.unwrap();
    let mut holder = database.admin.acquire().await.unwrap();
    let hold =
        format!("BEGIN; SELECT 1 FROM counters WHERE org_id = '{}' FOR UPDATE", stuck.org.uuid());
    sqlx::raw_sql(sqlx::AssertSqlSafe(hold)).execute(&mut *holder).await.unwrap();
    let settled = tokio::spawn(open.settle(answered("0.10")));
    for _ in 0..3 {
        node.ledger
            .reserve(request(&free, &dime, "0.10"))
            .await
            .unwrap()
            .settle(answered("0.10"))
            .await;
    }
    assert!(matches!(
        node.ledger.reserve(request(&stuck, &dime, "0.10")).await,
        Err(Refusal::Unavailable)
    ));
    assert!(!settled.is_finished());
    sqlx::raw_sql("ROLLBACK").execute(&mut *holder).await.unwrap();
    assert!(settled.await.unwrap());
    node.finish().await;
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn a_lost_answer_is_found_out() {
    let database = Database::new().await;
    let book = database.store.book();
    let node = domain::NodeId::generate();
    let epoch = book.register(node).await.unwrap();
    let batch = |number| ledger::Batch::empty(node, epoch, number);
    assert!(matches!(book.apply(&batch(1)).await.unwrap(), ledger::Applied::Done(_)));
    assert!(matches!(book.void(&batch(1)).await.unwrap(), ledger::Fate::Applied(_)));
    assert_eq!(book.void(&batch(2)).await.unwrap(), ledger::Fate::Void);
    assert_eq!(book.apply(&batch(2)).await.unwrap(), ledger::Applied::Void);
    assert!(matches!(book.apply(&batch(3)).await.unwrap(), ledger::Applied::Done(_)));
    database.tamper("UPDATE nodes SET epoch = epoch + 1").await;
    assert_eq!(book.apply(&batch(4)).await.unwrap(), ledger::Applied::Superseded);
    assert_eq!(book.void(&batch(4)).await.unwrap(), ledger::Fate::Superseded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_that_are_lost_lose_nothing_and_book_nothing_twice() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    database
        .store
        .set_budget(&tenant.caller, Scope::Org(tenant.org), Period::Month, usd("1000"))
        .await
        .unwrap();
    let wire = Arc::new(Wire::to(&database.url).await);
    let node = Running::new(&Store::connect(&wire.url, 4).await.unwrap()).await;
    let dime = price(&database, "sandbox-dime").await;
    let mut clients = JoinSet::new();
    for client in 0..16_u64 {
        let (ledger, tenant, dime) = (node.ledger.clone(), tenant.clone(), Arc::clone(&dime));
        clients.spawn(async move {
            let mut booked = Vec::new();
            for round in 0..25_u64 {
                if let Ok(mut reservation) = ledger.reserve(request(&tenant, &dime, "0.10")).await {
                    let id = reservation.id().unwrap();
                    reservation.forwarding();
                    tokio::time::sleep(Duration::from_millis((client * 7 + round) % 5)).await;
                    if reservation.settle(answered("0.10")).await {
                        booked.push(id);
                    }
                }
            }
            booked
        });
    }
    let cutter = Arc::clone(&wire);
    let cutting = tokio::spawn(async move {
        for pause in (0_u64..40).map(|n| 3 + n * 13 % 31) {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            cutter.cut();
        }
    });
    let booked: Vec<domain::EventId> = clients.join_all().await.into_iter().flatten().collect();
    cutting.await.unwrap();
    node.finish().await;
    assert!(booked.len() > 16, "{}", booked.len());
    for id in &booked {
        let found =
            database.look(&format!("SELECT outcome FROM events WHERE id = '{}'", id.uuid())).await;
        assert_eq!(found, "answered");
    }
    assert_eq!(database.look("SELECT count(*) FROM intents").await, "0");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}
