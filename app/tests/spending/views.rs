//! Views of usage are kept, opened and removed.

use axum::http::StatusCode;

use crate::spender::Spender;

#[tokio::test]
async fn what_is_shown_is_kept_under_a_name() {
    let mut spender = Spender::new().await;
    spender.spend("2.50").await;
    let path = spender.path("usage");
    let asked = "range=7d&by=model&measure=tokens&nonsense=%3Cb%3E";
    let keep = |name| [("deed", "keep"), ("query", asked), ("name", name), ("shared", "on")];
    let nameless = spender.browser.post(&path, &keep(" ")).await;
    nameless.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was kept");
    nameless.says("value=\"range=7d&amp;by=model&amp;measure=tokens\"");

    let name = "Models <of> the week";
    let kept = spender.browser.post(&path, &keep(name)).await;
    kept.is(StatusCode::SEE_OTHER);
    let stored = "SELECT name || ' ' || query FROM views";
    let found = spender.site.database.look(stored).await;
    assert_eq!(found, format!("{name} range=7d&by=model&measure=tokens"));
    let page = spender.browser.get(&path).await;
    page.says("View kept.").says("“Models &lt;of&gt; the week” is in the list Views.");
    let page = spender.browser.get(&path).await;
    page.hides("View kept.").says("Everybody’s").says("Models &lt;of&gt; the week");
    page.says(&format!("{path}?range=7d&amp;by=model&amp;measure=tokens"));

    let id = spender.site.app.store.views(&spender.caller).await.unwrap()[0].id.to_string();
    let remove = [("deed", "remove"), ("view", id.as_str()), ("query", "by=key")];
    spender.browser.post(&path, &remove).await.is(StatusCode::SEE_OTHER);
    spender.browser.post(&path, &remove).await.is(StatusCode::NOT_FOUND);
    spender.browser.post(&path, &[("deed", "look")]).await.is(StatusCode::BAD_REQUEST);
    let page = spender.browser.get(&path).await;
    page.hides("Everybody’s").says("View removed.").says("Keep “Models &lt;of&gt; the week” again");
    // What the button sends brings it back as it was.
    spender.browser.get(&path).await.hides("View removed.");
    let again = "Keep “Models &lt;of&gt; the week” again";
    spender.browser.press(&page, again).await.is(StatusCode::SEE_OTHER);
    assert_eq!(spender.site.database.look(stored).await, found);
    spender.browser.press(&page, again).await.is(StatusCode::SEE_OTHER);
    assert_eq!(spender.site.database.look(stored).await, found, "a second click");
    spender.browser.get(&path).await.says("Everybody’s").says("View kept.");

    // Another one has its name by then: it stays as it is.
    let id = spender.site.app.store.views(&spender.caller).await.unwrap()[0].id.to_string();
    let remove = [("deed", "remove"), ("view", id.as_str()), ("query", "")];
    spender.browser.post(&path, &remove).await.is(StatusCode::SEE_OTHER);
    let page = spender.browser.get(&path).await;
    let other = [("deed", "keep"), ("query", "by=key"), ("name", name), ("shared", "on")];
    spender.browser.post(&path, &other).await.is(StatusCode::SEE_OTHER);
    let late = spender.browser.press(&page, again).await;
    late.is(StatusCode::UNPROCESSABLE_ENTITY).says("Another view has this name by now.");
    assert_eq!(spender.site.database.look(stored).await, format!("{name} by=key"));

    // What another version wrote is forgotten, and no reason to fail.
    spender.browser.get(&path).await.says("View kept.");
    let database = &spender.site.database;
    let kept = "SELECT count(*) FROM sessions WHERE data ? 'usage-view'";
    assert_eq!(database.look(kept).await, "0");
    let write = "UPDATE sessions SET data = jsonb_set(data, '{usage-view}', '7')";
    database.tamper(write).await;
    assert_eq!(database.look(kept).await, "1");
    spender.browser.get(&path).await.is(StatusCode::OK).hides("class=\"toast");
    assert_eq!(spender.site.database.look(kept).await, "0");
}
