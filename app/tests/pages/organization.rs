//! Making an organization and its settings.

use axum::http::StatusCode;

use chrono::TimeDelta;

use crate::support::{PASSWORD, Site};

#[tokio::test]
async fn a_second_organization_is_made_and_listed() {
    let (_site, mut ines, _) = Site::with_owner().await;
    let page = ines.get("/organizations/new").await;
    page.is(StatusCode::OK)
        .says("<option value=\"UTC\" selected>")
        .says("America/Argentina/Ushuaia");
    for (fields, sentence) in [
        ([("name", "  "), ("zone", "UTC")], "This can’t be empty."),
        ([("name", "Labs & Co"), ("zone", "Nowhere")], "Choose a time zone from the list."),
    ] {
        let answer = ines.post("/organizations/new", &fields).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("No organization was made");
    }
    let answer = ines.post("/organizations/new", &[("name", "Labs & Co"), ("zone", "UTC")]).await;
    let home = answer.location().to_owned();
    let settings = ines.get(&format!("{home}/settings")).await;
    settings.is(StatusCode::OK).says("Labs &amp; Co").says("Brackwater").says(&home[1..]);
}

#[tokio::test]
async fn settings_are_changed_or_come_back_as_typed() {
    let (_site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/settings", caller.org);
    let page = ines.get(&path).await;
    page.is(StatusCode::OK)
        .says("value=\"Brackwater\"")
        .says("<option value=\"Europe/Oslo\" selected>")
        .says(&caller.org.to_string());
    let long = "x".repeat(101);
    let answer = ines.post(&path, &[("name", &long), ("zone", "Asia/Tokyo")]).await;
    answer
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("This is too long: at most 100 characters.")
        .says(&long)
        .says("<option value=\"Asia/Tokyo\" selected>");
    let answer = ines.post(&path, &[("name", "Brackwater Freight"), ("zone", "Asia/Tokyo")]).await;
    assert_eq!(answer.location(), format!("{path}?saved"));
    let page = ines.get(&format!("{path}?saved")).await;
    page.says("Settings saved.").says("value=\"Brackwater Freight\"");
}

#[tokio::test]
async fn a_form_that_nobody_wrote_is_refused() {
    let (_site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/settings", caller.org);
    let twice = [("name", "One"), ("name", "Two"), ("zone", "UTC")];
    ines.post(&path, &twice).await.is(StatusCode::BAD_REQUEST);
    let huge = "x".repeat(70_000);
    ines.post(&path, &[("name", &huge)]).await.is(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_theme_is_kept_in_a_cookie() {
    let (site, ..) = Site::with_owner().await;
    let answer = site.browser().post("/theme", &[("theme", "dark")]).await;
    assert_eq!(answer.location(), "/");
    assert!(answer.headers["set-cookie"].to_str().unwrap().starts_with("theme=dark;"));
}

#[tokio::test]
async fn rules_are_saved_or_come_back_as_typed() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let mut kofi = site.reader("kofi", &caller).await;
    let path = format!("/{}/settings", caller.org);
    let rules = format!("{path}/rules");
    for days in ["0", "3651", "a year", &"9".repeat(10_000)] {
        let answer = ines.post(&rules, &[("key_max_days", days), ("projects_listed", "on")]).await;
        answer
            .is(StatusCode::UNPROCESSABLE_ENTITY)
            .says("Write a whole number of days from 1 to 3650.")
            .says("value=\"Brackwater\"")
            .says(&format!("value=\"{days}\""));
    }
    kofi.post(&rules, &[("projects_listed", "on")]).await.is(StatusCode::FORBIDDEN);
    let fields =
        [("key_max_days", " 90 "), ("service_keys_only", "on"), ("closed_at", "2020-01-01")];
    assert_eq!(ines.post(&rules, &fields).await.location(), format!("{path}?saved=rules"));
    let saved = site
        .database
        .look("SELECT concat_ws(' ', projects_listed, key_max_days, service_keys_only, closed_at) FROM organizations")
        .await;
    assert_eq!(saved, "f 90 t");
    let page = ines.get(&format!("{path}?saved=rules")).await;
    page.says("Rules saved.").says("value=\"90\"");
    kofi.get(&path).await.is(StatusCode::OK).hides("Save rules").hides("Close organization");
    ines.post(&rules, &[("key_max_days", "")]).await.is(StatusCode::SEE_OTHER);
    let facts = site
        .database
        .look("SELECT body::jsonb -> 'changes' -> 'key_max_days' FROM audit_entries ORDER BY seq DESC LIMIT 1")
        .await;
    assert_eq!(facts, r#"{"after": null, "before": "90"}"#);
}

#[tokio::test]
async fn closing_asks_for_password_and_name_and_can_be_undone() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let mut kofi = site.reader("kofi", &caller).await;
    let settings = format!("/{}/settings", caller.org);
    let close = format!("{settings}/close");
    for path in [&close, &format!("{settings}/reopen")] {
        kofi.post(path, &[("name", "Brackwater")]).await.is(StatusCode::FORBIDDEN);
    }
    kofi.get(&close).await.is(StatusCode::FORBIDDEN);
    site.database.advance(TimeDelta::seconds(601)).await;
    for asked in [ines.get(&close).await, ines.post(&close, &[("name", "Brackwater")]).await] {
        assert!(asked.location().starts_with("/confirm?next="), "{}", asked.location());
    }
    let confirm = ines.get(&close).await.location().to_owned();
    assert_eq!(ines.post(&confirm, &[("password", PASSWORD)]).await.location(), close);
    ines.get(&close).await.is(StatusCode::OK).says("Close Brackwater?").says("the audit log");
    let answer = ines.post(&close, &[("name", "Brackwate")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("This is not the organization’s name.");
    assert_eq!(ines.post(&close, &[("name", " Brackwater ")]).await.location(), settings);
    let page = ines.get(&settings).await;
    page.says("This organization is closed.").says("Reopen organization");
    kofi.get(&format!("/{}/team", caller.org)).await.says("This organization is closed.");
    assert_eq!(ines.get(&close).await.location(), settings);
    let answer = ines.post(&format!("{settings}/reopen"), &[]).await;
    assert_eq!(answer.location(), format!("{settings}?reopened"));
    ines.get(&settings).await.hides("This organization is closed.");
    let state = "SELECT closed_at IS NULL FROM organizations";
    assert_eq!(site.database.look(state).await, "true");
}

#[tokio::test]
async fn thirty_organizations_are_within_reach() {
    let (site, mut ines, caller) = Site::with_owner().await;
    ines.get(&format!("/{}", caller.org)).await.hides("All organizations");
    for n in 1..30 {
        site.app
            .store
            .create_organization(
                caller.user().unwrap(),
                &format!("Branch {n}").parse().unwrap(),
                chrono_tz::UTC,
                domain::Origin::default(),
            )
            .await
            .unwrap();
    }
    let page = ines.get(&format!("/{}", caller.org)).await;
    page.says("All organizations").says("Branch 29").says("Owner · default");
    let list = ines.get("/organizations").await;
    list.is(StatusCode::OK).says("Opened after sign-in");
    assert_eq!(list.body.matches("<th scope=\"row\">").count(), 30);
    let answer = site.browser().get("/organizations").await;
    assert_eq!(answer.location(), "/sign-in?next=%2Forganizations");
}
