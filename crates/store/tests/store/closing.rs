//! Closing an organization, opening it again, and erasing it.

use chrono::TimeDelta;
use domain::{MostDays, Role, Rules};
use store::{StoreError, system::Erased};
use testkit::{Database, Tenant};

use crate::{
    people::member,
    support::{Running, answered, price, request},
};

/// Rows of an organization in every table that names one, as `table=count`, but for news of changes.
async fn rows(database: &Database, tenant: &Tenant) -> String {
    let tables = database
        .look(
            "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
             AND NOT c.relispartition AND c.relname <> 'changes'",
        )
        .await;
    let mut found = Vec::new();
    for table in tables.split(' ') {
        let org = tenant.org.uuid();
        let count =
            database.look(&format!("SELECT count(*) FROM {table} WHERE org_id = '{org}'")).await;
        if count != "0" {
            found.push(format!("{table}={count}"));
        }
    }
    found.join(" ")
}

#[tokio::test]
async fn every_table_of_an_organization_can_be_erased() {
    let database = Database::new().await;
    let kept = database
        .look(
            "SELECT string_agg(c.relname, ' ') FROM pg_class c
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
             AND NOT c.relispartition AND NOT has_table_privilege('exq_system', c.oid, 'DELETE')",
        )
        .await;
    assert_eq!(kept, "", "a new table needs DELETE for exq_system, or CALL exq_erasable");
}

#[tokio::test]
async fn a_closed_organization_is_erased_after_thirty_days_and_no_other() {
    let database = Database::new().await;
    let (ours, theirs) =
        (Tenant::new(&database, "ours").await, Tenant::new(&database, "theirs").await);
    let store = &database.store;
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    for tenant in [&ours, &theirs] {
        for _ in 0..5 {
            let asked = node.ledger.reserve(request(tenant, &dime, "0.10")).await.unwrap();
            asked.settle(answered("0.10")).await;
        }
        let list = "x@example.com".parse().unwrap();
        store.invite(&tenant.caller, &list, Role::Reader, &[]).await.unwrap();
        store.system().open_first(tenant.user, tenant.org).await.unwrap();
    }
    node.finish().await;
    let before = rows(&database, &theirs).await;
    // What is deleted unfolded is rolled up by its trigger.
    assert!(
        before.contains("deltas=")
            && before.contains("events=5")
            && before.contains("audit_entries="),
        "{before}"
    );

    store.close_organization(&ours.caller).await.unwrap();
    store.close_organization(&ours.caller).await.unwrap();
    database.advance(TimeDelta::days(29)).await;
    assert_eq!(store.system().erase_closed().await.unwrap(), None);
    database.advance(TimeDelta::days(31)).await;
    let gone = store.reopen_organization(&ours.caller).await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    let mut slices = 0;
    // The transaction that was refused above may still be on its way back, holding the row.
    while database
        .look(&format!("SELECT count(*) FROM organizations WHERE org_id = '{}'", ours.org.uuid()))
        .await
        == "1"
    {
        if let Some(Erased { org, .. }) = store.system().erase_slice(2).await.unwrap() {
            assert_eq!(org, ours.org);
            slices += 1;
        }
    }
    assert!(slices > 3, "in slices");
    assert_eq!(rows(&database, &ours).await, "");
    assert_eq!(rows(&database, &theirs).await, before);
    let gone = store.caller(ours.user, ours.org).await;
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    let account = store.system().account(ours.user).await.unwrap().unwrap();
    assert_eq!(account.default_org, None);
    assert_eq!(store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn the_database_deletes_nothing_of_what_is_not_over() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    database.store.close_organization(&ours.caller).await.unwrap();
    let mut connection = database.admin.acquire().await.unwrap();
    for table in ["audit_entries", "audit_heads", "api_keys", "projects", "organizations"] {
        let sql = format!("BEGIN; SET LOCAL ROLE exq_system; DELETE FROM {table}; COMMIT");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *connection).await.unwrap();
        assert_ne!(database.look(&format!("SELECT count(*) FROM {table}")).await, "0", "{table}");
    }
    let erased = database.look(&format!("SELECT exq_erase('{}', 10)", ours.org.uuid())).await;
    assert_eq!(erased, "true");
    assert_eq!(database.look("SELECT count(*) FROM organizations").await, "1");
}

#[tokio::test]
async fn owners_close_reopen_and_set_rules_and_readers_do_not() {
    let database = Database::new().await;
    let ours = Tenant::new(&database, "ours").await;
    let (_, kofi) = member(&database, &ours, "kofi", Role::Reader).await;
    let store = &database.store;
    let rules =
        Rules { projects_listed: true, key_max_days: MostDays::new(90), service_keys_only: true };
    for denied in [
        store.close_organization(&kofi).await,
        store.reopen_organization(&kofi).await,
        store.set_rules(&kofi, &rules).await,
    ] {
        assert!(matches!(denied, Err(StoreError::Forbidden(_))), "{denied:?}");
    }
    store.set_rules(&ours.caller, &rules).await.unwrap();
    store.set_rules(&ours.caller, &rules).await.unwrap();
    store.close_organization(&ours.caller).await.unwrap();
    let closed = store.organization(&kofi).await.unwrap();
    assert_eq!(closed.rules, rules);
    assert_eq!(closed.erased_at(), closed.closed_at.map(|at| at + TimeDelta::days(30)));
    store.reopen_organization(&ours.caller).await.unwrap();
    store.reopen_organization(&ours.caller).await.unwrap();
    assert_eq!(store.organization(&kofi).await.unwrap().closed_at, None);
    let actions = database
        .look("SELECT string_agg(action, ' ' ORDER BY seq) FROM audit_entries WHERE action LIKE 'organization.%'")
        .await;
    let expected =
        "organization.created organization.updated organization.closed organization.reopened";
    assert_eq!(actions, expected);
}
