//! `kill -9` of a node while requests run.

use std::time::Duration;

use testkit::Database;
use tokio::task::JoinSet;

use crate::program::{Customer, Program, chat};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_killed_node_left_open_is_booked_at_its_bound() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    let (mut dying, living) = (Program::start(&database).await, Program::start(&database).await);
    let mut clients = JoinSet::new();
    for client in 0..50_u64 {
        let (key, port) = (customer.secret.clone(), dying.port);
        let slow = format!("delay_ms={}", (client / 2) * 160);
        clients
            .spawn(async move { chat(port, &key, "sandbox-dime", &slow, client % 2 == 0).await });
    }
    let some = "SELECT (SELECT count(*) FROM events) > 5 AND (SELECT count(*) FROM intents) > 5";
    while database.look(some).await != "true" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    dying.kill();
    let replies = clients.join_all().await;
    let answered: Vec<_> = replies
        .into_iter()
        .flatten()
        .filter(|reply| reply.status == 200 && reply.complete)
        .collect();
    assert!(
        (1..50).contains(&answered.len()),
        "{} of 50 were answered before the kill",
        answered.len()
    );
    for reply in &answered {
        let id = reply.id.parse::<domain::EventId>().unwrap().uuid();
        let events = format!(
            "SELECT string_agg(outcome || ' ' || charge, ',') FROM events WHERE id = '{id}'"
        );
        assert_eq!(database.look(&events).await, "answered 0.100000000000", "{}", reply.body);
    }
    // The living node finds the dead one by itself.
    while database.look("SELECT count(*) FROM intents").await != "0" {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let interrupted = database
        .look("SELECT count(*) FROM events WHERE outcome = 'interrupted' AND charge = bound")
        .await;
    let finished = database.look("SELECT count(*) FROM events WHERE outcome = 'answered'").await;
    assert_eq!(interrupted.parse::<usize>().unwrap() + finished.parse::<usize>().unwrap(), 50);
    assert!(finished.parse::<usize>().unwrap() >= answered.len());
    assert_eq!(
        database.look("SELECT sum(held) + sum(running) FROM counters").await,
        "0.000000000000"
    );
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    assert_eq!(living.chat(&customer.secret, "sandbox-dime", "", false).await.unwrap().status, 200);
}
