//! Who deleted an account is erased from the audit logs by the jobs of whatever nodes run.

mod support;

use std::time::Duration;

use chrono::TimeDelta;
use domain::{NodeId, Origin};
use store::system::Deletion;
use testkit::{Database, Tenant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

#[tokio::test]
async fn two_nodes_erase_who_deleted_an_account() {
    let database = Database::new().await;
    let (gone, stays) =
        (Tenant::new(&database, "gone").await, Tenant::new(&database, "stays").await);
    let (org, heir) = (gone.org.uuid(), stays.user.uuid());
    let heir = format!(
        "INSERT INTO memberships (org_id, user_id, role) VALUES ('{org}', '{heir}', 'owner')"
    );
    database.tamper(&heir).await;
    let deleted = database.store.system().delete_account(gone.user, &Origin::default()).await;
    assert_eq!(deleted.unwrap(), Deletion::Done);
    database.advance(TimeDelta::minutes(2)).await;

    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    for store in [&database.store, &database.another().await] {
        scheduler::start(NodeId::generate(), store, support::tools(), &tasks, &stop);
    }
    while database.look("SELECT count(*) FROM erasures").await != "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    let left = database.look("SELECT string_agg(personal::text, ' ') FROM audit_entries").await;
    assert!(!left.contains("gone@example.com") && left.contains("stays@example.com"), "{left}");
}
