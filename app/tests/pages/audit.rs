//! The audit log.

use axum::http::{StatusCode, header};
use domain::{
    OrgId, UserId,
    audit::{Chain, Export, head_of},
};
use store::StoreError;
use testkit::Tenant;

use crate::support::Site;

#[tokio::test]
async fn a_change_is_told_with_who_made_it_and_what_was_before() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/audit", caller.org);
    let fields = [("name", "Quay <b>"), ("environment", "staging")];
    ines.post(&format!("/{}/projects", caller.org), &fields).await.location();
    let settings = [("name", "Brackwater Ltd"), ("zone", "Europe/Oslo")];
    ines.post(&format!("/{}/settings", caller.org), &settings).await.location();
    let page = ines.get(&path).await;
    page.is(StatusCode::OK)
        .says("Times in Europe/Oslo.")
        .says("Organization “Brackwater” was changed by ")
        .says("ines@example.com")
        .says("<dd>Brackwater</dd><dd>Brackwater Ltd</dd>")
        .says("“Quay &lt;b&gt;”")
        .says("3 entries, newest first")
        .hides("Quay <b>");
    // A key that is not named in an entry is named by what it is called now, and so is one that changes things.
    let store = &site.app.store;
    let project = store.projects(&caller).await.unwrap()[0].id;
    let (key, _) = Tenant::key(store, &caller, project).await;
    store.set_key_paused(&caller, key, true).await.unwrap();
    let name = &store.named_keys(&caller).await.unwrap()[0].name;
    ines.get(&path).await.says(&format!("“{name}”</a>")).hides(&format!(">{key}</a>"));
    let secret = site.database.look("SELECT password_hash FROM users LIMIT 1").await;
    page.hides(&secret);
}

#[tokio::test]
async fn the_log_is_filtered_by_its_address() {
    let (_site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/audit", caller.org);
    let fields = [("name", "Quay"), ("environment", "staging")];
    let made = ines.post(&format!("/{}/projects", caller.org), &fields).await.location().to_owned();
    let project = made.trim_end_matches("?made").rsplit('/').next().unwrap();
    let me = caller.user().unwrap();
    let folded = "<details class=\"snip\"><summary>Filter";
    for (query, entries) in [
        ("kind=project.created", "1 entry"),
        ("kind=api_key.created", "No entry fits"),
        (&format!("project={project}"), "1 entry"),
        (&format!("subject={project}"), "1 entry"),
        (&format!("actor={me}"), "2 entries"),
        (&format!("actor={}", UserId::generate()), "No entry fits"),
        ("actor=operator", "No entry fits"),
        ("from=2020-01-01&to=2120-01-01", "2 entries"),
        ("to=2020-01-01", "No entry fits"),
        ("from=2120-01-01", "No entry fits"),
        ("before=2", "1 entry"),
        ("before=1", "No entry"),
        ("before=99999999999999999999", "2 entries"),
    ] {
        ines.get(&format!("{path}?{query}")).await.is(StatusCode::OK).says(entries);
    }
    for (query, sentence) in [
        ("kind=everything", "Choose one from the list."),
        ("project=proj_1", "Choose one from the list."),
        ("from=tomorrow", "Write a date like 2026-11-24."),
        ("to=2026-02-31", "Write a date like 2026-11-24."),
    ] {
        let answer = ines.get(&format!("{path}?{query}")).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).hides("newest first");
        answer.hides(folded).hides("Remove filter");
    }
    let asked = format!("{path}?kind=project.created&actor={me}&project={project}&from=2020-01-01");
    let page = ines.get(&asked).await;
    page.says(folded).says(&format!("<a href=\"{path}\">Clear filters</a>"));
    for (chip, without) in [
        ("By ines@example.com", format!("&actor={me}")),
        ("Project is Quay", format!("&project={project}")),
        ("From 2020-01-01", "&from=2020-01-01".to_owned()),
    ] {
        let rest = asked.replace(&without, "").replace('&', "&amp;");
        page.says(&format!("href=\"{rest}\" aria-label=\"Remove filter: {chip}\""));
    }
    for field in ["actor", "subject", "kind", "from"] {
        ines.get(&format!("{path}?{field}=%00")).await.hides("on our side").hides("was made by");
    }
    let typed = ines.get(&format!("{path}?subject=%22%3E%3Cscript%3E")).await;
    typed.is(StatusCode::OK).hides("<script>\"").says("&quot;&gt;&lt;script&gt;");
}

#[tokio::test]
async fn a_long_log_comes_in_pages() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/audit", caller.org);
    for number in 0..60 {
        let name = format!("Name {number}").parse().unwrap();
        site.app.store.edit_organization(&caller, &name, chrono_tz::UTC).await.unwrap();
    }
    let page = ines.get(&format!("{path}?kind=organization.updated")).await;
    page.says("50 entries").says("Name 59").hides(">Name 8<").hides("Newest");
    let next = page.body.split("href=\"").find(|link| link.contains("before=")).unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let older = ines.get(&next).await;
    older.says("10 entries").says(">Name 8<").hides("Name 30").says("Newest").hides("Older");
}

#[tokio::test]
async fn an_export_is_whole_and_stands_in_the_log() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let hostile = "=HYPERLINK(1)".parse().unwrap();
    site.app.store.edit_organization(&caller, &hostile, chrono_tz::UTC).await.unwrap();
    let path = format!("/{}/audit/export", caller.org);
    let answer = ines.post(&path, &[]).await;
    answer.is(StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let named = answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(named.starts_with(&format!("attachment; filename=\"audit-{}-", caller.org)), "{named}");
    let head = head_of(&answer.body).unwrap();
    assert_eq!(head.head.count, 3);
    identity::check_head(&head).unwrap();
    let mut chain = Chain::new(Some(head.head));
    let mut last = String::new();
    for entry in Export::open(answer.body.as_bytes()).unwrap() {
        last = chain.push(&entry.unwrap()).unwrap().action.clone();
    }
    assert_eq!((chain.end().unwrap().end.count, last.as_str()), (3, "audit.exported"));
    ines.get(&format!("/{}/audit", caller.org)).await.says("Audit log was exported by ");
    // Asking by its address changes nothing.
    ines.get(&path).await.is(StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_log_is_for_owners_of_the_organization_alone() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let other = Tenant::new(&site.database, "other").await;
    let mut reader = site.reader("kofi", &caller).await;
    let nobody = OrgId::generate();
    for (org, reads, mine) in [
        (caller.org, StatusCode::FORBIDDEN, StatusCode::OK),
        (other.org, StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
        (nobody, StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
    ] {
        let (page, export) = (format!("/{org}/audit"), format!("/{org}/audit/export"));
        reader.get(&page).await.is(reads).hides("was made by");
        reader.post(&export, &[]).await.is(reads).hides("exq-audit");
        ines.get(&page).await.is(mine).hides("other@example.com");
        ines.post(&export, &[]).await.is(mine).hides("other@example.com");
    }
    let stranger = site.browser().post(&format!("/{}/audit/export", caller.org), &[]).await;
    assert!(stranger.location().starts_with("/sign-in"));
    // Another organization's project and entries are not found through one's own log.
    for query in [format!("project={}", other.project), format!("subject={}", other.project)] {
        let answer = ines.get(&format!("/{}/audit?{query}", caller.org)).await;
        answer.says("No entry fits").hides("Search</a>");
    }
    // A person who is erased is not shown any more.
    let ask = "INSERT INTO erasures SELECT id, ARRAY[email], true, exq_now() - interval '2 minutes' FROM users WHERE id = ";
    site.database.tamper(&format!("{ask} '{}'", caller.user().unwrap().uuid())).await;
    assert!(site.app.store.system().erase_person().await.unwrap());
    let page = ines.get(&format!("/{}/audit", caller.org)).await;
    page.is(StatusCode::OK).says("somebody whose data was erased");
    let refused = site.app.store.audit_head(&other.caller).await;
    assert!(!matches!(refused, Err(StoreError::NotFound)));
}
