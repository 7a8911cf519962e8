//! Signing in with a code besides the password.

use axum::http::StatusCode;
use totp_rs::{Secret, Totp};

use crate::support::{Browser, PASSWORD, Site};

const PAGE: &str = "/account/second-factor";

/// Sets it up as a person does; answers the app and the recovery codes.
async fn enrol(site: &Site, browser: &mut Browser) -> (Totp, Vec<String>) {
    browser.get(PAGE).await.is(StatusCode::OK).says("It is off.");
    assert_eq!(browser.post(PAGE, &[("action", "begin")]).await.location(), PAGE);
    let page = browser.get(PAGE).await;
    page.is(StatusCode::OK).says("<svg").says("otpauth://totp/Exchequer:ines%40example.com");
    let typed = between(&page.body, "<code>", "</code>").replace(' ', "");
    let url = between(&page.body, "href=\"otpauth", "\"").replace("&amp;", "&");
    let app = Totp::from_url(format!("otpauth{url}")).unwrap();
    assert_eq!(Secret::try_from_base32(typed).unwrap().as_bytes(), app.secret().as_bytes());
    let answer = browser.post(PAGE, &[("action", "confirm"), ("code", "000000")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("It is not on yet").says("<svg");
    let code = code(site, &app).await;
    let page = browser.post(PAGE, &[("action", "confirm"), ("code", &code)]).await;
    page.is(StatusCode::OK).says("Keep these recovery codes");
    let shown = between(&page.body, "<pre", "</pre>").split_once("<code>").unwrap().1;
    let codes: Vec<_> = shown.split("</code>").next().unwrap().lines().map(str::to_owned).collect();
    assert_eq!(codes.len(), 10);
    browser.get(PAGE).await.says("10 recovery codes are left").hides(&codes[0]);
    (app, codes)
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).unwrap().1.split_once(to).unwrap().0
}

async fn code(site: &Site, app: &Totp) -> String {
    let now = site.app.store.system().now().await.unwrap().timestamp();
    app.generate(now.unsigned_abs()).to_string()
}

#[tokio::test]
async fn signing_in_takes_password_and_code() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let (app, recovery) = enrol(&site, &mut ines).await;
    site.database.advance(chrono::TimeDelta::seconds(30)).await;
    let mut phone = site.browser();
    assert_eq!(phone.get("/sign-in/code").await.location(), "/sign-in");
    let fields = [("email", "ines@example.com"), ("password", PASSWORD)];
    let step = phone.post("/sign-in?next=/account", &fields).await;
    assert_eq!(step.location(), "/sign-in/code?next=%2Faccount");
    // Nobody is signed in yet.
    assert_eq!(phone.get("/account").await.location(), "/sign-in?next=%2Faccount");
    let mut thief = phone.clone();
    phone.get("/sign-in/code").await.is(StatusCode::OK).says("Enter your code");
    let answer = phone.post("/sign-in/code", &[("code", "000000")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("This code is not right");
    let code = code(&site, &app).await;
    let step = phone.post("/sign-in/code?next=/account", &[("code", &code)]).await;
    assert_eq!(step.location(), "/account");
    phone.get("/account").await.is(StatusCode::OK);
    assert_eq!(thief.get("/account").await.location(), "/sign-in?next=%2Faccount");
    assert_eq!(thief.get("/sign-in/code").await.location(), "/sign-in");
    // Who took too long begins again, and gets where it was meant to go.
    let late = "/sign-in/code?next=%2Faccount";
    assert_eq!(thief.get(late).await.location(), "/sign-in?next=%2Faccount");
    assert_eq!(thief.post(late, &[("code", "1")]).await.location(), "/sign-in?next=%2Faccount");
    assert_eq!(thief.get("/sign-in/code?next=//evil.example").await.location(), "/sign-in");
    // The phone is lost: a recovery code, once.
    let mut laptop = site.browser();
    assert_eq!(laptop.post("/sign-in", &fields).await.location(), "/sign-in/code");
    let lost = [("code", recovery[7].as_str())];
    assert_eq!(laptop.post("/sign-in/code", &lost).await.location(), "/");
    assert_eq!(laptop.get("/").await.location(), format!("/{}", caller.org));
    laptop.get(PAGE).await.says("9 recovery codes are left");
}

#[tokio::test]
async fn step_up_and_the_end_of_it_take_a_code_too() {
    let (site, mut ines, _) = Site::with_owner().await;
    let (app, codes) = enrol(&site, &mut ines).await;
    let renewed = ines.post(PAGE, &[("action", "renew")]).await;
    renewed.is(StatusCode::OK).says("Keep these recovery codes").hides(&codes[0]);
    site.database.advance(chrono::TimeDelta::minutes(11)).await;
    let confirm = "/confirm?next=%2Faccount%2Fsecond-factor";
    assert_eq!(ines.post(PAGE, &[("action", "end")]).await.location(), confirm);
    ines.get(confirm).await.is(StatusCode::OK).says("name=\"code\"");
    let answer = ines.post(confirm, &[("password", PASSWORD)]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("This code is not right");
    let code = code(&site, &app).await;
    let both = [("password", PASSWORD), ("code", code.as_str())];
    assert_eq!(ines.post(confirm, &both).await.location(), PAGE);
    let ended = ines.post(PAGE, &[("action", "end")]).await;
    assert_eq!(ended.location(), "/account/second-factor?off");
    ines.get("/account/second-factor?off").await.says("The second factor is off.");
    site.signed_in("ines").await;
}
