//! Streams.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt as _;
use testkit::provider::{Provider, Script};
use tokio::{sync::Notify, time::timeout};

use crate::app::{App, MODEL, chat};

const HELLO: &str =
    "data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}],\"usage\":null}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const STREAM: &str = r#","stream":true"#;
const ASKED: &str = r#","stream":true,"stream_options":{"include_usage":true}"#;
const BOOKED: &str = "answered 200 10 0 2 0.000018";

#[tokio::test]
async fn bytes_pass_untouched_at_every_split_but_for_the_usage_that_nobody_asked_for() {
    let app = App::new().await;
    let whole = format!(": ping\r\n\r\n{HELLO}{USAGE}{DONE}");
    let without = whole.replace(USAGE, "");
    let mut sent = 0;
    for at in (0..=whole.len()).step_by(5) {
        for (fields, expected) in [(STREAM, &without), (ASKED, &whole)] {
            app.provider.forget();
            let (first, second) = whole.split_at(at);
            let script =
                if first.is_empty() { Script::stream() } else { Script::stream().piece(first) };
            let script = if second.is_empty() { script } else { script.piece(second) };
            app.provider.play(script.end());
            let reply = app.chat(fields).await;
            assert_eq!(reply.text(), expected, "{at}");
            assert!(reply.whole && reply.header("content-type") == "text/event-stream");
            assert!(!reply.header("x-exchequer-reserved").is_empty());
            sent += 1;
        }
    }
    let count = app.database.look("SELECT count(*) FROM events WHERE outcome = 'answered'").await;
    assert_eq!(count, sent.to_string());
    let requests = app.provider.received();
    let edited = chat(MODEL, r#","stream":true,"stream_options":{"include_usage":true}"#);
    assert_eq!(requests[0].body, edited);
    assert_eq!(requests[1].body, edited);
}

#[tokio::test]
async fn the_first_tokens_wait_for_nothing_and_the_end_waits_for_the_books() {
    let app = App::new().await;
    let go_on = Arc::new(Notify::new());
    app.provider.play(Script::stream().piece(HELLO).wait(&go_on).piece(USAGE).piece(DONE).end());
    let answer = app.begin(app.post("/chat/completions"), chat(MODEL, STREAM)).await;
    // Somebody else holds the counters of this organization.
    let mut other = app.database.admin.begin().await.unwrap();
    sqlx::query("SELECT id FROM counters FOR UPDATE").execute(&mut *other).await.unwrap();
    let mut body = answer.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, HELLO);
    go_on.notify_one();
    assert!(timeout(Duration::from_millis(700), body.frame()).await.is_err());
    assert_eq!(app.events().await, "");
    other.rollback().await.unwrap();
    let rest = timeout(Duration::from_secs(3), body.collect()).await.unwrap().unwrap();
    assert_eq!(rest.to_bytes(), DONE);
    app.books(BOOKED).await;
}

#[tokio::test]
async fn a_departed_client_s_stream_is_read_to_its_usage() {
    let app = App::new().await;
    let go_on = Arc::new(Notify::new());
    app.provider.play(Script::stream().piece(HELLO).wait(&go_on).piece(USAGE).piece(DONE).end());
    let answer = app.begin(app.post("/chat/completions"), chat(MODEL, STREAM)).await;
    drop(answer);
    tokio::time::sleep(Duration::from_millis(100)).await;
    go_on.notify_one();
    app.books(BOOKED).await;
    assert_eq!(app.provider.abandoned(), 0);
}

#[tokio::test]
async fn a_stream_broken_off_ends_with_an_error_and_is_estimated() {
    let provider = Provider::start().await.unwrap();
    let url = provider.url();
    let app = App::with_upstream(provider, &url, Duration::from_millis(300)).await;
    let input = chat(MODEL, STREAM).len();
    for script in [
        Script::stream().piece(HELLO).piece(HELLO).piece("data: {\"ch").reset(),
        Script::stream().piece(HELLO).piece(HELLO).close(),
        Script::stream().piece(HELLO).piece(HELLO).stall(),
    ] {
        app.provider.play(script);
        let reply = app.chat(STREAM).await;
        let seen = format!("{HELLO}{HELLO}data: {{\"error\":{{\"message\":");
        assert!(reply.text().starts_with(&seen), "{}", reply.text());
        assert!(reply.text().ends_with("\"code\":\"upstream_error\"}}\n\n"));
        assert!(reply.whole && !reply.text().contains("[DONE]"));
        let tokens =
            app.database.look("SELECT concat_ws(' ', outcome, input, output) FROM events").await;
        // What it thought before it spoke is paid and not seen.
        assert_eq!(tokens, format!("estimated {input} 100"));
        app.database.tamper("DELETE FROM events").await;
        app.provider.forget();
    }
}

#[tokio::test]
async fn a_stream_without_its_last_frames_is_whole_if_the_provider_says_so() {
    let app = App::new().await;
    // No [DONE], no final newline.
    app.provider.play(Script::stream().piece(HELLO).piece(USAGE.trim_end()).end());
    assert_eq!(app.chat(ASKED).await.text(), format!("{HELLO}{}", USAGE.trim_end()));
    app.books(BOOKED).await;
    app.database.tamper("DELETE FROM events").await;
    app.provider.forget();
    // No usage.
    app.provider.play(Script::stream().piece(HELLO).piece(DONE).end());
    assert_eq!(app.chat(STREAM).await.text(), format!("{HELLO}{DONE}"));
    assert!(app.events().await.starts_with("estimated 200"));
    app.database.tamper("DELETE FROM events").await;
    app.provider.forget();
    // Neither: it was cut off, though its connection ended well.
    app.provider.play(Script::stream().piece(HELLO).end());
    assert_eq!(app.chat(STREAM).await.text(), HELLO);
    let output = app.database.look("SELECT concat_ws(' ', outcome, output) FROM events").await;
    assert_eq!(output, "estimated 100");
}

#[tokio::test]
async fn a_packed_stream_is_handed_on_packed() {
    use std::io::Write as _;
    let app = App::new().await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(format!("{HELLO}{USAGE}{DONE}").as_bytes()).unwrap();
    let packed = Bytes::from(encoder.finish().unwrap());
    let head = [("content-type", "text/event-stream"), ("content-encoding", "gzip")];
    let (first, second) = packed.split_at(20);
    app.provider.play(Script::head(200, &head).piece(first).piece(second).end());
    let reply = app.chat(STREAM).await;
    assert_eq!(reply.body, packed);
    app.books(BOOKED).await;
}
