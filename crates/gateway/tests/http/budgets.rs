//! Limits that say no.

use domain::{Period, Scope, Usd};
use http::StatusCode;

use crate::app::App;

async fn budget(app: &App, scope: Scope, dollars: &str) {
    let amount: Usd = dollars.parse().unwrap();
    let store = &app.database.store;
    store.set_budget(&app.tenant.caller, scope, Period::Month, amount).await.unwrap();
}

#[tokio::test]
async fn a_spent_budget_refuses_and_says_which() {
    let app = App::new().await;
    budget(&app, Scope::Project(app.tenant.project), "0.25").await;
    for _ in 0..2 {
        let reply = app.sandbox("sandbox-dime", "", "").await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("x-exchequer-reserved"), "0.10");
        assert_eq!(reply.header("x-exchequer-charge"), "0.10");
    }
    let reply = app.sandbox("sandbox-dime", "", "").await;
    assert_eq!(reply.error(), (429, "project_spend_limit_exceeded".to_owned()));
    assert_eq!(reply.header("x-should-retry"), "false");
    assert!(!reply.headers.contains_key("retry-after"));
    let error = reply.json()["error"].clone();
    assert_eq!(error["type"], "insufficient_quota");
    let limit = &error["limit"];
    for (name, value) in [
        ("scope", "project"),
        ("id", &app.tenant.project.to_string()),
        ("window", "month"),
        ("amount_usd", "0.25"),
        ("spent_usd", "0.20"),
        ("held_usd", "0.00"),
    ] {
        assert_eq!(limit[name], *value, "{name}");
    }
    assert_eq!(limit["running_requests"], 0);
    let receipt = limit["receipt"].as_str().unwrap();
    assert!(receipt.starts_with("http://exchequer.test/receipts/rcpt_"), "{receipt}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(receipt) && message.contains("An owner of the organization"));

    // Counted, and written within a moment.
    app.sandbox("sandbox-dime", "", "").await;
    for _ in 0..200 {
        if app.database.look("SELECT sum(count) FROM receipts").await == "2" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let row = app
        .database
        .look("SELECT concat_ws(' ', id, count, trim_scale(spent)) FROM receipts")
        .await;
    let id: domain::ReceiptId = receipt.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(row, format!("{} 2 0.2", id.uuid()));
}

#[tokio::test]
async fn what_running_requests_hold_may_come_back() {
    let app = App::new().await;
    budget(&app, Scope::Org(app.tenant.org), "0.15").await;
    let slow = app.sandbox("sandbox-dime", "", "delay_ms=3500");
    let refused = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        app.sandbox("sandbox-dime", "", "").await
    };
    let (slow, refused) = tokio::join!(slow, refused);
    assert_eq!(slow.status, StatusCode::OK);
    assert_eq!(refused.error(), (429, "organization_spend_limit_exceeded".to_owned()));
    assert_eq!(refused.header("retry-after"), "1");
    assert!(!refused.headers.contains_key("x-should-retry"));
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("$0.00 spent, $0.10 held by 1 running request,"), "{message}");
}

#[tokio::test]
async fn who_was_refused_while_waiting_gets_nothing_forwarded() {
    let app = App::new().await;
    budget(&app, Scope::Org(app.tenant.org), "0.15").await;
    // Holds what the other waits for, and gives it back.
    let slow = app.sandbox("sandbox-dime", "", "delay_ms=1500, status=500");
    let waiting = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        app.sandbox("sandbox-dime", "", "").await
    };
    let revoked = async {
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        app.database.store.revoke_api_key(&app.tenant.caller, app.tenant.key).await.unwrap();
    };
    let (slow, waited, ()) = tokio::join!(slow, waiting, revoked);
    assert_eq!(slow.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(waited.error(), (401, "invalid_api_key".to_owned()));
    app.books_nothing().await;
}

#[tokio::test]
async fn as_many_are_admitted_as_fit() {
    let app = App::new().await;
    budget(&app, Scope::Key(app.tenant.key), "1.00").await;
    let mut codes = Vec::new();
    let replies = futures_util::future::join_all(
        (0..40).map(|_| app.sandbox("sandbox-dime", "", "delay_ms=5")),
    )
    .await;
    for reply in replies {
        codes.push(reply.status.as_u16());
    }
    codes.sort_unstable();
    assert_eq!(codes.iter().filter(|code| **code == 200).count(), 10);
    assert_eq!(codes.iter().filter(|code| **code == 429).count(), 30);
    let spent = app
        .database
        .look("SELECT DISTINCT trim_scale(spent) FROM counters WHERE scope = 'key'")
        .await;
    assert_eq!(spent, "1");
}

#[tokio::test]
async fn what_the_sandbox_is_told_to_claim_is_reserved() {
    let app = App::new().await;
    budget(&app, Scope::Org(app.tenant.org), "1").await;
    let reply = app.sandbox("sandbox-tokens", "", "tokens=100000000").await;
    assert_eq!(reply.error(), (429, "organization_spend_limit_exceeded".to_owned()));
    app.books_nothing().await;
}
