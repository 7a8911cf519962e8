//! Pages where mails are sent: nobody learns from an answer whether an address has an account.

use axum::http::StatusCode;
use secrecy::ExposeSecret as _;

use crate::support::{Answer, Browser, PASSWORD, Site};

async fn site() -> Site {
    let mut site = Site::empty().await;
    site.app.mails = true;
    site.user("ines").await;
    site
}

/// The path of the mail that goes to this address.
async fn mailed(site: &Site, recipient: &str) -> String {
    let mails = site.app.store.system().claim_mails(100).await.unwrap();
    let mail = mails.iter().find(|mail| mail.recipient.as_str() == recipient).unwrap();
    let path = identity::mail_path(&site.app.store, &site.app.secrets, mail).await.unwrap();
    path.unwrap().expose_secret().to_owned()
}

/// Status, headers and body without the nonce, which is another one in every answer.
fn seen(answer: &Answer) -> String {
    let headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "content-security-policy")
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    format!("{} {headers:?} {}", answer.status, answer.body)
}

async fn alike(site: &Site, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut answers = Vec::new();
    // As long as each other, because the form comes back with what was typed.
    for email in ["ines@example.com", "olga@example.com"] {
        let mut fields = fields.to_vec();
        fields.push(("email", email));
        let mut browser = site.browser();
        let answer = browser.post(path, &fields).await;
        let next = browser.get("/account").await;
        let body = answer.body.replace(email, "…");
        answers.push((seen(&Answer { body, ..answer }), seen(&next)));
    }
    assert!(answers[0] == answers[1], "{path} tells");
    site.browser().post(path, &[fields, &[("email", "ines@example.com")]].concat()).await
}

#[tokio::test]
async fn no_answer_tells_whether_an_address_has_an_account() {
    let site = site().await;
    let answer = alike(&site, "/sign-up", &[("name", "Ines"), ("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/sign-up?sent");
    let answer = alike(&site, "/forgot", &[]).await;
    assert_eq!(answer.location(), "/forgot?sent");
    let answer = alike(&site, "/forgot", &[]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("Too many mails were asked for");
    let answer = alike(&site, "/sign-in", &[("password", "not-this-one")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY);
    for page in ["/sign-up?sent", "/forgot?sent"] {
        site.browser().get(page).await.is(StatusCode::OK).says("Check your mail");
    }
}

#[tokio::test]
async fn a_new_account_begins_with_its_link() {
    let site = site().await;
    let mut kofi = site.browser();
    let fields = [("name", "Kofi"), ("email", "kofi@example.com"), ("password", PASSWORD)];
    assert_eq!(kofi.post("/sign-up", &fields).await.location(), "/sign-up?sent");
    kofi.post("/sign-in", &fields[1..]).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    let link = mailed(&site, "kofi@example.com").await;
    kofi.get(&link).await.is(StatusCode::OK).says("Verify your e-mail address");
    let answer = kofi.post(&link, &[("password", "not-this-one")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("not your current password");
    assert_eq!(kofi.post(&link, &[("password", PASSWORD)]).await.location(), "/");
    kofi.get("/account").await.is(StatusCode::OK).hides("not verified");
    kofi.post(&link, &[("password", PASSWORD)]).await.says("This link is not valid");
    kofi.get("/verify/abc").await.is(StatusCode::OK);
    kofi.post("/verify/abc", &[]).await.says("This link is not valid");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_mail() {
    let site = site().await;
    let mut browser = site.browser();
    browser.get("/sign-in").await.says("href=\"/forgot\"");
    browser.get("/forgot").await.is(StatusCode::OK).says("Send the link");
    let answer = browser.post("/forgot", &[("email", "ines")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("This is not an e-mail address");
    let answer = browser.post("/forgot", &[("email", "")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("This can’t be empty");
    let answer = browser.post("/forgot", &[("email", "ines@example.com")]).await;
    assert_eq!(answer.location(), "/forgot?sent");
    let link = mailed(&site, "ines@example.com").await;
    let new = [("password", "another few words")];
    assert_eq!(browser.post(&link, &new).await.location(), "/sign-in?changed");
    browser.post(&link, &new).await.says("This link is not valid").says("href=\"/forgot\"");
}

#[tokio::test]
async fn without_mail_the_pages_say_whom_to_ask() {
    let (site, ..) = Site::with_owner().await;
    let mut browser = site.browser();
    browser.get("/forgot").await.is(StatusCode::OK).says("sends no mail").hides("<form");
    for email in ["", "x@example.com", "ines@example.com"] {
        let answer = browser.post("/forgot", &[("email", email)]).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("sends no mail");
    }
    assert_eq!(site.database.look("SELECT count(*) FROM outbox").await, "0");
}

#[tokio::test]
async fn an_unverified_owner_is_told_on_every_page_until_the_link_is_opened() {
    let mut site = Site::empty().await;
    site.app.mails = true;
    let (mut ines, caller) = site.owner("ines", "Brackwater").await;
    let home = format!("/{}", caller.org);
    ines.get(&home).await.hides("is not verified");
    site.database.tamper("UPDATE users SET verified_at = NULL").await;
    for page in [home.as_str(), "/account", "/organizations/new"] {
        ines.get(page).await.is(StatusCode::OK).says("Your e-mail address is not verified.");
    }
    let again = [("action", "verify")];
    assert_eq!(ines.post("/account", &again).await.location(), "/account?saved=mailed");
    let link = mailed(&site, "ines@example.com").await;
    ines.get(&link).await.is(StatusCode::OK).hides("type=\"password\"");
    assert_eq!(ines.post(&link, &[]).await.location(), "/");
    ines.get(&home).await.hides("is not verified");
    // Verified, there is nothing to send.
    ines.post("/account", &again).await;
    assert_eq!(site.database.look("SELECT count(*) FROM outbox").await, "1");
}

async fn changes_address(site: &Site, ines: &mut Browser) -> String {
    let answer = ines.post("/account/email", &[("email", "ines@example.com")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("the address that your account has");
    let answer = ines.post("/account/email", &[("email", "new@example.com")]).await;
    assert_eq!(answer.location(), "/account?saved=mailed");
    mailed(site, "new@example.com").await
}

#[tokio::test]
async fn an_address_is_changed_by_the_link_that_goes_there() {
    let mut site = Site::empty().await;
    site.app.mails = true;
    let (mut ines, _) = site.owner("ines", "Brackwater").await;
    let mut phone = site.signed_in("ines").await;
    ines.get("/account/email").await.is(StatusCode::OK).says("ines@example.com is told");
    let link = changes_address(&site, &mut ines).await;
    ines.get("/account").await.says("ines@example.com").hides("new@example.com");
    ines.get(&link).await.is(StatusCode::OK).says("Use this address");
    assert_eq!(ines.post(&link, &[]).await.location(), "/account?saved=email");
    ines.get("/account?saved=email").await.says("new@example.com").says("E-mail address changed.");
    assert_eq!(phone.get("/account").await.location(), "/sign-in?next=%2Faccount");
    ines.post(&link, &[]).await.says("This link is not valid");
    // Without proof of late, the password comes first.
    site.database.advance(chrono::TimeDelta::minutes(11)).await;
    let confirm = "/confirm?next=%2Faccount%2Femail";
    assert_eq!(ines.get("/account/email").await.location(), confirm);
    let fields = [("email", "third@example.com")];
    assert_eq!(ines.post("/account/email", &fields).await.location(), confirm);
}
