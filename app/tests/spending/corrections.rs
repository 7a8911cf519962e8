//! Charges in doubt, and their correction.

use axum::http::StatusCode;
use domain::{Period, Scope};

use crate::spender::Spender;

#[tokio::test]
async fn a_charge_in_doubt_is_corrected_once_with_a_reason() {
    let mut spender = Spender::new().await;
    let path = spender.path("corrections");
    let empty = spender.browser.get(&path).await;
    empty.is(StatusCode::OK).says("No charge is in doubt").hides("Corrected charges");
    spender.spend("0.50").await;
    let request = spender.unanswered("2").await;
    let page = spender.browser.get(&path).await;
    page.says(&request.to_string()).says("No answer").says("value=\"2.00\"").says("Support");
    page.hides("value=\"0.50\"");

    let one = format!("{path}/{request}");
    spender.browser.get(&one).await.is(StatusCode::OK).says("What it cost").says("value=\"2.00\"");
    let wrong = [("amount", "-1"), ("reason", "")];
    let page = spender.browser.post(&one, &wrong).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was corrected");
    page.says("An amount can’t be negative.").says("This can’t be empty.").says("value=\"-1\"");

    let right = [("amount", "0.75"), ("reason", "Provider’s invoice 7")];
    let answer = spender.browser.post(&one, &right).await;
    assert_eq!(answer.location(), format!("{path}?done=corrected"));
    let page = spender.browser.get(answer.location()).await;
    page.says("Charge corrected.").says("No charge is in doubt").says("Provider’s invoice 7");
    page.says("value=\"2.00\"").says("value=\"0.75\"").says("By ines@example.com");
    let scope = Scope::Org(spender.caller.org);
    let store = &spender.site.app.store;
    let spent = store.budget_status(&spender.caller, scope, Period::Month).await.unwrap().spent;
    assert_eq!(spent, "1.25".parse().unwrap());

    // Once more it is settled, whatever is sent.
    spender.browser.get(&one).await.is(StatusCode::NOT_FOUND);
    let answer = spender.browser.post(&one, &right).await;
    assert_eq!(answer.location(), format!("{path}?done=settled"));
    spender.browser.get(&format!("{path}?done=settled")).await.says("this charge is settled");
    spender.browser.get(&format!("{path}/req_x")).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn readers_correct_nothing() {
    let spender = Spender::new().await;
    let request = spender.unanswered("2").await;
    let mut kofi = spender.site.reader("kofi", &spender.caller).await;
    let path = spender.path("corrections");
    kofi.get(&path).await.is(StatusCode::FORBIDDEN);
    let one = format!("{path}/{request}");
    kofi.get(&one).await.is(StatusCode::FORBIDDEN);
    let form = [("amount", "0"), ("reason", "Mine")];
    kofi.post(&one, &form).await.is(StatusCode::FORBIDDEN);
    let outcomes = "SELECT string_agg(outcome, ' ') FROM events";
    assert_eq!(spender.site.database.look(outcomes).await, "unknown");
}
