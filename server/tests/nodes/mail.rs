//! A mail server that fails in every way while nodes tell of thresholds: each mail comes once when it
//! heals; one whose answer was lost may come twice, under the same id, and is known to.

use std::time::Duration;

use domain::{Level, Period, Scope, Usd};
use testkit::{
    Database,
    smtp::Smtp,
    soak::{is_full, tell},
};

use crate::{
    books,
    cluster::Cluster,
    program::{Customer, chat},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_mail_server_that_fails_in_any_way_gets_each_mail_when_it_heals() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    let smtp = Smtp::start().await;
    let url = smtp.url();
    let mail =
        [("EXCHEQUER_SMTP_URL", url.as_str()), ("EXCHEQUER_MAIL_FROM", "exchequer@example.com")];
    let cluster = Cluster::start_with(&database, 2, &mail).await;
    let mut ailments = vec!["p421", "p450", "p451", "p550", "d450", "cutbefore", "cutafter"];
    if is_full() {
        // A node waits 20 seconds for an answer.
        ailments.extend(["hang", "hangdot"]);
    }
    for (round, ailment) in (0_u16..).zip(&ailments) {
        smtp.ails(ailment);
        let taken = smtp.mails().len();
        let level = Level::Amount(Usd::from_pico((i128::from(round) + 1) * Usd::PICO / 10));
        let (store, scope) = (&database.store, Scope::Org(customer.org));
        store.set_threshold(&customer.caller, scope, Period::Month, level).await.unwrap();
        let port = cluster.doors.door(usize::from(round));
        let reply = chat(port, &customer.secret, "sandbox-dime", "", false).await.unwrap();
        assert_eq!(reply.status, 200);

        let tried = "SELECT count(*) FROM outbox WHERE answer IS NOT NULL AND state IN ('queued', 'failed')";
        while database.look(tried).await != "1" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Only after the final dot does the server have it.
        let has_it = ["cutafter", "hangdot"].contains(ailment);
        assert_eq!(smtp.mails().len(), taken + usize::from(has_it), "{ailment}");
        let failed = database.look("SELECT count(*) FROM outbox WHERE state = 'failed'").await;
        assert_eq!(failed == "1", *ailment == "p550", "{ailment}");
        smtp.heals();
        if *ailment == "p550" {
            // As the operator has it sent again.
            database.tamper("UPDATE outbox SET state = 'queued', attempts = 0").await;
        }
        while database.look("SELECT count(*) FROM outbox WHERE state = 'sent'").await != "1" {
            // As if the pause between tries were over.
            database.tamper("UPDATE outbox SET due_at = exq_now() WHERE state = 'queued'").await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let mails = &smtp.mails()[taken..];
        assert_eq!(mails.len(), 1 + usize::from(has_it), "{ailment}");
        let ids: Vec<_> = mails.iter().map(|mail| mail.header("Message-ID").unwrap()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ailment}: {ids:?}");
        let unsure = books::number(&database, "SELECT count(*) FROM outbox WHERE unsure > 0").await;
        // Who was cut off within the mail can't tell how much of it was heard.
        assert!(unsure == u64::from(has_it) || *ailment == "cutbefore", "{ailment}: {unsure}");
        database.tamper("DELETE FROM outbox").await;
    }
    tell(
        &format!("2 nodes, a mail server that fails: {ailments:?}"),
        "each mail once when it heals; twice under one id where the answer was lost, known to be unsure",
    );
}
