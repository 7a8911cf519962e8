//! The audit log: who did what with an admin key, and what a filter lets through.

use serde_json::{Value, json};

use crate::support::{Api, Org};

async fn log(api: &Api, org: &Org, query: &str) -> Value {
    let answer = api.ask(org, &format!("GET /audit_logs?{query}"), &[], None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"].clone()
}

fn types(events: &Value) -> Vec<&str> {
    events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["exchequer_type"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_change_names_the_admin_key_that_made_it() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let made = api.ask(&org, "POST /projects", &[], Some(json!({ "name": "Support" }))).await.body;
    let events = log(&api, &org, "limit=1").await;
    assert_eq!(events[0]["type"], "project.created");
    assert_eq!(
        events[0]["actor"],
        json!({ "type": "api_key", "api_key": { "id": org.ids["key_id"] } })
    );
    assert_eq!(events[0]["project"], json!({ "id": made["id"], "name": "Support" }));
    assert_eq!(events[0]["project.created"]["data"]["name"], "Support");
    assert_eq!(events[0]["effective_at"].as_i64().unwrap(), made["created_at"].as_i64().unwrap());
    let kept =
        "SELECT (personal -> 'address' ->> 'value') || ' ' || (personal -> 'agent' ->> 'value')
        FROM audit_entries ORDER BY seq DESC LIMIT 1";
    assert_eq!(api.database.look(kept).await, "198.51.100.7 sync/1");
}

#[tokio::test]
async fn filters_let_through_what_is_asked_for() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let all = log(&api, &org, "limit=100").await;
    let count = all.as_array().unwrap().len();
    let (owner, project) = (org.tenant.user.to_string(), &org.ids["project_id"]);
    api.ask(&org, "POST /projects/{project_id}", &[], Some(json!({ "name": "Find" }))).await;

    let renamed = log(&api, &org, "event_types[]=project.updated").await;
    assert_eq!(
        (types(&renamed), &renamed[0]["project.updated"]["changes_requested"]["name"]),
        (vec!["project.updated"], &json!("Find"))
    );
    let exact = log(&api, &org, "event_types[]=admin_api_key.created").await;
    assert_eq!(
        (types(&exact), &exact[0]["type"]),
        (vec!["admin_api_key.created"], &json!("api_key.created"))
    );
    let both = log(&api, &org, "event_types[]=api_key.created&event_types[]=invite.sent").await;
    assert_eq!(types(&both), ["admin_api_key.created", "invite.sent", "api_key.created"]);
    assert_eq!(both[1]["invite.sent"]["data"]["email"], "guest-acme@example.com");
    let user = &both[1]["actor"]["session"]["user"];
    assert_eq!(*user, json!({ "id": owner, "email": "acme@example.com" }));

    let by_key = log(&api, &org, &format!("actor_ids[]={}", org.ids["key_id"])).await;
    assert_eq!(types(&by_key), ["project.updated"]);
    let by_owner = log(&api, &org, "actor_emails[]=acme@example.com&limit=100").await;
    assert_eq!(types(&by_owner), types(&all));
    let none = log(
        &api,
        &org,
        &format!("actor_emails[]=acme@example.com&actor_ids[]={}", org.ids["key_id"]),
    )
    .await;
    assert_eq!(none, json!([]));
    assert_eq!(log(&api, &org, "actor_emails[]=nobody@example.com").await, json!([]));
    assert_eq!(log(&api, &org, "tenant_only=true").await, json!([]));
    assert_eq!(log(&api, &org, "event_types[]=scim.enabled").await, json!([]));
    let about = log(&api, &org, &format!("resource_ids[]={project}")).await;
    assert_eq!(types(&about), ["project.updated", "project.created"]);
    let within = log(&api, &org, &format!("project_ids[]={project}&limit=100")).await;
    assert!(within.as_array().unwrap().iter().all(|event| event["project"]["id"] == **project));
    assert!(within.as_array().unwrap().len() < count);
}

#[tokio::test]
async fn times_and_cursors_cut_at_whole_seconds_and_entries() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    api.database.advance(chrono::TimeDelta::hours(1)).await;
    api.ask(&org, "POST /projects", &[], Some(json!({ "name": "Late" }))).await;
    let late = log(&api, &org, "limit=1").await[0]["effective_at"].as_i64().unwrap();
    let count = async |query: String| log(&api, &org, &query).await.as_array().unwrap().len();
    let all = count("limit=100".to_owned()).await;
    assert_eq!(count(format!("effective_at[gte]={late}&limit=100")).await, 1);
    assert_eq!(count(format!("effective_at[gt]={late}")).await, 0);
    assert_eq!(count(format!("effective_at[lt]={late}&limit=100")).await, all - 1);
    assert_eq!(count(format!("effective_at[lte]={late}&effective_at[gt]=0&limit=100")).await, all);

    let ids = api.ask(&org, "GET /audit_logs?limit=100", &[], None).await.ids();
    let older =
        api.ask(&org, &format!("GET /audit_logs?limit=2&after={}", ids[1]), &[], None).await;
    assert_eq!((older.ids(), &older.body["has_more"]), (ids[2..4].to_vec(), &json!(true)));
    let newer =
        api.ask(&org, &format!("GET /audit_logs?limit=2&before={}", ids[3]), &[], None).await;
    assert_eq!((newer.ids(), &newer.body["has_more"]), (ids[1..3].to_vec(), &json!(true)));
    let newest = api.ask(&org, &format!("GET /audit_logs?before={}", ids[3]), &[], None).await;
    assert_eq!((newest.ids(), &newest.body["has_more"]), (ids[..3].to_vec(), &json!(false)));
}
