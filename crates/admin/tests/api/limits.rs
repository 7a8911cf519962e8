//! Requests that are not as they should be.

use admin::Limits;
use axum::http::{Request, StatusCode, header, request::Builder};
use serde_json::{Value, json};

use crate::support::{Answer, Api, Org, body};

fn post(org: &Org, path: &str) -> Builder {
    Request::post(format!("/v1/organization{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {}", org.key))
}

#[tokio::test]
async fn wrong_values_are_named() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let users = "POST /projects/{project_id}/users";
    let accounts = "POST /projects/{project_id}/service_accounts";
    let key = "POST /projects/{project_id}/service_accounts/{service_account_id}/api_keys";
    let admin = "POST /admin_api_keys";
    for (operation, body, param) in [
        ("POST /projects", json!({}), "name"),
        ("POST /projects", json!({ "name": null }), "name"),
        ("POST /projects", json!({ "name": ["a"] }), "name"),
        ("POST /projects", json!({ "name": {} }), "name"),
        ("POST /projects", json!({ "name": " " }), "name"),
        ("POST /projects", json!({ "name": "a\u{0}b" }), "name"),
        ("POST /projects", json!({ "name": "n".repeat(10_000) }), "name"),
        ("POST /projects", json!({ "name": "x", "environment": "live" }), "environment"),
        (
            "POST /projects",
            json!({ "name": "x", "residency": "EU_STORAGE_PROCESSING" }),
            "residency",
        ),
        ("POST /projects", json!({ "name": "x", "external_key_id": "k" }), "external_key_id"),
        ("POST /invites", json!({ "email": "a@b", "role": "admin" }), "role"),
        ("POST /invites", json!({ "email": "\u{430}cme@example.com", "role": "reader" }), "email"),
        ("POST /invites", json!({ "email": ["a@b"], "role": "reader" }), "email"),
        ("POST /invites", json!({ "email": "a@b", "role": "reader", "projects": {} }), "projects"),
        ("POST /invites", json!({ "email": "a@b", "role": "reader", "projects": [1] }), "projects"),
        (
            "POST /invites",
            json!({ "email": "a@b", "role": "reader", "projects": [{}] }),
            "projects[0].id",
        ),
        ("POST /users/{user_id}", json!({}), "role"),
        ("POST /users/{user_id}", json!({ "role": "owner", "role_id": "role_1" }), "role_id"),
        (users, json!({ "role": "member" }), "user_id"),
        (users, json!({ "role": "king", "user_id": org.tenant.user }), "role"),
        (
            accounts,
            json!({ "name": "x", "create_service_account_only": "yes" }),
            "create_service_account_only",
        ),
        (key, json!({ "scopes": ["everything"] }), "scopes[0]"),
        (key, json!({ "scopes": "chat" }), "scopes"),
        (admin, json!({ "name": "x", "expires_in_seconds": 0 }), "expires_in_seconds"),
        (admin, json!({ "name": "x", "expires_in_seconds": "60" }), "expires_in_seconds"),
        (admin, json!({ "name": "x", "expires_in_seconds": 1.5 }), "expires_in_seconds"),
    ] {
        let answer = api.ask(&org, operation, &[], Some(body.clone())).await;
        let told = (answer.status.as_u16(), answer.body["error"]["param"].as_str());
        assert_eq!(told, (400, Some(param)), "{operation} {body} {}", answer.body);
    }
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    for (list, param) in [
        ("GET /users?limit=0", "limit"),
        ("GET /users?limit=1e2", "limit"),
        ("GET /users?after=user-1", "after"),
        ("GET /users?emails[]=nobody", "emails[]"),
        ("GET /projects?include_archived=1", "include_archived"),
        ("GET /projects?after=a&after=b", "after"),
        ("GET /admin_api_keys?order=up", "order"),
        ("GET /projects/{project_id}/api_keys?owner_project_access=no", "owner_project_access"),
        ("GET /audit_logs?effective_at[gt]=now", "effective_at[gt]"),
        ("GET /audit_logs?effective_at[lte]=9223372036854775807", "effective_at[lte]"),
        ("GET /audit_logs?effective_at[lt]=8000000000000", "effective_at[lt]"),
        ("GET /audit_logs?actor_ids[]=%00", "actor_ids[]"),
        ("GET /audit_logs?after=audit_log-00000000000000000000000000000007", "after"),
    ] {
        let answer = api.ask(&org, list, &[], None).await;
        let told = (answer.status.as_u16(), answer.body["error"]["param"].as_str());
        assert_eq!(told, (400, Some(param)), "{list} {}", answer.body);
    }
}

#[tokio::test]
async fn a_field_that_is_not_known_is_named_and_nothing_changes() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let posts = api.operations().into_iter().filter(|operation| operation.method == "POST");
    let before = api.database.look("SELECT count(*) FROM audit_entries").await;
    for operation in posts {
        let mut body = body(&operation, &org).unwrap_or_else(|| json!({}));
        body["org_id"] = json!("org-1");
        // Null is the same as left out.
        body["is_default"] = Value::Null;
        let path = operation.path.strip_prefix("/organization").unwrap();
        let answer = api.ask(&org, &format!("POST {path}"), &[], Some(body)).await;
        assert_eq!(answer.error(), (400, "unknown_parameter"), "{path}");
        assert_eq!(answer.body["error"]["param"], "org_id", "{path}");
    }
    let projects = json!([{ "id": org.tenant.project, "role": "member", "owner": true }]);
    let invite = json!({ "email": "new@example.com", "role": "reader", "projects": projects });
    let answer = api.ask(&org, "POST /invites", &[], Some(invite)).await;
    assert_eq!(answer.body["error"]["param"], "projects[0].owner");
    assert_eq!(api.database.look("SELECT count(*) FROM audit_entries").await, before);
}

#[tokio::test]
async fn a_rule_that_a_field_breaks_names_it() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let user = json!({ "user_id": org.ids["user_id"], "role": "viewer" });
    let guest = json!({ "email": "guest-acme@example.com", "role": "reader" });
    let owner = json!({ "email": "acme@example.com", "role": "reader" });
    let robot = json!({ "name": "robot" });
    for (operation, body, param) in [
        ("POST /projects/{project_id}/users", user, "role"),
        ("POST /projects/{project_id}/service_accounts", robot, "name"),
        ("POST /invites", guest, "email"),
        ("POST /invites", owner, "email"),
    ] {
        let answer = api.ask(&org, operation, &[], Some(body)).await;
        assert_eq!(answer.error(), (409, "conflict"), "{operation} {}", answer.body);
        assert_eq!(answer.body["error"]["param"], param, "{operation}");
    }
}

#[tokio::test]
async fn bodies_and_addresses_have_a_form() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let big = json!({ "name": "x", "more": "x".repeat(64 * 1024) });
    let answer = api.send(post(&org, "/projects"), Some(big)).await;
    assert_eq!(answer.error(), (413, "request_too_large"));
    for body in [json!([]), json!("text"), json!(null)] {
        let answer = api.send(post(&org, "/projects"), Some(body)).await;
        assert_eq!(answer.error(), (400, "invalid_json"));
    }
    let form =
        post(&org, "/projects").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(
        api.send(form, Some(json!({ "name": "x" }))).await.status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
    let twice = post(&org, "/projects").header(header::AUTHORIZATION, "Bearer x");
    assert_eq!(api.send(twice, None).await.error(), (400, "repeated_header"));
    assert_eq!(api.send(post(&org, "/nothing"), None).await.error(), (404, "unknown_url"));
    assert_eq!(api.send(post(&org, "/users"), None).await.error(), (405, "method_not_supported"));
}

#[tokio::test]
async fn a_key_that_asks_too_often_waits() {
    let api = Api::limited(Limits::new(2)).await;
    let (org, other) = (api.org("acme").await, api.org("globex").await);
    let ask = async |org: &Org| api.ask(org, "GET /users", &[], None).await;
    let header = |answer: &Answer, name: &str| {
        answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    };
    let (first, second, third) = (ask(&org).await, ask(&org).await, ask(&org).await);
    for (answer, remaining) in [(&first, "1"), (&second, "0"), (&third, "0")] {
        assert_eq!(header(answer, "x-ratelimit-limit-requests").as_deref(), Some("2"));
        assert_eq!(header(answer, "x-ratelimit-remaining-requests").as_deref(), Some(remaining));
        let reset = header(answer, "x-ratelimit-reset-requests").unwrap();
        assert!(reset.strip_suffix("ms").unwrap().parse::<u32>().unwrap() <= 60_000, "{reset}");
    }
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200));
    assert_eq!(third.error(), (429, "rate_limit_exceeded"));
    assert_eq!(third.body["error"]["type"], "requests");
    assert!((1..=30).contains(&header(&third, "retry-after").unwrap().parse::<u32>().unwrap()));
    assert_eq!(header(&third, "x-should-retry"), None);
    assert_eq!(ask(&other).await.status, StatusCode::OK);
    let nobody = Request::get("/v1/organization/users").header(header::AUTHORIZATION, "Bearer x");
    let nobody = api.send(nobody, None).await;
    assert_eq!(header(&nobody, "x-ratelimit-limit-requests"), None);
}
