//! Usage of a time whose requests are no longer kept one by one.

use domain::{Retention, ServiceTier};
use store::system::Dropping;

use crate::{
    clock::at,
    spender::{Spender, Used},
    support::Api,
};

/// A whole day that one request was made in.
const DAY: &str = "start_time=1788912000&end_time=1788998400&bucket_width=1d";

#[tokio::test]
async fn sums_stay_and_what_they_do_not_tell_apart_is_an_error_that_says_so() {
    let api = Api::new().await;
    api.database.stop_clock(at("2026-09-09T12:00:00Z")).await;
    let system = api.store().system();
    system.make_partitions().await.unwrap();
    let org = api.org("acme").await;
    let flex = Used { tier: ServiceTier::Flex, ..Used::new(&org.tenant, "gpt-4.1", "0.25") };
    Spender::new(&api.database).await.book(at("2026-09-09T12:00:00Z"), &flex).await;
    system.fold().await.unwrap();
    let ask = async |query: &str| {
        api.ask(&org, &format!("GET /usage/completions?{query}"), &[], None).await
    };
    let plain = format!("{DAY}&group_by=model");
    let (before, tiers) = (ask(&plain).await, ask(&format!("{DAY}&group_by=service_tier")).await);
    assert_eq!((before.status.as_u16(), tiers.status.as_u16()), (200, 200));
    assert!(tiers.text.contains("\"flex\""), "{}", tiers.text);

    system.set_retention(Retention::months(13).unwrap()).await.unwrap();
    api.database.set_clock(at("2027-11-01T00:00:00Z")).await;
    while system.fold_timings().await.unwrap() + system.fold_tags().await.unwrap() > 0 {}
    while system.drop_month().await.unwrap() != Dropping::Nothing {}
    assert_eq!(api.database.look("SELECT count(*) FROM events").await, "0");
    assert_eq!(ask(&plain).await.text, before.text);
    for query in
        ["group_by=service_tier".to_owned(), "group_by=batch".to_owned(), "batch=false".to_owned()]
    {
        let answer = ask(&format!("{DAY}&{query}")).await;
        assert_eq!(answer.error(), (400, "invalid_value"), "{query}");
        assert_eq!(answer.body["error"]["param"], "start_time");
        let message = answer.body["error"]["message"].as_str().unwrap();
        let said = "Invalid value for `start_time`: requests before 1 October 2026 (UTC) are no longer kept one by one, only their sums. Ask from that day on; or";
        assert!(message.starts_with(said), "{message}");
    }
    let minutes = "start_time=1788955200&bucket_width=1m&limit=2";
    assert_eq!(ask(minutes).await.error(), (400, "invalid_value"));
    assert_eq!(ask("start_time=1793491200&bucket_width=1m&limit=2").await.status, 200);
    assert_eq!(system.reconcile().await.unwrap(), None);
}
