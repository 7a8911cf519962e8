//! Who is in a project.

use axum::http::StatusCode;
use domain::{Environment, ProjectRole};
use testkit::Tenant;

use crate::support::Site;

async fn id_of(site: &Site, name: &str) -> domain::UserId {
    let query = format!("SELECT id FROM users WHERE email = '{name}@example.com'");
    domain::UserId::from_uuid(site.database.look(&query).await.parse().unwrap())
}

#[tokio::test]
async fn a_member_is_added_changed_and_removed() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let store = &site.app.store;
    let mut kofi = site.reader("kofi", &caller).await;
    let name = "Support".parse().unwrap();
    let project = store.create_project(&caller, &name, Environment::Production).await.unwrap();
    let page = format!("/{}/projects/{project}", caller.org);
    let path = format!("{page}/members");
    kofi.get(&page).await.is(StatusCode::NOT_FOUND);
    ines.get(&path)
        .await
        .is(StatusCode::OK)
        .says("Nobody is in this project")
        .says("kofi@example.com");
    let user = id_of(&site, "kofi").await.to_string();
    let add = |role: &'static str| [("action", "add"), ("user", user.as_str()), ("role", role)];
    let done = ines.post(&path, &add("viewer")).await;
    assert_eq!(done.location(), format!("{path}?done=added"));
    // Twice is the same; as something else it is not.
    ines.post(&path, &add("viewer")).await.location();
    let answer = ines.post(&path, &add("owner")).await;
    answer
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("This person is in the project already, with another role.")
        .says("Nobody was added");

    // A viewer sees it all, without addresses and forms.
    kofi.get(&page).await.is(StatusCode::OK).says("Viewer").hides("Rename project");
    kofi.get(&path)
        .await
        .is(StatusCode::OK)
        .says("kofi")
        .hides("@example.com</small>")
        .hides("Add member");
    kofi.post(&path, &add("owner")).await.is(StatusCode::FORBIDDEN);

    let set = [("action", "set-role"), ("user", user.as_str()), ("role", "owner")];
    assert_eq!(ines.post(&path, &set).await.location(), format!("{path}?done=role"));
    kofi.get(&page).await.says("You: owner");
    // Who was removed by mistake is added as what they were.
    let remove = [("action", "remove"), ("user", user.as_str())];
    let done = ines.post(&path, &remove).await.location().to_owned();
    let page_after = ines.get(&done).await;
    page_after.says("Member removed.").says("Add kofi again");
    kofi.get(&page).await.is(StatusCode::NOT_FOUND);
    ines.get(&done).await.says("Member removed.").hides("Add kofi again");
    let done = ines.press(&page_after, "Add kofi again").await;
    assert_eq!(done.location(), format!("{path}?done=added"));
    kofi.get(&page).await.says("You: owner");
    // A reader chooses people by name, whatever the reader runs.
    kofi.get(&path).await.says("Add member").says("ines").hides("ines@example.com");
    // On another project's page it is not offered.
    let name = "Elsewhere".parse().unwrap();
    let elsewhere = store.create_project(&caller, &name, Environment::Production).await.unwrap();
    ines.post(&path, &remove).await.location();
    let other = format!("/{}/projects/{elsewhere}/members?done=removed", caller.org);
    ines.get(&other).await.hides("Add kofi again");
    ines.get(&path).await.hides("Add kofi again");
    ines.get(&format!("{path}?done=removed")).await.says("Add kofi again");
    ines.post(&path, &add("owner")).await.location();
    let bad = [("action", "set-role"), ("user", user.as_str()), ("role", "emperor")];
    let answer = kofi.post(&path, &bad).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("Choose a role from the list.");

    // Who leaves is led to what is left.
    let remove = [("action", "remove"), ("user", user.as_str())];
    assert_eq!(kofi.post(&path, &remove).await.location(), format!("/{}/projects", caller.org));
    kofi.get(&path).await.is(StatusCode::NOT_FOUND);
    assert_eq!(ines.post(&path, &remove).await.location(), format!("{path}?done=removed"));
}

#[tokio::test]
async fn only_people_of_the_organization_can_be_chosen() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let store = &site.app.store;
    let other = Tenant::new(&site.database, "other").await;
    let project = store.projects(&caller).await.unwrap()[0].id;
    let path = format!("/{}/projects/{project}/members", caller.org);
    ines.get(&path).await.says("Everybody in the organization is in this project already.");
    let nobody = domain::UserId::generate();
    let long = "x".repeat(10_000);
    for user in [&other.user.to_string(), &nobody.to_string(), "", "user-1", &long] {
        let add = [("action", "add"), ("user", user), ("role", "member")];
        ines.post(&path, &add).await.is(StatusCode::UNPROCESSABLE_ENTITY);
        for action in ["set-role", "remove"] {
            let form = [("action", action), ("user", user), ("role", "member")];
            ines.post(&path, &form).await.is(StatusCode::NOT_FOUND);
        }
    }
    let user = id_of(&site, "ines").await.to_string();
    let twice = [("action", "add"), ("user", &user), ("user", &user), ("role", "member")];
    ines.post(&path, &twice.map(|(name, value)| (name, value))).await.is(StatusCode::BAD_REQUEST);
    ines.post(&path, &[("action", "explode"), ("user", &user)]).await.is(StatusCode::BAD_REQUEST);
    // A project of another organization is not there, whatever is done to it.
    let theirs = format!("/{}/projects/{}/members", caller.org, other.project);
    ines.get(&theirs).await.is(StatusCode::NOT_FOUND);
    let add = [("action", "add"), ("user", user.as_str()), ("role", "owner")];
    ines.post(&theirs, &add).await.is(StatusCode::NOT_FOUND);
    let members = store.project_members(&caller, project).await.unwrap();
    assert_eq!((members.len(), members[0].role), (1, ProjectRole::Owner));
}
