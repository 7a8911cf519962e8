//! Who may see and do what.

use axum::http::StatusCode;
use testkit::Tenant;

use crate::support::Site;

/// Pages of an organization, and whether a reader sees them.
const PAGES: [(&str, bool); 6] = [
    ("admin-keys", false),
    ("settings", true),
    ("billing", false),
    ("projects", true),
    ("keys", true),
    ("estimator", true),
];

#[tokio::test]
async fn another_organization_does_not_exist() {
    let (site, mut ines, _) = Site::with_owner().await;
    let other = Tenant::new(&site.database, "other").await;
    let mut paths: Vec<_> =
        PAGES.iter().map(|(page, _)| format!("/{}/{page}", other.org)).collect();
    paths.push(format!("/{}/projects/{}", other.org, other.project));
    paths.push(format!("/{}/keys/{}/revoke", other.org, other.key));
    for path in &paths {
        let answer = ines.get(path).await;
        answer.is(StatusCode::NOT_FOUND).says("There is no such page").hides("other");
        let fields = [("action", "archive"), ("name", "Taken over"), ("zone", "UTC")];
        let status = ines.post(path, &fields).await.status;
        assert!(
            [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status),
            "{path}"
        );
    }
}

#[tokio::test]
async fn things_of_another_organization_are_not_in_mine() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let other = Tenant::new(&site.database, "other").await;
    let project = format!("/{}/projects/{}", caller.org, other.project);
    let key = format!("/{}/keys/{}/revoke", caller.org, other.key);
    for path in [&project, &key] {
        ines.get(path).await.is(StatusCode::NOT_FOUND);
        ines.post(path, &[("action", "archive")]).await.is(StatusCode::NOT_FOUND);
    }
    let fields = [("name", "web"), ("project", &other.project.to_string())];
    let answer = ines.post(&format!("/{}/keys/new", caller.org), &fields).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("Choose a project from the list.");
    let revoked =
        site.database.look("SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL").await;
    assert_eq!(revoked, "0");
}

#[tokio::test]
async fn a_reader_sees_own_things_and_changes_nothing_of_others() {
    let (site, _, caller) = Site::with_owner().await;
    let mut reader = site.reader("kofi", &caller).await;
    for (page, seen) in PAGES {
        let path = format!("/{}/{page}", caller.org);
        let answer = reader.get(&path).await;
        answer.is(if seen { StatusCode::OK } else { StatusCode::FORBIDDEN });
    }
    reader
        .get(&format!("/{}/settings", caller.org))
        .await
        .says("Only an owner")
        .hides("Save settings");
    for page in ["settings", "billing"] {
        let fields = [("name", "Taken over"), ("zone", "UTC")];
        let answer = reader.post(&format!("/{}/{page}", caller.org), &fields).await;
        answer.is(StatusCode::FORBIDDEN).says("You may not do this");
    }
}

#[tokio::test]
async fn who_may_not_is_told_so_before_the_password_is_asked_for() {
    let (site, _, caller) = Site::with_owner().await;
    let mut reader = site.reader("kofi", &caller).await;
    let owner = caller.user().unwrap();
    let project = site.app.store.projects(&caller).await.unwrap()[0].id;
    site.database
        .tamper(
            "INSERT INTO project_members (org_id, project_id, user_id, role)
             SELECT p.org_id, p.id, u.id, 'owner' FROM projects p, users u WHERE u.email LIKE 'kofi@%'",
        )
        .await;
    site.database.advance(chrono::TimeDelta::seconds(601)).await;
    let somebodys = domain::AdminKeyId::generate();
    for path in [
        "admin-keys/new",
        &format!("admin-keys/{somebodys}/revoke"),
        "settings/close",
        "team",
        &format!("team/{owner}"),
        &format!("team/{owner}/remove"),
        &format!("projects/{project}/archive"),
    ] {
        let path = format!("/{}/{path}", caller.org);
        if !path.ends_with("/team") {
            reader.get(&path).await.is(StatusCode::FORBIDDEN);
        }
        let fields = [("action", "role"), ("role", "owner"), ("addresses", "eve@example.com")];
        reader.post(&path, &fields).await.is(StatusCode::FORBIDDEN);
    }
    // It is asked for of who may.
    reader.get(&format!("/{}/team/leave", caller.org)).await.location();
}

#[tokio::test]
async fn what_is_no_page_says_so() {
    let (site, mut ines, caller) = Site::with_owner().await;
    for path in ["/nowhere/at/all", "/org-1/keys", &format!("/{}/projects/proj_1", caller.org)] {
        ines.get(path).await.is(StatusCode::NOT_FOUND).says("There is no such page");
    }
    site.browser().get("/nowhere/at/all").await.is(StatusCode::NOT_FOUND);
    let answer = site.browser().post("/organizations/new", &[("name", "x")]).await;
    assert_eq!(answer.location(), "/sign-in?next=%2Forganizations%2Fnew");
}
