//! What limits refuse is counted by model.

use std::time::Duration;

use domain::{Models, Period, Rate, Rates, Scope, Usd};
use store::Guards;
use testkit::provider::Script;

use crate::app::{App, MODEL, Reply, chat};

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

impl App {
    /// Waits until refused requests are written as `expected`: each model with its count, and whether something
    /// was spent.
    async fn refuses(&self, expected: &str) {
        let written = "SELECT COALESCE(string_agg(concat_ws(' ', model, requests, CASE WHEN spent THEN 'spent' END),
                ', ' ORDER BY model, spent), '') FROM (
            SELECT model, spent, sum(requests) AS requests FROM refused_requests r
            JOIN projects p ON (p.org_id, p.id) = (r.org_id, r.project_id) GROUP BY model, spent) r";
        for _ in 0..500 {
            if self.database.look(written).await == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(self.database.look(written).await, expected, "within ten seconds");
    }

    /// Nothing of this model passes in a day.
    async fn forbid(&self, model: &str) {
        let rates = Rates::from_all([None, None, Rate::new(0), None]);
        let (store, tenant) = (&self.database.store, &self.tenant);
        store.set_rate_limit(&tenant.caller, tenant.project, model, rates).await.unwrap();
    }

    /// Asks until the reply is this error: what is changed is in force within a second or, of prices, five.
    async fn until(&self, model: &str, error: (u16, &str)) {
        for _ in 0..300 {
            self.provider.play(Script::json(200, "{}"));
            let request = self.post("/chat/completions");
            let reply: Reply = self.ask(request, chat(model, r#","max_tokens":1"#)).await;
            self.provider.forget();
            if !reply.status.is_success() && reply.error() == (error.0, error.1.to_owned()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        unreachable!("{model} never answered {error:?}");
    }
}

#[tokio::test]
async fn what_a_limit_refuses_is_counted_and_what_is_forwarded_is_not() {
    let app = App::new().await;
    let (store, caller) = (&app.database.store, &app.tenant.caller);
    let scope = Scope::Project(app.tenant.project);
    store.set_budget(caller, scope, Period::Month, usd("0.25")).await.unwrap();
    app.forbid("sandbox-tokens").await;
    for status in [200, 200, 429, 429] {
        assert_eq!(app.sandbox("sandbox-dime", "", "").await.status, status);
    }
    assert_eq!(app.sandbox("sandbox-tokens", "", "").await.status, 429);
    app.provider.play(Script::json(500, "{}"));
    assert_eq!(app.chat("").await.status, 500);
    app.provider.forget();
    let guards = Guards { max_request: Some(usd("0.000001")), max_running: None };
    store.set_key_guards(caller, app.tenant.key, guards).await.unwrap();
    app.until(MODEL, (403, "request_too_expensive")).await;
    app.refuses("model-x 1, sandbox-dime 2 spent, sandbox-tokens 1").await;
    // As many as receipts tell.
    assert_eq!(app.database.look("SELECT sum(count) FROM receipts").await, "4");
}

#[tokio::test]
async fn what_would_only_have_been_refused_or_was_asked_wrongly_is_not_counted() {
    let app = App::new().await;
    let (store, caller) = (&app.database.store, &app.tenant.caller);
    let scope = Scope::Org(app.tenant.org);
    store.save_budget(caller, scope, Period::Month, usd("0.05"), Some(true)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(app.sandbox("sandbox-dime", "", "").await.status, 200);
    }
    for model in ["model-0", "sandbox-0"] {
        assert!(app.sandbox(model, "", "").await.status.is_client_error());
    }
    let badly = app.sandbox("sandbox-dime", r#","n":0"#, "").await;
    assert_eq!(badly.error(), (400, "invalid_value".to_owned()));
    // All that was counted before is written with this one, or was.
    app.forbid("sandbox-tokens").await;
    assert_eq!(app.sandbox("sandbox-tokens", "", "").await.status, 429);
    app.refuses("sandbox-tokens 1").await;
    let observed = "SELECT sum(count) FROM receipts WHERE observed";
    assert_eq!(app.database.look(observed).await, "2");
}

#[tokio::test]
async fn a_name_that_a_client_makes_up_is_counted_only_if_the_project_lists_it() {
    let app = App::new().await;
    let (store, caller) = (&app.database.store, &app.tenant.caller);
    store.let_unpriced_pass(caller, true).await.unwrap();
    app.forbid("model-0").await;
    app.until("model-0", (429, "rate_limit_exceeded")).await;
    let listed = Models::new(["model-0"]).unwrap();
    store.set_project_models(caller, app.tenant.project, Some(&listed)).await.unwrap();
    app.until(MODEL, (403, "model_not_allowed")).await;
    app.until("model-0", (429, "rate_limit_exceeded")).await;
    app.refuses("model-0 1").await;
    assert_eq!(app.database.look("SELECT sum(count) FROM receipts").await, "2");
}
