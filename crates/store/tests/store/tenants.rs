//! No tenant sees another.

use domain::{Level, Period, Scope};
use store::{
    StoreError,
    slices::{Ask, Grain, Only},
};
use testkit::{Database, Tenant};

use crate::support::{Running, answered, price, request, usd};

#[tokio::test]
async fn another_tenants_things_are_not_there() {
    let database = Database::new().await;
    let (ours, theirs) =
        (Tenant::new(&database, "ours").await, Tenant::new(&database, "theirs").await);
    let store = &database.store;
    store
        .set_budget(&theirs.caller, Scope::Org(theirs.org), Period::Month, usd("5"))
        .await
        .unwrap();
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    node.ledger
        .reserve(request(&theirs, &dime, "0.10"))
        .await
        .unwrap()
        .settle(answered("0.10"))
        .await;

    let caller = &ours.caller;
    assert!(store.api_keys(caller).await.unwrap().iter().all(|key| key.id == ours.key));
    assert!(
        store.projects(caller).await.unwrap().iter().all(|project| project.id != theirs.project)
    );
    assert!(store.budgets(caller).await.unwrap().is_empty());
    let cycle = store.cycles(caller).await.unwrap().current.window;
    let (bounds, only) = ([cycle.starts, cycle.ends], Only::default());
    for grain in [Grain::Days, Grain::Quarters] {
        let ask = Ask { bounds: &bounds, grain, by: &[], only: &only };
        assert!(store.slices(caller, ask).await.unwrap().is_empty());
    }

    let not_found = |result: Result<(), StoreError>| {
        assert!(matches!(result, Err(StoreError::NotFound)), "{result:?}");
    };
    let name = "x".parse().unwrap();
    not_found(store.revoke_api_key(caller, theirs.key).await);
    not_found(store.archive_project(caller, theirs.project).await);
    not_found(store.rename_project(caller, theirs.project, &name).await);
    not_found(store.project(caller, theirs.project).await.map(drop));
    not_found(store.caller(ours.user, theirs.org).await.map(drop));
    for scope in [Scope::Org(theirs.org), Scope::Project(theirs.project), Scope::Key(theirs.key)] {
        not_found(store.set_budget(caller, scope, Period::Month, usd("1")).await.map(drop));
        not_found(
            store.set_threshold(caller, scope, Period::Month, Level::Percent(50)).await.map(drop),
        );
    }
    node.finish().await;
}

#[tokio::test]
async fn a_forged_caller_sees_only_its_organization() {
    let database = Database::new().await;
    let (ours, theirs) =
        (Tenant::new(&database, "ours").await, Tenant::new(&database, "theirs").await);
    for table in [
        "organizations",
        "memberships",
        "billing_profiles",
        "projects",
        "api_keys",
        "windows",
        "counters",
    ] {
        // Row-level security alone, without any WHERE.
        let rows = database
            .look(&format!("SELECT count(*) FROM {table} WHERE org_id = '{}'", theirs.org.uuid()))
            .await;
        assert_ne!(rows, "", "{table}");
        let mut connection = database.admin.acquire().await.unwrap();
        for sql in [
            "BEGIN".to_owned(),
            "SET LOCAL ROLE exq_tenant".to_owned(),
            format!("SET LOCAL app.org = '{}'", ours.org.uuid()),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
        }
        let seen: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT count(*) FROM {table} WHERE org_id <> '{}'",
            ours.org.uuid()
        )))
        .fetch_one(&mut *connection)
        .await
        .unwrap();
        assert_eq!(seen, 0, "{table}");
        sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
        // On the used connection, without an organization: nothing, and no error.
        sqlx::raw_sql("BEGIN; SET LOCAL ROLE exq_tenant").execute(&mut *connection).await.unwrap();
        let seen: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
                .fetch_one(&mut *connection)
                .await
                .unwrap();
        assert_eq!(seen, 0, "{table}");
        sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
    }
}

#[tokio::test]
async fn changes_are_told_in_whatever_order_they_commit() {
    let database = Database::new().await;
    let (first, second) =
        (Tenant::new(&database, "first").await, Tenant::new(&database, "second").await);
    let mut cursor = store::ChangeCursor::default();
    let system = database.store.system();
    system.changed_orgs(&mut cursor).await.unwrap();
    // A transaction of another database may hold the cursor back: then what was told is told again.
    let mut told = system.changed_orgs(&mut cursor).await.unwrap();
    for _ in 0..500 {
        if told.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        told = system.changed_orgs(&mut cursor).await.unwrap();
    }
    assert!(told.is_empty(), "told again and again for ten seconds: {told:?}");
    let rename = |org: domain::OrgId| {
        format!("UPDATE organizations SET name = name WHERE org_id = '{}'", org.uuid())
    };
    let mut early = database.admin.acquire().await.unwrap();
    sqlx::raw_sql("BEGIN").execute(&mut *early).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(rename(first.org))).execute(&mut *early).await.unwrap();
    database.tamper(&rename(second.org)).await;
    let heard = system.changed_orgs(&mut cursor).await.unwrap();
    assert!(heard.contains(&second.org) && !heard.contains(&first.org));
    sqlx::raw_sql("COMMIT").execute(&mut *early).await.unwrap();
    assert!(system.changed_orgs(&mut cursor).await.unwrap().contains(&first.org));
}
