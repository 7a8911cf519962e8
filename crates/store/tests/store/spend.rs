//! What an alert shows of the spend behind it.

use domain::{Environment, Usd};
use sqlx::types::Uuid;
use store::system::{Spend, SpendOf};
use testkit::{Database, Tenant};

use crate::support::{Running, answered, price, request, usd};

fn of(scope: &str, scope_id: Uuid, [starts, ends]: [&str; 2]) -> SpendOf {
    SpendOf {
        scope: scope.to_owned(),
        scope_id,
        zone: "UTC".to_owned(),
        starts: starts.parse().unwrap(),
        ends: ends.parse().unwrap(),
    }
}

const MONTH: [&str; 2] = ["2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"];
const DAY: [&str; 2] = ["2026-11-15T00:00:00Z", "2026-11-16T00:00:00Z"];

/// What was spent in each part that has any, by its first instant.
fn parts(spend: &Spend) -> Vec<(String, Usd)> {
    let spent = spend.parts.iter().filter(|(_, sum)| *sum != Usd::ZERO);
    spent.map(|(at, sum)| (at.format("%dT%H").to_string(), *sum)).collect()
}

fn tops(spend: &Spend) -> Vec<(&str, Usd)> {
    spend.tops.iter().map(|(name, sum)| (name.as_str(), *sum)).collect()
}

#[tokio::test]
async fn an_alert_knows_when_and_by_whom_it_was_spent() {
    let database = Database::new().await;
    database.stop_clock("2026-11-15T09:20:00Z".parse().unwrap()).await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let rehearsal = store
        .create_rehearsal(caller, &"Rehearsal".parse().unwrap(), Environment::Staging)
        .await
        .unwrap();
    let lab =
        store.create_project(caller, &"Lab".parse().unwrap(), Environment::Staging).await.unwrap();
    let model = price(&database, "sandbox-dime").await;
    let node = Running::new(store).await;
    for (project, charge) in [(tenant.project, "0.25"), (lab, "0.50"), (rehearsal, "0.75")] {
        let mut asked = request(&tenant, &model, "0.90");
        let (key, _) = Tenant::key(store, caller, project).await;
        (asked.project, asked.key) = (project, key);
        node.ledger.reserve(asked).await.unwrap().settle(answered(charge)).await;
    }
    node.finish().await;
    let (org, project) = (tenant.org.uuid(), tenant.project.uuid());
    for folded in [false, true] {
        if folded {
            store.system().fold().await.unwrap();
        }
        let spend = async |of: SpendOf| store.system().spend(tenant.org, &of).await.unwrap();

        // What rehearsals spend is not the organization's.
        let month = spend(of("org", org, MONTH)).await;
        assert_eq!(month.parts.len(), 30);
        assert_eq!(parts(&month), [("15T00".to_owned(), usd("0.75"))], "folded: {folded}");
        assert_eq!(tops(&month), [("Lab", usd("0.50")), ("Search", usd("0.25"))]);
        assert_eq!(month.now.to_rfc3339(), "2026-11-15T09:20:00+00:00");

        let day = spend(of("org", org, DAY)).await;
        assert_eq!(day.parts.len(), 24);
        assert_eq!(parts(&day), [("15T09".to_owned(), usd("0.75"))]);

        let one = spend(of("project", project, MONTH)).await;
        assert_eq!(parts(&one), [("15T00".to_owned(), usd("0.25"))]);
        assert_eq!(one.tops.len(), 1);
        let rehearsed = spend(of("project", rehearsal.uuid(), DAY)).await;
        assert_eq!(parts(&rehearsed), [("15T09".to_owned(), usd("0.75"))]);
        // All of it was answered by the sandbox, which no usage limit counts.
        let usage = spend(of("usage", org, MONTH)).await;
        assert_eq!((parts(&usage), tops(&usage)), (vec![], vec![]));
    }
}
