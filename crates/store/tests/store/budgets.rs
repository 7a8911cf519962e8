//! Budgets and thresholds as people set them.

use domain::{Level, Period, Scope};
use ledger::Refusal;
use testkit::{Database, Tenant};

use crate::support::{Running, answered, price, request, usd};

#[tokio::test]
async fn a_threshold_mails_each_verified_owner_once_and_names_all_levels_crossed() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, scope) = (&database.store, Scope::Org(tenant.org));
    store.set_budget(&tenant.caller, scope, Period::Month, usd("1")).await.unwrap();
    for level in [Level::Percent(20), Level::Percent(50), Level::Amount(usd("0.3"))] {
        assert!(
            !store
                .set_threshold(&tenant.caller, scope, Period::Month, level)
                .await
                .unwrap()
                .already_passed
        );
    }
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    for _ in 0..4 {
        node.ledger
            .reserve(request(&tenant, &dime, "0.10"))
            .await
            .unwrap()
            .settle(answered("0.10"))
            .await;
    }
    assert_eq!(
        database
            .look("SELECT string_agg(fires_at::float::text, ' ' ORDER BY fires_at) FROM crossings")
            .await,
        "0.2 0.3"
    );
    node.ledger
        .reserve(request(&tenant, &dime, "0.60"))
        .await
        .unwrap()
        .settle(answered("0.60"))
        .await;
    assert_eq!(database.look("SELECT count(*) FROM outbox").await, "3");
    let levels = "SELECT string_agg(t ->> 'fires_at', ' ') FROM outbox, jsonb_array_elements(params -> 'thresholds') t
        WHERE params ->> 'spent' = '1.000000000000'";
    assert_eq!(database.look(levels).await, "0.500000000000");
    node.finish().await;
}

#[tokio::test]
async fn a_jump_over_several_thresholds_is_one_mail() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, scope) = (&database.store, Scope::Project(tenant.project));
    store.set_budget(&tenant.caller, scope, Period::Month, usd("10")).await.unwrap();
    for percent in [25, 50, 75] {
        store
            .set_threshold(&tenant.caller, scope, Period::Month, Level::Percent(percent))
            .await
            .unwrap();
    }
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    node.ledger.reserve(request(&tenant, &dime, "8")).await.unwrap().settle(answered("8")).await;
    assert_eq!(database.look("SELECT count(*) FROM outbox").await, "1");
    assert_eq!(
        database.look("SELECT jsonb_array_length(params -> 'thresholds') FROM outbox").await,
        "3"
    );
    assert_eq!(database.look("SELECT params ->> 'scope_name' FROM outbox").await, "Search");
    let alerts = store.crossings(&tenant.caller).await.unwrap();
    assert_eq!(alerts.len(), 3);
    assert!(alerts.iter().all(|alert| alert.deliveries.len() == 1));
    node.finish().await;
}

#[tokio::test]
async fn a_threshold_set_below_the_spend_is_passed_silently() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, scope) = (&database.store, Scope::Org(tenant.org));
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    node.ledger.reserve(request(&tenant, &dime, "3")).await.unwrap().settle(answered("3")).await;
    let set = store
        .set_threshold(&tenant.caller, scope, Period::Month, Level::Amount(usd("2")))
        .await
        .unwrap();
    assert!(set.already_passed);
    node.ledger.reserve(request(&tenant, &dime, "1")).await.unwrap().settle(answered("1")).await;
    assert_eq!(database.look("SELECT count(*) FROM outbox").await, "0");
    assert!(store.thresholds(&tenant.caller).await.unwrap()[0].crossed_at.is_some());
    node.finish().await;
}

#[tokio::test]
async fn a_budget_blocks_mails_once_and_passes_again_when_raised() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, scope) = (&database.store, Scope::Org(tenant.org));
    store.set_budget(&tenant.caller, scope, Period::Month, usd("0.25")).await.unwrap();
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    for _ in 0..2 {
        node.ledger
            .reserve(request(&tenant, &dime, "0.10"))
            .await
            .unwrap()
            .settle(answered("0.10"))
            .await;
    }
    for _ in 0..5 {
        let Err(Refusal::Spent(limit)) = node.ledger.reserve(request(&tenant, &dime, "0.10")).await
        else {
            panic!("admitted");
        };
        assert_eq!((limit.amount, limit.spent, limit.held), (usd("0.25"), usd("0.20"), usd("0")));
    }
    assert_eq!(database.look("SELECT count(*) FROM outbox WHERE template = 'blocked'").await, "1");
    store.set_budget(&tenant.caller, scope, Period::Month, usd("0.30")).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    node.ledger
        .reserve(request(&tenant, &dime, "0.10"))
        .await
        .unwrap()
        .settle(answered("0.10"))
        .await;
    // A budget that is reached refuses even what costs nothing.
    assert!(matches!(
        node.ledger.reserve(request(&tenant, &dime, "0")).await,
        Err(Refusal::Spent(_))
    ));
    assert_eq!(database.look("SELECT count(*) FROM outbox WHERE template = 'blocked'").await, "2");
    assert!(database.store.system().reconcile().await.unwrap().is_none());
    node.finish().await;
}

#[tokio::test]
async fn two_people_setting_a_budget_at_once_leave_one() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let scope = Scope::Org(tenant.org);
    let other = database.another().await;
    let (a, b) = tokio::join!(
        database.store.set_budget(&tenant.caller, scope, Period::Month, usd("1")),
        other.set_budget(&tenant.caller, scope, Period::Month, usd("2")),
    );
    assert_eq!(a.unwrap(), b.unwrap());
    assert_eq!(database.look("SELECT revision FROM budgets").await, "2");
}

#[tokio::test]
async fn a_request_too_large_for_what_is_left_does_not_use_up_the_alert_of_the_budget() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, scope) = (&database.store, Scope::Org(tenant.org));
    store.set_budget(&tenant.caller, scope, Period::Month, usd("1")).await.unwrap();
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    assert!(matches!(
        node.ledger.reserve(request(&tenant, &dime, "3")).await,
        Err(Refusal::Spent(_))
    ));
    node.ledger.reserve(request(&tenant, &dime, "1")).await.unwrap().settle(answered("1")).await;
    assert!(matches!(
        node.ledger.reserve(request(&tenant, &dime, "0.10")).await,
        Err(Refusal::Spent(_))
    ));
    let kinds = "SELECT string_agg(kind, ' ' ORDER BY kind) FROM crossings";
    assert_eq!(database.look(kinds).await, "blocked refused");
    assert_eq!(database.look("SELECT count(*) FROM outbox").await, "2");
    node.finish().await;
}
