//! Eight nodes that reach one threshold at the same moment: it is crossed once, and mailed once to
//! each owner.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use domain::{Level, Period, Scope, Usd};
use testkit::{
    Database,
    smtp::Smtp,
    soak::{Random, seeds, tell},
};
use tokio::task::JoinSet;

use crate::{
    cluster::Cluster,
    program::{Customer, chat},
};

const NODES: usize = 8;
/// A window has only so many thresholds; those of earlier rounds are taken back.
const KEPT: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_nodes_cross_a_threshold_once_and_mail_each_owner_once() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    customer.second_owner(&database).await;
    let smtp = Smtp::start().await;
    let url = smtp.url();
    let mail =
        [("EXCHEQUER_SMTP_URL", url.as_str()), ("EXCHEQUER_MAIL_FROM", "exchequer@example.com")];
    let cluster = Cluster::start_with(&database, NODES, &mail).await;
    let (store, scope) = (&database.store, Scope::Org(customer.org));
    let rounds = seeds(10, 1_000);
    let mut thresholds = VecDeque::new();
    for round in rounds.clone() {
        // Reached by any of the eight, in any of their batches.
        let nth = Random::new(round, 0).of(1..NODES as u64 + 1);
        let dimes = i128::from(round) * NODES as i128 + i128::from(nth);
        let level = Level::Amount(Usd::from_pico(dimes * Usd::PICO / 10));
        let set = store.set_threshold(&customer.caller, scope, Period::Month, level).await.unwrap();
        assert!(!set.already_passed);
        thresholds.push_back(set.id);
        if thresholds.len() > KEPT {
            let oldest = thresholds.pop_front().unwrap();
            store.remove_threshold(&customer.caller, oldest).await.unwrap();
        }
        let mut requests = JoinSet::new();
        for node in 0..NODES {
            let (port, key) = (cluster.doors.door(node), customer.secret.clone());
            requests.spawn(async move {
                loop {
                    let reply = chat(port, &key, "sandbox-dime", "delay_ms=50", false).await;
                    // As clients do: eight nodes are many for some machines.
                    if reply.as_ref().is_none_or(|reply| reply.status != 503) {
                        return reply;
                    }
                }
            });
        }
        let replies = requests.join_all().await;
        for reply in replies {
            let reply = reply.unwrap();
            assert_eq!(reply.status, 200, "{reply:?}");
        }
    }
    let count = usize::try_from(rounds.end - rounds.start).unwrap();
    assert_eq!(database.look("SELECT count(*) FROM crossings").await, count.to_string());
    assert_eq!(database.look("SELECT count(*) FROM outbox").await, (2 * count).to_string());
    while database.look("SELECT count(*) FROM outbox WHERE state <> 'sent'").await != "0" {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut mails: HashMap<(String, String), usize> = HashMap::new();
    for mail in smtp.mails() {
        *mails.entry((mail.to.join(","), mail.header("Message-ID").unwrap())).or_default() += 1;
    }
    assert_eq!(mails.len(), 2 * count);
    assert!(mails.values().all(|times| *times == 1), "{mails:?}");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    tell(
        &format!("{NODES} nodes reach {count} thresholds at once"),
        &format!("{count} crossings, {} mails to 2 owners, each once", mails.len()),
    );
}
