//! Months that are older than is kept are dropped in the night, once among all nodes.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

mod support;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{NodeId, Outcome, Retention, Tokens};
use store::system::PastEvent;
use testkit::{Database, Tenant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

async fn until(database: &Database, query: &str, answer: &str) {
    while database.look(query).await != answer {
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_night_is_done_once_and_says_what_was_dropped() {
    let database = Database::new().await;
    database.stop_clock(at("2026-11-15T12:00:00Z")).await;
    let tenant = Tenant::new(&database, "owner").await;
    let system = database.store.system();
    let price = system.prices().await.unwrap().into_iter().find(|it| it.model == "sandbox-dime");
    let event = |time: &str| PastEvent {
        at: at(time),
        project: tenant.project,
        key: tenant.key,
        price: price.clone().unwrap(),
        tokens: Tokens { input: 10, output: 5, ..Tokens::default() },
        outcome: Outcome::Answered,
        streamed: false,
        total_ms: 20,
    };
    let events = ["2025-08-31T23:00:00Z", "2025-09-01T01:00:00Z", "2025-09-30T23:59:00Z"];
    system.book_past(&tenant.caller, &events.map(event)).await.unwrap();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let stores = [database.another().await, database.another().await, database.another().await];
    for store in &stores {
        scheduler::start(NodeId::generate(), store, support::tools(), &tasks, &stop);
    }
    let said = "SELECT string_agg(said, ' | ' ORDER BY due) FROM occurrences WHERE job = 'drop'";
    let nothing = "No month is older than is kept";
    until(&database, said, nothing).await;
    until(&database, "SELECT count(*) FROM deltas", "0").await;
    until(&database, "SELECT count(*) FROM timings", "0").await;
    system.set_retention(Retention::months(13).unwrap()).await.unwrap();
    let night = at("2026-11-16T04:40:00Z");
    let dropped = "August 2025 was dropped (requests: 1); September 2025 was dropped (requests: 2)";
    for (days, dropped) in
        [(0, format!("{nothing} | {dropped}")), (1, format!("{nothing} | {dropped} | {nothing}"))]
    {
        // At ten past three the books are compared.
        let compared = night + TimeDelta::days(days) - TimeDelta::minutes(90);
        database.set_clock(compared).await;
        let done = format!(
            "SELECT count(*) FROM occurrences WHERE job = 'reconcile' AND due = '{compared}'"
        );
        until(&database, &done, "1").await;
        database.set_clock(night + TimeDelta::days(days)).await;
        until(&database, said, &dropped).await;
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    assert_eq!(database.look(said).await, format!("{nothing} | {dropped} | {nothing}"));
    assert_eq!(system.reconcile().await.unwrap(), None);
}
