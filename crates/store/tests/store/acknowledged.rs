//! Whoever may set a budget says who sees to its alerts.

use chrono::{Datelike as _, TimeDelta};
use domain::{Level, Period, ProjectRole, Role, Scope};
use store::StoreError;
use testkit::{Database, Tenant};

use crate::{
    people::{member, put},
    support::{Running, answered, price, request},
};

#[tokio::test]
async fn the_first_who_says_so_sees_to_an_alert() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let stranger = Tenant::new(&database, "stranger").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let on = Scope::Project(tenant.project);
    let level = Level::Amount("0.10".parse().unwrap());
    store.set_threshold(caller, on, Period::Month, level).await.unwrap();
    let node = Running::new(store).await;
    let asked = request(&tenant, &price(&database, "sandbox-dime").await, "0.50");
    node.ledger.reserve(asked).await.unwrap().settle(answered("0.10")).await;
    node.finish().await;
    let alert = store.crossings(caller).await.unwrap().remove(0);
    assert_eq!(alert.acknowledged, None);

    let (viewer, looks) = member(&database, &tenant, "viewer", Role::Reader).await;
    for foreign in [&stranger.caller, &looks] {
        let refused = store.acknowledge(foreign, alert.id).await;
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    }
    put(&database, &tenant, tenant.project, viewer, ProjectRole::Member).await;
    let refused = store.acknowledge(&looks, alert.id).await;
    assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{refused:?}");

    let (lead, leads) = member(&database, &tenant, "lead", Role::Reader).await;
    put(&database, &tenant, tenant.project, lead, ProjectRole::Owner).await;
    store.acknowledge(&leads, alert.id).await.unwrap();
    store.acknowledge(caller, alert.id).await.unwrap();
    for sees in [caller, &leads, &looks] {
        let seen = store.crossings(sees).await.unwrap().remove(0).acknowledged.unwrap();
        assert_eq!(seen.by.as_deref(), Some("lead"));
    }
    let told = "SELECT count(*) FROM audit_entries WHERE action = 'alert.acknowledged'";
    assert_eq!(database.look(told).await, "1");
    assert!(store.crossings(&stranger.caller).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_nobody_sees_to_is_counted_while_its_window_runs() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let stranger = Tenant::new(&database, "stranger").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let on = Scope::Project(tenant.project);
    for (period, amount) in
        [(Period::Month, "0.10"), (Period::Month, "0.20"), (Period::Day, "0.10")]
    {
        let level = Level::Amount(amount.parse().unwrap());
        store.set_threshold(caller, on, period, level).await.unwrap();
    }
    let (viewer, looks) = member(&database, &tenant, "viewer", Role::Reader).await;
    let counts = async || {
        let mut counts = Vec::new();
        for sees in [caller, &looks, &stranger.caller] {
            counts.push(store.organization(sees).await.unwrap().unseen_alerts);
        }
        counts
    };
    assert_eq!(counts().await, [0, 0, 0]);
    let node = Running::new(store).await;
    for _ in 0..2 {
        let asked = request(&tenant, &price(&database, "sandbox-dime").await, "0.50");
        node.ledger.reserve(asked).await.unwrap().settle(answered("0.10")).await;
    }
    node.finish().await;
    assert_eq!(counts().await, [3, 0, 0], "a reader without projects sees none");
    put(&database, &tenant, tenant.project, viewer, ProjectRole::Member).await;
    assert_eq!(counts().await, [3, 3, 0]);

    // One that was passed when it was set tells nobody anything new.
    let passed = Level::Amount("0.05".parse().unwrap());
    store.set_threshold(caller, on, Period::Month, passed).await.unwrap();
    assert_eq!(counts().await, [3, 3, 0]);

    let month = store.crossings(caller).await.unwrap();
    let month = month.iter().find(|one| one.period == Period::Month && !one.silent).unwrap();
    store.acknowledge(caller, month.id).await.unwrap();
    assert_eq!(counts().await, [2, 2, 0]);

    // The next day the day's is over, and in the next month all are.
    let now = store.system().now().await.unwrap();
    database.stop_clock(now + TimeDelta::days(1)).await;
    let still = u64::from((now + TimeDelta::days(1)).month() == now.month());
    assert_eq!(counts().await, [still, still, 0]);
    database.set_clock(now + TimeDelta::days(32)).await;
    assert_eq!(counts().await, [0, 0, 0]);
}
