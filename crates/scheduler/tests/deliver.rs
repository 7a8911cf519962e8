//! Mails leave once, whoever sends them.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

use std::sync::Arc;

use async_trait::async_trait;
use domain::Rhythm;
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

    fn mute(&self, _: &Mail) -> SecretString {
        "http://localhost/mute".into()
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
async fn a_report_is_sent_with_the_way_to_stop_it() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let smtp = Smtp::start().await;
    let store = &database.store;
    let listed = ["cfo@example.com".parse().unwrap()];
    store.set_report(&tenant.caller, Rhythm::Weekly, &listed).await.unwrap();
    store.send_report(&tenant.caller, Rhythm::Monthly).await.unwrap();
    store.send_test_alert(&tenant.caller).await.unwrap();
    database.tamper("UPDATE reports SET due_at = exq_now()").await;
    assert!(store.system().tell_report().await.unwrap());
    let address = "cfo@example.com".parse().unwrap();
    store.system().set_muted(tenant.org, &address, true).await.unwrap();
    deliver(store.clone(), mailer(&smtp), links()).await.unwrap();
    let mut mails: Vec<_> = smtp
        .mails()
        .iter()
        .map(|mail| {
            let subject = mail.header("Subject").unwrap_or_default();
            (subject[..subject.len().min(20)].to_owned(), mail.header("List-Unsubscribe"))
        })
        .collect();
    mails.sort();
    let mute = Some("<http://localhost/mute>".to_owned());
    let owners = [
        ("Test: alerts of owne".to_owned(), None),
        ("owner: $0.00 spent f".to_owned(), mute.clone()),
        ("owner: $0.00 spent i".to_owned(), mute),
    ];
    assert_eq!(mails, owners);
    let states = "SELECT string_agg(recipient || ' ' || state || COALESCE(' ' || answer, ''), ', ') FROM outbox WHERE state <> 'sent'";
    assert_eq!(database.look(states).await, "cfo@example.com dropped stopped by the recipient");
}

/// The state of the only mail, and how often nobody heard the answer.
const STATE: &str = "SELECT state || ' ' || unsure FROM outbox";

/// Tries until the mail is done with, as if the pauses between tries were over.
async fn deliver_until_done(database: &Database, mailer: &Mailer) {
    for _ in 0..10 {
        database
            .tamper("UPDATE outbox SET due_at = exq_now() WHERE state IN ('queued', 'sending')")
            .await;
        deliver(database.store.clone(), mailer.clone(), links()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_heals_gets_each_mail_once() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let smtp = Smtp::start().await;
    let mailer = mailer(&smtp);
    for (number, persona) in
        (0..).zip(["p421", "p450", "p550", "d450", "d550", "hang", "cutbefore"])
    {
        database.tamper("DELETE FROM outbox").await;
        queue(&database, &tenant, "owner@example.com", number).await;
        smtp.ails(persona);
        let patience = std::time::Duration::from_millis(300);
        let tried = deliver(database.store.clone(), mailer.clone(), links());
        // A node that is stopped while a server hangs leaves its claim to lapse.
        let tried = tokio::time::timeout(patience, tried).await;
        assert_eq!(tried.is_err(), persona == "hang", "{persona}");
        let state = database.look("SELECT state FROM outbox").await;
        let refused = ["p550", "d550"].contains(&persona);
        assert_eq!(state == "failed", refused, "{persona}: {state}");
        assert_eq!(smtp.mails().len(), number as usize, "{persona}");
        smtp.heals();
        if refused {
            // As the operator has it sent again.
            database.tamper("UPDATE outbox SET state = 'queued', attempts = 0").await;
        }
        deliver_until_done(&database, &mailer).await;
        assert!(database.look(STATE).await.starts_with("sent"), "{persona}");
        assert_eq!(smtp.mails().len(), number as usize + 1, "{persona}");
    }
}

#[tokio::test]
async fn a_mail_whose_answer_is_lost_comes_at_most_twice_and_says_so() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let smtp = Smtp::start().await;
    let mailer = mailer(&smtp);
    queue(&database, &tenant, "owner@example.com", 1).await;
    smtp.ails("cutafter");
    deliver(database.store.clone(), mailer.clone(), links()).await.unwrap();
    assert_eq!(database.look(STATE).await, "queued 1");
    smtp.heals();
    deliver_until_done(&database, &mailer).await;
    assert_eq!(database.look(STATE).await, "sent 1");
    let ids = |from: usize| -> Vec<_> {
        smtp.mails()[from..].iter().map(|mail| mail.header("Message-ID").unwrap()).collect()
    };
    assert_eq!((ids(0).len(), &ids(0)[0]), (2, &ids(0)[1]));
    // A server that never answers gets it twice, not a thousand times.
    database.tamper("DELETE FROM outbox").await;
    queue(&database, &tenant, "owner@example.com", 2).await;
    smtp.ails("cutafter");
    deliver_until_done(&database, &mailer).await;
    assert_eq!(database.look(STATE).await, "failed 2");
    assert!(database.look("SELECT answer FROM outbox").await.contains("may have it"));
    assert_eq!((ids(2).len(), &ids(2)[0]), (2, &ids(2)[1]));
    // A node that died while sending may have sent it.
    database.tamper("DELETE FROM outbox").await;
    queue(&database, &tenant, "owner@example.com", 3).await;
    smtp.heals();
    assert_eq!(database.store.system().claim_mails(1).await.unwrap().len(), 1);
    deliver_until_done(&database, &mailer).await;
    assert_eq!(database.look(STATE).await, "sent 1");
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
