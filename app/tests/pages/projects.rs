//! Projects.

use axum::http::StatusCode;

use crate::support::Site;

#[tokio::test]
async fn a_project_is_made_renamed_and_archived() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/projects", caller.org);
    ines.get(&path).await.is(StatusCode::OK).says("Default");
    let fields = [("name", "Support copilot"), ("environment", "production")];
    let made = ines.post(&path, &fields).await.location().to_owned();
    ines.get(&made).await.is(StatusCode::OK).says("Project made.").says("Production project");
    let project = made.trim_end_matches("?made");

    let answer = ines.post(project, &[("action", "rename"), ("name", "default")]).await;
    answer
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("A project of this name exists already.")
        .says("value=\"default\"")
        .says("<h1>Support copilot</h1>");
    let answer = ines.post(project, &[("action", "rename"), ("name", "Copilot")]).await;
    assert_eq!(answer.location(), format!("{project}?saved"));
    ines.post(project, &[("action", "explode")]).await.is(StatusCode::BAD_REQUEST);

    // A production project is archived by its name alone, and by who gave the password lately.
    let archive = format!("{project}/archive");
    ines.get(&archive).await.is(StatusCode::OK).says("Archive “Copilot”?");
    let answer = ines.post(&archive, &[("name", "Support copilot")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("This is not the project’s name");
    site.database.advance(chrono::TimeDelta::seconds(601)).await;
    let confirm = format!("/confirm?next={}", archive.replace('/', "%2F"));
    assert_eq!(ines.post(&archive, &[("name", "Copilot")]).await.location(), confirm);
    assert_eq!(ines.get(&archive).await.location(), confirm);
    ines.post(&confirm, &[("password", crate::support::PASSWORD)]).await.location();
    ines.post(&archive, &[("name", " Copilot ")]).await.location();
    ines.get(project).await.says("This project is archived.").says("Archiving is for good.");
    // Once more is the same.
    ines.post(&archive, &[("name", "Copilot")]).await.location();
    assert_eq!(ines.get(&archive).await.location(), project);
    ines.get(&path).await.says("Archived");
    let new_key = ines.get(&format!("/{}/keys/new", caller.org)).await;
    new_key.hides("Copilot").says("Default, development");
    let id = project.rsplit('/').next().unwrap();
    let key = [("name", "x"), ("project", id)];
    let answer = ines.post(&format!("/{}/keys/new", caller.org), &key).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("Choose a project from the list.");
    assert_eq!(site.database.look("SELECT count(*) FROM api_keys").await, "0");
}

#[tokio::test]
async fn a_project_for_rehearsals_is_one_from_the_beginning() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/projects", caller.org);
    ines.get(&path).await.says("name=\"rehearsal\"").hides(">Rehearsal<");
    let fields = [("name", "Cut-off"), ("environment", "development"), ("rehearsal", "on")];
    let made = ines.post(&path, &fields).await.location().to_owned();
    ines.get(&made)
        .await
        .says("Project for rehearsals made.")
        .says("Development project for rehearsals")
        .says("window=day\"");
    ines.get(&path).await.says(">Rehearsal<");
    // It reaches the sandbox alone, so what names no project must not go there.
    let project = made.trim_end_matches("?made");
    ines.get(project).await.says("can’t be the default.").hides("Make it the default");
    let answer = ines.post(project, &[("action", "default")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY);
    answer.says("A project for rehearsals can’t be the default project.");
    let marked = "SELECT string_agg(name, ' ') FROM projects WHERE rehearsal";
    assert_eq!(site.database.look(marked).await, "Cut-off");
    // Without the tick it is none, and no other form makes it one.
    let project = made.trim_end_matches("?made");
    ines.post(&path, &[("name", "Real"), ("environment", "development")]).await.location();
    ines.post(project, &[("action", "rename"), ("name", "Cut off")]).await.location();
    assert_eq!(site.database.look(marked).await, "Cut off");
}

#[tokio::test]
async fn the_default_project_stays_until_another_one_is() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let store = &site.app.store;
    let default = store.projects(&caller).await.unwrap()[0].id;
    let path = format!("/{}/projects/{default}", caller.org);
    ines.get(&path).await.says("It can’t be archived").hides("/archive");
    let archive = format!("{path}/archive");
    assert_eq!(ines.get(&archive).await.location(), path);
    let answer = ines.post(&archive, &[]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("The default project can’t be archived.");

    let fields = [("name", "Trial"), ("environment", "staging")];
    let made = ines.post(&format!("/{}/projects", caller.org), &fields).await;
    let other = made.location().trim_end_matches("?made").to_owned();
    ines.get(&other).await.says("Make it the default");
    ines.post(&other, &[("action", "default")]).await.location();
    ines.get(&other).await.says("This is the organization’s default project.");
    ines.get(&path).await.says("/archive");
    ines.post(&archive, &[]).await.location();
    let answer = ines.post(&path, &[("action", "default")]).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("This project is archived.");
}

#[tokio::test]
async fn a_project_is_edited_by_owners_of_the_organization_alone() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let mut kofi = site.reader("kofi", &caller).await;
    let path = format!("/{}/projects", caller.org);
    kofi.get(&path).await.says("You are in no project yet").hides("value=\"production\"");
    let fields = [("name", "Trial"), ("environment", "production")];
    kofi.post(&path, &fields).await.is(StatusCode::FORBIDDEN);
    let fields = [("name", "Trial"), ("environment", "development")];
    let made = kofi.post(&path, &fields).await.location().trim_end_matches("?made").to_owned();
    kofi.get(&made)
        .await
        .says("You: owner")
        .hides("Rename project")
        .hides("Save environment")
        .hides("Make it the default")
        .hides("Archive this project");
    for action in ["rename", "environment", "default"] {
        let fields = [("action", action), ("name", "Mine"), ("environment", "production")];
        kofi.post(&made, &fields).await.is(StatusCode::FORBIDDEN);
    }
    kofi.get(&format!("{made}/models")).await.is(StatusCode::OK).hides("Save models");
    for page in ["models", "archive"] {
        kofi.post(&format!("{made}/{page}"), &[("which", "all")]).await.is(StatusCode::FORBIDDEN);
    }
    kofi.get(&format!("{made}/archive")).await.is(StatusCode::FORBIDDEN);
    let fields = [("action", "environment"), ("environment", "moon")];
    let answer = ines.post(&made, &fields).await;
    answer.is(StatusCode::UNPROCESSABLE_ENTITY).says("Choose production, staging or development.");
    let fields = [("action", "environment"), ("environment", "staging")];
    ines.post(&made, &fields).await.location();
    kofi.get(&made).await.says("Staging project");
}

#[tokio::test]
async fn a_reader_outside_sees_at_most_the_name() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let mut kofi = site.reader("kofi", &caller).await;
    let path = format!("/{}/projects", caller.org);
    let fields = [("name", "Quiet harbour"), ("environment", "production")];
    let made = ines.post(&path, &fields).await.location().trim_end_matches("?made").to_owned();
    let id = made.rsplit('/').next().unwrap().to_owned();
    kofi.get(&path).await.is(StatusCode::OK).hides("Quiet harbour");
    site.database.tamper("UPDATE organizations SET projects_listed = true").await;
    kofi.get(&path).await.says("Quiet harbour").says("Production").hides(&id);
    let nobodys = format!("{path}/{}", domain::ProjectId::generate());
    for page in ["", "/members", "/models", "/archive"] {
        let theirs = kofi.get(&format!("{made}{page}")).await;
        let nothing = kofi.get(&format!("{nobodys}{page}")).await;
        theirs.is(StatusCode::NOT_FOUND);
        assert_eq!(theirs.body, nothing.body, "{page}");
        let form = [("action", "rename"), ("name", "Mine")];
        kofi.post(&format!("{made}{page}"), &form).await.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn wrong_fields_come_back() {
    let (_site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/projects", caller.org);
    for (fields, sentence) in [
        ([("name", ""), ("environment", "staging")], "This can’t be empty."),
        (
            [("name", "DEFAULT"), ("environment", "staging")],
            "A project of this name exists already.",
        ),
        ([("name", "New"), ("environment", "moon")], "Choose production, staging or development."),
    ] {
        let answer = ines.post(&path, &fields).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("No project was made");
        answer.says(&format!("value=\"{}\"", fields[0].1));
    }
}
