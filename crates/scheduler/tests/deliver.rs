//! Mails leave once, whoever sends them.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::sync::Arc;

use async_trait::async_trait;
use mail::Mailer;
use scheduler::{Link, Links, deliver};
use secrecy::SecretString;
use store::{StoreError, system::Mail};
use testkit::{Database, Tenant, smtp::Smtp};

fn mailer(smtp: &Smtp) -> Mailer {
    Mailer::new(&SecretString::from(smtp.url()), "exchequer@example.com".parse().unwrap()).unwrap()
}

/// All mails lead to one page, but those to `void@…`.
struct OnePage;

#[async_trait]
impl Links for OnePage {
    async fn link(&self, mail: &Mail) -> Result<Link, StoreError> {
        let void = mail.recipient.as_str().starts_with("void@");
        Ok(if void { Link::Void } else { Link::To("http://localhost/budgets".into()) })
    }
}

fn links() -> Arc<dyn Links> {
    Arc::new(OnePage)
}

/// As the ledger's functions write it.
async fn queue(database: &Database, tenant: &Tenant, recipient: &str, number: u32) {
    database
        .tamper(&format!(
            "INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient) VALUES ('{}', exq_id(), 'blocked',
                jsonb_build_object('organization', 'Mail {number}', 'zone', 'UTC', 'scope', 'org', 'scope_id', '{}',
                'scope_name', 'Mail {number}', 'period', 'month', 'starts', '2026-11-01T00:00:00Z',
                'ends', '2026-12-01T00:00:00Z', 'spent', '5.000000000000', 'budget', '5.000000000000',
                'since', '2026-11-24T10:00:00Z', 'crossings', '[]'::jsonb), '{}', '{recipient}')",
            tenant.org.uuid(),
            tenant.org.uuid(),
            tenant.user.uuid(),
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_send_each_of_a_hundred_mails_once() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let smtp = Smtp::start().await;
    let other = database.another().await;
    for number in 0..100 {
        queue(&database, &tenant, "owner@example.com", number).await;
        let (one, two) = tokio::join!(
            deliver(database.store.clone(), mailer(&smtp), links()),
            deliver(other.clone(), mailer(&smtp), links()),
        );
        one.unwrap();
        two.unwrap();
    }
    let mut subjects: Vec<String> =
        smtp.mails().iter().filter_map(|mail| mail.header("Subject")).collect();
    subjects.sort();
    subjects.dedup();
    assert_eq!((smtp.mails().len(), subjects.len()), (100, 100));
    assert_eq!(
        database.look("SELECT count(*) FROM outbox WHERE state = 'sent' AND attempts = 1").await,
        "100"
    );
}

#[tokio::test]
async fn what_the_server_answers_is_recorded() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let smtp = Smtp::start().await;
    for (number, persona) in (0..).zip(["ok", "p450", "p550", "d450", "d550", "cutafter"]) {
        queue(&database, &tenant, &format!("{persona}@example.com"), number).await;
    }
    deliver(database.store.clone(), mailer(&smtp), links()).await.unwrap();
    let states = database
        .look("SELECT string_agg(split_part(recipient, '@', 1) || ' ' || state, ', ' ORDER BY recipient) FROM outbox")
        .await;
    assert_eq!(
        states,
        "cutafter queued, d450 queued, d550 failed, ok sent, p450 queued, p550 failed"
    );
    // Nothing is tried again before its time; then it is, and a server that heals gets it.
    deliver(database.store.clone(), mailer(&smtp), links()).await.unwrap();
    assert_eq!(database.look("SELECT max(attempts) FROM outbox").await, "1");
    database.tamper("UPDATE outbox SET due_at = exq_now(), recipient = 'well@example.com' WHERE state = 'queued'").await;
    deliver(database.store.clone(), mailer(&smtp), links()).await.unwrap();
    assert_eq!(database.look("SELECT count(*) FROM outbox WHERE state = 'sent'").await, "4");
}

#[tokio::test]
async fn who_is_no_owner_any_more_gets_nothing() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let smtp = Smtp::start().await;
    queue(&database, &tenant, "owner@example.com", 1).await;
    database.tamper("UPDATE memberships SET role = 'reader'").await;
    deliver(database.store.clone(), mailer(&smtp), links()).await.unwrap();
    assert_eq!(database.look("SELECT state FROM outbox").await, "dropped");
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn a_claim_of_a_dead_node_lapses() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let smtp = Smtp::start().await;
    queue(&database, &tenant, "owner@example.com", 1).await;
    let claimed = database.store.system().claim_mails(10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    deliver(database.store.clone(), mailer(&smtp), links()).await.unwrap();
    assert!(smtp.mails().is_empty());
    database.tamper("UPDATE outbox SET due_at = exq_now()").await;
    deliver(database.store.clone(), mailer(&smtp), links()).await.unwrap();
    assert_eq!(smtp.mails().len(), 1);
    // The first one comes back to life: what it says no longer counts.
    let late = store::system::Sent::Never("late".to_owned());
    database.store.system().record_mail(&claimed[0], &late).await.unwrap();
    assert_eq!(database.look("SELECT state FROM outbox").await, "sent");
}

#[tokio::test]
async fn what_is_over_is_not_sent_and_a_strangers_address_is_forgotten() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let smtp = Smtp::start().await;
    queue(&database, &tenant, "void@example.com", 1).await;
    let nobody = "void@example.com".parse().unwrap();
    database.store.system().mail_reset(&nobody).await.unwrap();
    deliver(database.store.clone(), mailer(&smtp), links()).await.unwrap();
    assert_eq!(database.look("SELECT string_agg(state, ' ') FROM outbox").await, "dropped");
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn a_template_that_only_newer_nodes_know_waits_for_them() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let smtp = Smtp::start().await;
    queue(&database, &tenant, "owner@example.com", 1).await;
    database.tamper("UPDATE outbox SET template = 'poem'").await;
    deliver(database.store.clone(), mailer(&smtp), links()).await.unwrap();
    assert_eq!(database.look("SELECT state FROM outbox").await, "queued");
    database.tamper("UPDATE outbox SET template = 'blocked', due_at = exq_now()").await;
    deliver(database.store.clone(), mailer(&smtp), links()).await.unwrap();
    assert_eq!(database.look("SELECT state FROM outbox").await, "sent");
}
