//! The search, the help, the wait for the first request, and what is said of who may not.

use axum::http::{StatusCode, header};
use testkit::Tenant;

use crate::support::Site;

#[tokio::test]
async fn finds_what_one_sees_and_nothing_of_others() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let other = Tenant::new(&site.database, "other").await;
    let path = format!("/{}/search", caller.org);
    let projects = format!("/{}/projects", caller.org);
    let named = [("name", "<b>Support & co</b>"), ("environment", "production")];
    ines.post(&projects, &named).await.location();

    let page = ines.get(&format!("{path}?q=support")).await;
    page.is(StatusCode::OK).says("&lt;b&gt;Support &amp; co&lt;/b&gt;").hides("<b>Support");
    page.hides("New key").says("production");
    let part = ines.get(&format!("{path}?q=SUPPORT+prod&part=list")).await;
    part.is(StatusCode::OK).says("Support &amp; co").hides("<html").hides("<!>");
    assert_eq!(part.headers[header::CACHE_CONTROL], "no-store");
    // Another organization's project is called so, and its person lives there.
    let theirs = ines.get(&format!("{path}?q=search")).await;
    theirs.hides(&other.project.to_string()).says("Nothing has such a name");
    ines.get(&format!("{path}?q=other")).await.hides("other@example.com").hides("/team/user-");
    ines.get(&format!("{path}?q=%3Cscript%3E")).await.says("Nothing has such a name");
    ines.get(&format!("/{}/search", other.org)).await.is(StatusCode::NOT_FOUND);

    // Who only sees own projects finds none of the others, and no deed that is not theirs.
    let mut kofi = site.reader("kofi", &caller).await;
    kofi.get(&format!("{path}?q=support")).await.says("Nothing has such a name");
    let page = kofi.get(&path).await;
    page.says("New key").hides("Invite people").hides("Set a budget").hides("Audit log");
    page.hides("Price book");
    kofi.get(&format!("{path}?q=ines")).await.says("People").hides("ines@example.com");
}

#[tokio::test]
async fn waits_for_the_first_request_of_ones_own() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/requests/first", caller.org);
    // What would be refused is not waited for.
    let unpaid = ines.get(&path).await;
    unpaid.is(StatusCode::ACCEPTED).says("Requests are refused until billing is filled in.");
    let profile = store::BillingProfile { legal_name: "A".to_owned(), ..Default::default() };
    site.app.store.set_billing_profile(&caller, &profile).await.unwrap();
    assert_eq!(ines.get(&path).await.status, StatusCode::NO_CONTENT);
    ines.get(&format!("{path}?key=x")).await.is(StatusCode::BAD_REQUEST);
    let other = Tenant::new(&site.database, "other").await;
    ines.get(&format!("/{}/requests/first", other.org)).await.is(StatusCode::NOT_FOUND);
    // A key of somebody else's is none.
    let theirs = format!("{path}?key={}", other.key);
    assert_eq!(ines.get(&theirs).await.status, StatusCode::NO_CONTENT);
    ines.get(&format!("/{}", caller.org)).await.says("Set-up");
}

#[tokio::test]
async fn helps_whoever_asks() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let guide = ines.get("/docs/budgets").await;
    guide.is(StatusCode::OK).says("Set a budget").says(&format!("/{}/keys", caller.org));
    // Examples ask this installation.
    let first = ines.get("/docs/first-request").await;
    first.says("export OPENAI_BASE_URL=http://exchequer.example/v1").hides("127.0.0.1");
    let found = ines.get("/docs?q=openai_base_url").await;
    found.says("http://exchequer.example").hides("127.0.0.1");
    let mut stranger = site.browser();
    stranger.get("/docs").await.is(StatusCode::OK).says("Send the first request").says("Sign in");
    stranger.get("/docs/reference/ledger").await.is(StatusCode::OK).hides("Brackwater");
    stranger.get("/docs?q=billing_not_active").await.says("Found");
    stranger
        .get("/docs?q=%22%3E%3Cscript%3E")
        .await
        .says("Nothing is said of this")
        .hides("<script>");
    for path in ["/docs/nothing", "/docs/reference/budgets.md", "/docs/pictures/..%2Fkeys.md"] {
        stranger.get(path).await.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn who_may_not_is_told_whom_to_ask() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let mut kofi = site.reader("kofi", &caller).await;
    let page = kofi.get(&format!("/{}/audit", caller.org)).await;
    page.is(StatusCode::FORBIDDEN)
        .says("You may not do this")
        .says("ines, the owner of Brackwater, may.");
    let tenant = Tenant::new(&site.database, "other").await;
    let page = ines.get(&format!("/{}/audit", tenant.org)).await;
    page.is(StatusCode::NOT_FOUND).hides("may not do this");
}
