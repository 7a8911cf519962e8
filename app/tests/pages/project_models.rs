//! Which models a project's keys may ask.

use axum::http::StatusCode;

use crate::support::Site;

#[tokio::test]
async fn models_are_chosen_and_all_allowed_again() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let store = &site.app.store;
    let project = store.projects(&caller).await.unwrap()[0].id;
    let path = format!("/{}/projects/{project}/models", caller.org);
    let page = ines.get(&path).await;
    page.is(StatusCode::OK).says("OpenAI, 0 of ").says("name=\"model:sandbox-dime\"");
    let fields = [
        ("which", "chosen"),
        ("model:sandbox-dime", "on"),
        ("model:claude-opus-5", "on"),
        ("others", "acme-1, acme-2\r\nacme-1"),
    ];
    assert_eq!(ines.post(&path, &fields).await.location(), format!("{path}?saved"));
    let models = store.project(&caller, project).await.unwrap().models.unwrap();
    let names: Vec<_> = models.names().collect();
    assert_eq!(names, ["acme-1", "acme-2", "claude-opus-5", "sandbox-dime"]);
    let page = ines.get(&path).await;
    page.says("Anthropic, 1 of ").says("acme-1\nacme-2</textarea>");
    assert_eq!(page.body.matches("checked").count(), 3, "two models and a knob");

    let mut kofi = site.reader("kofi", &caller).await;
    kofi.get(&path).await.is(StatusCode::NOT_FOUND);
    site.database
        .tamper(
            "INSERT INTO project_members (org_id, project_id, user_id, role)
             SELECT p.org_id, p.id, u.id, 'member' FROM projects p, users u WHERE u.email LIKE 'kofi@%'",
        )
        .await;
    kofi.get(&path).await.is(StatusCode::OK).says("acme-2").hides("Save models");
    kofi.post(&path, &[("which", "all")]).await.is(StatusCode::FORBIDDEN);

    ines.post(&path, &[("which", "all"), ("model:sandbox-dime", "on")]).await.location();
    assert_eq!(store.project(&caller, project).await.unwrap().models, None);
}

#[tokio::test]
async fn a_wrong_list_comes_back() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = site.app.store.projects(&caller).await.unwrap()[0].id;
    let path = format!("/{}/projects/{project}/models", caller.org);
    let many = (0..201).map(|n| format!("m{n}")).collect::<Vec<_>>().join(" ");
    let long = "x".repeat(10_000);
    for (which, others, sentence) in [
        ("chosen", "", "Choose at least one model, or allow all."),
        ("chosen", many.as_str(), "A list has at most 200 models."),
        ("chosen", long.as_str(), "1 to 100 printable ASCII characters"),
        ("chosen", "gрt-4.1", "1 to 100 printable ASCII characters"),
        ("", "gpt-4.1", "Choose all models or some of them."),
    ] {
        let answer = ines.post(&path, &[("which", which), ("others", others)]).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("Nothing was saved");
        answer.says(&format!("{others}</textarea>"));
    }
    assert_eq!(
        site.database.look("SELECT count(*) FROM projects WHERE models IS NOT NULL").await,
        "0"
    );
}
