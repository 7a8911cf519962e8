//! What was used and what it cost, in buckets.

use std::collections::BTreeMap;

use admin::Limits;
use domain::{KeyId, Outcome, ProjectId, ServiceTier, Tokens, UserId};
use regex::Regex;
use serde_json::Value;

use crate::{
    clock::at,
    document::Operation,
    spender::{Spender, Used},
    support::{Answer, Api, Org},
};

/// Addresses that tell something, and those that never do.
const METERED: [&str; 3] = ["/costs", "/usage/completions", "/usage/embeddings"];
/// Each word by which the document groups, of each address.
fn words(api: &Api) -> Vec<(String, Vec<String>)> {
    let is_it = |operation: &Operation| {
        operation.path.contains("/usage/") || operation.path.ends_with("/costs")
    };
    let operations = api.operations().into_iter().filter(is_it);
    operations
        .map(|operation| {
            let words = api.parameter(&operation, "group_by");
            (operation.path.strip_prefix("/organization").unwrap().to_owned(), words)
        })
        .collect()
}

/// An organization at noon of a day on which it used something.
struct House {
    api: Api,
    org: Org,
    spender: Spender,
}

const NOON: &str = "2026-09-09T12:00:30Z";
const MORNING: i64 = 1_788_912_000;

impl House {
    async fn new() -> Self {
        let api = Api::limited(Limits::new(60_000)).await;
        api.database.stop_clock(at("2026-09-08T23:59:00Z")).await;
        let org = api.org("acme").await;
        let spender = Spender::new(&api.database).await;
        let house = Self { api, org, spender };
        house.fill().await;
        house
    }

    /// Six requests: two projects, three keys, three people, four models, three tiers.
    async fn fill(&self) {
        let tenant = &self.org.tenant;
        let plain = Used::new(tenant, "gpt-4.1", "0.000000000001");
        let batch =
            Used { tier: ServiceTier::Batch, charge: "0.25".parse().unwrap(), ..plain.clone() };
        let sounds = Tokens::from_classes([1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
        let flex = Used {
            tier: ServiceTier::Flex,
            tokens: sounds,
            outcome: Outcome::Estimated,
            member: None,
            tracked: false,
            ..Used::new(tenant, "sandbox-tokens", "1.100000000007")
        };
        let (store, name) = (self.api.store(), "Support".parse().unwrap());
        let staging = domain::Environment::Staging;
        let project = store.create_project(&tenant.caller, &name, staging);
        let project = project.await.unwrap();
        let other = Used {
            project,
            key: KeyId::generate(),
            member: Some(UserId::generate()),
            ..Used::new(tenant, "text-embedding-3-small", "0.5")
        };
        let unpriced =
            Used { model: "house-model".to_owned(), charge: "0".parse().unwrap(), ..other.clone() };
        for (time, used) in [
            ("2026-09-08T23:59:55Z", &plain),
            ("2026-09-09T00:00:00Z", &batch),
            ("2026-09-09T00:14:59Z", &flex),
            ("2026-09-09T09:30:00Z", &other),
            ("2026-09-09T09:30:59.5Z", &unpriced),
            (NOON, &plain),
        ] {
            self.api.database.set_clock(at(time)).await;
            self.spender.book(at(time), used).await;
            if used.model == "sandbox-tokens" {
                assert_eq!(self.api.store().system().fold().await.unwrap(), 3);
            }
        }
    }

    async fn ask(&self, path: &str, query: &str) -> Answer {
        self.api.ask(&self.org, &format!("GET {path}?{query}"), &[], None).await
    }

    async fn ok(&self, path: &str, query: &str) -> Answer {
        let answer = self.ask(path, query).await;
        assert_eq!(answer.status, 200, "{path}?{query} {}", answer.body);
        answer
    }
}

/// With names for ids, in the order in which they come.
fn named(answer: &Answer) -> String {
    let ids = Regex::new("(proj_|user-|key_)[0-9a-f]{32}").unwrap();
    let mut known = BTreeMap::new();
    let text = ids.replace_all(&answer.text, |found: &regex::Captures<'_>| {
        let next = known.len() + 1;
        let number = known.entry(found[0].to_owned()).or_insert(next);
        format!("{}{number}", &found[1])
    });
    let page = Regex::new("page_[0-9a-f]{26}").unwrap().replace_all(&text, "page_…").into_owned();
    page.replace("{\"object\"", "\n{\"object\"")
}

#[tokio::test]
async fn answers_have_openais_form_and_exact_amounts() {
    let house = House::new().await;
    let costs = "start_time=1788825600&group_by=project_id&group_by=line_item&group_by=api_key_id";
    insta::assert_snapshot!("costs", named(&house.ok("/costs", costs).await));
    let costs = format!("start_time={MORNING}&bucket_width=1h&limit=10&group_by=user_id,model");
    insta::assert_snapshot!("costs_by_hour", named(&house.ok("/costs", &costs).await));
    let all = "group_by[]=project_id&group_by[]=user_id&group_by[]=api_key_id&group_by[]=model";
    let completions = format!(
        "start_time={MORNING}&bucket_width=1m&limit=15&{all}&group_by[]=batch&group_by[]=service_tier"
    );
    insta::assert_snapshot!(
        "completions_by_minute",
        named(&house.ok("/usage/completions", &completions).await)
    );
    let embeddings = format!("start_time={MORNING}&{all}");
    insta::assert_snapshot!("embeddings", named(&house.ok("/usage/embeddings", &embeddings).await));
}

#[tokio::test]
async fn every_address_takes_every_group_and_width_of_the_document() {
    let house = House::new().await;
    for (path, words) in words(&house.api) {
        assert!(!words.is_empty(), "{path}");
        let widths = house.api.parameter(&Operation::new(&format!("GET {path}")), "bucket_width");
        let all = format!("&group_by[]={}", words.join("&group_by[]="));
        for width in &widths {
            for word in words.iter().map(|word| format!("&group_by={word}")).chain([all.clone()]) {
                let query = format!("start_time={MORNING}&bucket_width={width}{word}&limit=1");
                let body = house.ok(&path, &query).await.body;
                let found = body["data"][0]["results"].as_array().unwrap().len();
                let metered = METERED.contains(&&*path);
                // Nobody embeds in the first minute or hour.
                let some = metered && (width == "1d" || path != "/usage/embeddings");
                assert_eq!(found > 0, some, "{path} {query} {body}");
                let (has_more, next) = (&body["has_more"], &body["next_page"]);
                assert_eq!(*has_more, width != "1d", "{path} {query}");
                assert_eq!(next.is_string(), *has_more == true, "{path} {query}");
            }
        }
    }
}

/// All buckets of a question, so many at a time.
async fn walk(house: &House, path: &str, query: &str, limit: usize) -> Vec<Value> {
    let (mut buckets, mut page) = (Vec::new(), String::new());
    loop {
        let answer = house.ok(path, &format!("{query}&limit={limit}{page}")).await.body;
        buckets.extend(answer["data"].as_array().unwrap().iter().cloned());
        if answer["has_more"] == false {
            assert_eq!(answer["next_page"], Value::Null);
            return buckets;
        }
        assert_eq!(answer["data"].as_array().unwrap().len(), limit);
        page = format!("&page={}", answer["next_page"].as_str().unwrap());
    }
}

#[tokio::test]
async fn pages_hold_each_bucket_once() {
    let house = House::new().await;
    // From within the first bucket to the present, and to within the last one.
    for (path, width, seconds, count, ends) in [
        ("/usage/completions", "1m", 60, 722, ""),
        ("/usage/completions", "1m", 60, 66, "&end_time=1788915841"),
        ("/usage/completions", "1h", 3_600, 14, ""),
        ("/usage/embeddings", "1h", 3_600, 2, "&end_time=1788915600"),
        ("/usage/images", "1d", 86_400, 2, ""),
        ("/costs", "1h", 3_600, 14, "&end_time=9999999999"),
        ("/costs", "1d", 86_400, 1, "&end_time=1788912000"),
        ("/costs", "1d", 86_400, 2, "&end_time=1788912001"),
    ] {
        let query = format!("start_time={}&bucket_width={width}{ends}", MORNING - 60 + 1);
        let most = if width == "1d" { 31 } else { 168 };
        let all = walk(&house, path, &query, most).await;
        assert_eq!(all.len(), count, "{path} {query}");
        for limit in [1, 7] {
            if limit * 40 > count {
                assert_eq!(walk(&house, path, &query, limit).await, all, "{path} {query}");
            }
        }
        let mut next = (MORNING - 1).div_euclid(seconds) * seconds;
        for bucket in &all {
            assert_eq!(
                (&bucket["start_time"], &bucket["end_time"]),
                (&next.into(), &(next + seconds).into())
            );
            next += seconds;
        }
    }
}

/// Whether it is refused with a sentence that names the parameter.
async fn refused(house: &House, path: &str, query: &str, param: &str) {
    let answer = house.ask(path, query).await;
    let told = (answer.status.as_u16(), answer.body["error"]["param"].as_str());
    assert_eq!(told, (400, Some(param)), "{path}?{query} {}", answer.body);
    let message = answer.body["error"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("`{param}`")), "{message}");
}

#[tokio::test]
async fn times_that_can_not_be_asked_for_are_named() {
    let house = House::new().await;
    let start = format!("start_time={MORNING}");
    for (query, param) in [
        (String::new(), "start_time"),
        ("start_time=".to_owned(), "start_time"),
        ("start_time=2026-09-09".to_owned(), "start_time"),
        ("start_time=1.5".to_owned(), "start_time"),
        ("start_time=-1".to_owned(), "start_time"),
        ("start_time=0".to_owned(), "start_time"),
        ("start_time=1788825600000".to_owned(), "start_time"),
        ("start_time=9223372036854775807".to_owned(), "start_time"),
        ("start_time=99999999999999999999".to_owned(), "start_time"),
        ("start_time=1788998400".to_owned(), "start_time"),
        (format!("{start}&{start}"), "start_time"),
        (format!("{start}&end_time={MORNING}"), "end_time"),
        (format!("{start}&end_time=1700000000"), "end_time"),
        (format!("{start}&end_time=1788825600000"), "end_time"),
        (format!("{start}&end_time=9223372036854775807"), "end_time"),
    ] {
        refused(&house, "/costs", &query, param).await;
    }
}

#[tokio::test]
async fn what_is_asked_wrongly_is_named() {
    let house = House::new().await;
    for (path, query, param) in [
        ("/costs", "bucket_width=1m".to_owned(), "bucket_width"),
        ("/usage/completions", "bucket_width=15m".to_owned(), "bucket_width"),
        ("/costs", "limit=0".to_owned(), "limit"),
        ("/costs", "limit=181".to_owned(), "limit"),
        ("/costs", "limit=-1".to_owned(), "limit"),
        ("/costs", "limit=1&limit=1".to_owned(), "limit"),
        ("/usage/completions", "limit=32".to_owned(), "limit"),
        ("/usage/completions", "bucket_width=1h&limit=169".to_owned(), "limit"),
        ("/usage/completions", "bucket_width=1m&limit=1441".to_owned(), "limit"),
        ("/usage/embeddings", "group_by=batch".to_owned(), "group_by"),
        ("/usage/embeddings", "group_by=project_id,".to_owned(), "group_by"),
        ("/costs", "group_by[]=hour".to_owned(), "group_by"),
        ("/usage/vector_stores", "group_by=model".to_owned(), "group_by"),
        ("/usage/embeddings", "batch=true".to_owned(), "batch"),
        ("/usage/completions", "batch=yes".to_owned(), "batch"),
        ("/usage/completions", "project_ids[]=proj_1".to_owned(), "project_ids"),
        ("/usage/completions", format!("user_ids=key_{}", "0".repeat(32)), "user_ids"),
        ("/usage/completions", "api_key_ids[]=".to_owned(), "api_key_ids"),
        ("/usage/completions", "models[]=a%00".to_owned(), "models[]"),
        ("/usage/images", "sizes[]=".to_owned(), "sizes[]"),
        ("/usage/completions", "exchequer_sandbox=1".to_owned(), "exchequer_sandbox"),
        ("/costs", "user_id=x".to_owned(), "user_id"),
        ("/usage/vector_stores", "models=gpt-4.1".to_owned(), "models"),
        ("/costs", "page=2".to_owned(), "page"),
        ("/costs", format!("page=page_{}", "é".repeat(13)), "page"),
    ] {
        refused(&house, path, &format!("start_time={MORNING}&{query}"), param).await;
    }
}

#[tokio::test]
async fn a_page_of_another_question_is_refused() {
    let house = House::new().await;
    let hours = format!("start_time={MORNING}&bucket_width=1h");
    let page = house.ok("/costs", &format!("{hours}&limit=1")).await.body;
    let cursor = page["next_page"].as_str().unwrap();
    let forged = format!("page_{:010x}{}", MORNING + 1_800, &cursor[15..]);
    let query = format!("{hours}&page={cursor}");
    for (path, query) in [
        ("/costs", format!("start_time={MORNING}&page={cursor}")),
        ("/costs", format!("{hours}&group_by=model&page={cursor}")),
        ("/costs", format!("{hours}&page={forged}")),
        ("/usage/completions", query.clone()),
    ] {
        refused(&house, path, &query, "page").await;
    }
    // Another organization's, of the same question.
    let other = house.api.org("other").await;
    let answer = house.api.ask(&other, &format!("GET /costs?{query}"), &[], None).await;
    assert_eq!(answer.body["error"]["param"], "page");
    house.ok("/costs", &query).await;
    house.ok("/costs", &format!("{query}&limit=5")).await;
}

#[tokio::test]
async fn filters_let_through_what_they_name_and_nothing_of_others() {
    let house = House::new().await;
    let other = house.api.org("other").await;
    house.spender.book(at(NOON), &Used::new(&other.tenant, "gpt-4.1", "7.77")).await;
    let tenant = &house.org.tenant;
    let requests = async |path: &str, query: &str| {
        let query = format!("start_time={}&{query}", MORNING - 86_400);
        let body = house.ok(path, &query).await.body;
        assert!(!body.to_string().contains("7.77"), "{body}");
        let buckets = body["data"].as_array().unwrap().iter();
        let results = buckets.flat_map(|bucket| bucket["results"].as_array().unwrap());
        results.map(|result| result["num_model_requests"].as_i64().unwrap()).sum::<i64>()
    };
    let (completions, embeddings) = ("/usage/completions", "/usage/embeddings");
    let nobody = "0".repeat(32);
    for (path, query, count) in [
        (completions, String::new(), 5),
        (embeddings, String::new(), 1),
        ("/usage/completions", format!("project_ids[]={}", tenant.project), 4),
        (completions, format!("project_ids={},{}", tenant.project, ProjectId::generate()), 4),
        (completions, format!("api_key_ids[]={}", tenant.key), 3),
        (completions, format!("api_key_ids=key_{nobody}"), 1),
        (completions, format!("user_ids[]={}", tenant.user), 3),
        (completions, format!("user_ids[]=user-{nobody}"), 1),
        (completions, "models[]=gpt-4.1&models[]=house-model".to_owned(), 4),
        (completions, "models=text-embedding-3-small".to_owned(), 0),
        (embeddings, "models=text-embedding-3-small".to_owned(), 1),
        (completions, "batch=true".to_owned(), 1),
        (completions, "batch=false".to_owned(), 4),
        (completions, "exchequer_sandbox=true".to_owned(), 1),
        (completions, "exchequer_sandbox=false".to_owned(), 4),
        // As far as the day before.
        (completions, "bucket_width=1m&limit=1440".to_owned(), 1),
        (completions, format!("project_ids[]={}", other.tenant.project), 0),
        (completions, format!("api_key_ids[]={}", other.tenant.key), 0),
        (completions, format!("user_ids[]={}&bucket_width=1m", other.tenant.user), 0),
        ("/usage/audio_speeches", String::new(), 0),
    ] {
        assert_eq!(requests(path, &query).await, count, "{path} {query}");
    }
}

#[tokio::test]
async fn what_another_organization_used_is_its_own() {
    let house = House::new().await;
    let other = house.api.org("other").await;
    house.spender.book(at(NOON), &Used::new(&other.tenant, "gpt-4.1", "7.77")).await;
    for width in ["1h&limit=168", "1d"] {
        let asked = format!("GET /costs?start_time={MORNING}&bucket_width={width}");
        let theirs = house.api.ask(&other, &asked, &[], None).await;
        assert_eq!(theirs.text.matches("\"value\":").count(), 1, "{}", theirs.text);
        assert!(theirs.text.contains("\"value\":7.77,"), "{}", theirs.text);
    }
}
