//! API keys.

use axum::http::{StatusCode, header};
use domain::api_key;

use crate::support::Site;

/// The key in a page, if it shows one.
fn secret(body: &str) -> Option<&str> {
    let start = body.match_indices("sk-exq-").map(|(at, _)| at);
    start.filter_map(|at| body.get(at..at + 69)).find(|text| api_key::parse(text).is_some())
}

#[tokio::test]
async fn a_key_is_in_exactly_one_answer() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let keys = format!("/{}/keys", caller.org);
    ines.get(&keys).await.is(StatusCode::OK).says("No keys yet").says("Fill in billing");
    let project = site.app.store.projects(&caller).await.unwrap()[0].id.to_string();
    let form = format!("{keys}/new");
    ines.get(&format!("{form}?project={project}")).await.is(StatusCode::OK);
    let fields = [("name", "support-web"), ("project", project.as_str())];
    let shown = ines.post(&form, &fields).await;
    shown.is(StatusCode::OK).says("Copy your new key now").says("http://exchequer.example/v1");
    assert_eq!(shown.headers[header::CACHE_CONTROL], "no-store");
    let key = secret(&shown.body).unwrap().to_owned();
    for path in [keys.clone(), form.clone(), format!("{keys}?state=revoked")] {
        assert_eq!(secret(&ines.get(&path).await.body), None, "{path}");
    }
    let public_id = api_key::parse(&key).unwrap().public_id.to_owned();
    let list = ines.get(&keys).await;
    list.says("support-web").says("Never used").says(&format!("sk-exq-{public_id}…{}", &key[65..]));
    let database = site.database.look("SELECT string_agg(k::text, '') FROM api_keys k").await;
    assert!(!database.contains(&key) && database.contains(&public_id));
}

#[tokio::test]
async fn a_key_is_revoked_after_a_question() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let keys = format!("/{}/keys", caller.org);
    let project = site.app.store.projects(&caller).await.unwrap()[0].id.to_string();
    let fields = [("name", "old-batch"), ("project", project.as_str())];
    ines.post(&format!("{keys}/new"), &fields).await.is(StatusCode::OK);
    let key = site.app.store.api_keys(&caller).await.unwrap()[0].id;
    let question = format!("{keys}/{key}/revoke");
    ines.get(&question).await.is(StatusCode::OK).says("Revoke “old-batch”?");
    let revoked = format!("{keys}?state=revoked");
    assert_eq!(ines.post(&question, &[]).await.location(), revoked);
    ines.get(&revoked).await.says("old-batch").says("Revoked").hides("Revoke…");
    ines.get(&keys).await.hides("old-batch");
    assert_eq!(ines.get(&question).await.location(), revoked);
}

#[tokio::test]
async fn wrong_fields_come_back() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let form = format!("/{}/keys/new", caller.org);
    let project = site.app.store.projects(&caller).await.unwrap()[0].id.to_string();
    for (fields, sentence) in [
        ([("name", ""), ("project", project.as_str())], "This can’t be empty."),
        ([("name", "web"), ("project", "")], "Choose a project from the list."),
        ([("name", "web"), ("project", "proj_1")], "Choose a project from the list."),
    ] {
        let answer = ines.post(&form, &fields).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("No key was made");
        answer.says(&format!("value=\"{}\"", fields[0].1));
        assert_eq!(secret(&answer.body), None);
    }
    assert_eq!(site.database.look("SELECT count(*) FROM api_keys").await, "0");
}
