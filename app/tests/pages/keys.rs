//! API keys: their pages, from making to revoking.

use axum::http::{StatusCode, header};
use domain::{Caller, api_key};
use store::ApiKey;

use crate::support::{Answer, Browser, Site};

/// The key in a page, if it shows one.
pub(crate) fn secret(body: &str) -> Option<&str> {
    let start = body.match_indices("sk-exq-").map(|(at, _)| at);
    start.filter_map(|at| body.get(at..at + 69)).find(|text| api_key::parse(text).is_some())
}

/// The value of a hidden field.
pub(crate) fn hidden(body: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let start = body.find(&field).unwrap() + field.len();
    body[start..].split('"').next().unwrap().to_owned()
}

async fn default_project(site: &Site, caller: &Caller) -> String {
    site.app.store.projects(caller).await.unwrap()[0].id.to_string()
}

async fn only_key(site: &Site, caller: &Caller) -> ApiKey {
    let mut keys = site.app.store.api_keys(caller).await.unwrap();
    assert_eq!(keys.len(), 1);
    keys.remove(0)
}

/// Makes a key with the form's own values and these.
async fn make(
    browser: &mut Browser,
    caller: &Caller,
    project: &str,
    fields: &[(&str, &str)],
) -> Answer {
    let form = format!("/{}/keys/new", caller.org);
    let mut all = vec![("name", "support-web"), ("project", project)];
    all.retain(|(name, _)| fields.iter().all(|(other, _)| other != name));
    all.extend(fields);
    browser.post(&form, &all).await
}

#[tokio::test]
async fn a_key_is_in_exactly_one_answer() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let keys = format!("/{}/keys", caller.org);
    ines.get(&keys).await.is(StatusCode::OK).says("No keys yet").says("Fill in billing");
    let project = default_project(&site, &caller).await;
    let form = format!("{keys}/new");
    ines.get(&format!("{form}?project={project}")).await.is(StatusCode::OK);
    let shown = make(&mut ines, &caller, &project, &[]).await;
    shown.is(StatusCode::OK).says("Copy your new key now").says("http://exchequer.example/v1");
    assert_eq!(shown.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(hidden(&shown.body, "done"), "stored");
    let key = hidden(&shown.body, "key");
    let budget = format!("/{}/budgets?scope={key}", caller.org);
    ines.get(&format!("{keys}?done=stored&key={key}")).await.says("Key made.").says(&budget);
    ines.get(&budget).await.is(StatusCode::OK).says("support-web");
    let limited = ines.get(&format!("{keys}?done=limited&key={key}")).await;
    limited.says("Key made.").hides("Set its budget");
    let strange = domain::KeyId::generate();
    for query in [
        format!("done=stored&key={strange}"),
        "done=stored&key=x".to_owned(),
        "done=stored".to_owned(),
    ] {
        ines.get(&format!("{keys}?{query}")).await.hides("Key made.");
    }
    shown.says(&format!("/requests?key={key}\" target=\"_blank\"")).hides("reload the page");
    ines.get(&keys).await.hides("Key made.");
    let key = secret(&shown.body).unwrap().to_owned();
    let id = only_key(&site, &caller).await.id;
    for path in [
        keys.clone(),
        form.clone(),
        format!("{keys}?state=revoked"),
        format!("{keys}/{id}"),
        format!("{keys}/{id}/rotate"),
        format!("{keys}/{id}/revoke"),
    ] {
        let answer = ines.get(&path).await;
        assert_eq!(secret(&answer.is(StatusCode::OK).body), None, "{path}");
    }
    let public_id = api_key::parse(&key).unwrap().public_id.to_owned();
    let list = ines.get(&keys).await;
    list.says("support-web")
        .says("Never used</span>")
        .says(&format!("sk-exq-{public_id}…{}", &key[65..]));
    for table in ["api_keys", "directory", "audit_entries", "changes", "outbox"] {
        let rows = format!("SELECT string_agg(k::text, '') FROM {table} k");
        assert!(!site.database.look(&rows).await.contains(&key), "{table}");
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_key() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = default_project(&site, &caller).await;
    let form = hidden(&ines.get(&format!("/{}/keys/new", caller.org)).await.body, "form");
    let fields = [("form", form.as_str())];
    make(&mut ines, &caller, &project, &fields).await.is(StatusCode::OK);
    let again = make(&mut ines, &caller, &project, &fields).await;
    again.is(StatusCode::CONFLICT).says("This key was made already");
    assert_eq!(secret(&again.body), None);
    // A rotation that is sent twice, too.
    let key = format!("/{}/keys/{}", caller.org, only_key(&site, &caller).await.id);
    let rotate = format!("{key}/rotate");
    let form = hidden(&ines.get(&rotate).await.body, "form");
    let fields = [("form", form.as_str()), ("overlap", "24h")];
    assert!(secret(&ines.post(&rotate, &fields).await.is(StatusCode::OK).body).is_some());
    ines.post(&rotate, &fields).await.is(StatusCode::CONFLICT);
    assert_eq!(site.database.look("SELECT count(*) FROM api_keys").await, "2");
}

#[tokio::test]
async fn all_that_was_chosen_is_shown() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = default_project(&site, &caller).await;
    let fields = [
        ("owner", "service"),
        ("account_name", "copilot-prod"),
        ("permissions", "restricted"),
        ("chat", "on"),
        ("embeddings", "on"),
        ("expires", "date"),
        ("date", "2027-03-31"),
        ("tracked", "no"),
    ];
    let shown = make(&mut ines, &caller, &project, &fields).await;
    // The day ends at midnight in Oslo.
    shown.is(StatusCode::OK).says("Service account copilot-prod").says("1 Apr 2027, 00:00");
    let key = only_key(&site, &caller).await.id;
    let page = ines.get(&format!("/{}/keys/{key}", caller.org)).await;
    for words in [
        "Restricted: Chat completions, Embeddings",
        "copilot-prod",
        "Under “Untracked”",
        "1 Apr 2027, 00:00",
        "Active",
        "ines@example.com",
    ] {
        page.says(words);
    }
    ines.get(&format!("/{}/service-accounts", caller.org)).await.says("copilot-prod");
}

#[tokio::test]
async fn a_key_is_renamed_paused_restricted_and_tracked() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = default_project(&site, &caller).await;
    make(&mut ines, &caller, &project, &[("tracked", "no")]).await.is(StatusCode::OK);
    let key = format!("/{}/keys/{}", caller.org, only_key(&site, &caller).await.id);
    let saved = format!("{key}?saved");
    for fields in [
        &[("action", "rename"), ("name", "support-mail")][..],
        &[("action", "pause")],
        &[("action", "track")],
        &[("action", "permissions"), ("permissions", "read_only")],
        &[("action", "expiry"), ("expires", "30")],
    ] {
        assert_eq!(ines.post(&key, fields).await.location(), saved);
    }
    let page = ines.get(&saved).await;
    page.says("Key saved.").says("support-mail").says("Paused").says("Read only");
    page.says("Tracked: see its requests").says("Resume key");
    let now = only_key(&site, &caller).await;
    assert!(now.tracked && now.paused_at.is_some() && now.expires_at.is_some());
    assert_eq!(ines.post(&key, &[("action", "resume")]).await.location(), saved);
    assert_eq!(only_key(&site, &caller).await.paused_at, None);
    let wrong = ines.post(&key, &[("action", "rename"), ("name", " ")]).await;
    wrong.is(StatusCode::UNPROCESSABLE_ENTITY).says("This can’t be empty.").says("support-mail");
    ines.post(&key, &[("action", "steal")]).await.is(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_key_is_revoked_after_a_question() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let keys = format!("/{}/keys", caller.org);
    let project = default_project(&site, &caller).await;
    make(&mut ines, &caller, &project, &[("name", "old-batch")]).await.is(StatusCode::OK);
    let key = only_key(&site, &caller).await.id;
    let question = format!("{keys}/{key}/revoke");
    ines.get(&question).await.is(StatusCode::OK).says("Revoke “old-batch”?");
    let revoked = format!("{keys}?state=revoked");
    assert_eq!(ines.post(&question, &[]).await.location(), revoked);
    ines.get(&revoked).await.says("old-batch").says("Revoked").hides("Revoke…");
    ines.get(&keys).await.hides("old-batch");
    assert_eq!(ines.get(&question).await.location(), revoked);
    let page = format!("{keys}/{key}");
    let pause = ines.post(&page, &[("action", "pause")]).await;
    pause.is(StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn wrong_fields_come_back() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let (_, theirs) = site.owner("otto", "Other").await;
    let project = default_project(&site, &caller).await;
    let foreign = default_project(&site, &theirs).await;
    let long = "x".repeat(10_000);
    for (fields, sentence) in [
        (&[("name", "")][..], "This can’t be empty."),
        (&[("name", &long)], "This is too long: at most 100 characters."),
        (&[("project", "")], "Choose a project from the list."),
        (&[("project", "proj_1")], "Choose a project from the list."),
        (&[("project", &foreign)], "Choose a project from the list."),
        (&[("name[]", "web"), ("name", "")], "This can’t be empty."),
        (&[("permissions", "restricted")], "Tick at least one endpoint"),
        (&[("permissions", "admin")], "Choose all, read only or restricted."),
        (&[("expires", "-1")], "Choose an expiry from the list."),
        (&[("expires", "0")], "Choose a date in the future."),
        (&[("expires", "9999")], "Choose a date within ten years."),
        (&[("expires", "date"), ("date", "2020-01-01")], "Choose a date in the future."),
        (&[("expires", "date"), ("date", "2199-01-01")], "Choose a date within ten years."),
        (&[("expires", "date"), ("date", "+262142-12-31")], "Write a date like 2027-03-31."),
        (&[("expires", "date"), ("date", &long)], "Write a date like 2027-03-31."),
        (&[("owner", "otto")], "Choose yourself or a service account."),
        (&[("owner", "service"), ("account_name", "")], "This can’t be empty."),
        (&[("owner", "service"), ("account", "svc_acct_1")], "Choose a service account"),
    ] {
        let answer = make(&mut ines, &caller, &project, fields).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("No key was made");
        assert_eq!(secret(&answer.body), None);
    }
    let twice = [("name", "a"), ("name", "b")];
    ines.post(&format!("/{}/keys/new", caller.org), &twice).await.is(StatusCode::BAD_REQUEST);
    make(&mut ines, &caller, &project, &[("form", "1")]).await.is(StatusCode::BAD_REQUEST);
    assert_eq!(site.database.look("SELECT count(*) FROM api_keys").await, "0");
}

#[tokio::test]
async fn the_organizations_rules_show_in_the_form() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = default_project(&site, &caller).await;
    let rules = "UPDATE organizations SET key_max_days = 45, service_keys_only = true";
    site.database.tamper(rules).await;
    let form = ines.get(&format!("/{}/keys/new", caller.org)).await;
    form.says("a key lives 45 days at most").hides("value=\"never\"").hides("value=\"me\"");
    for (fields, sentence) in [
        (&[("owner", "me"), ("expires", "30")][..], "Only service accounts may have new keys"),
        (
            &[("owner", "service"), ("account_name", "a"), ("expires", "never")],
            "must expire within 45 days of being made",
        ),
    ] {
        let answer = make(&mut ines, &caller, &project, fields).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    let fields = [("owner", "service"), ("account_name", "a"), ("expires", "45")];
    make(&mut ines, &caller, &project, &fields).await.is(StatusCode::OK);
}

#[tokio::test]
async fn labels_are_imported_and_replaced() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = default_project(&site, &caller).await;
    let keys = format!("/{}/keys", caller.org);
    let import = format!("{keys}/import");
    let form = hidden(&ines.get(&import).await.is(StatusCode::OK).body, "form");
    let labels = "nightly-import, 3f9K\nold-batch\n";
    let fields = [("form", form.as_str()), ("project", project.as_str()), ("labels", labels)];
    for _ in 0..2 {
        assert_eq!(ines.post(&import, &fields).await.location(), format!("{keys}?state=imported"));
    }
    let listed = site.app.store.api_keys(&caller).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|key| key.imported && !key.tracked));
    assert_eq!(site.database.look("SELECT count(*) FROM directory").await, "0");
    ines.get(&keys)
        .await
        .says("nightly-import")
        .says("…3f9K")
        .says("Imported</span>")
        .hides("Never used</span>");
    let label = listed.iter().find(|key| key.name == "nightly-import").unwrap().id.to_string();
    let page = format!("{keys}/{label}");
    ines.get(&page).await.says("Make a key in its place").hides("Rotate…");
    ines.get(&format!("{page}/rotate")).await.is(StatusCode::OK);
    let rotate = ines.post(&format!("{page}/rotate"), &[("overlap", "now")]).await;
    rotate.is(StatusCode::UNPROCESSABLE_ENTITY).says("make a key in its place");
    let form = ines.get(&format!("{keys}/new?replaces={label}")).await;
    form.is(StatusCode::OK).says("nightly-import");
    let fields = [("replaces", label.as_str()), ("name", "nightly-import")];
    make(&mut ines, &caller, &project, &fields).await.is(StatusCode::OK);
    ines.get(&page).await.says("was made in this one’s place").says("Revoked");
    let nothing = ines.post(&import, &[("project", project.as_str()), ("labels", "\n")]).await;
    nothing.is(StatusCode::UNPROCESSABLE_ENTITY).says("Write a label on each line.");
}

#[tokio::test]
async fn the_list_is_filtered() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = default_project(&site, &caller).await;
    make(&mut ines, &caller, &project, &[("name", "eternal"), ("expires", "never")]).await;
    make(&mut ines, &caller, &project, &[("name", "brief"), ("expires", "30")]).await;
    let bot = [("name", "robot"), ("owner", "service"), ("account_name", "bot")];
    make(&mut ines, &caller, &project, &bot).await.is(StatusCode::OK);
    let keys = format!("/{}/keys", caller.org);
    for (query, found) in [
        ("q=ETER", &["eternal"][..]),
        ("hygiene=no-expiry", &["eternal"]),
        ("hygiene=never-used", &["eternal", "brief", "robot"]),
        ("hygiene=idle", &[]),
        ("state=active&q=brief", &["brief"]),
        ("state=paused", &[]),
        (&*format!("owner={}", caller.user().unwrap()), &["eternal", "brief"]),
        (&*format!("project={project}"), &["eternal", "brief", "robot"]),
        ("project=proj_none", &[]),
        ("page=2", &[]),
    ] {
        let answer = ines.get(&format!("{keys}?{query}")).await;
        answer.is(StatusCode::OK);
        for name in ["eternal", "brief", "robot"] {
            let row = format!(">{name}</a>");
            assert_eq!(answer.body.contains(&row), found.contains(&name), "{query} {name}");
        }
    }
    site.database.advance(chrono::TimeDelta::days(20)).await;
    ines.get(&format!("{keys}?state=expires-soon")).await.says(">brief</a>").hides(">eternal</a>");
    site.database.advance(chrono::TimeDelta::days(31)).await;
    ines.get(&format!("{keys}?state=expired")).await.says(">brief</a>").hides(">eternal</a>");
}

#[tokio::test]
async fn readers_make_keys_where_they_are_members_and_see_no_others() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let project = site.app.store.projects(&caller).await.unwrap()[0].id;
    make(&mut ines, &caller, &project.to_string(), &[("name", "hers")]).await.is(StatusCode::OK);
    let hers = only_key(&site, &caller).await.id;
    let mut remo = site.reader("remo", &caller).await;
    let keys = format!("/{}/keys", caller.org);
    remo.get(&keys).await.is(StatusCode::OK).says("No keys yet").hides("hers");
    remo.get(&format!("{keys}/{hers}")).await.is(StatusCode::NOT_FOUND);
    let refused = make(&mut remo, &caller, &project.to_string(), &[]).await;
    refused.is(StatusCode::UNPROCESSABLE_ENTITY).says("Choose a project from the list.");
    site.database
        .tamper(&format!(
            "INSERT INTO project_members (org_id, project_id, user_id, role)
             SELECT '{}', '{}', id, 'member' FROM users WHERE email = 'remo@example.com'",
            caller.org.uuid(),
            project.uuid()
        ))
        .await;
    let form = remo.get(&format!("{keys}/new")).await;
    form.is(StatusCode::OK).hides("A service account");
    make(&mut remo, &caller, &project.to_string(), &[("name", "his")]).await.is(StatusCode::OK);
    let service = [("owner", "service"), ("account_name", "bot")];
    let refused = make(&mut remo, &caller, &project.to_string(), &service).await;
    refused.is(StatusCode::UNPROCESSABLE_ENTITY).says("Only an owner of the project");
    remo.get(&keys).await.says("hers").says("his");
    remo.get(&format!("{keys}/{hers}")).await.is(StatusCode::OK).hides("Pause key");
    for path in ["", "/rotate", "/revoke"] {
        let fields = [("action", "pause"), ("overlap", "now")];
        let path = format!("{keys}/{hers}{path}");
        remo.post(&path, &fields).await.is(StatusCode::FORBIDDEN);
    }
    // An owner may end his key, and may not get a secret that speaks for him.
    let his = site.app.store.api_keys(&caller).await.unwrap();
    let his = his.into_iter().find(|key| key.name == "his").unwrap().id;
    let page = format!("{keys}/{his}");
    ines.get(&page).await.says("Pause key").hides("Rotate…");
    ines.post(&format!("{page}/rotate"), &[("overlap", "now")]).await.is(StatusCode::FORBIDDEN);
    remo.get(&format!("{keys}/personal")).await.is(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn another_organizations_ids_are_not_there() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let (mut otto, theirs) = site.owner("otto", "Other").await;
    let project = default_project(&site, &theirs).await;
    let service = [("owner", "service"), ("account_name", "secret-bot")];
    make(&mut otto, &theirs, &project, &service).await.is(StatusCode::OK);
    let key = only_key(&site, &theirs).await.id;
    let account = site.app.store.service_accounts(&theirs).await.unwrap()[0].id;
    let path = |rest: String| format!("/{}/{rest}", caller.org);
    let mut answers = Vec::new();
    for key in [key.to_string(), "key_1".to_owned(), domain::KeyId::generate().to_string()] {
        for rest in ["", "/rotate", "/revoke"] {
            answers.push(ines.get(&path(format!("keys/{key}{rest}"))).await);
            let fields = [("action", "pause"), ("overlap", "now")];
            answers.push(ines.post(&path(format!("keys/{key}{rest}")), &fields).await);
        }
        answers.push(ines.get(&path(format!("keys/new?replaces={key}"))).await);
        let block = [("action", "block")];
        answers.push(ines.post(&path(format!("keys/personal/{key}")), &block).await);
        answers.push(ines.get(&format!("/account/keys/{key}")).await);
    }
    let account = path(format!("service-accounts/{account}"));
    answers.push(ines.get(&account).await);
    answers.push(ines.post(&account, &[("action", "delete")]).await);
    for answer in &answers {
        answer.is(StatusCode::NOT_FOUND);
        assert_eq!(answer.body, answers[0].body);
    }
}
