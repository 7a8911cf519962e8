//! Two programs, 32 clients each, answers after 0 to 500 ms, a budget of exactly N: N pass.

use domain::{Period, Scope};
use testkit::Database;
use tokio::task::JoinSet;

use crate::program::{Customer, Program, chat};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_n_pass_through_two_programs() {
    let database = Database::new().await;
    let ports = [Program::start(&database).await, Program::start(&database).await];
    let mut rounds = JoinSet::new();
    for round in 0..20_u32 {
        let customer = Customer::new(&database, &format!("customer{round}")).await;
        let budget = [1, 9, 20, 37, 60][round as usize % 5];
        let amount = format!("{}.{}", budget / 10, budget % 10).parse().unwrap();
        let scope = [Scope::Org(customer.org), Scope::Key(customer.key)][round as usize % 2];
        database.store.set_budget(&customer.caller, scope, Period::Month, amount).await.unwrap();
        let ports = [ports[0].port, ports[1].port];
        rounds.spawn(async move { (round, budget, passed(&customer.secret, ports, round).await) });
        // Five at once.
        if rounds.len() == 5 {
            let (round, budget, passed) = rounds.join_next().await.unwrap().unwrap();
            assert_eq!(passed, budget, "round {round}");
        }
    }
    for (round, budget, passed) in rounds.join_all().await {
        assert_eq!(passed, budget, "round {round}");
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
    assert_eq!(
        database.look("SELECT sum(held) + sum(running) FROM counters").await,
        "0.000000000000"
    );
    let overrun =
        "SELECT count(*) FROM counters k JOIN budgets b USING (org_id, scope, scope_id, period)
        WHERE k.spent <> b.amount";
    assert_eq!(database.look(overrun).await, "0");
}

/// How many of 64 clients were answered; the others must have been refused.
async fn passed(key: &str, ports: [u16; 2], round: u32) -> u32 {
    let mut clients = JoinSet::new();
    for client in 0..64_u32 {
        let (key, port) = (key.to_owned(), ports[client as usize % 2]);
        let delay = (client * 131 + round * 57) % 500;
        clients.spawn(async move {
            let sandbox = format!("delay_ms={delay}");
            let reply = chat(port, &key, "sandbox-dime", &sandbox, client % 4 < 2).await.unwrap();
            match reply.status {
                200 => 1,
                429 => 0,
                _ => panic!("{reply:?}"),
            }
        });
    }
    clients.join_all().await.into_iter().sum()
}
