//! What a request is charged with, and what becomes of usage that can't be.

use std::time::Duration;

use domain::{Usd, price::Rates};
use testkit::provider::Script;

use crate::app::{App, MODEL, chat};

/// Little enough to ask for it often within the usage limit.
const ANSWER: &str = r#"{"choices":[],"usage":{"prompt_tokens":10000,"completion_tokens":10000}}"#;

/// Asks for a model until the reply has the status: a change of prices is in force within 5 seconds.
async fn until(app: &App, model: &str, status: u16) -> crate::app::Reply {
    for _ in 0..300 {
        app.provider.play(Script::json(200, ANSWER));
        let reply = app.ask(app.post("/chat/completions"), chat(model, "")).await;
        app.provider.forget();
        if reply.status.as_u16() == status {
            return reply;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    unreachable!("{model} never answered {status}");
}

#[tokio::test]
async fn a_model_without_a_price_passes_or_not_by_the_owners_choice() {
    let app = App::new().await;
    let (store, caller) = (&app.database.store, &app.tenant.caller);
    let reply = app.ask(app.post("/chat/completions"), chat("model-0", "")).await;
    assert_eq!(reply.error(), (403, "model_not_priced".to_owned()));
    assert!(app.provider.received().is_empty());
    app.books_nothing().await;

    store.let_unpriced_pass(caller, true).await.unwrap();
    let reply = until(&app, "model-0", 200).await;
    // There is no charge to tell, not one of zero.
    assert!(!reply.headers.contains_key("x-exchequer-charge"));
    assert_eq!(reply.header("x-exchequer-reserved"), "0.00");
    let event =
        "SELECT concat_ws(' ', outcome, input, output, charge = 0, price_id IS NULL) FROM events";
    assert_eq!(app.database.look(event).await, "answered 10000 10000 t t");
    assert_eq!(app.database.look("SELECT sum(unpriced) FROM deltas").await, "1");

    store.let_unpriced_pass(caller, false).await.unwrap();
    until(&app, "model-0", 403).await;
}

#[tokio::test]
async fn sound_without_a_price_is_a_model_without_one() {
    let app = App::new().await;
    let sound = r#"{"model":"model-x","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA"}}]}]}"#;
    for body in [sound.to_owned(), chat(MODEL, r#","modalities":["text","audio"]"#)] {
        let reply = app.ask(app.post("/chat/completions"), body).await;
        assert_eq!(reply.error(), (403, "model_not_priced".to_owned()));
    }
    app.books_nothing().await;
    // It passes by the owner's choice, and not for nothing.
    app.database.store.let_unpriced_pass(&app.tenant.caller, true).await.unwrap();
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":1000000,"completion_tokens":0}}"#;
    for _ in 0..300 {
        app.provider.play(Script::json(200, usage));
        let reply = app.chat(r#","audio":{}"#).await;
        if reply.status.as_u16() == 200 {
            assert_eq!(reply.header("x-exchequer-charge"), "1.00");
            assert!(reply.header("x-exchequer-reserved").parse::<Usd>().unwrap() > Usd::ZERO);
            assert!(app.events().await.starts_with("answered 200 1000000"));
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never passes");
}

#[tokio::test]
async fn an_organizations_own_price_holds_and_the_event_keeps_it() {
    let app = App::new().await;
    let (store, caller) = (&app.database.store, &app.tenant.caller);
    let dollars = |n: u64| n * 1_000_000_000_000;
    let terms = |n| Some((Rates::new(dollars(n), dollars(n)), Usd::ZERO));
    let first = store.set_own_price(caller, "model-own", terms(3), None).await.unwrap();
    let reply = until(&app, "model-own", 200).await;
    assert_eq!(reply.header("x-exchequer-charge"), "0.06");
    // Another price later changes no event.
    store.set_own_price(caller, "model-own", terms(1), None).await.unwrap();
    for _ in 0..300 {
        if until(&app, "model-own", 200).await.header("x-exchequer-charge") == "0.02" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let first = format!(
        "SELECT DISTINCT trim_scale(charge) FROM events WHERE price_id = '{}'",
        first.uuid()
    );
    assert_eq!(app.database.look(&first).await, "0.06");
    let last = "SELECT trim_scale(charge) FROM events ORDER BY id DESC LIMIT 1";
    assert_eq!(app.database.look(last).await, "0.02");
    // As in the price book again, which does not have it.
    store.set_own_price(caller, "model-own", None, None).await.unwrap();
    until(&app, "model-own", 403).await;
}

#[tokio::test]
async fn a_service_tier_needs_a_price_and_is_charged_as_the_answer_tells() {
    let app = App::new().await;
    for tier in ["priority", "batch", "nonsense"] {
        let reply = app.chat(&format!(r#","service_tier":"{tier}""#)).await;
        assert_eq!(reply.error(), (400, "invalid_value".to_owned()), "{tier}");
    }
    app.books_nothing().await;
    let usage = r#""usage":{"prompt_tokens":1000000,"completion_tokens":0}"#;
    for (told, charge, outcome) in [
        (r#""service_tier":"flex","#, "0.50", "flex answered"),
        // It was full: answered as any other.
        (r#""service_tier":"default","#, "1.00", "default answered"),
        // No tier that has a price: charged as listed, and marked.
        (r#""service_tier":"priority","#, "1.00", "priority estimated"),
    ] {
        app.provider.play(Script::json(200, &format!(r#"{{{told}"choices":[],{usage}}}"#)));
        let reply = app.chat(r#","service_tier":"flex""#).await;
        assert_eq!(reply.header("x-exchequer-charge"), charge, "{told}");
        let last = "SELECT service_tier || ' ' || outcome FROM events ORDER BY id DESC LIMIT 1";
        assert_eq!(app.database.look(last).await, outcome);
        app.provider.forget();
    }
}

/// docs/gateway.md, "Usage that can't be as it is told".
#[tokio::test]
async fn each_wrong_usage_has_one_outcome() {
    let app = App::new().await;
    let body = chat(MODEL, r#","max_tokens":5"#);
    let answer =
        |usage: &str| format!(r#"{{"choices":[{{"message":{{"content":"12345678"}}}}]{usage}}}"#);
    let bound = body.len();
    for (what, usage, expected) in [
        ("missing", "", format!("estimated 200 {bound} 0 2")),
        ("null", r#","usage":null"#, format!("estimated 200 {bound} 0 2")),
        (
            "zero",
            r#","usage":{"prompt_tokens":0,"completion_tokens":0}"#,
            format!("estimated 200 {bound} 0 2"),
        ),
        (
            "negative",
            r#","usage":{"prompt_tokens":-9,"completion_tokens":2}"#,
            format!("estimated 200 {bound} 0 2"),
        ),
        (
            "contradictory",
            r#","usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":10}}"#,
            format!("estimated 200 {bound} 0 2"),
        ),
        (
            "larger than reserved",
            r#","usage":{"prompt_tokens":5000,"completion_tokens":700}"#,
            "answered 200 5000 0 700".to_owned(),
        ),
    ] {
        app.provider.play(Script::json(200, &answer(usage)));
        let reply = app.ask(app.post("/chat/completions"), body.clone()).await;
        assert_eq!(reply.status.as_u16(), 200, "{what}");
        let booked = app.events().await;
        assert!(booked.starts_with(&expected), "{what}: {booked}");
        let charge: Usd = reply.header("x-exchequer-charge").parse().unwrap();
        assert!(charge > Usd::ZERO, "{what}");
        app.database.tamper("DELETE FROM events").await;
        app.provider.forget();
    }
}

#[tokio::test]
async fn a_usage_told_twice_or_late_is_booked_once() {
    let app = App::new().await;
    let frame = |data: &str| format!("data: {data}\n\n");
    let usage = |n: u32| {
        frame(&format!(r#"{{"choices":[],"usage":{{"prompt_tokens":9,"completion_tokens":{n}}}}}"#))
    };
    let text = frame(r#"{"choices":[{"delta":{"content":"hi"}}]}"#);
    let done = "data: [DONE]\n\n";
    for (what, stream) in [
        ("twice", format!("{text}{}{}{done}", usage(3), usage(3))),
        ("the last counts", format!("{text}{}{}{done}", usage(1), usage(3))),
        ("before the end", format!("{}{text}{done}", usage(3))),
    ] {
        let head = [("content-type", "text/event-stream")];
        app.provider.play(Script::head(200, &head).piece(&stream).end());
        let reply = app.chat(r#","stream":true"#).await;
        assert!(reply.whole, "{what}");
        app.books("answered 200 9 0 3 0.000021").await;
        app.database.tamper("DELETE FROM events").await;
        app.provider.forget();
    }
    // After [DONE] the books are made.
    let head = [("content-type", "text/event-stream")];
    let late = format!("{text}{}{done}{}", usage(3), usage(90));
    app.provider.play(Script::head(200, &head).piece(&late).end());
    assert!(app.chat(r#","stream":true"#).await.whole);
    app.books("answered 200 9 0 3 0.000021").await;
}
