//! The four reasons for which a budget may be exceeded, one after the other: the sampler names each.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use domain::{Period, Scope, Usd};
use store::NewRaise;
use testkit::{
    Database,
    provider::{Provider, Script},
    soak::tell,
};

use crate::{
    program::{Customer, Program, chat},
    sampler::{Reason, Sampler},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_reason_for_which_a_budget_is_exceeded_is_named() {
    let database = Database::new().await;
    let provider = Provider::start().await.unwrap();
    // More than it could have cost: its bound counts the body's bytes and one token of output.
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5000000,"total_tokens":5000009}}"#;
    provider.play(Script::json(200, usage));
    let upstream = provider.url();
    let settings = [("EXCHEQUER_UPSTREAM_URL", upstream.as_str()), ("EXCHEQUER_SANDBOX", "on")];
    let program = Program::start_with(&database.url, &settings).await;
    for reason in [Reason::Lowered, Reason::RaiseEnded, Reason::Corrected, Reason::Beyond] {
        let customer = Customer::new(&database, &format!("{reason:?}")).await;
        let (store, caller) = (&database.store, &customer.caller);
        let scope = Scope::Org(customer.org);
        let one = Usd::from_dollars(1);
        let budget = store.set_budget(caller, scope, Period::Month, one).await.unwrap();
        if reason == Reason::RaiseEnded {
            let raise = NewRaise {
                amount: Usd::from_dollars(2),
                starts: None,
                ends: Utc::now() + TimeDelta::hours(1),
                reason: "Month end".parse().unwrap(),
            };
            store.raise_budget(caller, budget, &raise).await.unwrap();
        }
        let sampler = Sampler::start(&database.admin, customer.org);
        let dimes = match reason {
            Reason::Lowered | Reason::Corrected => 10,
            Reason::RaiseEnded => 15,
            Reason::Beyond => 9,
        };
        // One whose usage nobody told can be corrected.
        let steer = if reason == Reason::Corrected { "omit_usage" } else { "" };
        for _ in 0..dimes {
            let reply =
                chat(program.port, &customer.secret, "sandbox-dime", steer, false).await.unwrap();
            assert_eq!(reply.status, 200, "{reply:?}");
        }
        happen(&database, &program, &customer, reason).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let refused =
            chat(program.port, &customer.secret, "sandbox-dime", "", false).await.unwrap();
        assert_eq!(refused.status, 429, "{refused:?}");
        let samples = sampler.finish().await;
        assert_eq!(samples.faults, [""; 0], "{reason:?}");
        assert_eq!(samples.exceeded.keys().copied().collect::<Vec<_>>(), [reason]);
        tell(&format!("A budget exceeded: {reason:?}"), &samples.to_string());
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

/// What exceeds the budget of a dollar.
async fn happen(database: &Database, program: &Program, customer: &Customer, reason: Reason) {
    let (store, caller, scope) = (&database.store, &customer.caller, Scope::Org(customer.org));
    match reason {
        Reason::Lowered => {
            let half = "0.5".parse().unwrap();
            store.set_budget(caller, scope, Period::Month, half).await.map(|_| ()).unwrap();
        }
        Reason::RaiseEnded => {
            database.tamper("UPDATE raises SET ends = exq_now()").await;
        }
        Reason::Corrected => {
            let event = store.doubtful(caller, None).await.unwrap().rows[0].id;
            let why = "Invoice".parse().unwrap();
            // Most models can cost more than they did; this one can't.
            database.tamper("UPDATE events SET bound = 1").await;
            store.correct_charge(caller, event, "0.4".parse().unwrap(), &why).await.unwrap();
        }
        Reason::Beyond => {
            let reply =
                chat(program.port, &customer.secret, "gpt-4o-mini", "", false).await.unwrap();
            assert_eq!(reply.status, 200, "{reply:?}");
        }
    }
}
