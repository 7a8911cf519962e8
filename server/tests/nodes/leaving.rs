//! Clients that leave at any byte of a stream: each has its event, with the provider's usage where it
//! tells one.

use std::{collections::BTreeMap, time::Duration};

use testkit::{
    Database,
    provider::{Provider, Script},
    soak::{Random, seeds, tell},
};
use tokio::task::JoinSet;

use crate::program::{Customer, Program, head, leave_after};

const BODY: &str =
    r#"{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;
/// How many leave at once.
const AT_ONCE: usize = 20;

/// A stream of twenty words that takes its time; the provider tells its usage, or does not.
fn script(tells: bool) -> Script {
    let mut script = Script::stream();
    for word in 0..20 {
        script = script
            .piece(format!(
                "data: {{\"choices\":[{{\"delta\":{{\"content\":\"word{word} \"}}}}]}}\n\n"
            ))
            .pause(Duration::from_millis(4));
    }
    if tells {
        script = script.piece(
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":17,\"completion_tokens\":20,\"total_tokens\":37}}\n\n",
        );
    }
    script.piece("data: [DONE]\n\n").end()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_leaves_at_any_byte_of_a_stream_pays_what_the_provider_tells() {
    let database = Database::new().await;
    let offsets = seeds(100, 1_000);
    for tells in [true, false] {
        let customer = Customer::new(&database, if tells { "telling" } else { "mute" }).await;
        let provider = Provider::start().await.unwrap();
        provider.play(script(tells));
        let settings = [
            ("EXCHEQUER_UPSTREAM_URL", provider.url()),
            ("EXCHEQUER_UPSTREAM_KEY", "sk".to_owned()),
        ];
        let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
        let program = Program::start_with(&database.url, &settings).await;
        let request = format!("{}{BODY}", head(&customer.secret, "", BODY.len()));
        let mut whole = leave_after(program.port, &request, u64::MAX).await;
        for _ in 0..20 {
            if whole > 500 {
                break;
            }
            // On a busy machine a node that has just begun may answer 503.
            tokio::time::sleep(Duration::from_millis(100)).await;
            whole = leave_after(program.port, &request, u64::MAX).await;
        }
        assert!(whole > 500, "{whole}");
        let mut leaving = JoinSet::new();
        for seed in offsets.clone() {
            let (port, request) = (program.port, request.clone());
            let offset = Random::new(seed, u64::from(tells)).of(0..whole);
            leaving.spawn(async move { leave_after(port, &request, offset).await });
            if leaving.len() == AT_ONCE {
                leaving.join_next().await;
            }
        }
        leaving.join_all().await;
        let outcomes = booked(&database, &customer, &provider).await;
        let tokens = if tells { "answered 17 20" } else { "estimated" };
        let told = if tells { "usage told" } else { "no usage told" };
        let clients = offsets.end - offsets.start;
        tell(&format!("{clients} clients left a stream, {told}"), &format!("{outcomes:?}"));
        assert!(outcomes.keys().all(|outcome| outcome.starts_with(tokens)), "{outcomes:?}");
    }
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

/// Outcome and tokens of all events, once there is one for each request that reached the provider.
async fn booked(
    database: &Database,
    customer: &Customer,
    provider: &Provider,
) -> BTreeMap<String, usize> {
    let org = customer.org.uuid();
    let open = format!("SELECT count(*) FROM intents WHERE org_id = '{org}'");
    let events = format!("SELECT count(*) FROM events WHERE org_id = '{org}'");
    loop {
        let sent = provider.received().len();
        tokio::time::sleep(Duration::from_millis(300)).await;
        // Nothing is on its way any more.
        if database.look(&open).await == "0" && provider.received().len() == sent {
            assert_eq!(database.look(&events).await, sent.to_string());
            break;
        }
    }
    let outcomes = format!(
        "SELECT string_agg(outcome || ' ' || input + cached || ' ' || output, ',') FROM events WHERE org_id = '{org}'"
    );
    let mut counts = BTreeMap::new();
    for outcome in database.look(&outcomes).await.split(',') {
        *counts.entry(outcome.to_owned()).or_default() += 1;
    }
    counts
}
