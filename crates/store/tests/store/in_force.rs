//! What counters and rates remember of their limits is right, whoever changes a limit and when: here by
//! statements that know nothing of counters.

use chrono::TimeDelta;
use domain::{Level, Period, Scope};
use ledger::{Realm, Refusal, Request};
use testkit::{Database, Tenant};
use tokio::time::{Duration, sleep};

use crate::support::{Running, answered, price, request, usd};

/// What the counters of `scope` per month remember.
async fn remembers(database: &Database, scope: &str) -> String {
    let query = format!(
        "SELECT concat_ws(' ', amount, observe, alarm_at, known_until > exq_now())
         FROM counters WHERE scope = '{scope}' AND period = 'month'"
    );
    database.look(&query).await
}

/// Admits one request of a cent, which makes the counters learn.
async fn learn(database: &Database, node: &Running, tenant: &Tenant) {
    let cent = price(database, "sandbox-dime").await;
    node.ledger.reserve(request(tenant, &cent, "0.01")).await.unwrap().release();
    // It ends in a batch of its own, which learns as well.
    while database.look("SELECT count(*) FROM intents").await != "0" {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn a_counter_forgets_its_limits_with_each_change() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let (scope, month) = (Scope::Project(tenant.project), Period::Month);
    // Before a first request has ended they remember for a second only.
    let free = price(&database, "sandbox-dime").await;
    let first = node.ledger.reserve(request(&tenant, &free, "0.01")).await.unwrap();
    assert!(first.settle(answered("0")).await);
    let set = database.store.set_budget(&tenant.caller, scope, month, usd("5")).await.unwrap();
    database.store.set_threshold(&tenant.caller, scope, month, Level::Percent(50)).await.unwrap();
    learn(&database, &node, &tenant).await;
    assert_eq!(remembers(&database, "project").await, "5.000000000000 f 2.500000000000 t");

    let raise = format!(
        "INSERT INTO raises (org_id, id, budget_id, amount, starts, ends, reason)
         SELECT org_id, exq_id(), id, 8, exq_now() + interval '1 hour', exq_now() + interval '2 hours', ''
         FROM budgets WHERE id = '{}'",
        set.uuid()
    );
    for (change, wanted) in [
        ("UPDATE budgets SET amount = 4", "4.000000000000 f 2.000000000000 t"),
        ("UPDATE budgets SET observe = true", "4.000000000000 t 2.000000000000 t"),
        ("UPDATE thresholds SET percent = 25", "4.000000000000 t 1.000000000000 t"),
        (&raise, "4.000000000000 t 1.000000000000 t"),
        (
            "UPDATE raises SET starts = exq_now() - interval '1 hour'",
            "8.000000000000 t 2.000000000000 t",
        ),
        ("DELETE FROM raises", "4.000000000000 t 1.000000000000 t"),
        ("DELETE FROM thresholds", "4.000000000000 t t"),
        ("DELETE FROM budgets", "f t"),
    ] {
        database.tamper(change).await;
        assert!(remembers(&database, "project").await.ends_with(" f"), "{change}");
        learn(&database, &node, &tenant).await;
        assert_eq!(remembers(&database, "project").await, wanted, "{change}");
    }
    node.finish().await;
}

#[tokio::test]
async fn a_raise_is_forgotten_and_learnt_by_the_clock() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let scope = Scope::Project(tenant.project);
    database.store.set_budget(&tenant.caller, scope, Period::Month, usd("0.01")).await.unwrap();
    database
        .tamper(
            "INSERT INTO raises (org_id, id, budget_id, amount, starts, ends, reason)
             SELECT org_id, exq_id(), id, 8, exq_now() + interval '1 minute', exq_now() + interval '2 minutes', ''
             FROM budgets",
        )
        .await;
    for (seconds, amount) in
        [(0, "0.010000000000"), (70, "8.000000000000"), (130, "0.010000000000")]
    {
        database.advance(TimeDelta::seconds(seconds)).await;
        learn(&database, &node, &tenant).await;
        assert!(remembers(&database, "project").await.starts_with(amount), "{seconds}");
    }
    node.finish().await;
}

#[tokio::test]
async fn guards_tiers_and_rate_limits_are_in_force_within_a_second() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    learn(&database, &node, &tenant).await;
    let dime = price(&database, "sandbox-dime").await;
    let ask = || Request { realm: Realm::Provider, ..request(&tenant, &dime, "0.01") };
    for (change, back) in [
        ("UPDATE api_keys SET max_running = 1", "UPDATE api_keys SET max_running = NULL"),
        ("UPDATE tiers SET requests_per_day = 1", "UPDATE tiers SET requests_per_day = NULL"),
        ("UPDATE tiers SET usage_limit = 0", "UPDATE tiers SET usage_limit = 100"),
    ] {
        database.tamper(change).await;
        sleep(Duration::from_millis(1_100)).await;
        let running = node.ledger.reserve(ask()).await;
        let refused = match running {
            Err(refused) => refused,
            Ok(running) => {
                let second = node.ledger.reserve(ask()).await;
                running.release();
                second.err().unwrap()
            }
        };
        let word = match refused {
            Refusal::Running(_) => "max_running",
            Refusal::Rate(_) => "requests_per_day",
            Refusal::Spent(_) | Refusal::Held(_) => "usage_limit",
            other => unreachable!("{other:?}"),
        };
        assert!(change.contains(word), "{change}: {word}");
        database.tamper(back).await;
        sleep(Duration::from_millis(1_100)).await;
        learn(&database, &node, &tenant).await;
    }
    node.finish().await;
}

#[tokio::test]
async fn a_change_that_misses_a_new_counter_is_in_force_within_a_second() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let mut change = database.admin.begin().await.unwrap();
    sqlx::query("UPDATE api_keys SET max_running = 1").execute(&mut *change).await.unwrap();
    // The key's first request makes its counters, which learn of no guard.
    learn(&database, &node, &tenant).await;
    change.commit().await.unwrap();
    sleep(Duration::from_millis(1_100)).await;
    let dime = price(&database, "sandbox-dime").await;
    let running = node.ledger.reserve(request(&tenant, &dime, "0.01")).await.unwrap();
    let second = node.ledger.reserve(request(&tenant, &dime, "0.01")).await;
    assert!(matches!(second, Err(Refusal::Running(_))));
    running.release();
    node.finish().await;
}
