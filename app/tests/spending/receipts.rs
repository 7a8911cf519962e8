//! Receipts, where the API's refusals lead.

use axum::http::StatusCode;
use domain::{Period, Scope};

use crate::spender::Spender;

#[tokio::test]
async fn a_receipt_adds_up_for_members_alone() {
    let mut spender = Spender::new().await;
    let (store, scope) = (spender.site.app.store.clone(), Scope::Project(spender.project));
    store.set_budget(&spender.caller, scope, Period::Month, "1200".parse().unwrap()).await.unwrap();
    spender.spend("1199.73").await;
    let receipt = spender.refused("0.4128").await;
    let path = format!("/receipts/{receipt}");
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).says("Refused by the project budget");
    page.says("project_spend_limit_exceeded").says("Support, monthly budget");
    page.says("$1,200.000000").says("− $1,199.730000").says("$0.270000");
    page.says("38 requests").says("ines, the only owner").says("has not changed since");
    store.set_budget(&spender.caller, scope, Period::Month, "1500".parse().unwrap()).await.unwrap();
    spender.browser.get(&path).await.says("it is $1,500.00 now");

    let (mut stranger, _) = spender.site.owner("olav", "Elsewhere").await;
    stranger.get(&path).await.is(StatusCode::NOT_FOUND).hides("1,199");
    let mut reader = spender.site.reader("rita", &spender.caller).await;
    reader.get(&path).await.is(StatusCode::NOT_FOUND).hides("1,199");
    for id in ["rcpt_", "rcpt_00000000000000000000000000000000", "x", "%00", &"a".repeat(2_000)] {
        spender.browser.get(&format!("/receipts/{id}")).await.is(StatusCode::NOT_FOUND);
    }
}
