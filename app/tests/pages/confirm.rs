//! The password, asked for again before what is dangerous.

use axum::http::StatusCode;
use chrono::TimeDelta;

use crate::support::{PASSWORD, Site};

#[tokio::test]
async fn a_password_counts_for_ten_minutes_and_asking_again_makes_a_new_session() {
    let (site, mut ines, _) = Site::with_owner().await;
    let confirm = "/confirm?next=/account%3Fsaved";
    assert_eq!(ines.get(confirm).await.location(), "/account?saved");
    site.database.advance(TimeDelta::seconds(601)).await;
    ines.get(confirm).await.is(StatusCode::OK).says("Confirm that it is you");
    let answer = ines.post(confirm, &[("password", "not-this-one")]).await;
    answer
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("This is not your current password.")
        .hides("not-this-one");
    let mut copy = ines.clone();
    assert_eq!(ines.post(confirm, &[("password", PASSWORD)]).await.location(), "/account?saved");
    assert_eq!(ines.get(confirm).await.location(), "/account?saved");
    ines.get("/account").await.is(StatusCode::OK);
    assert_eq!(copy.get("/account").await.location(), "/sign-in?next=%2Faccount");
}

#[tokio::test]
async fn it_leads_to_no_other_host_and_asks_nobody_else() {
    let (site, mut ines, _) = Site::with_owner().await;
    for next in ["//evil.example", "https://evil.example", "/%5Cevil.example", ""] {
        let answer = ines.get(&format!("/confirm?next={next}")).await;
        assert_eq!(answer.location(), "/account", "{next}");
    }
    let answer = site.browser().get("/confirm?next=/x").await;
    assert_eq!(answer.location(), "/sign-in?next=%2Fconfirm%3Fnext%3D%2Fx");
}
