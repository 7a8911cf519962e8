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

#[tokio::test]
async fn a_profile_has_a_name_and_one_of_the_own_organizations() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let (_, other) = site.owner("kofi", "Kofi & Co").await;
    let org = caller.org.to_string();
    ines.get("/account").await.is(StatusCode::OK).says("The first by name").hides("Kofi");
    for (name, organization, sentence) in [
        ("", org.as_str(), "This can’t be empty."),
        ("Ines", &other.org.to_string(), "Choose an organization from the list."),
        ("Ines", "org-1", "Choose an organization from the list."),
    ] {
        let fields = [("action", "profile"), ("name", name), ("organization", organization)];
        ines.post("/account", &fields).await.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    let fields = [("action", "profile"), ("name", "Ines <i>"), ("organization", &org)];
    assert_eq!(ines.post("/account", &fields).await.location(), "/account?saved=profile");
    ines.get("/account").await.says("Ines &lt;i&gt;").hides("Ines <i>");
    let stored =
        site.database.look("SELECT default_org_id FROM users WHERE name = 'Ines <i>'").await;
    assert_eq!(stored, caller.org.uuid().to_string());
}

#[tokio::test]
async fn without_mail_an_address_is_changed_at_once_unless_it_is_taken() {
    let (site, mut ines, _) = Site::with_owner().await;
    site.user("kofi").await;
    let answer = ines.post("/account/email", &[("email", "kofi@example.com")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("exists already");
    let answer = ines.post("/account/email", &[("email", "new@example.com")]).await;
    assert_eq!(answer.location(), "/account?saved=email");
    ines.get("/account").await.is(StatusCode::OK).says("new@example.com");
}
