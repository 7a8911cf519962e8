//! Connections to the database that break at any moment, also between a commit and its answer: nothing
//! is lost, and nothing booked twice.

use std::time::Duration;

use domain::{Period, Scope, Usd};
use testkit::{
    Database, Wire,
    soak::{Random, seeds, tell},
};

use crate::{
    books,
    cluster::{Cluster, SMALL},
    load::Load,
    program::{Customer, Program},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_that_break_at_any_moment_lose_nothing_and_book_nothing_twice() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    let mut wires = Vec::new();
    let mut cluster = Cluster::start(&database, 0).await;
    for _ in 0..3 {
        let wire = Wire::to(&database.url).await;
        cluster.add(Program::start_with(&wire.url, &SMALL).await);
        wires.push(wire);
    }
    let load = Load::start(&cluster.doors, &customer.secret, 96, 1);
    let mut random = Random::new(1, 0);
    let cuts = seeds(40, 500);
    for _ in cuts.clone() {
        tokio::time::sleep(Duration::from_millis(random.of(5..250))).await;
        let wire = &wires[usize::try_from(random.of(0..3)).unwrap()];
        if random.of(0..2) == 0 {
            wire.cut();
        } else {
            wire.lose_answer();
        }
    }
    // Some more fit, and then no more: what was lost on the way would let one too many pass.
    let (store, scope) = (&database.store, Scope::Org(customer.org));
    let status = store.budget_status(&customer.caller, scope, Period::Month).await.unwrap();
    let amount = status.spent.plus(status.held).plus(Usd::from_dollars(10));
    store.set_budget(&customer.caller, scope, Period::Month, amount).await.unwrap();
    for wire in &wires {
        wire.lose_answer();
        wire.cut();
    }
    let seen = load.finish().await;
    books::settled(&database, customer.org).await;
    books::agree(&database, &seen).await;
    let spent = store.budget_status(&customer.caller, scope, Period::Month).await.unwrap().spent;
    assert_eq!(spent, amount);
    let lost: u64 = wires.iter().map(Wire::lost_answers).sum();
    assert!(lost > (cuts.end - cuts.start) / 4, "{lost}");
    let events = books::number(&database, "SELECT count(*) FROM events").await;
    tell(
        &format!("{} cuts, {lost} between commit and answer", cuts.end - cuts.start),
        &format!("{} replies, {events} events, 0 lost, 0 double", seen.admitted.len()),
    );
}
