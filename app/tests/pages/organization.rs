//! Making an organization and its settings.

use axum::http::StatusCode;

use crate::support::Site;

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
