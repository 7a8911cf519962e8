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
    ines.get("/account")
        .await
        .is(StatusCode::OK)
        .says("None: the first by name is opened")
        .hides("Kofi");
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

#[tokio::test]
async fn devices_are_listed_and_signed_out_one_by_one_or_all() {
    let (site, mut ines, _) = Site::with_owner().await;
    let mut phone = site.browser();
    phone.agent = "Mozilla/5.0 (iPhone) Version/26.0 Safari/604.1";
    let fields = [("email", "ines@example.com"), ("password", PASSWORD)];
    phone.post("/sign-in", &fields).await;
    let mut laptop = site.signed_in("ines").await;
    let page = ines.get("/account").await;
    page.is(StatusCode::OK).says("This one").says("Safari on iPhone").says("0.0.0.0");
    let id = site
        .database
        .look("SELECT id FROM sessions WHERE data #>> '{device,agent}' LIKE '%iPhone%'")
        .await;
    // Somebody else's device is nobody's to end.
    let (mut kofi, _) = site.owner("kofi", "Kofi & Co").await;
    kofi.post("/account", &[("action", "end"), ("session", &id)]).await;
    phone.get("/account").await.is(StatusCode::OK);
    let fields = [("action", "end"), ("session", id.as_str())];
    let ended = ines.post("/account", &fields).await.location().to_owned();
    ines.get(&ended).await.is(StatusCode::OK).says("That device is signed out now.");
    assert_eq!(phone.get("/account").await.location(), "/sign-in?next=%2Faccount");
    ines.post("/account", &[("action", "end"), ("session", "x")]).await.is(StatusCode::NOT_FOUND);
    let others = [("action", "others")];
    let ended = ines.post("/account", &others).await.location().to_owned();
    ines.get(&ended).await.is(StatusCode::OK).says("All other devices are signed out now.");
    assert_eq!(laptop.get("/account").await.location(), "/sign-in?next=%2Faccount");
    ines.get("/account").await.is(StatusCode::OK).hides("Sign out all others");
}

#[tokio::test]
async fn a_session_shows_its_last_use_and_ends_after_ninety_days_however_used() {
    let (site, mut ines, _) = Site::with_owner().await;
    site.database.advance(chrono::TimeDelta::hours(3)).await;
    let mut phone = site.signed_in("ines").await;
    phone.get("/account").await.says("3 h ago");
    ines.get("/account").await.is(StatusCode::OK);
    phone.get("/account").await.hides("3 h ago");
    for days in [25, 50, 75, 89] {
        site.database.advance(chrono::TimeDelta::days(days)).await;
        ines.get("/account").await.is(StatusCode::OK);
    }
    site.database.advance(chrono::TimeDelta::days(91)).await;
    assert_eq!(ines.get("/account").await.location(), "/sign-in?next=%2Faccount");
}

#[tokio::test]
async fn an_account_goes_once_its_organizations_are_handed_over() {
    let (site, mut ines, caller) = Site::with_owner().await;
    ines.get("/account/delete").await.is(StatusCode::OK).says("It can’t be undone.");
    let answer = ines.post("/account/delete", &[("email", "kofi@example.com")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("to show that you mean it");
    let mine = [("email", "Ines@example.com")];
    let answer = ines.post("/account/delete", &mine).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("only owner").says("Brackwater");
    site.reader("kofi", &caller).await;
    site.database.tamper("UPDATE memberships SET role = 'owner'").await;
    assert_eq!(ines.post("/account/delete", &mine).await.location(), "/sign-in?deleted");
    ines.get("/sign-in?deleted").await.is(StatusCode::OK).says("Your account is deleted.");
    let fields = [("email", "ines@example.com"), ("password", PASSWORD)];
    ines.post("/sign-in", &fields).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    let left =
        "SELECT string_agg(name || ' ' || (verified_at IS NULL), ', ' ORDER BY name) FROM users";
    assert_eq!(site.database.look(left).await, "Deleted account true, kofi false");
    assert_eq!(site.database.look("SELECT count(*) FROM memberships").await, "1");
}

#[tokio::test]
async fn what_is_dangerous_asks_for_the_password_again() {
    let (site, mut ines, _) = Site::with_owner().await;
    site.database.advance(chrono::TimeDelta::minutes(11)).await;
    for page in ["/account/delete", "/account/second-factor", "/account/email"] {
        let confirm = format!("/confirm?next={}", page.replace('/', "%2F"));
        assert_eq!(ines.get(page).await.location(), confirm);
        assert_eq!(ines.post(page, &[("action", "begin")]).await.location(), confirm);
    }
}
