//! Admin keys.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::{FormId, api_key::Opens};

use crate::support::Site;

/// The key in a page, if it shows one.
fn secret(body: &str) -> Option<&str> {
    let start = body.match_indices(Opens::Admin.prefix()).map(|(at, _)| at);
    start.filter_map(|at| body.get(at..at + 75)).find(|text| Opens::Admin.parse(text).is_some())
}

#[tokio::test]
async fn an_admin_key_is_shown_once_and_revoked_after_a_question() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let keys = format!("/{}/admin-keys", caller.org);
    ines.get(&keys).await.is(StatusCode::OK).says("No admin keys");
    let form = format!("{keys}/new");
    ines.get(&form).await.is(StatusCode::OK).says("In 90 days");
    let shown = ines.post(&form, &[("name", "directory-sync"), ("expires", "30")]).await;
    shown.is(StatusCode::OK).says("Copy your new admin key now");
    shown.says("http://exchequer.example/v1/organization/projects");
    let key = secret(&shown.body).unwrap();
    let list = ines.get(&keys).await;
    list.says("directory-sync").says("ines@example.com").hides(key);
    assert_eq!(secret(&list.body), None);

    let twice =
        [("name", "other"), ("expires", "never"), ("form", &FormId::generate().to_string())];
    assert!(secret(&ines.post(&form, &twice).await.body).is_some());
    let told = ines.post(&form, &twice).await;
    told.is(StatusCode::CONFLICT).says("This admin key was made already");
    assert_eq!(
        (secret(&told.body), site.app.store.admin_keys(&caller).await.unwrap().len()),
        (None, 2)
    );

    let id = site.app.store.admin_keys(&caller).await.unwrap()[0].id;
    let question = format!("{keys}/{id}/revoke");
    ines.get(&question).await.is(StatusCode::OK).says("Revoke “directory-sync”?");
    assert_eq!(ines.post(&question, &[]).await.location(), keys);
    ines.get(&keys).await.hides("directory-sync");
    ines.get(&question).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn wrong_fields_come_back() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let form = format!("/{}/admin-keys/new", caller.org);
    for (fields, sentence) in [
        ([("name", ""), ("expires", "30")], "This can’t be empty."),
        ([("name", "sync"), ("expires", "366")], "Choose from the list when the key expires."),
        ([("name", "sync"), ("expires", "")], "Choose from the list when the key expires."),
    ] {
        let answer = ines.post(&form, &fields).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("No key was made");
    }
    assert!(site.app.store.admin_keys(&caller).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_owners_who_proved_it_lately_make_or_revoke_one() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let keys = format!("/{}/admin-keys", caller.org);
    let form = format!("{keys}/new");
    let fields = [("name", "sync"), ("expires", "30")];
    let mut reader = site.reader("kofi", &caller).await;
    reader.get(&keys).await.is(StatusCode::FORBIDDEN);
    reader.get(&form).await.is(StatusCode::FORBIDDEN);
    reader.post(&form, &fields).await.is(StatusCode::FORBIDDEN);
    ines.post(&form, &fields).await.is(StatusCode::OK);
    let id = site.app.store.admin_keys(&caller).await.unwrap()[0].id;
    let revoke = format!("{keys}/{id}/revoke");
    reader.post(&revoke, &[]).await.is(StatusCode::FORBIDDEN);
    site.database.advance(TimeDelta::seconds(601)).await;
    for path in [&form, &revoke] {
        assert!(ines.post(path, &fields).await.location().starts_with("/confirm?next="));
    }
    assert_eq!(site.app.store.admin_keys(&caller).await.unwrap().len(), 1);
}
