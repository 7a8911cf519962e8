//! Whole answers.

use std::{io::Write as _, time::Duration};

use domain::Usd;
use flate2::{Compression, write::GzEncoder};
use http::StatusCode;
use testkit::provider::{Provider, Script};

use crate::app::{App, MODEL, chat};

const ANSWER: &str = r#"{ "id":"x", "choices":[{"message":{"content":"12345678"}}],
    "usage":{"prompt_tokens":10,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}} }"#;

#[tokio::test]
async fn bytes_pass_untouched_and_the_usage_is_booked() {
    let app = App::new().await;
    app.provider.play(
        Script::head(
            200,
            &[
                ("content-type", "application/json; charset=utf-8"),
                ("x-request-id", "upstream-7"),
                ("openai-processing-ms", "5"),
                ("connection", "x-hop"),
                ("x-hop", "1"),
                ("set-cookie", "a=b"),
            ],
        )
        .piece(&ANSWER[..20])
        .piece(&ANSWER[20..])
        .end(),
    );
    let body = chat(MODEL, r#","max_tokens":5, "x" : [1.50]"#);
    let request = app
        .post("/chat/completions?a=b")
        .header("cookie", "session=1")
        .header("openai-project", app.tenant.project.to_string())
        .header("x-stainless-lang", "rust");
    let reply = app.ask(request, body.clone()).await;
    assert_eq!((reply.status, reply.text()), (StatusCode::OK, ANSWER));
    assert_eq!(reply.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(reply.header("x-upstream-request-id"), "upstream-7");
    assert_eq!(reply.header("openai-processing-ms"), "5");
    assert_eq!(reply.header("x-exchequer-charge"), "0.0000144");
    let reserved = Usd::from_pico((i128::try_from(body.len()).unwrap() + 5 * 4) * 1_000_000);
    assert_eq!(reply.header("x-exchequer-reserved"), reserved.to_string());
    assert!(!reply.headers.contains_key("x-hop") && !reply.headers.contains_key("set-cookie"));
    app.books("answered 200 6 4 2 0.0000144").await;
    let id: domain::EventId = reply.header("x-request-id").parse().unwrap();
    assert_eq!(app.database.look("SELECT id FROM events").await, id.uuid().to_string());

    let sent = &app.provider.received()[0];
    assert_eq!((&*sent.method, &*sent.path), ("POST", "/v1/chat/completions?a=b"));
    assert_eq!(sent.body, body);
    assert_eq!(sent.header("authorization"), Some("Bearer sk-upstream"));
    assert_eq!(sent.header("accept-encoding"), Some("identity"));
    assert_eq!(sent.header("x-stainless-lang"), Some("rust"));
    assert_eq!(sent.header("cookie").or(sent.header("openai-project")), None);
}

#[tokio::test]
async fn embeddings_are_charged_by_their_prompt() {
    let app = App::new().await;
    app.provider
        .play(Script::json(200, r#"{"data":[],"usage":{"prompt_tokens":3,"total_tokens":3}}"#));
    let reply = app.ask(app.post("/embeddings"), r#"{"model":"model-x","input":"hello"}"#).await;
    assert_eq!(reply.header("x-exchequer-charge"), "0.000003");
    app.books("answered 200 3 0 0 0.000003").await;
    assert_eq!(app.provider.received()[0].path, "/v1/embeddings");
}

#[tokio::test]
async fn an_error_of_the_provider_is_handed_on_and_costs_nothing() {
    let app = App::new().await;
    let error = r#"{"error":{"message":"busy","type":"t","param":null,"code":"c"}}"#;
    app.provider.play(
        Script::head(429, &[("content-type", "application/json"), ("retry-after", "7")])
            .piece(error)
            .end(),
    );
    let reply = app.chat("").await;
    assert_eq!((reply.status.as_u16(), reply.text()), (429, error));
    assert_eq!(reply.header("retry-after"), "7");
    assert!(!reply.header("x-exchequer-reserved").is_empty());
    app.provider.forget();
    for (script, error) in [
        (
            Script::head(503, &[("content-type", "text/html")]).piece("<h1>no").end(),
            (503, "upstream_error"),
        ),
        (Script::head(500, &[]).piece("{").reset(), (500, "upstream_error")),
        // The installation's key is wrong, not the client's.
        (Script::json(401, r#"{"error":{"code":"invalid_api_key"}}"#), (502, "upstream_error")),
        (Script::head(307, &[("location", "http://127.0.0.1:1/")]).end(), (502, "upstream_error")),
    ] {
        app.provider.play(script);
        assert_eq!(app.chat("").await.error(), (error.0, error.1.to_owned()));
        app.provider.forget();
    }
    app.books_nothing().await;
}

impl App {
    /// Waits until all errors of providers are written; each kind with its count.
    async fn provider_errors(&self, requests: i64) -> String {
        let written = format!("SELECT sum(requests) = {requests} FROM provider_errors");
        while self.database.look(&written).await != "true" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.database
            .look("SELECT string_agg(kind || ' ' || requests, ', ' ORDER BY kind) FROM (
                SELECT kind, sum(requests) AS requests FROM provider_errors JOIN projects p ON (p.org_id, p.id) = (provider_errors.org_id, project_id)
                WHERE model = 'model-x' GROUP BY kind) e")
            .await
    }
}

#[tokio::test]
async fn what_the_provider_does_not_serve_is_counted_by_whose_it_is() {
    let app = App::new().await;
    for (status, times) in [(429, 3), (403, 1), (401, 1), (400, 2), (500, 1), (529, 1)] {
        app.provider.play(Script::json(status, "{}"));
        for _ in 0..times {
            app.chat("").await;
        }
        app.provider.forget();
    }
    app.provider.play(Script::head(307, &[("location", "http://127.0.0.1:1/")]).end());
    app.chat("").await;
    app.provider.forget();
    assert_eq!(app.provider_errors(10).await, "broken 3, busy 3, denied 2, rejected 2");
    app.books_nothing().await;
}

#[tokio::test]
async fn no_connection_costs_nothing() {
    // A port that nobody listens on.
    let app = App::with_upstream(
        Provider::start().await.unwrap(),
        "http://127.0.0.1:1",
        Duration::from_secs(5),
    )
    .await;
    let reply = app.chat("").await;
    assert_eq!(reply.error(), (502, "upstream_error".to_owned()));
    assert!(!reply.header("x-exchequer-reserved").is_empty());
    app.books_nothing().await;
    assert_eq!(app.provider_errors(1).await, "unreachable 1");
}

#[tokio::test]
async fn sent_and_not_answered_is_booked_at_the_bound() {
    let provider = Provider::start().await.unwrap();
    let url = provider.url();
    let app = App::with_upstream(provider, &url, Duration::from_millis(300)).await;
    for (script, status) in [
        (Script::nothing().reset(), 502),
        (Script::head(200, &[("content-type", "application/json")]).piece("{").reset(), 502),
        (Script::nothing().stall(), 504),
        (Script::head(200, &[("content-type", "application/json")]).piece("{").stall(), 504),
        (Script::nothing().raw("HTTP/1.1 banana\r\n\r\n").stall(), 502),
    ] {
        app.provider.play(script);
        let reply = app.chat(r#","max_tokens":1"#).await;
        assert_eq!(reply.error(), (status, "upstream_error".to_owned()));
        let charge = app.database.look("SELECT trim_scale(charge) FROM events").await;
        assert_eq!(charge, reply.header("x-exchequer-reserved"));
        let outcome = app.database.look("SELECT outcome FROM events").await;
        assert_eq!(outcome, "unknown");
        app.database.tamper("DELETE FROM events").await;
        app.provider.forget();
    }
}

#[tokio::test]
async fn without_a_usage_that_can_be_true_it_is_estimated() {
    let app = App::new().await;
    let body = chat(MODEL, "").len();
    for (answer, output) in [
        (r#"{"choices":[{"message":{"content":"12345678"}}]}"#, 2),
        (r#"{"choices":[{"message":{"content":"12345"}}],"usage":{"prompt_tokens":-1}}"#, 2),
    ] {
        app.provider.play(Script::json(200, answer));
        assert_eq!(app.chat("").await.text(), answer);
        let tokens =
            app.database.look("SELECT concat_ws(' ', outcome, input, output) FROM events").await;
        assert_eq!(tokens, format!("estimated {body} {output}"));
        app.database.tamper("DELETE FROM events").await;
        app.provider.forget();
    }
    app.provider.play(Script::json(200, "<html>gateway</html>"));
    let reply = app.chat("").await;
    assert_eq!(reply.error(), (502, "upstream_error".to_owned()));
    assert!(!reply.header("x-exchequer-charge").is_empty());
    assert!(app.events().await.starts_with("estimated 200"));
}

#[tokio::test]
async fn more_than_was_reserved_is_charged_as_it_is() {
    let app = App::new().await;
    app.provider
        .play(Script::json(200, r#"{"usage":{"prompt_tokens":0,"completion_tokens":1000}}"#));
    let reply = app.chat(r#","max_tokens":1"#).await;
    assert_eq!(reply.header("x-exchequer-charge"), "0.004");
    app.books("answered 200 0 0 1000 0.004").await;
}

#[tokio::test]
async fn a_packed_answer_is_handed_on_packed() {
    let app = App::new().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(ANSWER.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let head = [("content-type", "application/json"), ("content-encoding", "gzip")];
    app.provider.play(Script::head(200, &head).piece(&packed).end());
    let reply = app.chat("").await;
    assert_eq!(reply.header("content-encoding"), "gzip");
    assert_eq!(reply.body, packed);
    app.books("answered 200 6 4 2 0.0000144").await;
}

#[tokio::test]
async fn a_paid_request_runs_to_its_end_though_the_client_hangs_up() {
    let app = App::new().await;
    let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
    app.provider.play(
        Script::head(200, &[("content-type", "application/json")]).wait(&go_on).piece(ANSWER).end(),
    );
    let request = app.begin(app.post("/chat/completions"), chat(MODEL, ""));
    assert!(tokio::time::timeout(Duration::from_millis(300), request).await.is_err());
    assert_eq!(app.provider.received().len(), 1);
    go_on.notify_one();
    app.books("answered 200 6 4 2 0.0000144").await;
}

#[tokio::test]
async fn a_tier_without_a_price_is_refused() {
    let app = App::new().await;
    for tier in ["priority", "scale"] {
        let reply = app.chat(&format!(r#","service_tier":"{tier}""#)).await;
        assert_eq!(reply.error(), (400, "invalid_value".to_owned()), "{tier}");
        assert_eq!(reply.json()["error"]["param"], "service_tier");
    }
    app.books_nothing().await;
}
