//! A person's own page.

use axum::http::StatusCode;

use crate::support::{PASSWORD, Site};

const NEW: &str = "quite another few words";

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let (site, mut ines, _) = Site::with_owner().await;
    let mut phone = site.signed_in("ines").await;
    ines.get("/account").await.is(StatusCode::OK).says("ines@example.com");
    for (fields, sentence) in [
        (
            [("action", "password"), ("current", PASSWORD), ("new", "short")],
            "at least 8 characters",
        ),
        ([("action", "password"), ("current", "guess"), ("new", NEW)], "not your current password"),
    ] {
        let answer = ines.post("/account", &fields).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).hides(NEW).hides(PASSWORD);
    }
    let fields = [("action", "password"), ("current", PASSWORD), ("new", NEW)];
    assert_eq!(ines.post("/account", &fields).await.location(), "/account?saved");
    ines.get("/account?saved").await.is(StatusCode::OK).says("Password changed.");
    assert_eq!(phone.get("/account").await.location(), "/sign-in?next=%2Faccount");
    let mut browser = site.browser();
    let old = [("email", "ines@example.com"), ("password", PASSWORD)];
    browser.post("/sign-in", &old).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    let new = [("email", "ines@example.com"), ("password", NEW)];
    assert_eq!(browser.post("/sign-in", &new).await.location(), "/");
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_sessions() {
    let (site, mut ines, _) = Site::with_owner().await;
    let mut phone = site.signed_in("ines").await;
    assert_eq!(ines.post("/account", &[("action", "leave")]).await.location(), "/sign-in");
    for browser in [&mut ines, &mut phone] {
        assert_eq!(browser.get("/").await.location(), "/sign-in");
    }
}
