//! A database that stops as by a power cut and comes back: what was answered is booked, what was not
//! booked was not answered.

use std::time::Duration;

use domain::{Period, Scope, Usd};
use testkit::{
    Database, Postgres,
    soak::{Random, seeds, tell},
};

use crate::{books, cluster::Cluster, load::Load, program::Customer};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_stops_at_once_and_comes_back_loses_no_reply() {
    let mut postgres = Postgres::start().await;
    let database = Database::on(&postgres.url()).await;
    let customer = Customer::new(&database, "customer").await;
    let cluster = Cluster::start(&database, 2).await;
    let load = Load::start(&cluster.doors, &customer.secret, 64, 2);
    let mut random = Random::new(2, 0);
    let stops = seeds(3, 20);
    let events = "SELECT count(*) FROM events";
    for _ in stops.clone() {
        tokio::time::sleep(Duration::from_millis(random.of(100..700))).await;
        postgres.stop_immediately();
        tokio::time::sleep(Duration::from_millis(random.of(0..2_000))).await;
        postgres.go_on().await;
        // The nodes find it by themselves.
        let before = books::number(&database, events).await;
        while books::number(&database, events).await < before + 20 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let (store, scope) = (&database.store, Scope::Org(customer.org));
    let used = async || {
        let status = store.budget_status(&customer.caller, scope, Period::Month).await.unwrap();
        status.spent.plus(status.held)
    };
    // Until then nothing holds the load: more may be spent than was to be set.
    let amount = loop {
        let amount = used().await.plus(Usd::from_dollars(5));
        store.set_budget(&customer.caller, scope, Period::Month, amount).await.unwrap();
        if used().await <= amount {
            break amount;
        }
    };
    let seen = load.finish().await;
    books::settled(&database, customer.org).await;
    books::agree(&database, &seen).await;
    let spent = store.budget_status(&customer.caller, scope, Period::Month).await.unwrap().spent;
    assert_eq!(spent, amount);
    let (replies, events) = (seen.admitted.len(), books::number(&database, events).await);
    tell(
        &format!("PostgreSQL stopped at once, {} times", stops.end - stops.start),
        &format!("{replies} replies, {events} events, 0 lost, 0 double; 503 {}", seen.unavailable),
    );
}
