//! Personal keys: billed to whom the request names, else to the default organization, else to nobody.

use std::time::{Duration, Instant};

use domain::OrgId;
use testkit::Tenant;

use crate::app::{App, chat};

struct Personal<'a> {
    app: &'a App,
    secret: String,
}

impl Personal<'_> {
    async fn asks(&self, headers: &[(&str, &str)]) -> (u16, String) {
        let request = http::Request::builder()
            .method("POST")
            .uri(self.app.post("/chat/completions").uri_ref().unwrap())
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.secret));
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.app.ask(request, chat("sandbox-dime", "")).await.error()
    }

    /// Within a second.
    async fn soon_gets(&self, headers: &[(&str, &str)], expected: (u16, &str)) {
        let begun = Instant::now();
        loop {
            let answer = self.asks(headers).await;
            if (answer.0, answer.1.as_str()) == expected {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(1), "{answer:?} {expected:?}");
        }
    }
}

async fn billed(app: &App, org: OrgId) -> String {
    let org = org.uuid();
    app.database.look(&format!("SELECT count(*) FROM events WHERE org_id = '{org}'")).await
}

const ORG: &str = "openai-organization";
const PROJECT: &str = "openai-project";

#[tokio::test]
async fn bills_whom_the_header_names_else_the_default_and_nobody_else() {
    let app = App::new().await;
    let (_, secret) = app.tenant.personal_key(&app.database).await;
    let me = Personal { app: &app, secret };
    let other = Tenant::new(&app.database, "globex").await;
    let stranger = Tenant::new(&app.database, "initech").await;
    let user = app.tenant.user.uuid();
    app.database
        .tamper(&format!(
            "INSERT INTO memberships (org_id, user_id, role) VALUES ('{}', '{user}', 'reader');
             INSERT INTO project_members (org_id, project_id, user_id, role) VALUES ('{}', '{}', '{user}', 'member');
             UPDATE users SET default_org_id = '{}' WHERE id = '{user}'",
            other.org.uuid(), other.org.uuid(), other.project.uuid(), app.tenant.org.uuid()
        ))
        .await;
    let (own, theirs, foreign) =
        (app.tenant.org.to_string(), other.org.to_string(), stranger.org.to_string());
    let (search, shared) = (app.tenant.project.to_string(), other.project.to_string());
    let required = (401, "organization_required".to_owned());
    let mismatched = (401, "mismatched_project".to_owned());
    let fine = (200, "null".to_owned());
    assert_eq!(me.asks(&[]).await, fine);
    assert_eq!(billed(&app, app.tenant.org).await, "1");
    assert_eq!(me.asks(&[(ORG, &own)]).await, fine);
    assert_eq!(me.asks(&[(PROJECT, &search)]).await, fine);
    // A member of one project there, not of the default one.
    assert_eq!(me.asks(&[(ORG, &theirs)]).await, mismatched);
    assert_eq!(me.asks(&[(ORG, &theirs), (PROJECT, &shared)]).await, fine);
    assert_eq!(billed(&app, other.org).await, "1");
    for org in [&*foreign, "org-0", "nonsense", "org-00000000000000000000000000000000"] {
        assert_eq!(me.asks(&[(ORG, org)]).await, required, "{org}");
        assert_eq!(me.asks(&[(ORG, org), (PROJECT, &search)]).await, required);
    }
    for project in [&*shared, &stranger.project.to_string(), "proj_0"] {
        assert_eq!(me.asks(&[(PROJECT, project)]).await, mismatched, "{project}");
    }
    assert_eq!(me.asks(&[(ORG, &own), (ORG, &own)]).await, (400, "repeated_header".to_owned()));
    assert_eq!(billed(&app, stranger.org).await, "0");
    assert_eq!(app.database.look("SELECT count(DISTINCT key_id) FROM events").await, "1");
    app.database.tamper("UPDATE users SET default_org_id = NULL").await;
    me.soon_gets(&[], (401, "organization_required")).await;
    assert_eq!(me.asks(&[(ORG, &own)]).await, fine);
    assert_eq!(app.database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn the_rules_of_who_is_billed_are_in_force_within_a_second() {
    let app = App::new().await;
    let (id, secret) = app.tenant.personal_key(&app.database).await;
    let me = Personal { app: &app, secret };
    let (user, org) = (app.tenant.user.uuid(), app.tenant.org.uuid());
    app.database.tamper(&format!("UPDATE users SET default_org_id = '{org}'")).await;
    let lacks = (403, "insufficient_permissions");
    let block = format!(
        "INSERT INTO personal_key_blocks (org_id, key_id) VALUES ('{org}', '{}')",
        id.uuid()
    );
    let member = format!(
        "INSERT INTO memberships (org_id, user_id, role) VALUES ('{org}', '{user}', 'owner')"
    );
    for (change, undo, answer) in [
        (block.as_str(), "DELETE FROM personal_key_blocks", lacks),
        (
            "UPDATE organizations SET service_keys_only = true",
            "UPDATE organizations SET service_keys_only = false",
            lacks,
        ),
        (
            "UPDATE memberships SET role = 'reader';
             INSERT INTO project_members SELECT org_id, id, created_by, 'viewer' FROM projects
             ON CONFLICT (org_id, project_id, user_id) DO UPDATE SET role = 'viewer'",
            "UPDATE project_members SET role = 'member'",
            lacks,
        ),
        (
            "DELETE FROM project_members",
            "UPDATE memberships SET role = 'owner'",
            (401, "mismatched_project"),
        ),
        ("DELETE FROM memberships", &member, (401, "organization_required")),
        (
            "UPDATE projects SET models = '{gpt-4o}'",
            "UPDATE projects SET models = NULL",
            (403, "model_not_allowed"),
        ),
        (
            "UPDATE personal_keys SET expires_at = exq_now()",
            "UPDATE personal_keys SET expires_at = NULL",
            (401, "invalid_api_key"),
        ),
        (
            "UPDATE personal_keys SET revoked_at = exq_now()",
            "UPDATE personal_keys SET revoked_at = NULL",
            (401, "invalid_api_key"),
        ),
    ] {
        me.soon_gets(&[], (200, "null")).await;
        app.database.tamper(change).await;
        me.soon_gets(&[], answer).await;
        app.database.tamper(undo).await;
    }
    me.soon_gets(&[], (200, "null")).await;
}

/// Of the organization that is billed, from making to expiry, whenever the key was made.
#[tokio::test]
async fn it_lives_no_longer_than_keys_of_the_organization() {
    let app = App::new().await;
    let (_, secret) = app.tenant.personal_key(&app.database).await;
    let me = Personal { app: &app, secret };
    let org = app.tenant.org.to_string();
    let fine = (200, "null");
    for (change, answer) in [
        ("UPDATE personal_keys SET expires_at = NULL", fine),
        ("UPDATE organizations SET key_max_days = 90", (403, "insufficient_permissions")),
        ("UPDATE personal_keys SET expires_at = created_at + interval '90 days'", fine),
        (
            "UPDATE personal_keys SET expires_at = created_at + interval '90 days 1 second'",
            (403, "insufficient_permissions"),
        ),
        ("UPDATE organizations SET key_max_days = 91", fine),
    ] {
        app.database.tamper(change).await;
        me.soon_gets(&[(ORG, &org)], answer).await;
    }
}

#[tokio::test]
async fn its_usage_is_counted_by_key_and_member_and_budgets_hold() {
    let app = App::new().await;
    let (id, secret) = app.tenant.personal_key(&app.database).await;
    let me = Personal { app: &app, secret };
    let org = app.tenant.org.to_string();
    app.database
        .tamper(
            "INSERT INTO budgets (org_id, id, scope, scope_id, period, amount)
             SELECT org_id, exq_id(), 'org', org_id, 'month', 0.20 FROM organizations",
        )
        .await;
    for answer in [(200, "null"), (200, "null"), (429, "organization_spend_limit_exceeded")] {
        me.soon_gets(&[(ORG, &org)], answer).await;
    }
    let counted = format!(
        "SELECT count(*) FROM events WHERE key_id = '{}' AND member_id = '{}'",
        id.uuid(),
        app.tenant.user.uuid()
    );
    assert_eq!(app.database.look(&counted).await, "2");
    assert_eq!(app.database.store.system().reconcile().await.unwrap(), None);
}
