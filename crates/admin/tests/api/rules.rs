//! The rules of the pages hold here, too: they are the store's.

use serde_json::{Value, json};

use crate::support::{Api, Org};

async fn refused(
    api: &Api,
    org: &Org,
    operation: &str,
    names: &[(&str, &str)],
    body: Option<Value>,
) -> (u16, String) {
    let answer = api.ask(org, operation, names, body).await;
    assert_eq!(answer.headers["x-should-retry"], "false");
    let (status, code) = answer.error();
    (status, code.to_owned())
}

#[tokio::test]
async fn what_the_pages_refuse_is_refused() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let conflict = (409, "conflict".to_owned());
    let owner = org.tenant.user.to_string();
    let last = [("user_id", owner.as_str())];
    let demote = Some(json!({ "role": "reader" }));
    assert_eq!(refused(&api, &org, "POST /users/{user_id}", &last, demote).await, conflict);
    assert_eq!(refused(&api, &org, "DELETE /users/{user_id}", &last, None).await, conflict);
    let invite = |email: &str| Some(json!({ "email": email, "role": "reader" }));
    for email in ["acme@example.com", "guest-acme@example.com"] {
        assert_eq!(refused(&api, &org, "POST /invites", &[], invite(email)).await, conflict);
    }
    let default = api.ask(&org, "GET /projects", &[], None).await.ids()[0].clone();
    let archive = "POST /projects/{project_id}/archive";
    assert_eq!(refused(&api, &org, archive, &[("project_id", &default)], None).await, conflict);
    let named = Some(json!({ "name": "search" }));
    assert_eq!(refused(&api, &org, "POST /projects", &[], named).await, conflict);
    api.database.tamper("UPDATE invitations SET accepted_at = exq_now()").await;
    assert_eq!(refused(&api, &org, "DELETE /invites/{invite_id}", &[], None).await, conflict);

    let accounts = "POST /projects/{project_id}/service_accounts";
    let account = api.ask(&org, accounts, &[], Some(json!({ "name": "loader" }))).await;
    let key = account.body["api_key"]["id"].as_str().unwrap();
    let delete = "DELETE /projects/{project_id}/api_keys/{api_key_id}";
    let code = (400, "service_account_key".to_owned());
    assert_eq!(refused(&api, &org, delete, &[("api_key_id", key)], None).await, code);
    api.ask(&org, archive, &[], None).await;
    assert_eq!(refused(&api, &org, accounts, &[], Some(json!({ "name": "late" }))).await, conflict);
}

#[tokio::test]
async fn keys_expire_as_the_organization_wants_it() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    api.database
        .tamper("UPDATE organizations SET key_max_days = 30, service_keys_only = true")
        .await;
    let accounts = "POST /projects/{project_id}/service_accounts";
    let account = api.ask(&org, accounts, &[], Some(json!({ "name": "loader" }))).await;
    let key = &account.body["api_key"];
    let life = key["expires_at"].as_i64().unwrap() - key["created_at"].as_i64().unwrap();
    assert_eq!(life, 30 * 24 * 60 * 60);
}

#[tokio::test]
async fn what_was_deleted_is_not_there_to_be_deleted_again() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    for operation in [
        "DELETE /invites/{invite_id}",
        "DELETE /projects/{project_id}/users/{user_id}",
        "DELETE /projects/{project_id}/api_keys/{api_key_id}",
        "DELETE /projects/{project_id}/service_accounts/{service_account_id}",
        "DELETE /users/{user_id}",
    ] {
        let (_, path) = operation.split_once(' ').unwrap();
        assert_eq!(api.ask(&org, operation, &[], None).await.body["deleted"], true);
        for again in [operation, &format!("GET {path}")] {
            let missing = (404, "not_found".to_owned());
            assert_eq!(refused(&api, &org, again, &[], None).await, missing, "{again}");
        }
    }
    // Archiving has no opposite, and twice is the same.
    let archive = "POST /projects/{project_id}/archive";
    let first = api.ask(&org, archive, &[], None).await;
    assert_eq!(api.ask(&org, archive, &[], None).await.body, first.body);
    let archived = api
        .database
        .look("SELECT count(*) FROM audit_entries WHERE action = 'project.archived'")
        .await;
    assert_eq!(archived, "1");
}
