//! What people see of a time whose requests are no longer kept one by one.

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{EventId, Outcome, Retention, Tokens};
use store::system::{Dropping, PastEvent};

use crate::spender::Spender;

/// Two requests, of which the older one is no longer kept; since when they are, and their ids.
async fn dropped(spender: &Spender) -> (DateTime<Utc>, [EventId; 2]) {
    let system = spender.site.app.store.system();
    let now = system.now().await.unwrap();
    let prices = system.prices().await.unwrap();
    let price = prices.into_iter().find(|price| price.model == "sandbox-dime").unwrap();
    let events = [500, 1].map(|days| PastEvent {
        at: now - TimeDelta::days(days),
        project: spender.project,
        key: spender.key,
        price: price.clone(),
        tokens: Tokens { input: 10, output: 5, ..Tokens::default() },
        outcome: Outcome::Unknown,
        streamed: false,
        total_ms: 20,
    });
    system.book_past(&spender.caller, &events).await.unwrap();
    while system.fold().await.unwrap() + system.fold_timings().await.unwrap() > 0 {}
    while system.fold_tags().await.unwrap() > 0 {}
    let ids =
        spender.site.database.look("SELECT string_agg(id::text, ' ' ORDER BY id) FROM events");
    let ids: Vec<_> =
        ids.await.split(' ').map(|id| EventId::from_uuid(id.parse().unwrap())).collect();
    system.set_retention(Retention::months(13).unwrap()).await.unwrap();
    while system.drop_month().await.unwrap() != Dropping::Nothing {}
    let since = spender.site.app.store.kept_since(&spender.caller).await.unwrap();
    (since.unwrap(), [ids[0], ids[1]])
}

#[tokio::test]
async fn the_log_ends_with_a_sentence_and_sums_go_on() {
    let mut spender = Spender::new().await;
    let list = spender.path("requests");
    let (since, [gone, kept]) = dropped(&spender).await;
    let said = format!(
        "Requests before {} (UTC) are no longer kept one by one.",
        since.format("%-d %b %Y")
    );
    let page = spender.browser.get(&list).await;
    page.is(StatusCode::OK).says(&kept.to_string()).hides(&gone.to_string()).says(&said);
    page.says(&spender.path("usage"));
    let old = since - TimeDelta::days(40);
    let from = format!("{list}?from={0}&to={0}", old.format("%Y-%m-%d"));
    spender.browser.get(&from).await.says("No request fits").says(&said);
    let later = format!("{list}?from={}", (since + TimeDelta::days(9)).format("%Y-%m-%d"));
    spender.browser.get(&later).await.says(&kept.to_string()).hides("no longer kept");
    spender.browser.get(&format!("{list}?from=x")).await.hides("no longer kept");
    spender.browser.get(&format!("{list}?outcome=refused")).await.hides("no longer kept");

    // One request: the same answer whether it was there or never.
    for id in [gone, EventId::at(old)] {
        let page = spender.browser.get(&format!("/requests/{id}")).await;
        page.is(StatusCode::GONE).says("This request is not kept any more").says(&said);
        page.says(&id.to_string());
    }
    spender.browser.get(&format!("/requests/{kept}")).await.is(StatusCode::OK);
    let never = EventId::at(since + TimeDelta::days(3));
    spender.browser.get(&format!("/requests/{never}")).await.is(StatusCode::NOT_FOUND);
    let mut stranger = spender.site.owner("opal", "Own house").await.0;
    stranger.get(&format!("/requests/{gone}")).await.is(StatusCode::NOT_FOUND);
    let mut kofi = spender.site.reader("kofi", &spender.caller).await;
    kofi.get(&format!("/requests/{gone}")).await.is(StatusCode::NOT_FOUND);
    kofi.get(&list).await.is(StatusCode::OK).hides("no longer kept");

    // Without the younger one nothing is left to list.
    spender
        .site
        .database
        .tamper("CREATE TABLE young AS SELECT * FROM events; DELETE FROM events")
        .await;
    let page = spender.browser.get(&list).await;
    page.is(StatusCode::OK).says("No request lately").says(&said).hides("No request yet");

    // What is made of sums still has both.
    let usage = format!(
        "{}?from={}",
        spender.path("usage"),
        (old - TimeDelta::days(90)).format("%Y-%m-%d")
    );
    spender
        .browser
        .get(&usage)
        .await
        .is(StatusCode::OK)
        .says("value=\"0.20\"")
        .hides("no longer kept");
}

#[tokio::test]
async fn what_needs_single_requests_says_that_they_are_gone() {
    let mut spender = Spender::new().await;
    let (since, [gone, _]) = dropped(&spender).await;
    let day =
        spender.site.database.look("SELECT min(day_starts) + interval '12 hours' FROM sealed_days");
    let day = day.await[..10].to_owned();
    let form = [
        ("action", "preview"),
        ("amount", "1"),
        ("past", "day"),
        ("day", &*day),
        ("scope", &*spender.caller.org.to_string()),
        ("window", "day"),
    ];
    let page = spender.browser.post(&spender.path("budgets"), &form).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).says(&format!(
        "Requests before {} (UTC) are no longer kept one by one, only their sums.",
        since.format("%-d %B %Y")
    ));
    page.says(&format!("value=\"{day}\""));
    let path = spender.path("corrections");
    let form = [("amount", "0"), ("reason", "Mine")];
    let late = spender.browser.post(&format!("{path}/{gone}"), &form).await;
    assert_eq!(late.location(), format!("{path}?done=late"));
    let page = spender.browser.get(late.location()).await;
    page.says("Nothing was corrected: this request is too old.").says("within 90 days");
}
