//! What a key may, and how fast a change of it is in force.

use std::time::{Duration, Instant};

use http::Method;
use testkit::Tenant;

use crate::app::{App, MODEL, Node, chat};

/// Asks both nodes until each answers so, within a second.
async fn both_answer(app: &App, other: &Node, after: &str, expected: (u16, &str)) {
    let begun = Instant::now();
    loop {
        let mut request = app.post("/chat/completions");
        let here = app.ask(request, chat("sandbox-dime", "")).await.error();
        request = app.post("/chat/completions").uri(format!("{}/chat/completions", other.base));
        let there = app.ask(request, chat("sandbox-dime", "")).await.error();
        let expected = (expected.0, expected.1.to_owned());
        if here == expected && there == expected {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{after}: {here:?} {there:?}");
    }
}

/// A change, what takes it back, and what both nodes answer in between.
const CHANGES: [(&str, &str, (u16, &str)); 13] = [
    (
        "UPDATE api_keys SET paused_at = exq_now()",
        "UPDATE api_keys SET paused_at = NULL",
        (403, "key_paused"),
    ),
    (
        "UPDATE api_keys SET permissions = 'read_only'",
        "UPDATE api_keys SET permissions = 'all'",
        LACKS,
    ),
    (
        "UPDATE api_keys SET permissions = 'restricted', scopes = '{models,embeddings}'",
        "UPDATE api_keys SET scopes = '{models,chat}'",
        LACKS,
    ),
    (
        "UPDATE projects SET models = '{gpt-4o,sandbox-tokens}'",
        "UPDATE projects SET models = '{sandbox-dime,sandbox-tokens}'",
        (403, "model_not_allowed"),
    ),
    (
        "UPDATE memberships SET role = 'reader';
         INSERT INTO project_members SELECT org_id, project_id, owner_id, 'viewer' FROM api_keys
         ON CONFLICT (org_id, project_id, user_id) DO UPDATE SET role = 'viewer'",
        "UPDATE project_members SET role = 'member'",
        LACKS,
    ),
    ("DELETE FROM project_members", "UPDATE memberships SET role = 'owner'", LACKS),
    (
        "DELETE FROM memberships",
        "INSERT INTO memberships (org_id, user_id, role) SELECT org_id, owner_id, 'owner' FROM api_keys",
        LACKS,
    ),
    ("DELETE FROM memberships", SERVICE, LACKS),
    (
        "UPDATE service_accounts SET deleted_at = exq_now()",
        "UPDATE api_keys SET service_account_id = NULL",
        LACKS,
    ),
    (
        "UPDATE organizations SET closed_at = exq_now()",
        "UPDATE organizations SET closed_at = NULL",
        (403, "organization_suspended"),
    ),
    (
        "UPDATE api_keys SET expires_at = exq_now()",
        "UPDATE api_keys SET expires_at = exq_now() + interval '1 day'",
        INVALID,
    ),
    ("UPDATE api_keys SET imported = true", "UPDATE api_keys SET imported = false", INVALID),
    ("UPDATE api_keys SET leaked_at = exq_now()", "UPDATE api_keys SET leaked_at = NULL", INVALID),
];
const LACKS: (u16, &str) = (403, "insufficient_permissions");
const INVALID: (u16, &str) = (401, "invalid_api_key");
const SERVICE: &str = "INSERT INTO service_accounts (org_id, id, project_id, name)
        SELECT org_id, exq_id(), project_id, 'robot' FROM api_keys;
    UPDATE api_keys SET owner_id = NULL, service_account_id = s.id FROM service_accounts s";
const NIL: &str = "00000000-0000-0000-0000-000000000000";

#[tokio::test]
async fn every_change_is_in_force_on_every_node_within_a_second() {
    let app = App::new().await;
    let other = app.second_node().await;
    let ready = || app.request(Method::GET, "/models").uri(format!("{}/models", other.base));
    while app.send(ready()).await.status != http::StatusCode::OK {}
    both_answer(&app, &other, "", (200, "null")).await;
    for (change, undo, answer) in CHANGES {
        app.database.tamper(change).await;
        both_answer(&app, &other, change, answer).await;
        app.database.tamper(undo).await;
        both_answer(&app, &other, undo, (200, "null")).await;
    }
}

#[tokio::test]
async fn a_key_stops_at_its_expiry_though_it_is_remembered() {
    let app = App::new().await;
    app.database.tamper("UPDATE api_keys SET expires_at = exq_now() + interval '2 seconds'").await;
    let mut answered = 0;
    let over = loop {
        // What the database's clock says before and after the answer.
        let clock = "SELECT exq_now() < expires_at FROM api_keys";
        let before = app.database.look(clock).await;
        let reply = app.send(app.request(Method::GET, "/models")).await;
        if reply.status == http::StatusCode::OK {
            assert_eq!(before, "true");
            answered += 1;
        } else {
            break app
                .database
                .look("SELECT exq_now() > expires_at - interval '1 second' FROM api_keys")
                .await;
        }
    };
    assert!(answered > 0);
    assert_eq!(over, "true");
}

#[tokio::test]
async fn the_refusal_says_what_is_missing_and_who_can_mend_it() {
    let app = App::new().await;
    let message = async |path: &str, body: &str| {
        let reply = app.ask(app.post(path), body.to_owned()).await;
        assert_eq!(reply.header("x-should-retry"), "false");
        reply.json()["error"]["message"].as_str().unwrap().to_owned()
    };
    app.database
        .tamper(
            "UPDATE projects SET models = '{sandbox-dime}';
             UPDATE api_keys SET permissions = 'restricted', scopes = '{chat,models}'",
        )
        .await;
    while app.ask(app.post("/embeddings"), "{}").await.error().0 != 403 {}
    let embedding = r#"{"model":"sandbox-dime","input":"x"}"#;
    assert!(message("/embeddings", embedding).await.contains("/v1/embeddings"));
    // Whether there is such a model is not told.
    for model in [MODEL, "gpt-0"] {
        let text = message("/chat/completions", &chat(model, "")).await;
        assert!(
            text.contains(&format!("project Search may not use the model `{model}`")),
            "{text}"
        );
        assert!(!text.contains("sandbox-dime"), "{text}");
    }
    let list = app.send(app.request(Method::GET, "/models")).await.json();
    let names: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(names, ["sandbox-dime"]);
    let shown = app.send(app.request(Method::GET, "/models/model-x")).await;
    assert_eq!(shown.error(), (403, "model_not_allowed".to_owned()));
    app.database.tamper("UPDATE api_keys SET scopes = '{chat}'").await;
    while app.send(app.request(Method::GET, "/models")).await.error().0 != 403 {}
    assert_eq!(app.chat("").await.error(), (403, "model_not_allowed".to_owned()));
    app.books_nothing().await;
}

#[tokio::test]
async fn an_untracked_keys_budget_holds_and_its_usage_names_no_key() {
    let app = App::new().await;
    let key = app.tenant.key.uuid();
    app.database.tamper("UPDATE api_keys SET tracked = false").await;
    app.database
        .tamper(&format!(
            "INSERT INTO budgets (org_id, id, scope, scope_id, period, amount)
             SELECT org_id, exq_id(), 'key', '{key}', 'month', 0.30 FROM organizations"
        ))
        .await;
    let ids = "SELECT string_agg(key_id::text, ' ' ORDER BY id) FROM events";
    // From when on it is untracked everywhere.
    let mut sent = 0;
    while app
        .database
        .look(&format!("SELECT key_id = '{NIL}' FROM events ORDER BY id DESC LIMIT 1"))
        .await
        != "true"
    {
        app.database.tamper("UPDATE budgets SET amount = amount + 0.10").await;
        assert_eq!(app.sandbox("sandbox-dime", "", "").await.error().0, 200);
        sent += 1;
    }
    let before = app.database.look(ids).await;
    for _ in 0..2 {
        assert_eq!(app.sandbox("sandbox-dime", "", "").await.error().0, 200);
    }
    assert_eq!(app.database.look(ids).await, format!("{before} {NIL} {NIL}"));
    let grouped = format!("SELECT count(*) FROM deltas WHERE key_id = '{NIL}'");
    assert_ne!(app.database.look(&grouped).await, "0");
    assert_eq!(app.sandbox("sandbox-dime", "", "").await.error().0, 200);
    let refused = app.sandbox("sandbox-dime", "", "").await.error();
    assert_eq!(refused, (429, "key_spend_limit_exceeded".to_owned()));
    let spent =
        format!("SELECT requests FROM counters WHERE scope_id = '{key}' AND period = 'month'");
    assert_eq!(app.database.look(&spent).await, (sent + 3).to_string());
    app.database.tamper("DELETE FROM budgets; UPDATE api_keys SET tracked = true").await;
    let last = "SELECT key_id FROM events ORDER BY id DESC LIMIT 1";
    while app.database.look(last).await != key.to_string() {
        app.sandbox("sandbox-dime", "", "").await;
    }
    assert_eq!(app.database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_secret_with_the_right_public_id_is_refused_cold_and_warm() {
    let app = App::new().await;
    let (_, personal) = app.tenant.personal_key(&app.database).await;
    for right in [app.tenant.secret.clone(), personal] {
        let (mut wrong, _) = Tenant::secret();
        // The same public id under another secret, with a true checksum.
        let digits: Vec<u8> =
            right[7..19].bytes().chain(wrong[20..63].bytes()).map(digit).collect();
        wrong = domain::api_key::compose(digits.try_into().unwrap());
        assert_eq!(wrong[..20], right[..20]);
        for _ in 0..2 {
            for (key, status) in [(&wrong, 401), (&right, 200)] {
                let request = http::Request::builder()
                    .uri(app.request(Method::GET, "/models").uri_ref().unwrap())
                    .header("openai-project", app.tenant.project.to_string())
                    .header("authorization", format!("Bearer {key}"));
                assert_eq!(app.send(request).await.status, status);
            }
        }
    }
}

fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'Z' => byte - b'A' + 10,
        _ => byte - b'a' + 36,
    }
}
