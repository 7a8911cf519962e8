//! Pages: every row once, whatever happens between two of them.

use serde_json::json;

use crate::support::{Api, Org, alert};

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

/// A second and a third of everything; the one key's owner may not send requests any more.
async fn fill(api: &Api, org: &Org) {
    let ok = async |operation: &str, body| {
        let answer = api.ask(org, operation, &[], Some(body)).await;
        assert_eq!(answer.status, 200, "{operation} {}", answer.body);
        answer.body
    };
    for number in 2..4 {
        let name = json!({ "name": format!("number {number}") });
        let email = format!("guest-{number}@example.com");
        ok("POST /invites", json!({ "email": email, "role": "reader" })).await;
        ok("POST /projects", name.clone()).await;
        ok("POST /projects/{project_id}/service_accounts", name.clone()).await;
        ok("POST /admin_api_keys", name).await;
        ok("POST /projects/{project_id}/spend_alerts", alert(number * 100, &[])).await;
        ok("POST /spend_alerts", alert(number * 100, &[])).await;
        let operation = "POST /projects/{project_id}/rate_limits/{rate_limit_id}";
        let row = format!("rl-model-{number}");
        let rate = Some(json!({ "max_requests_per_1_day": number }));
        assert_eq!(api.ask(org, operation, &[("rate_limit_id", &row)], rate).await.status, 200);
        let user = api.member(&org.tenant, &format!("reader-{number}")).await;
        let added = json!({ "user_id": user, "role": "member" });
        ok("POST /projects/{project_id}/users", added).await;
        let key = domain::KeyId::generate().uuid();
        let (tenant, user) = (&org.tenant, user.uuid());
        let (its, project) = (tenant.org.uuid(), tenant.project.uuid());
        api.database
            .tamper(&format!(
                "INSERT INTO api_keys (org_id, id, project_id, name, public_id, secret_hash, last_four, owner_id)
                 VALUES ('{its}', '{key}', '{project}', 'k', 'public-{number}', '\\x00', '0000', '{user}')"
            ))
            .await;
        if number == 3 {
            let left = format!("DELETE FROM project_members WHERE user_id = '{user}'");
            api.database.tamper(&left).await;
        }
    }
}

#[tokio::test]
async fn every_list_is_walked_in_both_directions() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    fill(&api, &org).await;
    let keys = "/projects/{project_id}/api_keys?";
    for (list, count) in [
        ("/users?", 4),
        ("/invites?", 3),
        ("/projects?", 4),
        ("/projects/{project_id}/users?", 2),
        ("/projects/{project_id}/service_accounts?", 3),
        (keys, 5),
        (&format!("{keys}owner_project_access=inactive&"), 1),
        (&format!("{keys}owner_project_access=active&"), 4),
        ("/projects/{project_id}/spend_alerts?", 3),
        ("/projects/{project_id}/spend_alerts?order=desc&", 3),
        ("/spend_alerts?", 2),
        ("/projects/{project_id}/rate_limits?", 2),
        ("/admin_api_keys?", 3),
        ("/admin_api_keys?order=desc&", 3),
    ] {
        let page = async |query: &str| {
            let answer = api.ask(&org, &format!("GET {list}{query}"), &[], None).await;
            (answer.ids(), answer.body)
        };
        let (all, body) = page("limit=100").await;
        assert_eq!((all.len(), &body["has_more"]), (count, &json!(false)), "{list} {body}");
        if let Some((_, access)) = list.split_once("access=") {
            let told =
                body["data"].as_array().unwrap().iter().map(|row| &row["owner_project_access"]);
            assert!(
                told.into_iter().all(|told| access.starts_with(told.as_str().unwrap())),
                "{body}"
            );
        }
        for (at, id) in all.iter().enumerate() {
            let (next, body) = page(&format!("limit=1&after={id}")).await;
            assert_eq!(next[..], all[at + 1..(at + 2).min(count)], "{list} after {at}");
            assert_eq!(body["has_more"], at + 2 < count, "{list} after {at}");
            let (before, body) = page(&format!("limit=1&before={id}")).await;
            assert_eq!(before[..], all[at.saturating_sub(1)..at], "{list} before {at}");
            assert_eq!(body["has_more"], at > 1, "{list} before {at}");
        }
    }
}
