//! The sandbox provider, through the gate.

use http::StatusCode;

use crate::app::App;

#[tokio::test]
async fn answers_are_charged_like_any_other() {
    let app = App::new().await;
    let reply = app.sandbox("sandbox-tokens", r#","max_tokens":7"#, "cached=1").await;
    assert_eq!(reply.header("x-sandbox"), "true");
    // 5 bytes are 2 tokens, of which one was cached.
    assert_eq!(reply.header("x-exchequer-charge"), "0.0000291");
    app.books("answered 200 1 1 7 0.0000291").await;
    assert_eq!(app.database.look("SELECT sandbox FROM events").await, "true");
    assert!(app.provider.received().is_empty());
}

#[tokio::test]
async fn streams_and_hides_the_usage_that_nobody_asked_for() {
    let app = App::new().await;
    let reply = app.sandbox("sandbox-tokens", r#","stream":true,"max_tokens":2"#, "").await;
    assert!(reply.text().ends_with("data: [DONE]\n\n") && !reply.text().contains("usage"));
    app.books("answered 200 2 0 2 0.00001").await;
    assert_eq!(app.database.look("SELECT first_token_ms IS NOT NULL FROM events").await, "true");
}

#[tokio::test]
async fn rehearses_what_can_go_wrong() {
    let app = App::new().await;
    let reply = app.sandbox("sandbox-dime", "", "status=503").await;
    assert_eq!(reply.error(), (503, "sandbox_error".to_owned()));
    app.books_nothing().await;

    let reply = app.sandbox("sandbox-dime", "", "turbo").await;
    assert_eq!(reply.error(), (400, "invalid_value".to_owned()));
    assert_eq!(reply.json()["error"]["param"], "X-Exchequer-Sandbox");
    app.books_nothing().await;

    let reply = app.sandbox("sandbox-dime", "", "omit_usage").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(app.events().await.starts_with("estimated 200"));
    app.database.tamper("DELETE FROM events").await;

    let reply = app.sandbox("sandbox-dime", "", "reset_after=10").await;
    assert_eq!(reply.error(), (502, "upstream_error".to_owned()));
    app.books("unknown 200 0 0 0 0.1").await;
    app.database.tamper("DELETE FROM events").await;

    let reply = app.sandbox("sandbox-tokens", r#","stream":true"#, "reset_after=300").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.text().contains("upstream_error") && !reply.text().contains("[DONE]"));
    assert!(app.events().await.starts_with("estimated 200"));
}
