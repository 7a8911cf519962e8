//! Who is let in, and with what.

use std::time::{Duration, Instant};

use domain::{Environment, Name};
use http::{Method, StatusCode};
use testkit::Tenant;

use crate::app::{App, chat};

#[tokio::test]
async fn one_message_for_every_wrong_key() {
    let app = App::new().await;
    let with = |key: String| {
        app.ask(
            http::Request::builder()
                .method("POST")
                .uri(app.post("/embeddings").uri_ref().unwrap())
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {key}")),
            "{}",
        )
    };
    let unknown = domain::api_key::compose([9; domain::api_key::ENTROPY]);
    let mut malformed = app.tenant.secret.clone();
    malformed.replace_range(30..31, if &malformed[30..31] == "x" { "y" } else { "x" });
    let (_, revoked) = {
        let (id, secret) =
            Tenant::key(&app.database.store, &app.tenant.caller, app.tenant.project).await;
        app.database.store.revoke_api_key(&app.tenant.caller, id).await.unwrap();
        (id, secret)
    };
    for key in [unknown, malformed, revoked, "hunter2".to_owned(), String::new()] {
        let reply = with(key.clone()).await;
        assert_eq!(reply.error(), (401, "invalid_api_key".to_owned()), "{key}");
        let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
        assert_eq!(
            message,
            format!("Incorrect API key provided: {}", domain::api_key::masked(key.trim()))
        );
        assert_eq!(reply.header("x-should-retry"), "false");
        assert!(reply.header("x-request-id").starts_with("req_"));
    }
}

#[tokio::test]
async fn a_change_is_in_force_within_a_second() {
    let app = App::new().await;
    let (store, caller) = (&app.database.store, &app.tenant.caller);
    let refused = async |code: &str| {
        let begun = Instant::now();
        loop {
            let reply = app.sandbox("sandbox-dime", "", "").await;
            if reply.status != StatusCode::OK {
                assert_eq!(reply.error().1, code);
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(1), "{code}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let allowed = async || {
        let begun = Instant::now();
        while app.sandbox("sandbox-dime", "", "").await.status != StatusCode::OK {
            assert!(begun.elapsed() < Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    allowed().await;
    app.database.tamper("UPDATE organizations SET suspended_at = now()").await;
    refused("organization_suspended").await;
    app.database.tamper("UPDATE organizations SET suspended_at = NULL").await;
    allowed().await;
    app.database.tamper("DELETE FROM billing_profiles").await;
    refused("billing_not_active").await;
    let reply = app.sandbox("sandbox-dime", "", "").await;
    let page = format!("http://exchequer.test/{}/billing", app.tenant.org);
    assert!(reply.text().contains(&page) && reply.header("x-should-retry") == "false");
    app.database.tamper(
        "INSERT INTO billing_profiles (org_id, legal_name, email, address, country, tax_id, cost_centre)
         SELECT org_id, '', '', '', 'NO', '', '' FROM organizations",
    )
    .await;
    allowed().await;
    store.archive_project(caller, app.tenant.project).await.unwrap();
    refused("project_archived").await;
    store.revoke_api_key(caller, app.tenant.key).await.unwrap();
    let begun = Instant::now();
    while app.sandbox("sandbox-dime", "", "").await.error().1 != "invalid_api_key" {
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn headers_must_agree_with_the_key() {
    let app = App::new().await;
    let other: Name = "Other".parse().unwrap();
    let store = &app.database.store;
    let other = store.create_project(&app.tenant.caller, &other, Environment::Staging).await;
    let (org, project) = (app.tenant.org.to_string(), app.tenant.project.to_string());
    let other = other.unwrap().to_string();
    for (headers, error) in [
        (vec![("openai-organization", &org), ("openai-project", &project)], "null"),
        (vec![("openai-organization", &other)], "mismatched_organization"),
        (vec![("openai-project", &other)], "mismatched_project"),
        (vec![("openai-project", &project), ("openai-project", &project)], "repeated_header"),
    ] {
        let request =
            headers.iter().fold(app.request(Method::GET, "/models"), |request, (name, value)| {
                request.header(*name, *value)
            });
        assert_eq!(app.send(request).await.error().1, error);
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_openai_s_form() {
    let app = App::new().await;
    for (request, body, error) in [
        (app.post("/responses/nothing"), "{}", (404, "unknown_url")),
        (app.request(Method::GET, "/chat/completions"), "", (405, "method_not_supported")),
        (app.request(Method::POST, "/embeddings"), "{}", (415, "unsupported_media_type")),
        (app.post("/embeddings"), "{", (400, "invalid_json")),
        (app.post("/embeddings"), r#"{"model":"gpt-0","input":"x"}"#, (403, "model_not_priced")),
        (app.post("/embeddings"), r#"{"model":"sandbox-0","input":"x"}"#, (404, "model_not_found")),
        (app.request(Method::GET, "/models/sandbox-0"), "", (404, "model_not_found")),
    ] {
        let reply = app.ask(request, body).await;
        assert_eq!(reply.error(), (error.0, error.1.to_owned()));
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("x-should-retry"), "false");
        assert!(reply.header("x-request-id").starts_with("req_"));
        if reply.status == StatusCode::METHOD_NOT_ALLOWED {
            assert_eq!(reply.header("allow"), "POST");
        }
    }
    let large = chat("sandbox-dime", &format!(r#","x":"{}""#, "x".repeat(16 << 20)));
    let reply = app.ask(app.post("/chat/completions"), large).await;
    assert_eq!(reply.error(), (413, "request_too_large".to_owned()));
    app.books_nothing().await;
    assert!(app.provider.received().is_empty());
}

#[tokio::test]
async fn lists_models() {
    let app = App::new().await;
    let list = app.send(app.request(Method::GET, "/models")).await.json();
    assert_eq!(list["object"], "list");
    let names: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|model| model["id"].clone()).collect();
    assert!(names.contains(&"model-x".into()) && names.contains(&"sandbox-dime".into()));
    let one = app.send(app.request(Method::GET, "/models/model-x")).await;
    assert_eq!(one.text(), r#"{"id":"model-x","object":"model","created":0,"owned_by":"openai"}"#);
}

#[tokio::test]
async fn a_database_out_of_reach_stops_admission_within_a_second() {
    let app = App::new().await;
    assert_eq!(app.sandbox("sandbox-dime", "", "").await.status, StatusCode::OK);
    app.database.store.close().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let reply = app.sandbox("sandbox-dime", "", "").await;
    assert_eq!(reply.error(), (503, "ledger_unavailable".to_owned()));
    assert_eq!(reply.header("retry-after"), "1");
}

#[tokio::test]
async fn takes_nothing_when_the_program_stops() {
    let app = App::new().await;
    app.shutdown.cancel();
    let reply = app.sandbox("sandbox-dime", "", "").await;
    assert_eq!(reply.error(), (503, "shutting_down".to_owned()));
}
