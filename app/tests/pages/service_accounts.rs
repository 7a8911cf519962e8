//! Service accounts: made, renamed, deleted with their keys.

use axum::http::StatusCode;

use crate::support::Site;

#[tokio::test]
async fn a_service_account_takes_its_keys_with_it() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = site.app.store.projects(&caller).await.unwrap()[0].id.to_string();
    let list = format!("/{}/service-accounts", caller.org);
    ines.get(&list).await.is(StatusCode::OK).says("No service accounts yet");
    let fields = [("name", "copilot-prod"), ("project", project.as_str())];
    let made = ines.post(&list, &fields).await;
    let page = made.location().trim_end_matches("?saved").to_owned();
    let again = ines.post(&list, &fields).await;
    again.is(StatusCode::UNPROCESSABLE_ENTITY).says("A service account of this name exists");
    let account = page.rsplit('/').next().unwrap();
    let new_key = format!("/{}/keys/new", caller.org);
    let query = format!("{new_key}?project={project}&account={account}");
    ines.get(&query).await.is(StatusCode::OK).says("copilot-prod, Default");
    let key = [
        ("name", "web"),
        ("project", project.as_str()),
        ("owner", "service"),
        ("account", account),
    ];
    ines.post(&new_key, &key).await.is(StatusCode::OK).says("Service account copilot-prod");
    let rename = [("action", "rename"), ("name", "copilot")];
    assert_eq!(ines.post(&page, &rename).await.location(), format!("{page}?saved"));
    ines.get(&page).await.says("copilot").says("Its key is revoked at once.");
    assert_eq!(ines.post(&page, &[("action", "delete")]).await.location(), list);
    ines.get(&page).await.is(StatusCode::NOT_FOUND);
    let keys = site.app.store.api_keys(&caller).await.unwrap();
    assert!(keys.len() == 1 && keys[0].revoked_at.is_some());
    // What is gone owns no new key.
    let refused = ines.post(&new_key, &key).await;
    refused.is(StatusCode::UNPROCESSABLE_ENTITY).says("Choose a service account from the list.");
}

#[tokio::test]
async fn readers_look_and_change_nothing() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = site.app.store.projects(&caller).await.unwrap()[0].id;
    let list = format!("/{}/service-accounts", caller.org);
    let fields = [("name", "bot"), ("project", &*project.to_string())];
    let made = ines.post(&list, &fields).await;
    let page = made.location().trim_end_matches("?saved").to_owned();
    let mut remo = site.reader("remo", &caller).await;
    remo.get(&list).await.hides("bot").hides("New service account");
    remo.get(&page).await.is(StatusCode::NOT_FOUND);
    site.database
        .tamper(&format!(
            "INSERT INTO project_members (org_id, project_id, user_id, role)
             SELECT '{}', '{}', id, 'member' FROM users WHERE email = 'remo@example.com'",
            caller.org.uuid(),
            project.uuid()
        ))
        .await;
    // Who made what is said by name; addresses are for owners.
    let new_key = format!("/{}/keys/new", caller.org);
    let key = [("name", "web"), ("project", &*project.to_string()), ("owner", "me")];
    ines.post(&new_key, &key).await.is(StatusCode::OK);
    let key = site.app.store.api_keys(&caller).await.unwrap()[0].id;
    let (keys, key) = (format!("/{}/keys", caller.org), format!("/{}/keys/{key}", caller.org));
    for path in [&list, &page, &keys, &key] {
        remo.get(path).await.is(StatusCode::OK).says("ines").hides("ines@example.com");
    }
    for path in [&list, &page, &key] {
        ines.get(path).await.says("ines@example.com");
    }
    remo.get(&page).await.hides("Delete this service account");
    remo.post(&page, &[("action", "delete")]).await.is(StatusCode::FORBIDDEN);
    remo.post(&list, &fields).await.is(StatusCode::FORBIDDEN);
}
