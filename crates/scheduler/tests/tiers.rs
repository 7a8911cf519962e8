//! Usage tiers rise by themselves: upwards only, once, whoever does it.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use chrono::TimeDelta;
use domain::{Level, Usd};
use scheduler::raise_tiers;
use store::system::SetTier;
use testkit::{Database, Tenant};

/// An answered request of so many days ago with this charge, booked as the ledger books one.
async fn charged(
    database: &Database,
    tenant: &Tenant,
    days: i64,
    usd: &str,
    outcome: &str,
    sandbox: bool,
) {
    let (org, project, key) = (tenant.org.uuid(), tenant.project.uuid(), tenant.key.uuid());
    let member = tenant.user.uuid();
    // The counter of that month, made as a page makes it.
    database.store.usage_limit(&tenant.caller).await.unwrap();
    let counted = if sandbox {
        "'{}'::bigint[]"
    } else {
        "ARRAY(SELECT id FROM counters WHERE scope = 'usage' AND org_id = (SELECT org_id FROM o))"
    };
    database
        .tamper(&format!(
            "WITH o AS (SELECT '{org}'::uuid AS org_id), event AS (
                INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed, outcome,
                    status, input, cached, output, charge, bound, counters, day_starts, day_ends, admitted_at,
                    settled_at, total_ms)
                SELECT org_id, exq_id(), '{project}', '{key}', '{member}', 'm', NULL, {sandbox}, false, '{outcome}', 200, 1, 0, 1,
                    {usd}, {usd}, {counted}, exq_now(), exq_now(), exq_now() - interval '{days} days', exq_now(), 1
                FROM o RETURNING counters, charge)
             UPDATE counters k SET spent = spent + charge, requests = requests + 1 FROM event WHERE k.id = ANY (event.counters)"
        ))
        .await;
}

async fn tier(database: &Database, tenant: &Tenant) -> String {
    let org = tenant.org.uuid();
    database.look(&format!("SELECT tier FROM organizations WHERE org_id = '{org}'")).await
}

#[tokio::test]
async fn only_what_was_surely_charged_to_a_provider_counts() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let rise = || async {
        raise_tiers(database.store.clone()).await.unwrap();
        tier(&database, &tenant).await
    };
    assert_eq!(rise().await, "1");
    charged(&database, &tenant, 8, "90", "answered", true).await;
    assert_eq!(rise().await, "1", "the sandbox");
    for outcome in ["estimated", "unknown", "interrupted"] {
        charged(&database, &tenant, 6, "60", outcome, false).await;
        assert_eq!(rise().await, "1", "{outcome}");
    }
    charged(&database, &tenant, 5, "49.999999999999", "answered", false).await;
    let limit = database.store.usage_limit(&tenant.caller).await.unwrap();
    let missing = limit.earned.missing(limit.tiers.after(1).unwrap()).unwrap();
    assert_eq!((missing.charged, missing.days), (Usd::from_pico(1), 1));
    database.advance(TimeDelta::days(1)).await;
    assert_eq!(rise().await, "1", "a pico-dollar is missing");
    charged(&database, &tenant, 0, "0.000000000001", "answered", false).await;
    assert_eq!(rise().await, "2");
    assert_eq!(rise().await, "2");
    // Several steps at once.
    charged(&database, &tenant, 0, "950", "answered", false).await;
    database.advance(TimeDelta::days(8)).await;
    assert_eq!(rise().await, "4");
    database.advance(TimeDelta::days(24)).await;
    assert_eq!(rise().await, "5");
    let log = "SELECT string_agg(actor || ' ' || (body::jsonb #>> '{changes,tier,before}') || ' '
        || (body::jsonb #>> '{changes,tier,after}'), ', ' ORDER BY seq) FROM audit_entries WHERE action = 'tier.set'";
    assert_eq!(database.look(log).await, "rule 1 2, rule 2 4, rule 4 5");
    let mails = "SELECT string_agg(recipient || ' ' || (params ->> 'usage_limit'), ', ' ORDER BY id) FROM outbox WHERE template = 'tier'";
    let mails = database.look(mails).await;
    assert_eq!(
        mails,
        "owner@example.com 500.00, owner@example.com 5000.00, owner@example.com 200000.00"
    );
}

#[tokio::test]
async fn a_tier_that_is_held_stays_and_none_falls() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    charged(&database, &tenant, 31, "2000", "answered", false).await;
    let set = |number, held| {
        let set = SetTier { number, held, reason: "Agreed" };
        database.store.system().set_tier(tenant.org, set)
    };
    assert!(set(2, true).await.unwrap());
    assert!(!set(2, true).await.unwrap(), "twice is the same");
    raise_tiers(database.store.clone()).await.unwrap();
    assert_eq!(tier(&database, &tenant).await, "2");
    assert!(set(2, false).await.unwrap());
    raise_tiers(database.store.clone()).await.unwrap();
    assert_eq!(tier(&database, &tenant).await, "5");
    database.tamper("UPDATE tiers SET charged = 1000000 WHERE tier > 1").await;
    raise_tiers(database.store.clone()).await.unwrap();
    assert_eq!(tier(&database, &tenant).await, "5");
    assert!(matches!(set(6, false).await, Err(store::StoreError::NotFound)));
    let mails =
        "SELECT string_agg(params ->> 'to', ' ' ORDER BY id) FROM outbox WHERE template = 'tier'";
    assert_eq!(database.look(mails).await, "2 5", "letting go alone mails nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_at_once_raise_each_organization_once() {
    let database = Database::new().await;
    let mut tenants = Vec::new();
    for number in 0..10 {
        let tenant = Tenant::new(&database, &format!("owner{number}")).await;
        charged(&database, &tenant, 8, "75", "answered", false).await;
        tenants.push(tenant);
    }
    let other = database.another().await;
    for _ in 0..3 {
        let (one, two, budget) = tokio::join!(
            raise_tiers(database.store.clone()),
            raise_tiers(other.clone()),
            // Somebody who edits limits at the same time.
            database.store.set_threshold(
                &tenants[0].caller,
                domain::Scope::Org(tenants[0].org),
                domain::Period::Month,
                Level::Amount(Usd::from_dollars(1)),
            )
        );
        one.unwrap();
        two.unwrap();
        drop(budget);
    }
    let entries = "SELECT count(*) || ' ' || count(DISTINCT org_id) FROM audit_entries WHERE action = 'tier.set'";
    assert_eq!(database.look(entries).await, "10 10");
    let mails =
        "SELECT count(*) || ' ' || count(DISTINCT recipient) FROM outbox WHERE template = 'tier'";
    assert_eq!(database.look(mails).await, "10 10");
    let tiers = "SELECT string_agg(DISTINCT tier::text, ' ') FROM organizations";
    assert_eq!(database.look(tiers).await, "2");
}
