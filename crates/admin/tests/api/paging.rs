//! Pages: every row once, whatever happens between two of them.

use serde_json::json;

use crate::support::{Api, Org};

/// All ids of a list, two at a time; something is made and removed after each page.
async fn walk(
    api: &Api,
    org: &Org,
    list: &str,
    meanwhile: impl AsyncFn(usize, &str),
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().map(|id| format!("&after={id}")).unwrap_or_default();
        let answer = api.ask(org, &format!("{list}limit=2{after}"), &[], None).await;
        let ids = answer.ids();
        assert_eq!(answer.body["first_id"].as_str(), ids.first().map(String::as_str));
        assert_eq!(answer.body["last_id"].as_str(), ids.last().map(String::as_str));
        found.extend(ids);
        if answer.body["has_more"] == false {
            return found;
        }
        meanwhile(found.len(), found.last().unwrap()).await;
    }
}

#[tokio::test]
async fn projects_are_walked_once_each_while_others_are_made_and_archived() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let make = async |name: String| {
        let answer = api.ask(&org, "POST /projects", &[], Some(json!({ "name": name }))).await;
        answer.body["id"].as_str().unwrap().to_owned()
    };
    let mut made = api.ask(&org, "GET /projects", &[], None).await.ids();
    for number in 0..5 {
        made.push(make(format!("Project {number}")).await);
    }
    let meanwhile = async |count: usize, last: &str| {
        if count < 7 {
            make(format!("A project in between, after {count}")).await;
        }
        // The cursor's own project; the default one stays.
        if count > 2 {
            api.ask(&org, "POST /projects/{project_id}/archive", &[("project_id", last)], None)
                .await;
        }
    };
    let found = walk(&api, &org, "GET /projects?", meanwhile).await;
    assert_eq!(found[..7], made[..]);
    let mut once = found.clone();
    once.sort();
    once.dedup();
    assert_eq!((once.len(), found.len()), (10, 10));
}

#[tokio::test]
async fn the_newest_first_is_walked_once_each_while_newer_ones_come() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let before = api.ask(&org, "GET /audit_logs?limit=100", &[], None).await.ids();
    let meanwhile = async |count: usize, _: &str| {
        let body = json!({ "name": format!("Project {count}") });
        api.ask(&org, "POST /projects", &[], Some(body)).await;
    };
    assert_eq!(walk(&api, &org, "GET /audit_logs?", meanwhile).await, before);
    let meanwhile = async |count: usize, _: &str| {
        let body = json!({ "name": format!("key {count}") });
        api.ask(&org, "POST /admin_api_keys", &[], Some(body)).await;
    };
    meanwhile(0, "").await;
    meanwhile(1, "").await;
    let before = api.ask(&org, "GET /admin_api_keys?order=desc", &[], None).await.ids();
    assert_eq!(walk(&api, &org, "GET /admin_api_keys?order=desc&", meanwhile).await, before);
}
