//! Signing in, up and out, and new passwords by link.

use axum::http::StatusCode;
use secrecy::ExposeSecret as _;
use store::system::SignUpPolicy;

use crate::support::{PASSWORD, Site};

#[tokio::test]
async fn who_is_signed_out_comes_back_after_signing_in() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let home = format!("/{}", caller.org);
    assert_eq!(ines.get("/").await.location(), home);
    let mut browser = site.browser();
    assert_eq!(browser.get("/").await.location(), "/sign-in");
    let keys = format!("{home}/keys?state=revoked");
    let answer = browser.get(&keys).await;
    let door = answer.location().to_owned();
    assert!(door.starts_with("/sign-in?next=%2Forg-"), "{door}");
    browser.get(&door).await.is(StatusCode::OK).says("Create one");
    let answer =
        browser.post(&door, &[("email", "ines@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), keys);
    browser.get(&keys).await.is(StatusCode::OK);
    assert_eq!(browser.get("/sign-in").await.location(), "/");
    assert_eq!(browser.post("/sign-out", &[]).await.location(), "/sign-in");
    assert_eq!(browser.get("/").await.location(), "/sign-in");
    let elsewhere = "/sign-in?next=//evil.example";
    let answer =
        browser.post(elsewhere, &[("email", "ines@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/");
}

#[tokio::test]
async fn a_wrong_password_keeps_the_address_and_not_the_password() {
    let (site, ..) = Site::with_owner().await;
    let mut browser = site.browser();
    let fields = [("email", "ines@example.com"), ("password", "not-this-one")];
    let answer = browser.post("/sign-in", &fields).await;
    answer
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("value=\"ines@example.com\"")
        .says("The e-mail address or the password is not right.")
        .hides("not-this-one");
    let answer = browser.post("/sign-in", &[("email", "ines"), ("password", "x")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("This is not an e-mail address");
    let unknown = [("email", "nobody@example.com"), ("password", "not-this-one")];
    let answer = browser.post("/sign-in", &unknown).await;
    answer.says("The e-mail address or the password is not right.");
}

#[tokio::test]
async fn an_account_leads_to_an_organization() {
    let (site, ..) = Site::with_owner().await;
    let mut browser = site.browser();
    let mut fields = [("name", "Kofi <b>"), ("email", "kofi@example.com"), ("password", "short")];
    let answer = browser.post("/sign-up", &fields).await;
    answer
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("A password needs at least 8 characters.")
        .says("value=\"Kofi &lt;b&gt;\"")
        .says("value=\"kofi@example.com\"");
    for (place, value, sentence) in [
        (0, " ", "This can’t be empty."),
        (1, "kofi", "This is not an e-mail address"),
        (1, "ines@example.com", "The account can’t be made"),
    ] {
        let mut wrong = fields;
        wrong[2].1 = PASSWORD;
        wrong[place].1 = value;
        let answer = browser.post("/sign-up", &wrong).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    fields[2].1 = PASSWORD;
    assert_eq!(browser.post("/sign-up", &fields).await.location(), "/");
    assert_eq!(browser.get("/").await.location(), "/organizations/new");
    browser.get("/organizations/new").await.is(StatusCode::OK);
    browser.get("/account").await.is(StatusCode::OK).says("kofi@example.com");
}

#[tokio::test]
async fn where_sign_up_is_closed_the_page_says_whom_to_ask() {
    let (site, ..) = Site::with_owner().await;
    let policy = SignUpPolicy::Invited;
    site.app.store.system().set_sign_up_policy(policy).await.unwrap();
    let mut browser = site.browser();
    browser.get("/sign-up").await.is(StatusCode::OK).says("Accounts are by invitation");
    let fields = [("name", "Kofi"), ("email", "kofi@example.com"), ("password", PASSWORD)];
    browser.post("/sign-up", &fields).await.says("Accounts are by invitation");
    let users = site.database.look("SELECT count(*) FROM users").await;
    assert_eq!(users, "1");
    browser.get("/sign-in").await.hides("Create one");
}

#[tokio::test]
async fn a_reset_link_works_once_and_ends_sessions() {
    let (site, mut ines, _) = Site::with_owner().await;
    let email = "ines@example.com".parse().unwrap();
    let token = identity::reset_link(&site.app.store, &site.app.secrets, &email).await.unwrap();
    let link = format!("/reset/{}", token.unwrap().expose_secret());
    let mut browser = site.browser();
    browser.get(&link).await.is(StatusCode::OK).says("Choose a new password");
    let answer = browser.post(&link, &[("password", "short")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("at least 8 characters");
    let new = [("password", "another few words")];
    assert_eq!(browser.post(&link, &new).await.location(), "/sign-in?changed");
    browser.get("/sign-in?changed").await.says("Password changed.");
    browser.post(&link, &new).await.says("This link is not valid");
    assert_eq!(ines.get("/").await.location(), "/sign-in");
    let fields = [("email", "ines@example.com"), ("password", "another few words")];
    assert_eq!(browser.post("/sign-in", &fields).await.location(), "/");
}
