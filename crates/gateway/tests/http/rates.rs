//! Rate limits: OpenAI's headers, windows of the clock, exactly as many as there may be.

use domain::{Rate, Rates};
use http::{Method, StatusCode};
use testkit::Database;

use crate::app::{App, Reply, chat};

/// What a model may, in the order of [`Rates::NAMES`].
async fn allow(app: &App, model: &str, rates: [Option<u64>; 4]) {
    let (store, tenant) = (&app.database.store, &app.tenant);
    let rates = Rates::from_all(rates.map(|rate| rate.and_then(Rate::new)));
    store.set_rate_limit(&tenant.caller, tenant.project, model, rates).await.unwrap();
}

/// Lets the database's clock go on from this instant.
async fn clock(database: &Database, at: &str) {
    let now = database.look("SELECT clock_timestamp()").await;
    database
        .tamper(&format!(
            "CREATE OR REPLACE FUNCTION exq_now() RETURNS timestamptz LANGUAGE sql VOLATILE
             AS $$ SELECT timestamptz '{at}' + (clock_timestamp() - timestamptz '{now}') $$"
        ))
        .await;
}

fn number(reply: &Reply, name: &str) -> u64 {
    reply.header(name).parse().unwrap()
}

/// The answer as soon as it is a good one: a node remembers a refusal for a quarter of a second, in
/// which only a test moves the clock by a minute.
async fn passes(app: &App, model: &str) -> Reply {
    for _ in 0..100 {
        let reply = app.sandbox(model, "", "").await;
        if reply.status == StatusCode::OK {
            return reply;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    app.sandbox(model, "", "").await
}

/// Refused by a rate limit that lets requests through again after so many seconds at most.
fn is_refused(reply: &Reply, kind: &str, within: u64) {
    assert_eq!(reply.error(), (429, "rate_limit_exceeded".to_owned()));
    assert_eq!(reply.json()["error"]["type"], kind);
    let after = number(reply, "retry-after");
    assert!((1..=within).contains(&after), "{reply:?}");
    assert_eq!(reply.headers.contains_key("x-should-retry"), after > 120, "{reply:?}");
    assert_eq!(reply.header(&format!("x-ratelimit-remaining-{kind}")), "0");
}

#[tokio::test]
async fn requests_of_a_minute_are_told_and_counted() {
    let app = App::new().await;
    allow(&app, "sandbox-dime", [Some(2), None, None, None]).await;
    clock(&app.database, "2027-01-05T10:00:01Z").await;
    for remaining in ["1", "0"] {
        let reply = app.sandbox("sandbox-dime", "", "").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("x-ratelimit-limit-requests"), "2");
        assert_eq!(reply.header("x-ratelimit-remaining-requests"), remaining);
        let reset = reply.header("x-ratelimit-reset-requests");
        assert!(reset.ends_with('s') && !reset.ends_with("ms") && !reset.contains('m'), "{reset}");
        assert!(!reply.headers.contains_key("x-ratelimit-limit-tokens"));
    }
    let refused = app.sandbox("sandbox-dime", "", "").await;
    is_refused(&refused, "requests", 59);
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("requests per minute: limit 2, used 2, requested 1"), "{message}");
    // Another model has its own.
    assert_eq!(app.sandbox("sandbox-tokens", "", "").await.status, StatusCode::OK);
    clock(&app.database, "2027-01-05T10:01:00Z").await;
    let reply = passes(&app, "sandbox-dime").await;
    assert_eq!(reply.header("x-ratelimit-remaining-requests"), "1", "{reply:?}");
}

#[tokio::test]
async fn a_day_is_one_of_the_organizations_zone() {
    let app = App::new().await;
    app.database.tamper("UPDATE organizations SET zone = 'Asia/Tokyo'").await;
    allow(&app, "sandbox-dime", [None, None, Some(1), None]).await;
    // Half an hour before midnight in Tokyo.
    clock(&app.database, "2027-01-05T14:30:00Z").await;
    let reply = app.sandbox("sandbox-dime", "", "").await;
    assert_eq!(
        (reply.status, reply.header("x-ratelimit-remaining-requests")),
        (StatusCode::OK, "0")
    );
    let refused = app.sandbox("sandbox-dime", "", "").await;
    is_refused(&refused, "requests", 1_800);
    assert!(number(&refused, "retry-after") > 1_500, "{refused:?}");
    assert!(refused.header("x-ratelimit-reset-requests").starts_with("29m"), "{refused:?}");
    clock(&app.database, "2027-01-05T15:00:00Z").await;
    assert_eq!(passes(&app, "sandbox-dime").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_never_fits_is_not_tried_again() {
    let app = App::new().await;
    allow(&app, "sandbox-tokens", [None, Some(40), None, None]).await;
    allow(&app, "sandbox-dime", [None, None, Some(0), None]).await;
    let large = app.sandbox("sandbox-tokens", r#","max_tokens":100"#, "").await;
    assert_eq!(large.error(), (429, "rate_limit_exceeded".to_owned()));
    assert_eq!(large.json()["error"]["type"], "tokens");
    let none = app.sandbox("sandbox-dime", "", "").await;
    let message = none.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("Nothing passes"), "{message}");
    for reply in [&large, &none] {
        assert_eq!(reply.header("x-should-retry"), "false", "{reply:?}");
        assert!(!reply.headers.contains_key("retry-after"), "{reply:?}");
    }
}

#[tokio::test]
async fn tokens_are_corrected_in_their_own_window_alone() {
    let app = App::new().await;
    // Each may use 100, and uses few: three fit only because the others were corrected.
    allow(&app, "sandbox-tokens", [None, Some(150), None, None]).await;
    clock(&app.database, "2027-01-05T10:00:01Z").await;
    for _ in 0..3 {
        let reply = app.sandbox("sandbox-tokens", r#","max_tokens":100"#, "tokens=3").await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        assert_eq!(reply.header("x-ratelimit-limit-tokens"), "150");
    }
    let used = "SELECT minute_tokens FROM rates";
    let each = app.events().await;
    let tokens: u64 = each
        .split("; ")
        .map(|event| {
            let of: Vec<_> = event.split(' ').collect();
            of[2].parse::<u64>().unwrap() + of[4].parse::<u64>().unwrap()
        })
        .sum();
    assert_eq!(app.database.look(used).await, tokens.to_string());
    // One that is admitted in this minute and done in the next one.
    let slow = app.sandbox("sandbox-tokens", r#","max_tokens":50"#, "tokens=3,delay_ms=1500");
    let meanwhile = async {
        while app.database.look("SELECT count(*) FROM intents").await == "0" {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        clock(&app.database, "2027-01-05T10:01:00Z").await;
        app.sandbox("sandbox-tokens", r#","max_tokens":100"#, "tokens=3").await
    };
    let (slow, quick) = tokio::join!(slow, meanwhile);
    assert_eq!((slow.status, quick.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(app.database.look(used).await, (tokens / 3).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_nodes_admit_exactly_as_many_as_there_may_be() {
    let app = App::new().await;
    let other = app.second_node().await;
    let ready = || app.request(Method::GET, "/models").uri(format!("{}/models", other.base));
    while app.send(ready()).await.status != StatusCode::OK {}
    allow(&app, "sandbox-dime", [Some(7), None, None, None]).await;
    clock(&app.database, "2027-01-05T10:00:01Z").await;
    let requests = (0..40).map(|number| {
        let request = app.post("/chat/completions");
        let request = match number % 2 {
            0 => request,
            _ => request.uri(format!("{}/chat/completions", other.base)),
        };
        app.ask(request, chat("sandbox-dime", ""))
    });
    let replies = futures_util::future::join_all(requests).await;
    let admitted = replies.iter().filter(|reply| reply.status == StatusCode::OK).count();
    assert_eq!(admitted, 7);
    for refused in replies.iter().filter(|reply| reply.status != StatusCode::OK) {
        is_refused(refused, "requests", 60);
    }
    assert_eq!(app.database.look("SELECT minute_requests FROM rates").await, "7");
}
