//! Heads of audit logs are mailed once a day, whoever does it.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::audit::SignedHead;
use scheduler::{SignHead, mail_heads};
use testkit::{Database, Tenant};

fn sign() -> SignHead {
    Arc::new(|head| Some(SignedHead { head, key: [1; 32], signature: [2; 64] }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_at_once_mail_each_head_once() {
    let database = Database::new().await;
    let mut tenants = Vec::new();
    for number in 0..20 {
        tenants.push(Tenant::new(&database, &format!("owner{number}")).await);
    }
    let other = database.another().await;
    let mails = "SELECT count(*) || ' ' || count(DISTINCT recipient) FROM outbox WHERE template = 'audit_head'";
    let both = || async {
        let (one, two) = tokio::join!(
            mail_heads(database.store.clone(), sign()),
            mail_heads(other.clone(), sign())
        );
        one.unwrap();
        two.unwrap();
        database.look(mails).await
    };
    assert_eq!(both().await, "0 0");
    database.advance(TimeDelta::days(1)).await;
    assert_eq!(both().await, "20 20");
    assert_eq!(both().await, "20 20");
    // One of them goes on.
    let name = "Goes on".parse().unwrap();
    database.store.edit_organization(&tenants[3].caller, &name, chrono_tz::UTC).await.unwrap();
    database.advance(TimeDelta::days(2)).await;
    assert_eq!(both().await, "21 20");
}

#[tokio::test]
async fn what_can_not_be_signed_waits() {
    let database = Database::new().await;
    Tenant::new(&database, "owner").await;
    database.advance(TimeDelta::days(1)).await;
    mail_heads(database.store.clone(), Arc::new(|_| None)).await.unwrap();
    assert_eq!(database.look("SELECT count(*) FROM audit_head_mails").await, "0");
    mail_heads(database.store.clone(), sign()).await.unwrap();
    assert_eq!(database.look("SELECT max(count) FROM audit_head_mails").await, "4");
}
