//! What a page of usage counts, and what can't be counted.

use axum::http::StatusCode;

use crate::{
    spender::{Spender, table},
    usage::spent,
};

#[tokio::test]
async fn the_large_number_is_what_is_counted() {
    let mut spender = spent().await;
    for (measure, large) in [
        ("cost", "Cost</h2><p class=\"keep\"><data "),
        ("tokens", "Tokens</h2><p class=\"keep\"><span class=\"hero\">"),
        ("requests", "Requests</h2><p class=\"keep\"><span class=\"hero\">"),
    ] {
        let page = spender.browser.get(&spender.path(&format!("usage?measure={measure}"))).await;
        page.is(StatusCode::OK).says(large);
        let sorted = table(&page.body, "Usage by project").split("aria-sort").nth(1).unwrap();
        let column = large.split('<').next().unwrap();
        assert!(sorted.split("</th>").next().unwrap().contains(column), "{measure}: {sorted}");
    }
}

#[tokio::test]
async fn what_has_no_known_price_has_no_known_cost() {
    let mut spender = Spender::new().await;
    spender.spend("0.10").await;
    spender.site.database.tamper("UPDATE deltas SET unpriced = requests, charge = 0").await;
    let page = spender.browser.get(&spender.path("usage")).await;
    page.is(StatusCode::OK).says("Without 1 of the requests: their models have no known price.");
    assert!(table(&page.body, "Usage by project").contains(">Unknown</td>"), "{}", page.body);
}
