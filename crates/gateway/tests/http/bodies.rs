//! Prompts and answers, of projects that want them kept.

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use testkit::provider::Script;

use crate::app::{App, MODEL, chat};

const ANSWER: &str = r#"{"choices":[{"message":{"content":"the answer"}}],
    "usage":{"prompt_tokens":10,"completion_tokens":2}}"#;
const HELLO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":2}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const LARGEST: usize = 256 * 1024;

impl App {
    async fn keeps(&self, days: Option<i64>) {
        let days = days.and_then(domain::KeptDays::new);
        let (store, project) = (&self.database.store, self.tenant.project);
        store.set_bodies(&self.tenant.caller, project, days).await.unwrap();
        // In force within a second.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    }

    /// Prompt and answer of the newest request, once it is written: without the mark, which names this text.
    async fn kept(&self, count: u32) -> (String, String) {
        let written = "SELECT count(*) FROM bodies JOIN events USING (org_id, id, project_id)";
        for _ in 0..200 {
            if self.database.look(written).await == count.to_string() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.database.look(written).await, count.to_string());
        let part = |name: &str| {
            format!(
                "SELECT substr({name}, length(mark) + 1)::text FROM (SELECT *, org_id || ' ' || id || ' {name} ' AS mark FROM bodies) b
                 WHERE convert_from(substr({name}, 1, length(mark)), 'UTF8') = mark ORDER BY id DESC LIMIT 1"
            )
        };
        let [prompt, answer] = [part("prompt"), part("answer")];
        (text(&self.database.look(&prompt).await), text(&self.database.look(&answer).await))
    }

    async fn cut(&self) -> String {
        self.database
            .look("SELECT prompt_cut || ' ' || answer_cut FROM bodies ORDER BY id DESC LIMIT 1")
            .await
    }
}

/// Of bytes as the database writes them.
fn text(hex: &str) -> String {
    let digits = hex.strip_prefix("\\x").unwrap_or_default().as_bytes();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    String::from_utf8(digits.as_chunks().0.iter().map(byte).collect()).unwrap()
}

#[tokio::test]
async fn what_is_asked_and_answered_is_kept_from_when_it_is_wanted_until_it_is_not() {
    let app = App::new().await;
    app.provider.play(Script::json(200, ANSWER));
    app.chat("").await;
    app.keeps(Some(30)).await;
    assert_eq!(app.chat(r#","n":2"#).await.text(), ANSWER);
    assert_eq!(app.kept(1).await, (chat(MODEL, r#","n":2"#), ANSWER.to_owned()));
    assert_eq!(app.cut().await, "false false");
    let days = "SELECT round(extract(epoch FROM expires_at - exq_now()) / 86400) FROM bodies";
    assert_eq!(app.database.look(days).await, "30");

    // Embeddings as well, and what a client asked that another node took.
    app.provider.forget();
    let vectors = r#"{"data":[{"embedding":[0.5]}],"usage":{"prompt_tokens":3,"total_tokens":3}}"#;
    app.provider.play(Script::json(200, vectors));
    let asked = format!(r#"{{"model":"{MODEL}","input":"the words"}}"#);
    assert_eq!(app.ask(app.post("/embeddings"), asked.clone()).await.status, 200);
    assert_eq!(app.kept(2).await, (asked, vectors.to_owned()));

    app.keeps(None).await;
    app.chat("").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    app.kept(2).await;
    assert_eq!(app.database.look("SELECT count(*) FROM bodies").await, "2");
}

#[tokio::test]
async fn a_stream_is_kept_as_the_client_got_it() {
    let app = App::new().await;
    app.keeps(Some(1)).await;
    let whole = Script::stream().piece(HELLO).piece(USAGE).piece(DONE).end();
    app.provider.play(whole);
    let reply = app.chat(r#","stream":true"#).await;
    assert_eq!(reply.text(), format!("{HELLO}{DONE}"));
    let asked = chat(MODEL, r#","stream":true"#);
    assert_eq!(app.kept(1).await, (asked.clone(), format!("{HELLO}{DONE}")));

    // One that breaks off, with what the client was told of that.
    app.provider.forget();
    app.provider.play(Script::stream().piece(HELLO).reset());
    let reply = app.chat(r#","stream":true"#).await;
    let (prompt, answer) = app.kept(2).await;
    assert_eq!((prompt, answer.as_str()), (asked.clone(), reply.text()));
    assert!(answer.starts_with(HELLO) && answer.contains("error"), "{answer}");

    // One that the provider packed, unpacked.
    app.provider.forget();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(format!("{HELLO}{USAGE}{DONE}").as_bytes()).unwrap();
    let head = [("content-type", "text/event-stream"), ("content-encoding", "gzip")];
    app.provider.play(Script::head(200, &head).piece(encoder.finish().unwrap()).end());
    app.chat(r#","stream":true"#).await;
    assert_eq!(app.kept(3).await, (asked, format!("{HELLO}{USAGE}{DONE}")));
}

#[tokio::test]
async fn what_is_too_long_is_cut_and_what_is_packed_is_read() {
    let app = App::new().await;
    app.keeps(Some(90)).await;
    let long = format!("{}{}", &ANSWER[..ANSWER.len() - 1], r#","more":""#);
    let long = format!("{long}{}\"}}", "x".repeat(LARGEST));
    app.provider.play(Script::json(200, &long));
    let pad = format!(r#","pad":"{}""#, "y".repeat(LARGEST));
    assert_eq!(app.chat(&pad).await.text(), long);
    let (prompt, answer) = app.kept(1).await;
    assert_eq!((prompt.len(), answer.len()), (LARGEST, LARGEST));
    assert!(chat(MODEL, &pad).starts_with(&prompt) && long.starts_with(&answer));
    assert_eq!(app.cut().await, "true true");

    app.provider.forget();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(ANSWER.as_bytes()).unwrap();
    let head = [("content-type", "application/json"), ("content-encoding", "gzip")];
    app.provider.play(Script::head(200, &head).piece(encoder.finish().unwrap()).end());
    app.chat("").await;
    assert_eq!(app.kept(2).await, (chat(MODEL, ""), ANSWER.to_owned()));
    assert_eq!(app.cut().await, "false false");
}

#[tokio::test]
async fn what_was_never_answered_has_a_prompt_and_what_cost_nothing_has_none() {
    let app = App::new().await;
    app.keeps(Some(7)).await;
    app.provider.play(Script::json(500, "{}"));
    app.chat("").await;
    app.provider.forget();
    app.provider.play(Script::default().reset());
    assert_eq!(app.chat("").await.status, 502);
    assert_eq!(app.kept(1).await, (chat(MODEL, ""), String::new()));
    assert_eq!(app.database.look("SELECT answer IS NULL FROM bodies").await, "true");
    assert_eq!(app.database.look("SELECT count(*) FROM bodies").await, "1");
}

#[tokio::test]
async fn what_could_not_be_written_is_put_back_and_written_later() {
    let app = App::new().await;
    app.keeps(Some(7)).await;
    app.provider.play(Script::json(200, ANSWER));
    // The database refuses each row, and counts how often it is tried: a sequence does not roll back.
    app.database
        .tamper(
            "CREATE SEQUENCE tries; GRANT USAGE ON SEQUENCE tries TO PUBLIC;
             CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN PERFORM nextval('public.tries'); RAISE 'no room on the disk' USING ERRCODE = 'disk_full'; END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON bodies FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
    let tries = async || {
        let last = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM tries";
        app.database.look(last).await.parse::<i64>().unwrap()
    };
    let fails = async |more: i64| {
        let wanted = tries().await + more;
        for _ in 0..500 {
            if tries().await >= wanted {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(tries().await >= wanted, "of {wanted}");
    };
    assert_eq!(app.chat(r#","n":1"#).await.status, 200);
    fails(2).await;
    // What comes meanwhile waits with it.
    assert_eq!(app.chat(r#","n":2"#).await.status, 200);
    fails(2).await;
    assert_eq!(app.database.look("SELECT count(*) FROM bodies").await, "0");
    app.database.tamper("DROP TRIGGER refuse ON bodies").await;
    assert_eq!(app.kept(2).await, (chat(MODEL, r#","n":2"#), ANSWER.to_owned()));
    // What comes later is written as well, and what was tried so often is there once.
    assert_eq!(app.chat(r#","n":3"#).await.status, 200);
    assert_eq!(app.kept(3).await, (chat(MODEL, r#","n":3"#), ANSWER.to_owned()));
    let answered = "SELECT count(DISTINCT id) FROM bodies WHERE answer IS NOT NULL";
    assert_eq!(app.database.look(answered).await, "3");
}

#[tokio::test]
async fn what_ends_while_the_program_stops_is_kept_and_no_request_waits_for_a_slow_table() {
    let app = App::new().await;
    app.keeps(Some(7)).await;
    app.provider.play(Script::json(200, ANSWER));
    let mut other = app.database.admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE bodies IN EXCLUSIVE MODE").execute(&mut *other).await.unwrap();
    for _ in 0..3 {
        let asked = tokio::time::timeout(Duration::from_secs(2), app.chat("")).await;
        assert_eq!(asked.unwrap().status, 200);
    }
    other.rollback().await.unwrap();
    app.kept(3).await;
    // Whoever writes once a second ends; this one is still on its way.
    app.provider.forget();
    let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
    app.provider.play(Script::stream().piece(HELLO).wait(&go_on).piece(USAGE).piece(DONE).end());
    let answer = app.begin(app.post("/chat/completions"), chat(MODEL, r#","stream":true"#)).await;
    app.shutdown.cancel();
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    go_on.notify_one();
    http_body_util::BodyExt::collect(answer.into_body()).await.unwrap();
    let answers = "SELECT count(*) FROM bodies WHERE answer IS NOT NULL";
    for _ in 0..200 {
        if app.database.look(answers).await == "4" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(app.database.look(answers).await, "4");
}
