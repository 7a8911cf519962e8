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

    ines.post(project, &[("action", "archive")]).await.location();
    ines.get(project).await.says("This project is archived.").says("Archiving is for good.");
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
async fn the_default_project_stays() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let default = site.app.store.projects(&caller).await.unwrap()[0].id;
    let path = format!("/{}/projects/{default}", caller.org);
    let page = ines.get(&path).await;
    page.says("It can’t be archived").hides("value=\"archive\"");
    let answer = ines.post(&path, &[("action", "archive")]).await;
    answer
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("The default project can’t be archived.")
        .says("value=\"Default\"");
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
