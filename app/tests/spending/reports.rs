//! Reports are started, sent to oneself, changed and stopped.

use axum::http::StatusCode;

use crate::spender::Spender;

#[tokio::test]
async fn an_owner_starts_changes_and_stops_reports() {
    let mut spender = Spender::new().await;
    let path = spender.path("reports");
    let database = &spender.site.database;
    let browser = &mut spender.browser;
    browser.get(&path).await.is(StatusCode::OK).says("After each week").hides("Stop report");
    let form = |deed: &str, addresses: &str| {
        [("rhythm", "week"), ("deed", deed), ("week_addresses", addresses)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let mut post = async |deed: &str, addresses: &str| {
        let form = form(deed, addresses);
        let form: Vec<_> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        browser.post(&path, &form).await
    };
    let wrong = post("save", "cfo@example.com, nobody").await;
    wrong.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was changed").says("nobody");
    let many = (0..11).map(|n| format!("a{n}@example.com")).collect::<Vec<_>>().join("\n");
    post("save", &many).await.is(StatusCode::UNPROCESSABLE_ENTITY).says("at most 10 addresses");
    assert_eq!(database.look("SELECT count(*) FROM reports").await, "0");

    post("save", "cfo@example.com").await.is(StatusCode::SEE_OTHER);
    assert_eq!(
        database.look("SELECT rhythm || addresses::text FROM reports").await,
        "week{cfo@example.com}"
    );
    // What was typed stays, and what others have on the page, too.
    let monthly = "INSERT INTO reports (org_id, rhythm, addresses, due_at) SELECT org_id, 'month', '{board@example.com}', now() FROM organizations";
    database.tamper(monthly).await;
    let wrong = post("save", "nobody").await;
    wrong.is(StatusCode::UNPROCESSABLE_ENTITY).says("nobody</textarea>");
    wrong.says("board@example.com</textarea>");
    post("send", "").await.is(StatusCode::SEE_OTHER);
    let mailed = "SELECT string_agg(template || ' ' || recipient, ', ') FROM outbox WHERE template = 'report'";
    assert_eq!(database.look(mailed).await, "report ines@example.com");
    post("stop", "").await.is(StatusCode::SEE_OTHER);
    post("stop", "").await.is(StatusCode::SEE_OTHER);
    assert_eq!(database.look("SELECT count(*) FROM reports").await, "1");
    for _ in 0..9 {
        post("send", "").await.is(StatusCode::SEE_OTHER);
    }
    let flooded = post("send", "").await;
    flooded.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was sent.");
    flooded.says("board@example.com</textarea>");
    post("start", "").await.is(StatusCode::BAD_REQUEST);
    for (done, says) in [
        ("saved", "Report saved."),
        ("stopped", "Report stopped."),
        ("sent", "This installation has no mail server"),
    ] {
        spender.browser.get(&format!("{path}?done={done}")).await.is(StatusCode::OK).says(says);
    }
}
