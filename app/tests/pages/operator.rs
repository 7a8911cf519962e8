//! The operator's area.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::{Job, Loop, NodeId, OrgId};
use store::system::Done;
use testkit::Tenant;

use crate::support::{Browser, PASSWORD, Site};

const PATHS: [&str; 9] = [
    "/operator",
    "/operator/tiers",
    "/operator/users",
    "/operator/prices",
    "/operator/prices/import",
    "/operator/outbox",
    "/operator/jobs",
    "/operator/retention",
    "/operator/installation",
];

/// A site, and its operator, who has an organization too.
async fn operated() -> (Site, Browser, OrgId) {
    let (site, _, caller) = Site::with_owner().await;
    let (browser, own) = site.owner("opal", "Own house").await;
    let user = own.user().unwrap().uuid();
    site.database.tamper(&format!("UPDATE users SET operator = true WHERE id = '{user}'")).await;
    (site, browser, caller.org)
}

#[tokio::test]
async fn to_everybody_else_there_is_no_such_page() {
    let (site, mut opal, org) = operated().await;
    let mut ines = site.signed_in("ines").await;
    let organization = format!("/operator/organizations/{org}");
    for path in PATHS.into_iter().chain([organization.as_str()]) {
        let fields = [
            ("action", "suspend"),
            ("reason", "x"),
            ("policy", "open"),
            ("user", "user-1"),
            ("mail", "mail_1"),
        ];
        ines.get(path).await.is(StatusCode::NOT_FOUND).hides("Brackwater</th>").hides("Outbox");
        let status = ines.post(path, &fields).await.status;
        assert!(
            [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&status),
            "{path}"
        );
        assert!(site.browser().get(path).await.location().starts_with("/sign-in"), "{path}");
    }
    let home = format!("/{org}");
    ines.get(&home).await.hides("Operator area");
    let own = opal.get("/").await.location().to_owned();
    opal.get(&own).await.says("<a href=\"/operator\">Operator area</a>");
    for path in PATHS {
        opal.get(path).await.is(StatusCode::OK);
    }
    // Being an operator is read anew at each request.
    site.database.tamper("UPDATE users SET operator = false").await;
    opal.get("/operator").await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_in_an_organization_stays_there() {
    let (site, mut opal, _) = operated().await;
    let tenant = Tenant::new(&site.database, "canary").await;
    site.database.tamper("UPDATE projects SET name = 'Secret project' WHERE NOT is_default").await;
    let key_name = site.database.look("SELECT max(name) FROM api_keys").await;
    site.database
        .tamper(&format!(
            "INSERT INTO outbox (org_id, id, template, params, recipient, state, answer) VALUES
             ('{}', exq_id(), 'blocked', '{{\"scope_name\": \"Secret project\"}}', 'who@example.com', 'failed', '550 5.1.1 unknown')",
            tenant.org.uuid()
        ))
        .await;
    for path in PATHS {
        let page = opal.get(path).await;
        page.hides("Secret project").hides(&key_name).hides(&tenant.secret);
        page.hides(&tenant.project.to_string()).hides(&tenant.key.to_string());
    }
    opal.get("/operator/outbox").await.says("who@example.com").says("550 5.1.1 unknown");
    opal.get("/operator?search=CANARY").await.says(&tenant.org.to_string()).hides("Own house</th>");
    for search in ["%25", "%00"] {
        opal.get(&format!("/operator?search={search}")).await.says("No organization is found");
    }
    opal.get("/operator/users?search=%00").await.is(StatusCode::OK);
    opal.get("/operator/users?search=canary%40").await.says("canary@example.com");
    // The organization's own pages are not the operator's.
    for page in ["", "/keys", "/audit", "/projects"] {
        opal.get(&format!("/{}{page}", tenant.org)).await.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn suspending_asks_for_the_password_and_a_reason() {
    let (site, mut opal, org) = operated().await;
    let path = format!("/operator/organizations/{org}");
    site.database.advance(TimeDelta::seconds(601)).await;
    assert!(opal.get(&path).await.location().starts_with("/confirm?next="));
    let unproven = opal.post(&path, &[("action", "suspend"), ("reason", "x")]).await;
    let confirm = unproven.location().to_owned();
    assert_eq!(opal.post(&confirm, &[("password", PASSWORD)]).await.location(), path);
    let page = opal.get(&path).await;
    page.is(StatusCode::OK).says("Suspend Brackwater?");
    assert_eq!(page.body.matches("<h1").count(), 1, "the page has one title");
    let empty = opal.post(&path, &[("action", "suspend"), ("reason", " ")]).await;
    empty.is(StatusCode::UNPROCESSABLE_ENTITY).says("This can’t be empty.");
    let long = "x".repeat(10_000);
    let long = opal.post(&path, &[("action", "suspend"), ("reason", &long)]).await;
    long.is(StatusCode::UNPROCESSABLE_ENTITY).says("This is too long");
    let reason = [("action", "suspend"), ("reason", "Unpaid since June")];
    for _ in 0..2 {
        assert_eq!(opal.post(&path, &reason).await.location(), "/operator?done=suspended");
    }
    opal.get("/operator").await.says("Suspended").says("Reason: Unpaid since June");
    let mut ines = site.signed_in("ines").await;
    let log = ines.get(&format!("/{org}/audit")).await;
    log.says("Organization was suspended by ").says("the operator").says("Unpaid since June");
    log.hides("opal@example.com");
    assert_eq!(log.body.matches("was suspended by").count(), 1);
    let resumed = opal.post(&path, &[("action", "resume")]).await;
    assert_eq!(resumed.location(), "/operator?done=resumed");
    let suspended = "SELECT count(suspended_at) FROM organizations";
    assert_eq!(site.database.look(suspended).await, "0");
    opal.post(&path, &[("action", "explode")]).await.is(StatusCode::BAD_REQUEST);
    for wrong in [OrgId::generate().to_string(), "org-1".to_owned()] {
        let path = format!("/operator/organizations/{wrong}");
        opal.get(&path).await.is(StatusCode::NOT_FOUND);
        opal.post(&path, &reason).await.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn somebody_is_signed_out_on_all_devices() {
    let (site, mut opal, org) = operated().await;
    let mut ines = site.signed_in("ines").await;
    let user = site.database.look("SELECT id FROM users WHERE email = 'ines@example.com'").await;
    let user = format!("user-{}", user.replace('-', ""));
    let done = opal.post("/operator/users", &[("user", &user)]).await;
    assert_eq!(done.location(), "/operator/users?done");
    assert!(ines.get(&format!("/{org}")).await.location().starts_with("/sign-in"));
    for wrong in ["", "user-1", &domain::UserId::generate().to_string()] {
        opal.post("/operator/users", &[("user", wrong)]).await.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_failed_mail_is_sent_again() {
    let (site, mut opal, org) = operated().await;
    site.database
        .tamper(&format!(
            "INSERT INTO outbox (org_id, id, template, params, recipient, state, attempts)
             SELECT '{}', exq_id(), 'blocked', '{{}}', number || '@example.com', 'failed', 3 FROM generate_series(1, 60) number",
            org.uuid()
        ))
        .await;
    let page = opal.get("/operator/outbox?state=failed").await;
    page.says("50 shown").says("Send again").says("before=mail_").says("3 tries");
    opal.get("/operator/outbox?state=sent").await.says("No mail here");
    let mail = site.database.look("SELECT max(id::text) FROM outbox").await;
    let mail = format!("mail_{}", mail.replace('-', ""));
    for _ in 0..2 {
        let done = opal.post("/operator/outbox", &[("mail", &mail)]).await;
        assert_eq!(done.location(), "/operator/outbox?done");
    }
    let queued = "SELECT count(*) FROM outbox WHERE state = 'queued' AND attempts = 0";
    assert_eq!(site.database.look(queued).await, "1");
    opal.post("/operator/outbox", &[("mail", "mail_1")]).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_may_sign_up_is_set() {
    let (site, mut opal, _) = operated().await;
    let path = "/operator/installation";
    opal.get(path)
        .await
        .says("PostgreSQL")
        .says("http://exchequer.example")
        .says("No node has signed on");
    let done = opal.post(path, &[("policy", "invited")]).await;
    assert_eq!(done.location(), "/operator/installation?saved");
    let policy = site.database.look("SELECT value FROM settings WHERE name = 'signup'").await;
    assert_eq!(policy, "\"invited\"");
    let wrong = opal.post(path, &[("policy", "nobody")]).await;
    wrong.is(StatusCode::UNPROCESSABLE_ENTITY).says("Choose one from the list.");
}

#[tokio::test]
async fn jobs_tell_when_they_were_done_and_what_went_wrong() {
    let (site, mut opal, _) = operated().await;
    opal.get("/operator/jobs").await.says("No job yet").says("Fold usage into rollups");
    let (system, node) = (site.database.store.system(), NodeId::generate());
    for job in Job::ALL {
        system.plan_job(job).await.unwrap();
    }
    let claimed = system.claim_job(node, Job::Sweep).await.unwrap().unwrap();
    opal.get("/operator/jobs").await.says("Running").hides("No job yet");
    system.fail_job(&claimed, "no room <b>left</b>").await.unwrap();
    opal.get("/operator/jobs")
        .await
        .says("Failed once, tried again")
        .says("no room &lt;b&gt;left&lt;/b&gt;");
    let claimed = system.claim_job(node, Job::Reconcile).await.unwrap().unwrap();
    let wrong = Done { said: "One cent is missing".to_owned(), alarm: true };
    assert!(system.finish_job(&claimed, &wrong).await.unwrap());
    opal.get("/operator/jobs").await.says("Something is wrong.").says("Found something");
    opal.get("/operator/jobs?job=reconcile")
        .await
        .says("Times that it was done")
        .says("1 shown, newest first");
    opal.get("/operator/jobs?job=%3Cscript%3E").await.is(StatusCode::OK).hides("<script>alert");
    system.tell_loop(Loop::Deliver, Some("no mail server")).await.unwrap();
    opal.get("/operator/jobs").await.says("Failing").says("no mail server");
    system.tell_loop(Loop::Deliver, None).await.unwrap();
    opal.get("/operator/jobs").await.hides("Failing").says("Running");
    site.database.advance(TimeDelta::minutes(5)).await;
    opal.get("/operator/jobs").await.says("Stands still").says("Late, no node does it");
}

#[tokio::test]
async fn how_long_requests_are_kept_is_set_and_asked_once_more() {
    let (site, mut opal, _) = operated().await;
    let path = "/operator/retention";
    let stored = "SELECT value FROM settings WHERE name = 'retention'";
    let page = opal.get(path).await;
    page.says("Without end").says("Nothing was dropped").says("Never yet");
    for (typed, sentence) in [
        (
            "12",
            "Keep requests for at least 13 months: this month is compared with that of the year before",
        ),
        ("121", "Keep requests for at most 120 months"),
        ("a year", "Write a whole number of months"),
    ] {
        let page = opal.post(path, &[("months", typed), ("action", "drop")]).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("Nothing was saved");
        page.says(&format!("value=\"{typed}\""));
    }
    // A month that is older, and one that is not.
    let months = "SELECT exq_partition('2020-01-05Z', '2020-01-06Z')";
    site.database.tamper(months).await;
    let page = opal.post(path, &[("months", " 24 ")]).await;
    page.is(StatusCode::OK).says("Keep single requests for 24 months?").says("January 2020");
    assert_eq!(site.database.look(stored).await, "");
    let done = opal.post(path, &[("months", "24"), ("action", "drop")]).await;
    assert_eq!(done.location(), "/operator/retention?saved");
    assert_eq!(site.database.look(stored).await, "24");
    let page = opal.get(done.location()).await;
    page.says("Saved.").says("24 months").says("value=\"24\"").says("January 2020, from ");
    // What drops less is saved at once.
    for (typed, value) in [("36", "36"), ("", "null")] {
        assert_eq!(
            opal.post(path, &[("months", typed)]).await.location(),
            "/operator/retention?saved"
        );
        assert_eq!(site.database.look(stored).await, value);
    }
    opal.get(path).await.says("Without end").hides("January 2020, from ");
    let (system, node) = (site.database.store.system(), NodeId::generate());
    system.set_retention("13".parse().unwrap()).await.unwrap();
    system.plan_job(Job::Drop).await.unwrap();
    let claimed = system.claim_job(node, Job::Drop).await.unwrap().unwrap();
    let said = Done::well("February 2020 stays: <b>1</b> of its requests has not ended");
    assert!(system.finish_job(&claimed, &said).await.unwrap());
    system.drop_month().await.unwrap();
    let page = opal.get(path).await;
    page.says("Months that were dropped").says("January 2020").says("&lt;b&gt;1&lt;/b&gt; of its");
    // A changed setting asks for the password.
    site.database.advance(TimeDelta::seconds(601)).await;
    let confirm = opal.post(path, &[("months", "14")]).await;
    assert!(confirm.location().starts_with("/confirm?next="));
    assert_eq!(site.database.look(stored).await, "13");
}
