//! What limits refused, by model: who sees it, how long, and from when on it is known.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Caller, Environment, OrgId, ProjectId, ProjectRole, Role};
use sqlx::types::Uuid;
use store::{
    latencies::Ask,
    refused_requests::{RefusedOfModel, RefusedRequests},
    system::RefusedOf,
};
use testkit::{Database, Tenant};

use crate::people::{member, put};

const MIGRATION: &str = include_str!("../../../../migrations/20261204100001_refused_requests.sql");

fn now() -> DateTime<Utc> {
    "2026-11-18T09:00:00Z".parse().unwrap()
}

async fn refuse(
    database: &Database,
    org: OrgId,
    counts: impl IntoIterator<Item = (ProjectId, &str, bool, i64)>,
) {
    let of = |(project, model, spent, requests): (ProjectId, &str, bool, i64)| {
        (RefusedOf { org, project, model: model.to_owned(), spent }, requests)
    };
    let counts: Vec<_> = counts.into_iter().map(of).collect();
    database.store.system().flush_refused_requests(&counts).await.unwrap();
}

/// As `a 0+3, b 2+5`: because something was spent, and by other limits; of so many hours from a quarter before now on.
async fn told(
    database: &Database,
    caller: &Caller,
    hours: i64,
    projects: &[Uuid],
    models: &[&str],
) -> String {
    let begins = now() - TimeDelta::minutes(15);
    let bounds = [begins, begins + TimeDelta::hours(hours)];
    let models: Vec<_> = models.iter().map(|model| (*model).to_owned()).collect();
    let ask = Ask { bounds: &bounds, hours: false, projects, models: &models };
    let found = database.store.refused_requests(caller, ask).await.unwrap();
    assert_eq!(found.since, None);
    let models: BTreeMap<_, _> = found.models;
    let said = |(model, many): (&String, &RefusedOfModel)| {
        format!("{model} {}+{}", many.spent, many.others)
    };
    models.iter().map(said).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn it_is_told_by_model_to_who_is_in_the_project() {
    let database = Database::new().await;
    database.stop_clock(now()).await;
    let tenant = Tenant::new(&database, "ours").await;
    let stranger = Tenant::new(&database, "theirs").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let name = "Second".parse().unwrap();
    let (own, second) = (
        tenant.project,
        store.create_project(caller, &name, Environment::Production).await.unwrap(),
    );
    let (user, reader) = member(&database, &tenant, "reader", Role::Reader).await;
    put(&database, &tenant, own, user, ProjectRole::Viewer).await;
    for _ in 0..2 {
        let counts = [
            (second, "a", false, 4),
            (own, "b", true, 5),
            (own, "a", true, 2),
            (own, "a", false, 1),
        ];
        refuse(&database, tenant.org, counts).await;
    }
    refuse(&database, stranger.org, [(stranger.project, "a", false, 99)]).await;
    database.set_clock(now() + TimeDelta::minutes(15)).await;
    refuse(&database, tenant.org, [(own, "a", false, 1)]).await;
    let [first, other, theirs] = [own, second, stranger.project].map(ProjectId::uuid);
    for (caller, hours, projects, models, expected) in [
        (caller, 1, &[][..], &[][..], "a 4+11, b 10+0"),
        (caller, 0, &[], &[], ""),
        (caller, 1, &[other], &[], "a 0+8"),
        (caller, 1, &[], &["b", "c"], "b 10+0"),
        (caller, 1, &[theirs], &[], ""),
        (&reader, 1, &[], &[], "a 4+3, b 10+0"),
        (&reader, 1, &[first, other], &["a"], "a 4+3"),
        (&reader, 1, &[other], &[], ""),
        (&stranger.caller, 1, &[], &[], "a 0+99"),
        (&stranger.caller, 1, &[first, other], &[], ""),
    ] {
        let told = told(&database, caller, hours, projects, models).await;
        assert_eq!(told, expected, "{projects:?} {models:?}");
    }
    // Its quarter's end is not of the stretch that ends there.
    let begins = now() - TimeDelta::minutes(15);
    let bounds = [begins, now() + TimeDelta::minutes(15)];
    let ask = Ask { bounds: &bounds, hours: false, projects: &[], models: &[] };
    let found = store.refused_requests(caller, ask).await.unwrap();
    assert_eq!(found.models.get("a").map(|of| of.total()), Some(14));
    database.set_clock(now() + TimeDelta::days(100)).await;
    assert_eq!(store.system().reap_refused_requests().await.unwrap(), 0);
    database.set_clock(now() + TimeDelta::days(100) + TimeDelta::seconds(1)).await;
    assert_eq!(store.system().reap_refused_requests().await.unwrap(), 5);
    assert_eq!(told(&database, caller, 1, &[], &[]).await, "a 0+1");
}

#[tokio::test]
async fn an_organization_from_before_is_counted_from_the_day_after_and_a_new_one_always() {
    let database = Database::new().await;
    database.stop_clock(now()).await;
    let old = Tenant::new(&database, "old").await;
    database
        .tamper("DROP TABLE refused_requests; ALTER TABLE organizations DROP COLUMN refused_requests_since")
        .await;
    database.migrate_by_hand(MIGRATION).await;
    let new = Tenant::new(&database, "new").await;
    // Until then nodes of the version before may still refuse.
    let next: DateTime<Utc> = "2026-11-19T00:00:00Z".parse().unwrap();
    for (tenant, begins, since) in [
        (&old, now(), Some(next)),
        (&old, next - TimeDelta::seconds(1), Some(next)),
        (&old, next, None),
        (&new, now() - TimeDelta::days(28), None),
    ] {
        let bounds = [begins, next + TimeDelta::days(1)];
        let ask = Ask { bounds: &bounds, hours: false, projects: &[], models: &[] };
        let found = database.store.refused_requests(&tenant.caller, ask).await.unwrap();
        assert_eq!(found.since, since);
        assert_eq!(found.whole("a", true), since.is_none().then_some(0));
    }
}

#[test]
fn nothing_is_known_of_a_model_that_nobody_would_have_counted() {
    let counted = RefusedOfModel { spent: 3, others: 0 };
    let models = BTreeMap::from([("listed".to_owned(), counted)]);
    let found = RefusedRequests { models, since: None };
    assert_eq!((found.whole("listed", false), found.whole("listed", true)), (Some(0), Some(0)));
    assert_eq!((found.whole("house", false), found.whole("house", true)), (None, Some(0)));
}
