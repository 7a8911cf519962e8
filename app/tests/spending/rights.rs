//! Who may see money.

use axum::http::StatusCode;

use crate::spender::Spender;

const PAGES: [&str; 5] = ["usage", "budgets", "alerts", "advisor", "statements"];

#[tokio::test]
async fn another_organization_is_not_there() {
    let spender = Spender::new().await;
    spender.spend("7.77").await;
    let (mut stranger, _) = spender.site.owner("olav", "Elsewhere").await;
    for page in PAGES {
        stranger.get(&spender.path(page)).await.is(StatusCode::NOT_FOUND).hides("7.77");
    }
    stranger.get(&format!("/{}", spender.caller.org)).await.is(StatusCode::NOT_FOUND);
    let form = [("action", "set-budget"), ("amount", "1")];
    stranger.post(&spender.path("budgets"), &form).await.is(StatusCode::NOT_FOUND);
    assert_eq!(spender.site.database.look("SELECT count(*) FROM budgets").await, "0");
}

#[tokio::test]
async fn a_reader_sees_no_money_of_others_projects() {
    let spender = Spender::new().await;
    spender.spend("7.77").await;
    let mut reader = spender.site.reader("rita", &spender.caller).await;
    for page in ["usage", "alerts"] {
        reader.get(&spender.path(page)).await.is(StatusCode::OK).hides("7.77");
    }
    let overview = reader.get(&format!("/{}", spender.caller.org)).await;
    overview.is(StatusCode::OK).says("Brackwater").hides("7.77");
    let project = spender.project.to_string();
    for scope in [spender.caller.org.to_string(), project] {
        let form =
            [("action", "set-budget"), ("scope", &scope), ("window", "month"), ("amount", "1")];
        reader.post(&spender.path("budgets"), &form).await;
    }
    assert_eq!(spender.site.database.look("SELECT count(*) FROM budgets").await, "0");
}

#[tokio::test]
async fn who_is_not_signed_in_is_led_to_the_door() {
    let spender = Spender::new().await;
    let mut nobody = spender.site.browser();
    for page in PAGES {
        let answer = nobody.get(&spender.path(page)).await;
        assert!(answer.location().starts_with("/sign-in?next="));
    }
    let receipt = domain::ReceiptId::from_uuid(domain::EventId::generate().uuid());
    let answer = nobody.get(&format!("/receipts/{receipt}")).await;
    assert!(answer.location().starts_with("/sign-in?next="));
}
