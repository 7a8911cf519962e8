//! When a key was last used is written without touching the key.

use http::Method;

use crate::app::App;

#[tokio::test]
async fn last_use_is_written_when_the_program_stops_and_changes_nothing() {
    let app = App::new().await;
    let (personal, secret) = app.tenant.personal_key(&app.database).await;
    let (_, unused) =
        testkit::Tenant::key(&app.database.store, &app.tenant.caller, app.tenant.project).await;
    let changes = app.database.look("SELECT count(*) FROM changes").await;
    let before = app.database.look("SELECT exq_now()").await;
    assert_eq!(app.send(app.request(Method::GET, "/models")).await.status, 200);
    let with = |key: &str| {
        http::Request::builder()
            .uri(app.request(Method::GET, "/models").uri_ref().unwrap())
            .header("openai-organization", app.tenant.org.to_string())
            .header("authorization", format!("Bearer {key}"))
    };
    assert_eq!(app.send(with(&secret)).await.status, 200);
    let (wrong, _) = testkit::Tenant::secret();
    assert_eq!(app.send(with(&wrong)).await.status, 401);
    drop(unused);
    app.shutdown.cancel();
    let count = "SELECT count(*) FROM key_uses";
    while app.database.look(count).await != "2" {}
    let written = format!(
        "SELECT bool_and(used_at > '{before}' AND used_at <= exq_now()) AND count(*) = 2 FROM key_uses
         WHERE key_id IN ('{}', '{}')",
        app.tenant.key.uuid(),
        personal.uuid()
    );
    assert_eq!(app.database.look(&written).await, "true");
    assert_eq!(app.database.look("SELECT count(*) FROM changes").await, changes);
}

#[tokio::test]
async fn an_earlier_use_does_not_take_back_a_later_one() {
    let app = App::new().await;
    let system = app.database.store.system();
    let (org, key) = (app.tenant.org, app.tenant.key);
    let use_of = [(org, key, std::time::Instant::now())];
    // The same key twice in a batch is one row.
    system.record_key_uses(&[use_of, use_of].concat()).await.unwrap();
    app.database.tamper("UPDATE key_uses SET used_at = used_at + interval '1 hour'").await;
    let later = app.database.look("SELECT used_at FROM key_uses").await;
    system.record_key_uses(&use_of).await.unwrap();
    assert_eq!(app.database.look("SELECT used_at FROM key_uses").await, later);
}
