//! Who has no right to something learns nothing of it.

use axum::http::{Request, header};
use serde_json::json;

use crate::support::{Api, body};

#[tokio::test]
async fn what_is_another_organizations_is_like_what_nobody_has() {
    let api = Api::new().await;
    let (mine, other) = (api.org("acme").await, api.org("other").await);
    let before = api.database.look("SELECT count(*) FROM audit_entries").await;
    for operation in api.operations() {
        let text = format!(
            "{} {}",
            operation.method,
            operation.path.strip_prefix("/organization").unwrap()
        );
        // A rate limit's id is a model's name: nobody's.
        for name in operation.names().into_iter().filter(|name| *name != "rate_limit_id") {
            let foreign = other.ids[name].as_str();
            let (prefix, _) = foreign.rsplit_once(['-', '_']).unwrap();
            let nobodys = format!("{prefix}{}{:032x}", &foreign[prefix.len()..=prefix.len()], 7);
            let mut answers = Vec::new();
            for id in [foreign, &nobodys, "malformed", "%00", "%FF"] {
                let answer = api.ask(&mine, &text, &[(name, id)], body(&operation, &mine)).await;
                answers.push((answer.status.as_u16(), answer.body));
            }
            assert_eq!(answers[0].0, 404, "{text} {name}");
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{text} {answers:#?}");
        }
    }
    for (operation, body) in [
        (
            "POST /projects/{project_id}/users",
            json!({ "user_id": other.tenant.user, "role": "member" }),
        ),
        (
            "POST /projects/{project_id}/users",
            json!({ "email": "other@example.com", "role": "member" }),
        ),
    ] {
        let answer = api.ask(&mine, operation, &[], Some(body)).await;
        assert_eq!(answer.error(), (404, "not_found"));
    }
    let place = json!({ "id": other.ids["project_id"], "role": "member" });
    let asked = json!({ "email": "x@example.com", "role": "reader", "projects": [place] });
    let answer = api.ask(&mine, "POST /invites", &[], Some(asked)).await;
    assert_eq!(
        (answer.error(), &answer.body["error"]["param"]),
        ((400, "invalid_value"), &json!("projects"))
    );
    for list in
        ["GET /users", "GET /projects", "GET /invites", "GET /admin_api_keys", "GET /audit_logs"]
    {
        let answer = api.ask(&mine, list, &[], None).await;
        assert!(!answer.body.to_string().contains("other"), "{list}");
    }
    assert_eq!(api.database.look("SELECT count(*) FROM audit_entries").await, before);
}

#[tokio::test]
async fn every_operation_wants_an_admin_key() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let changed = org.key.replace("sk-exq-admin-", "sk-exq-admin-x");
    for operation in api.operations() {
        let path = operation.names().iter().fold(operation.path.clone(), |path, name| {
            path.replace(&format!("{{{name}}}"), &org.ids[name])
        });
        for (key, message) in [
            (None, "You didn't provide an admin key."),
            (
                Some(org.tenant.secret.clone()),
                "This is an API key, which sends model requests alone.",
            ),
            (Some(changed.clone()), "Incorrect admin key provided: sk-exq-…"),
            (Some("nonsense".to_owned()), "Incorrect admin key provided: …"),
        ] {
            let mut request =
                Request::builder().method(&*operation.method).uri(format!("/v1{path}"));
            if let Some(key) = &key {
                request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
            }
            let answer = api.send(request, body(&operation, &org)).await;
            assert_eq!(answer.error(), (401, "invalid_api_key"), "{operation:?}");
            assert!(
                answer.body["error"]["message"].as_str().unwrap().starts_with(message),
                "{}",
                answer.body
            );
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
        }
    }
}

#[tokio::test]
async fn a_key_is_refused_from_the_moment_it_is_revoked() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    assert_eq!(api.ask(&org, "GET /users", &[], None).await.status, 200);
    api.database.tamper("UPDATE organizations SET suspended_at = exq_now()").await;
    let answer = api.ask(&org, "GET /users", &[], None).await;
    assert_eq!(answer.error(), (403, "organization_suspended"));
    api.database.tamper("UPDATE organizations SET suspended_at = NULL").await;
    assert_eq!(api.ask(&org, "DELETE /admin_api_keys/{key_id}", &[], None).await.status, 200);
    let answer = api.ask(&org, "GET /users", &[], None).await;
    assert_eq!(answer.error(), (401, "invalid_api_key"));
}
