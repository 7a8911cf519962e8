//! The first start.

use axum::http::StatusCode;
use secrecy::ExposeSecret as _;

use crate::support::{PASSWORD, Site};

async fn link(site: &Site) -> String {
    let token = identity::setup_token(&site.app.store, &site.app.secrets).await.unwrap().unwrap();
    format!("/setup/{}", token.expose_secret())
}

const FIELDS: [(&str, &str); 5] = [
    ("name", "Ines"),
    ("email", "ines@example.com"),
    ("password", PASSWORD),
    ("organization", "Brackwater"),
    ("zone", "Europe/Oslo"),
];

#[tokio::test]
async fn an_empty_installation_serves_only_its_set_up() {
    let site = Site::empty().await;
    let mut browser = site.browser();
    let org = format!("/{}/keys", domain::OrgId::generate());
    for path in ["/", "/sign-in", "/sign-up", "/account", "/organizations/new", &org] {
        assert_eq!(browser.get(path).await.location(), "/setup", "{path}");
    }
    let fields = [("name", "A"), ("email", "a@example.com"), ("password", PASSWORD)];
    assert_eq!(browser.post("/sign-up", &fields).await.location(), "/setup");
    for (path, status) in [("/setup", StatusCode::OK), ("/setup/0123", StatusCode::FORBIDDEN)] {
        let answer = browser.get(path).await;
        answer.is(status).says("not set up yet").hides("<form");
    }
    browser.post("/setup/0123", &FIELDS).await.is(StatusCode::FORBIDDEN);
    assert_eq!(site.database.look("SELECT count(*) FROM users").await, "0");
}

#[tokio::test]
async fn the_link_makes_operator_and_organization_once() {
    let site = Site::empty().await;
    let link = link(&site).await;
    let mut browser = site.browser();
    browser.get(&link).await.is(StatusCode::OK).says("Set up Exchequer");
    for (place, value, sentence) in [
        (0, "", "This can’t be empty."),
        (1, "ines", "This is not an e-mail address"),
        (2, "password", "easy to guess"),
        (3, "\u{7}", "can’t contain line breaks"),
        (4, "Mars/Olympus", "Choose a time zone from the list."),
    ] {
        let mut wrong = FIELDS;
        wrong[place].1 = value;
        let answer = browser.post(&link, &wrong).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("Nothing was set up");
        if place != 3 {
            answer.says("value=\"Brackwater\"");
        }
    }
    let answer = browser.post(&link, &FIELDS).await;
    let home = answer.location().to_owned();
    assert!(home.starts_with("/org-"), "{home}");
    browser.get(&format!("{home}/settings")).await.is(StatusCode::OK).says("Europe/Oslo");
    assert_eq!(site.browser().get(&link).await.location(), "/sign-in");
    site.browser().post(&link, &FIELDS).await.is(StatusCode::FORBIDDEN);
    let operators = site.database.look("SELECT count(*) FROM users WHERE operator").await;
    assert_eq!(operators, "1");
}
