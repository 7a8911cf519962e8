//! What is taken back on one node is taken back on all: a second after a key was revoked, a budget
//! lowered or a member removed, nobody is admitted any more.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{Period, Scope, Usd};
use store::OwnKeys;
use testkit::{
    Database,
    soak::{is_full, tell},
};
use tokio::task::JoinSet;

use crate::{
    cluster::{Cluster, Doors},
    program::{Customer, chat, key},
};

/// Who asks without a pause.
const CLIENTS: usize = 16;

/// What is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Revoked,
    Lowered,
    Removed,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_admitted_a_second_after_a_change_on_another_node() {
    let database = Database::new().await;
    let cluster = Cluster::start(&database, 4).await;
    let requests = if is_full() { 10_000 } else { 400 };
    for change in [Change::Revoked, Change::Lowered, Change::Removed] {
        let customer = Customer::new(&database, &format!("{change:?}")).await;
        let (member, as_member) = customer.second_owner(&database).await;
        let (key, secret) = key(&database, &as_member, customer.project).await;
        let is_late = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let (doors, secret, is_late) =
                (cluster.doors.clone(), secret.clone(), Arc::clone(&is_late));
            let refusals = requests / CLIENTS;
            clients.spawn(async move { ask(&doors, &secret, client, &is_late, refusals).await });
        }
        // Everybody knows the key, on every node.
        let admitted =
            format!("SELECT count(*) >= 40 FROM events WHERE org_id = '{}'", customer.org.uuid());
        while database.look(&admitted).await != "true" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // A node that sleeps through it knows nothing when it wakes up.
        cluster.nodes[0].pause();
        let (store, caller, org) = (&database.store, &customer.caller, Scope::Org(customer.org));
        match change {
            Change::Revoked => store.revoke_api_key(caller, key).await.unwrap(),
            Change::Removed => store.remove_member(caller, member, OwnKeys::Revoked).await.unwrap(),
            Change::Lowered => {
                let spent = store.budget_status(caller, org, Period::Month).await.unwrap().spent;
                let less = Usd::from_pico(spent.pico() / 2);
                store.set_budget(caller, org, Period::Month, less).await.map(|_| ()).unwrap();
            }
        }
        let changed = database.look("SELECT exq_now()").await;
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        cluster.nodes[0].resume();
        is_late.store(true, Ordering::Relaxed);
        let late_ones: Vec<u16> = clients.join_all().await.into_iter().flatten().collect();
        let refused = late_ones.iter().filter(|status| [401, 429].contains(status)).count();
        assert!(!late_ones.contains(&200) && refused >= requests, "{change:?}: {refused}");
        let late = format!(
            "SELECT count(*) FROM events WHERE org_id = '{}' AND admitted_at > '{changed}'::timestamptz + interval '1 second'",
            customer.org.uuid()
        );
        assert_eq!(database.look(&late).await, "0", "{change:?}");
        tell(
            &format!("{change:?} on another node, {} requests a second later", late_ones.len()),
            &format!("{refused} refused, 0 admitted after a second"),
        );
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

/// Asks until it was refused so many times after it has become late; answers what was answered then.
async fn ask(
    doors: &Doors,
    key: &str,
    client: usize,
    is_late: &AtomicBool,
    refusals: usize,
) -> Vec<u16> {
    let (mut statuses, mut refused, mut turn) = (Vec::new(), 0, client);
    while refused < refusals {
        turn += 1;
        let late = is_late.load(Ordering::Relaxed);
        let Some(reply) = chat(doors.door(turn), key, "sandbox-dime", "", false).await else {
            continue;
        };
        match reply.status {
            200 => {}
            401 | 429 => refused += usize::from(late),
            // A node that slept must find out first.
            503 => tokio::time::sleep(Duration::from_millis(50)).await,
            _ => panic!("{reply:?}"),
        }
        if late {
            statuses.push(reply.status);
        }
    }
    statuses
}
