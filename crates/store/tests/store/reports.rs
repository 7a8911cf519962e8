//! Reports come once for each window, to whom they shall, and tell what the ledger booked.

use chrono::{DateTime, Utc};
use domain::{Environment, Name, Rhythm, Role};
use store::{Conflict, StoreError, system::ReportOf};
use testkit::{Database, Tenant};

use crate::{
    people::member,
    support::{Running, answered, price, request, usd},
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Who is mailed which window, of the mails that are there.
async fn mailed(database: &Database) -> String {
    database
        .look(
            "SELECT COALESCE(string_agg(recipient || ' ' || (params->>'rhythm') || ' ' || left(params->>'starts', 10), ', '
                ORDER BY created_at, recipient), '') FROM outbox WHERE template = 'report'",
        )
        .await
}

async fn due(database: &Database) -> String {
    database
        .look("SELECT string_agg(left(due_at::text, 16), ', ' ORDER BY rhythm) FROM reports")
        .await
}

#[tokio::test]
async fn each_window_is_told_once_whoever_looks_and_whenever() {
    let database = Database::new().await;
    // A Wednesday.
    database.stop_clock(at("2026-11-18T09:00:00Z")).await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let other = database.another().await;
    let listed = ["cfo@example.com", "Owner@example.com"].map(|it| it.parse().unwrap());
    store.set_report(caller, Rhythm::Weekly, &listed).await.unwrap();
    store.set_report(caller, Rhythm::Monthly, &[]).await.unwrap();
    assert_eq!(due(&database).await, "2026-12-01 08:00, 2026-11-23 08:00");
    let told = async || {
        let mut told = 0;
        loop {
            let (one, two) =
                tokio::join!(store.system().tell_report(), other.system().tell_report());
            let both = u32::from(one.unwrap()) + u32::from(two.unwrap());
            told += both;
            if both == 0 {
                return told;
            }
        }
    };
    database.set_clock(at("2026-11-23T07:59:59Z")).await;
    assert_eq!((told().await, mailed(&database).await), (0, String::new()));

    // The owner, whose address is on the list too, is mailed once.
    database.set_clock(at("2026-11-23T08:00:00Z")).await;
    assert_eq!(told().await, 1);
    assert_eq!(told().await, 0);
    let first = "cfo@example.com week 2026-11-16, owner@example.com week 2026-11-16";
    assert_eq!(mailed(&database).await, first);
    assert_eq!(due(&database).await, "2026-12-01 08:00, 2026-11-30 08:00");

    // Another list changes nothing of when; after a month without this program each report comes once,
    // of the window that was over last.
    store.set_report(caller, Rhythm::Weekly, &[]).await.unwrap();
    assert_eq!(due(&database).await, "2026-12-01 08:00, 2026-11-30 08:00");
    database.tamper("DELETE FROM outbox").await;
    database.set_clock(at("2026-12-30T12:00:00Z")).await;
    assert_eq!(told().await, 2);
    assert_eq!(told().await, 0);
    let month = "owner@example.com month 2026-11-01";
    assert!(mailed(&database).await.contains(month), "{}", mailed(&database).await);
    let week = "owner@example.com week 2026-12-21";
    assert!(mailed(&database).await.contains(week), "{}", mailed(&database).await);
    assert_eq!(due(&database).await, "2027-01-01 08:00, 2027-01-04 08:00");

    // A closed organization gets none, and a report that was stopped does not come.
    database.tamper("DELETE FROM outbox").await;
    store.remove_report(caller, Rhythm::Monthly).await.unwrap();
    database.tamper("UPDATE organizations SET closed_at = exq_now()").await;
    database.set_clock(at("2027-01-05T00:00:00Z")).await;
    assert_eq!((told().await, mailed(&database).await), (0, String::new()));
    database.tamper("UPDATE organizations SET closed_at = NULL").await;
    assert_eq!(told().await, 1);
    assert_eq!(mailed(&database).await, "owner@example.com week 2026-12-28");
}

#[tokio::test]
async fn a_report_tells_what_was_booked() {
    let database = Database::new().await;
    database.stop_clock(at("2026-11-11T09:00:00Z")).await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let name: Name = "Rehearsal".parse().unwrap();
    let rehearsal = store.create_rehearsal(caller, &name, Environment::Staging).await.unwrap();
    let (rehearsed, _) = Tenant::key(store, caller, rehearsal).await;
    let model = price(&database, "sandbox-dime").await;
    let node = Running::new(store).await;
    let spend = async |charge: &str| {
        let asked = request(&tenant, &model, "0.90");
        node.ledger.reserve(asked).await.unwrap().settle(answered(charge)).await;
    };
    spend("0.20").await;
    database.set_clock(at("2026-11-17T09:00:00Z")).await;
    spend("0.30").await;
    database.set_clock(at("2026-11-19T23:59:59Z")).await;
    spend("0.000000000001").await;
    let mut practised = request(&tenant, &model, "0.90");
    (practised.project, practised.key) = (rehearsal, rehearsed);
    node.ledger.reserve(practised).await.unwrap().settle(answered("0.80")).await;
    database.set_clock(at("2026-11-23T00:00:00Z")).await;
    spend("0.50").await;
    node.finish().await;

    let week = ReportOf {
        zone: "UTC".to_owned(),
        rhythm: "week".to_owned(),
        starts: at("2026-11-16T00:00:00Z"),
        ends: at("2026-11-23T00:00:00Z"),
    };
    assert_eq!(week.dates().unwrap().1.to_string(), "2026-11-22");
    for folded in [false, true] {
        if folded {
            store.system().fold().await.unwrap();
        }
        let told = store.system().report(tenant.org, &week).await.unwrap();
        assert_eq!(
            (told.totals.charge, told.before),
            (usd("0.300000000001"), usd("0.20")),
            "folded: {folded}"
        );
        assert_eq!((told.totals.requests, told.refused), (2, 0));
        let days: Vec<_> = told.days.iter().map(|(_, spent)| spent.to_string()).collect();
        assert_eq!(told.days.len(), 7);
        assert_eq!(days[1], usd("0.30").to_string());
        assert_eq!(days[3], usd("0.000000000001").to_string());
        assert_eq!(told.projects, [("Search".to_owned(), told.totals.charge)]);
        assert_eq!(told.models, [("sandbox-dime".to_owned(), told.totals.charge)]);
    }
    let nobody = store.system().report(domain::OrgId::generate(), &week).await.unwrap();
    assert_eq!((nobody.totals.requests, nobody.projects.len()), (0, 0));
}

#[tokio::test]
async fn reports_are_for_owners_and_not_to_flood_a_mailbox() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let (_, reader) = member(&database, &tenant, "reader", Role::Reader).await;
    let refused = store.set_report(&reader, Rhythm::Weekly, &[]).await;
    assert!(matches!(refused, Err(StoreError::Forbidden(_))), "{refused:?}");
    assert!(matches!(store.reports(&reader).await, Err(StoreError::Forbidden(_))));
    assert!(matches!(
        store.send_report(&reader, Rhythm::Weekly).await,
        Err(StoreError::Forbidden(_))
    ));
    let many: Vec<_> = (0..11).map(|n| format!("a{n}@example.com").parse().unwrap()).collect();
    let refused = store.set_report(caller, Rhythm::Weekly, &many).await;
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::ThresholdAddresses))));
    let missing = store.remove_report(caller, Rhythm::Weekly).await;
    assert!(matches!(missing, Err(StoreError::NotFound)), "{missing:?}");
    // Of a new organization the running window is told.
    let mute = async || {
        let address = "owner@example.com".parse().unwrap();
        store.system().set_muted(tenant.org, &address, true).await.unwrap();
    };
    mute().await;
    for _ in 0..10 {
        store.send_report(caller, Rhythm::Monthly).await.unwrap();
    }
    assert_eq!(database.look("SELECT count(*) FROM muted").await, "0");
    let flooded = store.send_report(caller, Rhythm::Monthly).await;
    assert!(matches!(flooded, Err(StoreError::Conflict(Conflict::OwnMails))));
    // A test alert is one of them. Who asks for a mail had not meant this one when stopping others.
    assert!(matches!(
        store.send_test_alert(caller).await,
        Err(StoreError::Conflict(Conflict::OwnMails))
    ));
    database.tamper("DELETE FROM outbox; UPDATE users SET verified_at = NULL").await;
    let unverified = store.send_report(caller, Rhythm::Monthly).await;
    assert!(matches!(unverified, Err(StoreError::Conflict(Conflict::OwnMailUnverified))));
}
