//! What owners are warned of: once in its day or window, whoever looks and however often.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Days, TimeDelta, Utc};
use domain::{Period, ProviderError, Role, Scope, Story, Watch, window::first_instant};
use ledger::{Request, Settlement};
use store::{
    StoreError,
    drift::{PAST, Side},
    system::{ErrorOf, RefusedOf},
};
use testkit::{Database, Tenant};

use crate::{
    people::member,
    support::{Running, answered, price, request, story, usd},
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A Wednesday.
const NOW: &str = "2026-11-18T09:00:00Z";

struct Scene {
    database: Database,
    tenant: Tenant,
    node: Running,
}

impl Scene {
    /// An organization that is warned of all.
    async fn new() -> Self {
        let database = Database::new().await;
        database.stop_clock(at(NOW)).await;
        let tenant = Tenant::new(&database, "owner").await;
        let node = Running::new(&database.store).await;
        let all = Watch::ALL.into_iter().collect();
        database.store.set_watches(&tenant.caller, &all).await.unwrap();
        Self { database, tenant, node }
    }

    /// A request at this time that cost so much and took so long.
    async fn used(&self, when: DateTime<Utc>, charge: &str, last: u64) {
        let price = price(&self.database, "sandbox-tokens").await;
        self.did(when, request(&self.tenant, &price, charge), charge, last).await;
    }

    /// One of a model without a price.
    async fn passed(&self, when: DateTime<Utc>) {
        let price = price(&self.database, "sandbox-tokens").await;
        let model = "house".to_owned();
        let asked = Request { model, price: None, ..request(&self.tenant, &price, "0") };
        self.did(when, asked, "0", 3_000).await;
    }

    async fn did(&self, when: DateTime<Utc>, asked: Request, charge: &str, last: u64) {
        self.database.set_clock(when).await;
        let story = Story { moments: domain::Moments { last, ..story().moments }, ..story() };
        let settlement = Settlement { story: Some(Arc::new(story)), ..answered(charge) };
        self.node.ledger.reserve(asked).await.unwrap().settle(settlement).await;
    }

    /// Refuses so many requests for a model now.
    async fn refuse(&self, model: &str, spent: bool, requests: i64) {
        let (org, project) = (self.tenant.org, self.tenant.project);
        let of = RefusedOf { org, project, model: model.to_owned(), spent };
        self.database.store.system().flush_refused_requests(&[(of, requests)]).await.unwrap();
    }

    /// How many warnings two nodes write that look at the same time.
    async fn looked(&self) -> u64 {
        let other = self.database.another().await;
        let org = self.tenant.org;
        let system = self.database.store.system();
        let (one, two) = tokio::join!(system.watch(org), other.system().watch(org));
        one.unwrap() + two.unwrap()
    }

    /// The models of today: what was refused before, of how many, and today; what is worse.
    async fn drifts(&self) -> String {
        let (store, caller) = (&self.database.store, &self.tenant.caller);
        let zone = store.organization(caller).await.unwrap().zone;
        let now = store.clock(caller).await.unwrap();
        let drifts = store.drifts(caller, (zone, now), &[], &[]).await.unwrap();
        let side = |side: &Side| format!("{:?}/{}", side.refused, side.asked());
        let said = drifts.iter().map(|drift| {
            let (before, today) = (side(&drift.before), side(&drift.today));
            format!("{} {before} {today} {:?}", drift.model, drift.worse())
        });
        said.collect::<Vec<_>>().join("; ")
    }

    /// The mails, as kind and a value of what they tell.
    async fn mailed(&self) -> String {
        self.database
            .look(
                "SELECT COALESCE(string_agg(concat_ws(' ', template, recipient, params ->> 'model', params ->> 'worse',
                    params ->> 'scope', params ->> 'spent', params ->> 'budget', params ->> 'reached',
                    params ->> 'usual'), '; ' ORDER BY created_at, template), '') FROM outbox",
            )
            .await
    }
}

#[tokio::test]
async fn a_model_that_does_worse_is_told_once_a_day() {
    let scene = Scene::new().await;
    let now = at(NOW);
    for place in 0..100 {
        let when = now - TimeDelta::days(1 + place % 28);
        scene.used(when, "0.001", 1_000_000).await;
    }
    for _ in 0..20 {
        scene.used(now, "0.001", 1_000_000).await;
    }
    assert_eq!((scene.looked().await, scene.mailed().await), (0, String::new()));
    for _ in 0..30 {
        scene.used(now, "0.004", 1_900_000).await;
    }
    let told = r#"drift owner@example.com sandbox-tokens ["slower", "dearer"]"#;
    assert_eq!((scene.looked().await, scene.mailed().await), (1, told.to_owned()));
    // Folded or not, seen again or not; and what is worse besides, not again on this day.
    scene.database.store.system().fold_timings().await.unwrap();
    let of = ErrorOf {
        org: scene.tenant.org,
        project: scene.tenant.project,
        model: "sandbox-tokens".to_owned(),
        error: ProviderError::Broken,
    };
    let counts = [(of, 50)];
    scene.database.store.system().flush_provider_errors(&counts).await.unwrap();
    assert_eq!(scene.looked().await, 0);
    scene.database.set_clock(now + TimeDelta::days(1)).await;
    assert_eq!(scene.looked().await, 0, "nothing today");
    scene.database.store.system().flush_provider_errors(&counts).await.unwrap();
    assert_eq!(scene.looked().await, 1);
    assert!(scene.mailed().await.ends_with(r#"sandbox-tokens ["failing"]"#));
    scene.node.finish().await;
}

#[tokio::test]
async fn a_model_of_which_more_is_refused_is_told_if_it_was_counted_before() {
    let scene = Scene::new().await;
    let (database, now) = (&scene.database, at(NOW));
    for place in 0..100 {
        scene.used(now - TimeDelta::days(1 + place % 28), "0.001", 3_000).await;
    }
    // 4 of 104 then, all of it today; and what nobody asked for before, today alone.
    database.set_clock(now - TimeDelta::days(3)).await;
    scene.refuse("sandbox-tokens", false, 4).await;
    database.set_clock(now).await;
    scene.refuse("sandbox-tokens", false, 20).await;
    scene.refuse("sandbox-dime", false, 90).await;
    let zone = database.store.organization(&scene.tenant.caller).await.unwrap().zone;
    let begins = first_instant(now.with_timezone(&zone).date_naive() - Days::new(PAST), zone);
    let since = async |since: Option<DateTime<Utc>>| {
        let since = since.map_or_else(|| "NULL".to_owned(), |at| format!("'{}'", at.to_rfc3339()));
        let set = format!("UPDATE organizations SET refused_requests_since = {since}");
        database.tamper(&set).await;
    };
    for counted in [now, now - TimeDelta::days(3), begins + TimeDelta::seconds(1)] {
        since(Some(counted)).await;
        assert_eq!((scene.looked().await, scene.mailed().await), (0, String::new()));
    }
    since(Some(begins)).await;
    assert_eq!(scene.looked().await, 1);
    let told = r#"drift owner@example.com sandbox-tokens ["refused"]"#;
    assert_eq!(scene.mailed().await, told);
    let sides = "SELECT concat_ws(' ', params #>> '{today,requests}', params #>> '{today,refused}',
        params #>> '{before,requests}', params #>> '{before,refused}') FROM outbox";
    assert_eq!(database.look(sides).await, "0 20 100 4");
    assert_eq!(scene.looked().await, 0, "once a day");
    // One that began after all were counted waits for nothing.
    database.tamper("DELETE FROM warnings").await;
    since(None).await;
    assert_eq!(scene.looked().await, 1);
    scene.node.finish().await;
}

#[tokio::test]
async fn a_spent_budget_warns_of_no_model_and_a_rate_limit_does() {
    let scene = Scene::new().await;
    let now = at(NOW);
    for place in 0..100 {
        scene.used(now - TimeDelta::days(1 + place % 28), "0.001", 3_000).await;
    }
    scene.database.set_clock(now).await;
    scene.refuse("sandbox-tokens", true, 5_000).await;
    assert_eq!((scene.looked().await, scene.drifts().await), (0, String::new()));
    for _ in 0..94 {
        scene.used(now, "0.001", 3_000).await;
    }
    assert_eq!(scene.looked().await, 0);
    assert_eq!(scene.drifts().await, "sandbox-tokens Some(0)/100 Some(0)/94 Some([])");
    scene.refuse("sandbox-tokens", false, 6).await;
    assert_eq!(scene.looked().await, 1);
    assert_eq!(scene.drifts().await, "sandbox-tokens Some(0)/100 Some(6)/100 Some([Refused])");
    let told = r#"drift owner@example.com sandbox-tokens ["refused"]"#;
    assert_eq!(scene.mailed().await, told);
    scene.node.finish().await;
}

#[tokio::test]
async fn a_model_whose_refusals_nobody_counted_is_not_compared() {
    let scene = Scene::new().await;
    let now = at(NOW);
    for place in 0..100 {
        scene.passed(now - TimeDelta::days(1 + place % 28)).await;
    }
    for _ in 0..20 {
        scene.passed(now).await;
    }
    assert_eq!(scene.drifts().await, "house None/100 None/20 Some([])");
    // The project lists it from today on.
    scene.refuse("house", false, 80).await;
    assert_eq!(scene.drifts().await, "house None/100 Some(80)/100 Some([])");
    assert_eq!(scene.looked().await, 0);
    // It was listed before.
    scene.database.set_clock(now - TimeDelta::days(3)).await;
    scene.refuse("house", true, 1).await;
    scene.database.set_clock(now).await;
    assert_eq!(scene.drifts().await, "house Some(0)/100 Some(80)/100 Some([Refused])");
    assert_eq!(scene.looked().await, 1);
    scene.node.finish().await;
}

#[tokio::test]
async fn a_budget_that_will_not_last_is_told_once_in_its_window() {
    let scene = Scene::new().await;
    let (store, caller, on) =
        (&scene.database.store, &scene.tenant.caller, Scope::Project(scene.tenant.project));
    let now = at(NOW);
    let day = store.set_budget(caller, on, Period::Day, usd("0.11")).await.unwrap();
    scene.used(now, "0.10", 3_000).await;
    assert_eq!(scene.looked().await, 0, "a day is too short to be told beforehand");
    store.remove_budget(caller, day).await.unwrap();
    // 17 3/8 of 30 days are over: it ends at 17.27 times ten cents over ten.
    store.set_budget(caller, on, Period::Month, usd("0.18")).await.unwrap();
    assert_eq!(scene.looked().await, 0);
    store.set_budget(caller, on, Period::Month, usd("0.16")).await.unwrap();
    assert_eq!(scene.looked().await, 1);
    let mailed = scene.mailed().await;
    assert!(
        mailed.starts_with("forecast owner@example.com project 0.10 0.16 2026-11-28T"),
        "{mailed}"
    );
    scene.used(now + TimeDelta::hours(1), "0.05", 3_000).await;
    assert_eq!(scene.looked().await, 0, "told already");
    scene.used(now + TimeDelta::hours(2), "0.01", 3_000).await;
    assert_eq!(scene.looked().await, 0, "it is spent, which its thresholds and refusals tell");
    scene.database.set_clock(at("2026-12-20T09:00:00Z")).await;
    assert_eq!(scene.looked().await, 0, "nothing is spent of the new window");
    scene.used(at("2026-12-20T09:00:00Z"), "0.11", 3_000).await;
    assert_eq!(scene.looked().await, 1, "another window");
    scene.node.finish().await;
}

#[tokio::test]
async fn a_dear_day_is_told_once() {
    let scene = Scene::new().await;
    let now = at(NOW);
    for weeks in 1..=4 {
        scene.used(now - TimeDelta::weeks(weeks), "2", 3_000).await;
        scene.used(now - TimeDelta::weeks(weeks) + TimeDelta::days(1), "90", 3_000).await;
    }
    scene.used(now, "3.99", 3_000).await;
    assert_eq!(scene.looked().await, 0);
    scene.used(now, "0.01", 3_000).await;
    assert_eq!(scene.looked().await, 1);
    assert_eq!(scene.looked().await, 0);
    assert_eq!(scene.mailed().await, "burn owner@example.com org 4.00 2.00");
    scene.node.finish().await;
}

#[tokio::test]
async fn only_who_is_asked_for_it_is_warned_and_only_owners_see_it() {
    let scene = Scene::new().await;
    let (store, caller) = (&scene.database.store, &scene.tenant.caller);
    let stranger = Tenant::new(&scene.database, "stranger").await;
    assert_eq!(store.system().watching().await.unwrap(), [scene.tenant.org]);
    for _ in 0..20 {
        scene.used(at(NOW), "0.10", 3_000).await;
    }
    store.set_budget(caller, Scope::Org(scene.tenant.org), Period::Month, usd("3")).await.unwrap();
    store.set_watches(caller, &BTreeSet::from([Watch::Burn])).await.unwrap();
    assert_eq!(scene.looked().await, 0, "forecasts are off");
    assert_eq!(store.system().watch(stranger.org).await.unwrap(), 0);
    store.set_watches(caller, &BTreeSet::from([Watch::Forecast])).await.unwrap();
    assert_eq!(scene.looked().await, 1);
    let warnings = store.warnings(caller).await.unwrap();
    assert_eq!(warnings.len(), 1);
    assert_eq!((warnings[0].watch, warnings[0].deliveries.len()), (Watch::Forecast, 1));
    assert!(store.warnings(&stranger.caller).await.unwrap().is_empty());
    assert!(store.watches(&stranger.caller).await.unwrap().is_empty());
    let (_, reader) = member(&scene.database, &scene.tenant, "reader", Role::Reader).await;
    for refused in [
        store.watches(&reader).await.map(drop),
        store.warnings(&reader).await.map(drop),
        store.set_watches(&reader, &BTreeSet::new()).await,
    ] {
        assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{refused:?}");
    }
    store.set_watches(caller, &BTreeSet::new()).await.unwrap();
    assert!(store.system().watching().await.unwrap().is_empty());
    scene.node.finish().await;
}
