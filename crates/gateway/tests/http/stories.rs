//! What is recorded of how a request went.

use testkit::provider::Script;

use crate::app::{App, MODEL, chat};

const ANSWER: &str = r#"{"choices":[{"message":{"content":"the answer"}}],
    "usage":{"prompt_tokens":10,"completion_tokens":2}}"#;

impl App {
    /// The only story, in words; times are told by their order.
    async fn story(&self) -> String {
        self.database
            .look(
                "SELECT concat_ws(' | ', endpoint, COALESCE(provider_id, '-'), COALESCE(max_output::text, '-'), choices,
                    stops, array_to_string(tags, ' '), (SELECT string_agg(name, ' ' ORDER BY at, place) FROM unnest(
                        ARRAY['read', 'asked', 'admitted', 'connected', 'first_byte', 'first_token', 'last'],
                        ARRAY[read_us, asked_us, admitted_us, connected_us, first_byte_us, first_token_us, last_us])
                        WITH ORDINALITY AS m (name, at, place) WHERE at IS NOT NULL))
                 FROM stories JOIN events USING (org_id, id, project_id)",
            )
            .await
    }

    async fn stories(&self) -> String {
        self.database.look("SELECT count(*) FROM stories").await
    }
}

#[tokio::test]
async fn a_story_tells_times_and_tags_and_nothing_of_the_prompt() {
    let app = App::new().await;
    app.provider.play(
        Script::head(200, &[("content-type", "application/json"), ("x-request-id", "up-7")])
            .piece(ANSWER)
            .end(),
    );
    let fields = r#","max_tokens":5,"n":2,"stop":["."],"user":"u-7","metadata":{"team":"theirs","step":"2","n":1}"#;
    let request = app.post("/chat/completions").header("x-exchequer-tags", "team=search");
    let body = chat(MODEL, fields);
    assert_eq!(app.ask(request, body.clone()).await.status, 200);
    assert_eq!(
        app.story().await,
        "/chat/completions | up-7 | 5 | 2 | t | step=2 team=search user=u-7 | read asked admitted connected first_byte last"
    );
    // The provider gets what is its own, and of ours nothing.
    let sent = &app.provider.received()[0];
    assert_eq!((sent.body.as_ref(), sent.header("x-exchequer-tags")), (body.as_bytes(), None));
    let all = "SELECT count(*) FROM (SELECT stories::text AS row FROM stories UNION ALL SELECT events::text FROM events) r
        WHERE row LIKE '%hello%' OR row LIKE '%answer %' OR row LIKE '%the answer%' OR row LIKE '%theirs%'";
    assert_eq!(app.database.look(all).await, "0");
}

#[tokio::test]
async fn a_streams_story_knows_its_first_token_and_the_sandbox_has_no_connection() {
    let app = App::new().await;
    let reply = app
        .sandbox(
            "sandbox-tokens",
            r#","stream":true,"max_tokens":3"#,
            "delay_ms=20, first_token_ms=20",
        )
        .await;
    assert!(reply.whole);
    assert_eq!(
        app.story().await,
        "/chat/completions | - | 3 | 1 | f |  | read asked admitted first_byte first_token last"
    );
    // Not sooner than it was told to wait.
    let waited = "SELECT first_byte_us >= admitted_us + 20000 AND first_token_us >= first_byte_us + 20000 FROM stories";
    assert_eq!(app.database.look(waited).await, "true");
}

#[tokio::test]
async fn no_answer_has_a_story_and_no_charge_has_none() {
    let app = App::new().await;
    app.provider.play(Script::json(500, "{}"));
    app.chat("").await;
    app.books_nothing().await;
    assert_eq!(app.stories().await, "0");
    app.provider.forget();
    app.provider.play(Script::default().reset());
    assert_eq!(app.chat("").await.status, 502);
    assert_eq!(
        app.story().await,
        "/chat/completions | - | - | 1 | f |  | read asked admitted connected last"
    );
}

#[tokio::test]
async fn wrong_tags_are_refused_and_nothing_is_forwarded() {
    let app = App::new().await;
    for tags in ["team", "Team=x", "a=1, a=2", "a=1,b=2,c=3,d=4,e=5,f=6,g=7,h=8,i=9"] {
        let request = app.post("/chat/completions").header("x-exchequer-tags", tags);
        let reply = app.ask(request, chat(MODEL, "")).await;
        assert_eq!(reply.error(), (400, "invalid_tags".to_owned()), "{tags}");
        assert_eq!(reply.header("x-should-retry"), "false");
    }
    assert!(app.provider.received().is_empty());
    app.books_nothing().await;
}

#[tokio::test]
async fn fingerprints_are_kept_of_projects_that_want_them_and_equal_for_what_is_asked_again() {
    let app = App::new().await;
    app.provider.play(Script::json(200, ANSWER));
    app.chat("").await;
    let (store, caller) = (&app.database.store, &app.tenant.caller);
    store.set_fingerprints(caller, app.tenant.project, true).await.unwrap();
    let want = "SELECT count(*) || ' ' || count(DISTINCT fingerprint) FROM fingerprints JOIN events USING (org_id, id, project_id)";
    // The change is in force within a second, and what is kept is written a second later.
    while app.database.look(want).await == "0 0" {
        app.chat(r#","temperature":1"#).await;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let want = format!("{want} JOIN stories USING (org_id, id) WHERE choices > 1");
    for fields in [r#","n":2"#, r#","n":2,"user":"u-7""#, r#","n":3"#] {
        app.chat(fields).await;
    }
    while !app.database.look(&want).await.starts_with('3') {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(app.database.look(&want).await, "3 2");
}
