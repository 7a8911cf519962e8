//! Who changes, reads or drops the same month meanwhile.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{Outcome, Retention};
use ledger::{Applied, Book as _, Settlement};
use sqlx::{AssertSqlSafe, PgConnection, Postgres, pool::PoolConnection};
use store::{
    StoreError,
    system::{Dropping, Hindrance},
};
use testkit::Database;

use super::{Scene, TRIES, correction, drop_all};
use crate::{
    stories::Desk,
    support::{answered, usd},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_nodes_that_drop_at_once_each_month_is_dropped_by_one() {
    let scene = Scene::new(31).await;
    scene.keep(13).await;
    let mut nodes = Vec::new();
    for _ in 0..4 {
        let store = scene.database.another().await;
        nodes.push(tokio::spawn(async move {
            let mut dropped = Vec::new();
            loop {
                let (months, why) = drop_all(&store, TRIES).await;
                dropped.extend(months);
                match why {
                    None => return dropped,
                    Some(why) => assert_eq!(why, Hindrance::Busy),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }));
    }
    let mut dropped = Vec::new();
    for node in nodes {
        dropped.extend(node.await.unwrap());
    }
    dropped.sort();
    let all = dropped.len();
    dropped.dedup();
    assert_eq!((all, dropped.len()), (8, 8), "{dropped:?}");
    scene.agrees().await;
}

/// A superuser's connection that is in the middle of something.
async fn within(database: &Database, statements: &str) -> PoolConnection<Postgres> {
    let mut connection = database.admin.acquire().await.unwrap();
    run(&mut connection, &format!("BEGIN; {statements}")).await.unwrap();
    connection
}

async fn run(connection: &mut PgConnection, statements: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(connection).await.map(|_| ())
}

/// Until somebody waits for a lock of this kind on a table.
async fn waits(database: &Database, mode: &str) {
    let waiting = format!(
        "SELECT count(*) > 0 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
         WHERE d.datname = current_database() AND l.mode = '{mode}' AND NOT l.granted"
    );
    while database.look(&waiting).await != "true" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_begun_before_is_in_the_sums() {
    let scene = Scene::new(41).await;
    scene.keep(13).await;
    let spent = "SELECT sum(charge) FROM events";
    let before = usd(&scene.database.look(spent).await);
    // A correction, or a late settlement, that is not committed.
    let mut correcting = within(&scene.database, &correction()).await;
    let store = scene.store().clone();
    let dropping = tokio::spawn(async move { drop_all(&store, TRIES).await });
    waits(&scene.database, "ShareLock").await;
    run(&mut correcting, "COMMIT").await.unwrap();
    // Its delta is not folded: the month waits for that.
    assert_eq!(dropping.await.unwrap(), (Vec::new(), Some(Hindrance::Unfolded)));
    scene.fold().await;
    let (dropped, why) = scene.drop().await;
    assert_eq!((dropped.len(), why), (8, None));
    scene.agrees().await;
    let after = "SELECT (SELECT sum(charge) FROM events) + (SELECT sum(charge) FROM sealed_days)";
    assert!(usd(&scene.database.look(after).await) < before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_comes_while_a_month_is_summed_changes_nothing_of_it() {
    let scene = Scene::new(51).await;
    scene.keep(13).await;
    let database = &scene.database;
    // Somebody reads for long: the month is summed, and waits to be dropped.
    let mut reading = within(database, "SELECT FROM events LIMIT 1").await;
    let store = scene.store().clone();
    let dropping = tokio::spawn(async move { drop_all(&store, TRIES).await });
    waits(database, "AccessExclusiveLock").await;
    // March is summed next; February, which is at it, has requests of the last hours before March.
    let correction =
        correction().replace("admitted_at < '2025-04-01'", "admitted_at < '2025-03-01'");
    let mut late = database.admin.acquire().await.unwrap();
    let refused = run(&mut late, &format!("SET lock_timeout = '250ms'; BEGIN; {correction}")).await;
    assert!(refused.unwrap_err().to_string().contains("lock timeout"));
    run(&mut late, "ROLLBACK").await.unwrap();
    run(&mut reading, "COMMIT").await.unwrap();
    assert_eq!(dropping.await.unwrap().0.len(), 8);
    // Now there is nothing to correct, and nothing was booked twice.
    run(&mut late, &format!("BEGIN; {correction}; COMMIT")).await.unwrap();
    assert_eq!(database.look("SELECT count(*) FROM deltas").await, "0");
    scene.agrees().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_dies_between_summing_and_dropping_leaves_all_as_it_was() {
    let scene = Scene::new(61).await;
    scene.keep(13).await;
    let database = &scene.database;
    let mut reading = within(database, "SELECT FROM events LIMIT 1").await;
    // Read all the while, the month stays.
    assert_eq!(scene.stays().await, Some(Hindrance::Busy));
    let store = scene.store().clone();
    // It gives up after a tenth of a second, which a busy machine may miss: it is tried until it dies.
    let dropping = tokio::spawn(async move {
        loop {
            let dropped = store.system().drop_month().await;
            if !matches!(dropped, Ok(Dropping::Stays { .. })) {
                return dropped;
            }
        }
    });
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE '%exq_month_drop%' AND wait_event_type = 'Lock'";
    while database.look(kill).await != "1" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let died = dropping.await.unwrap();
    assert!(matches!(died, Err(StoreError::Unavailable(_))), "{died:?}");
    assert_eq!(database.look("SELECT count(*) FROM sealed_counters").await, "0");
    assert_eq!(database.look("SELECT count(*) FROM dropped_months").await, "0");
    scene.agrees().await;
    run(&mut reading, "COMMIT").await.unwrap();
    let (dropped, why) = scene.drop().await;
    assert_eq!((dropped.len(), why), (8, None));
    scene.agrees().await;
}

#[tokio::test]
async fn nothing_is_dropped_that_was_not_summed() {
    let scene = Scene::new(71).await;
    let mut connection = scene.database.admin.acquire().await.unwrap();
    for noted in [
        "",
        "INSERT INTO dropped_months VALUES ('2025-03-01Z', '2025-04-01Z', exq_now()); COMMIT; BEGIN;",
    ] {
        let drop = format!("BEGIN; {noted} SELECT exq_month_drop('2025-03-01Z', 1)");
        let refused = run(&mut connection, &drop).await.unwrap_err().to_string();
        assert!(refused.contains("the month 202503 is not sealed"), "{refused}");
        run(&mut connection, "ROLLBACK").await.unwrap();
    }
    scene.agrees().await;
}

#[tokio::test]
async fn a_settlement_that_comes_after_all_these_months_moves_nothing() {
    let mut desk = Desk::new(1).await;
    let bound = Settlement::unknown(usd("0.10"));
    let lost = desk.ends(0, Settlement { outcome: Outcome::Interrupted, ..bound });
    desk.book.decide(&lost, |_| Vec::new()).await.unwrap();
    let late = desk.ends(0, answered("0.05"));
    let (database, system) = (&desk.database, desk.database.store.system());
    while system.fold().await.unwrap() > 0 {}
    system.set_retention(Retention::months(13).unwrap()).await.unwrap();
    database.stop_clock(system.now().await.unwrap() + TimeDelta::days(430)).await;
    assert_eq!(drop_all(&database.store, 1).await.1, None);
    let counters = "SELECT string_agg(concat_ws(' ', id, requests, spent, held, running), ', ' ORDER BY id) FROM counters";
    let before = database.look(counters).await;
    let settled = desk.book.decide(&late, |_| Vec::new()).await.unwrap();
    assert!(matches!(settled, Applied::Done(_)), "{settled:?}");
    assert_eq!(database.look(counters).await, before);
    let left =
        "SELECT concat_ws(' ', (SELECT count(*) FROM events), (SELECT count(*) FROM stories),
        (SELECT count(*) FROM deltas), (SELECT sum(requests) FROM sealed_days))";
    assert_eq!(database.look(left).await, "0 0 0 1");
    assert_eq!(system.reconcile().await.unwrap(), None);
}
