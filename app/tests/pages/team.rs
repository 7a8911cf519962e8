//! Members: who sees whom, changes roles, removes, and leaves.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::{Caller, Role};
use testkit::Tenant;

use crate::support::{PASSWORD, Site};

async fn user_of(site: &Site, name: &str) -> String {
    let id = site.database.look(&format!("SELECT id FROM users WHERE name = '{name}'")).await;
    format!("user-{}", id.replace('-', ""))
}

async fn role_of(site: &Site, name: &str) -> String {
    site.database
        .look(&format!(
            "SELECT m.role FROM memberships m JOIN users u ON u.id = m.user_id WHERE u.name = '{name}'"
        ))
        .await
}

fn team(caller: &Caller) -> String {
    format!("/{}/team", caller.org)
}

#[tokio::test]
async fn an_owner_sees_all_and_a_reader_names_and_roles() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let mut kofi = site.reader("kofi", &caller).await;
    let path = team(&caller);
    let page = ines.get(&path).await;
    page.is(StatusCode::OK)
        .says("ines@example.com")
        .says("kofi@example.com")
        .says("Send invitations");
    page.says("One owner only.");
    let page = kofi.get(&path).await;
    page.is(StatusCode::OK).says("ines").says("Owner").says("Reader").says("kofi@example.com");
    page.hides("ines@example.com").hides("Send invitations").hides("Invited");
    let ines_path = format!("{path}/{}", user_of(&site, "ines").await);
    for denied in [ines_path.clone(), format!("{ines_path}/remove")] {
        kofi.get(&denied).await.is(StatusCode::FORBIDDEN);
        kofi.post(&denied, &[("action", "role"), ("role", "reader")])
            .await
            .is(StatusCode::FORBIDDEN);
    }
    let invite = [("addresses", "x@example.com"), ("role", "owner")];
    kofi.post(&path, &invite).await.is(StatusCode::FORBIDDEN);
    kofi.get(&format!("{path}?show=invited")).await.is(StatusCode::OK).hides("Nobody is invited");
}

#[tokio::test]
async fn search_and_role_narrow_the_list() {
    let (site, mut ines, caller) = Site::with_owner().await;
    site.reader("kofi", &caller).await;
    let path = team(&caller);
    let rows = |body: &str| body.matches("<th scope=\"row\">").count();
    for (query, count) in [
        ("", 2),
        ("?q=KOFI", 1),
        ("?q=example.com&role=owner", 1),
        ("?role=reader", 1),
        ("?q=nobody", 0),
        ("?role=king&q=%20", 2),
    ] {
        let page = ines.get(&format!("{path}{query}")).await;
        assert_eq!(rows(&page.is(StatusCode::OK).body), count, "{query}");
    }
    ines.get(&format!("{path}?q=%3Cb%3E")).await.says("value=\"&lt;b&gt;\"").says("Show everyone");
}

#[tokio::test]
async fn a_role_changes_after_the_password_was_given_again() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let mut kofi = site.reader("kofi", &caller).await;
    let path = format!("{}/{}", team(&caller), user_of(&site, "kofi").await);
    ines.get(&path).await.is(StatusCode::OK).says("kofi@example.com").says("Change role");
    site.database.advance(TimeDelta::seconds(601)).await;
    let fields = [("action", "role"), ("role", "owner")];
    let asked = ines.post(&path, &fields).await;
    assert!(asked.location().starts_with("/confirm?next=%2Forg-"), "{}", asked.location());
    assert_eq!(role_of(&site, "kofi").await, "reader");
    ines.post(asked.location(), &[("password", PASSWORD)]).await.is(StatusCode::SEE_OTHER);
    assert_eq!(ines.post(&path, &fields).await.location(), format!("{path}?saved"));
    // In force in the session that is open.
    kofi.get(&team(&caller)).await.says("Send invitations");
    for (role, sentence) in
        [("king", "Choose a role from the list."), ("", "Choose a role from the list.")]
    {
        let answer = ines.post(&path, &[("action", "role"), ("role", role)]).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    ines.post(&path, &[("action", "rule")]).await.is(StatusCode::BAD_REQUEST);
    ines.post(&path, &[("action", "role"), ("role", "reader"), ("role", "owner")])
        .await
        .is(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_last_owner_is_told_why_not() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("{}/{}", team(&caller), user_of(&site, "ines").await);
    let sentence = "An organization keeps at least one owner: make another member an owner first.";
    let answer = ines.post(&path, &[("action", "role"), ("role", "reader")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    let leave = format!("{}/leave", team(&caller));
    ines.get(&leave).await.is(StatusCode::OK).says("Leave Brackwater?");
    for path in [leave, format!("{path}/remove")] {
        ines.post(&path, &[]).await.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    assert_eq!(role_of(&site, "ines").await, "owner");
}

#[tokio::test]
async fn projects_of_a_member_are_chosen_in_one_form() {
    let (site, mut ines, caller) = Site::with_owner().await;
    site.reader("kofi", &caller).await;
    let store = &site.app.store;
    let projects = store.projects(&caller).await.unwrap();
    let path = format!("{}/{}", team(&caller), user_of(&site, "kofi").await);
    let field = format!("role_{}", projects[0].id);
    for (chosen, expected) in [("member", "member"), ("owner", "owner"), ("", "")] {
        let answer = ines.post(&path, &[("action", "projects"), (&field, chosen)]).await;
        assert_eq!(answer.location(), format!("{path}?saved"));
        let role = site
            .database
            .look("SELECT p.role FROM project_members p JOIN users u ON u.id = p.user_id WHERE u.name = 'kofi'")
            .await;
        assert_eq!(role, expected);
    }
    ines.post(&path, &[("action", "projects"), (&field, "king")]).await.is(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_is_removed_finds_nothing_at_the_next_request() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let mut kofi = site.reader("kofi", &caller).await;
    let user = user_of(&site, "kofi").await;
    let store = &site.app.store;
    let mine = store.caller(user.parse().unwrap(), caller.org).await.unwrap();
    let project = store.projects(&caller).await.unwrap()[0].id;
    site.database
        .tamper(&format!(
            "INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ('{}', '{}', '{}', 'member')",
            caller.org.uuid(),
            project.uuid(),
            mine.user().unwrap().uuid()
        ))
        .await;
    Tenant::key(store, &mine, project).await;
    let path = format!("{}/{user}/remove", team(&caller));
    kofi.get(&team(&caller)).await.is(StatusCode::OK);
    let preview = ines.get(&path).await;
    preview
        .is(StatusCode::OK)
        .says("Remove kofi?")
        .says("1 API key")
        .says("0 requests")
        .says("Test key");
    ines.post(&path, &[("keys", "keep")]).await.is(StatusCode::BAD_REQUEST);
    preview.says("A new one").says("<span>Default</span>").hides("Admin keys that");
    let bot = "copilot-prod".parse().unwrap();
    let bot = store.create_service_account(&caller, project, &bot).await.unwrap();
    ines.get(&path).await.says("copilot-prod</option>");
    let heir = format!("heir_{project}");
    let wrong = [("keys", "hand_over"), (&heir, "x")];
    ines.post(&path, &wrong).await.is(StatusCode::BAD_REQUEST);
    let fields = [("keys", "hand_over"), (&heir, &*bot.to_string())];
    let answer = ines.post(&path, &fields).await;
    assert_eq!(answer.location(), format!("{}?done=removed", team(&caller)));
    for page in ["team", "projects", "keys", "settings"] {
        kofi.get(&format!("/{}/{page}", caller.org))
            .await
            .is(StatusCode::NOT_FOUND)
            .hides("Brackwater");
    }
    let keys =
        "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL AND service_account_id IS NOT NULL";
    assert_eq!(site.database.look(keys).await, "1");
    assert_eq!(site.database.look("SELECT count(*) FROM service_accounts").await, "1");
    ines.post(&path, &[("keys", "revoke")]).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_reader_leaves_alone() {
    let (site, _, caller) = Site::with_owner().await;
    let mut kofi = site.reader("kofi", &caller).await;
    let path = format!("{}/leave", team(&caller));
    kofi.get(&path).await.is(StatusCode::OK).says("Leave Brackwater?").hides("Hand them over");
    kofi.post(&path, &[("keys", "hand_over")]).await.is(StatusCode::FORBIDDEN);
    assert_eq!(kofi.post(&path, &[("keys", "revoke")]).await.location(), "/");
    assert_eq!(kofi.get("/").await.location(), "/organizations/new");
}

#[tokio::test]
async fn members_of_another_organization_do_not_exist() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let other = Tenant::new(&site.database, "other").await;
    for id in [other.user.to_string(), "user-1".to_owned(), domain::UserId::generate().to_string()]
    {
        for path in [format!("{}/{id}", team(&caller)), format!("{}/{id}/remove", team(&caller))] {
            ines.get(&path).await.is(StatusCode::NOT_FOUND).hides("other");
            let answer =
                ines.post(&path, &[("action", "role"), ("role", Role::Reader.as_str())]).await;
            answer.is(StatusCode::NOT_FOUND);
        }
    }
    ines.get(&format!("/{}/team", other.org)).await.is(StatusCode::NOT_FOUND);
}
