//! Every operation of the document, once with success and once with an error, answers as it says.

use serde_json::{Value, json};

use crate::support::{Api, Org, alert, amount, body};

/// A life of an organization in which each operation succeeds, some in several ways.
async fn live(api: &Api, org: &Org) {
    let ok = async |operation: &str, names: &[(&str, &str)], body: Option<Value>| {
        let answer = api.ask(org, operation, names, body).await;
        assert_eq!(answer.status, 200, "{operation} {}", answer.body);
        answer.body
    };
    people(api, org, &ok).await;
    projects(org, &ok).await;
    spending(&ok).await;
    rates(&ok).await;
    usage(&ok).await;
    keys(org, &ok).await;
    let log = ok("GET /audit_logs?limit=100", &[], None).await;
    assert!(log["data"].as_array().unwrap().len() > 15, "{log}");
}

type Names<'a> = &'a [(&'a str, &'a str)];

async fn people(api: &Api, org: &Org, ok: &impl AsyncFn(&str, Names<'_>, Option<Value>) -> Value) {
    let listed = ok("GET /users", &[], None).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    let asked = ok("GET /users?emails[]=READER-acme@example.com", &[], None).await;
    assert_eq!(asked["data"][0]["id"], org.ids["user_id"]);
    assert_eq!(asked["data"].as_array().unwrap().len(), 1);
    let user = ok("GET /users/{user_id}", &[], None).await;
    assert_eq!(
        (user["role"].as_str(), &user["projects"]["data"][0]["role"]),
        (Some("reader"), &json!("member"))
    );
    let changed = ok("POST /users/{user_id}", &[], Some(json!({ "role": "owner" }))).await;
    assert_eq!(changed["role"], "owner");
    ok("POST /users/{user_id}", &[], Some(json!({ "role": "reader" }))).await;

    let project = &org.ids["project_id"];
    let places = json!([{ "id": project, "role": "viewer" }, { "id": project, "role": "owner" }]);
    let asked = json!({ "email": "New@Example.com", "role": "reader", "projects": [places[0]] });
    let invite = ok("POST /invites", &[], Some(asked)).await;
    assert_eq!(
        (&invite["email"], &invite["status"]),
        (&json!("new@example.com"), &json!("pending"))
    );
    assert_eq!(invite["projects"][0]["exchequer_role"], "viewer");
    let id = invite["id"].as_str().unwrap();
    assert_eq!(ok("GET /invites/{invite_id}", &[("invite_id", id)], None).await, invite);
    api.database
        .tamper("UPDATE invitations SET accepted_at = exq_now() WHERE email LIKE 'new@%'")
        .await;
    let states = ok("GET /invites", &[], None).await;
    assert_eq!(states["data"][1]["status"], "accepted");
    assert_eq!(ok("DELETE /invites/{invite_id}", &[], None).await["deleted"], true);
}

async fn projects(org: &Org, ok: &impl AsyncFn(&str, Names<'_>, Option<Value>) -> Value) {
    let owner = org.tenant.user.to_string();
    let project = ok("POST /projects", &[], Some(json!({ "name": "Support" }))).await;
    let id = project["id"].as_str().unwrap();
    let here = [("project_id", id)];
    assert_eq!(project["environment"], "development");
    let asked = json!({ "name": "Help", "environment": "staging", "residency": "GLOBAL" });
    let changed = ok("POST /projects/{project_id}", &here, Some(asked)).await;
    assert_eq!((&changed["name"], &changed["environment"]), (&json!("Help"), &json!("staging")));
    let asked = json!({ "email": "acme@example.com", "role": "viewer" });
    let added = ok("POST /projects/{project_id}/users", &here, Some(asked)).await;
    assert_eq!((&added["id"], &added["role"]), (&json!(owner), &json!("viewer")));
    let him = [here[0], ("user_id", &owner)];
    let one = "/projects/{project_id}/users/{user_id}";
    ok(&format!("POST {one}"), &him, Some(json!({ "role": "owner" }))).await;
    assert_eq!(ok(&format!("GET {one}"), &him, None).await["role"], "owner");
    let listed = ok("GET /projects/{project_id}/users", &here, None).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    ok(&format!("DELETE {one}"), &him, None).await;
    let archived = ok("POST /projects/{project_id}/archive", &here, None).await;
    assert_eq!(archived["status"], "archived");
    assert_eq!(ok("GET /projects/{project_id}", &here, None).await, archived);
    let running = ok("GET /projects", &[], None).await;
    let all = ok("GET /projects?include_archived=true", &[], None).await;
    let count = |list: &Value| list["data"].as_array().unwrap().len();
    assert_eq!((count(&running), count(&all)), (2, 3));
}

async fn spending(ok: &impl AsyncFn(&str, Names<'_>, Option<Value>) -> Value) {
    for (at, object) in [("", "organization"), ("/projects/{project_id}", "project")] {
        let limit = format!("{at}/spend_limit");
        let set = ok(&format!("POST {limit}"), &[], Some(amount(1_050))).await;
        assert_eq!(set["object"], format!("{object}.spend_limit"));
        assert_eq!(
            (&set["threshold_amount"], &set["exchequer_amount_usd"]),
            (&json!(1_050), &json!("10.50"))
        );
        assert_eq!(set["enforcement"]["status"], "inactive");
        assert_eq!(ok(&format!("GET {limit}"), &[], None).await, set);
        let lower = ok(&format!("POST {limit}"), &[], Some(amount(1))).await;
        assert_eq!(
            (&lower["threshold_amount"], &lower["exchequer_id"]),
            (&json!(1), &set["exchequer_id"])
        );
        assert_eq!(ok(&format!("DELETE {limit}"), &[], None).await["deleted"], true);

        let alerts = format!("{at}/spend_alerts");
        let body = alert(2_000, &["Ops@example.com", "ops@example.com", "cfo@example.com"]);
        let made = ok(&format!("POST {alerts}"), &[], Some(body)).await;
        assert_eq!(made["object"], format!("{object}.spend_alert"));
        let told = &made["notification_channel"]["recipients"];
        assert_eq!(told, &json!(["cfo@example.com", "ops@example.com"]));
        let it = [("alert_id", made["id"].as_str().unwrap())];
        let one = format!("{alerts}/{{alert_id}}");
        assert_eq!(ok(&format!("GET {one}"), &it, None).await, made);
        let edited = ok(&format!("POST {one}"), &it, Some(alert(2_500, &[]))).await;
        assert_eq!((&edited["id"], &edited["threshold_amount"]), (&made["id"], &json!(2_500)));
        assert_eq!(edited["notification_channel"]["recipients"], json!([]));
        let listed = ok(&format!("GET {alerts}?order=desc"), &[], None).await;
        assert_eq!(listed["data"][0], edited);
        assert_eq!(ok(&format!("DELETE {one}"), &it, None).await["deleted"], true);
    }
}

async fn rates(ok: &impl AsyncFn(&str, Names<'_>, Option<Value>) -> Value) {
    let (list, one) = (
        "/projects/{project_id}/rate_limits",
        "/projects/{project_id}/rate_limits/{rate_limit_id}",
    );
    let fields = json!({ "max_requests_per_1_minute": 500, "max_tokens_per_1_day": 0 });
    let set = ok(&format!("POST {one}"), &[], Some(fields)).await;
    assert_eq!((&set["id"], &set["model"]), (&json!("rl-sandbox-dime"), &json!("sandbox-dime")));
    assert_eq!(
        (&set["max_requests_per_1_minute"], &set["max_tokens_per_1_day"]),
        (&json!(500), &json!(0))
    );
    // No limit.
    assert_eq!(set["max_tokens_per_1_minute"], 1_000_000_000_000_i64);
    assert_eq!(ok(&format!("GET {list}"), &[], None).await["data"], json!([set]));
    let fields =
        json!({ "max_tokens_per_1_minute": 40_000, "max_tokens_per_1_day": 1_000_000_000_000_i64 });
    let more = ok(&format!("POST {one}"), &[], Some(fields)).await;
    assert_eq!(
        (&more["max_requests_per_1_minute"], &more["max_tokens_per_1_minute"]),
        (&json!(500), &json!(40_000))
    );
    assert_eq!(more["max_tokens_per_1_day"], Value::Null);
    // A model that has a slash, and was never used.
    let other = [("rate_limit_id", "rl-org%2Fmodel-7b")];
    let other =
        ok(&format!("POST {one}"), &other, Some(json!({ "max_requests_per_1_day": 3 }))).await;
    assert_eq!(
        (&other["model"], &other["max_requests_per_1_day"]),
        (&json!("org/model-7b"), &json!(3))
    );
}

/// What they tell is looked at in `usage`; here nothing was used.
async fn usage(ok: &impl AsyncFn(&str, Names<'_>, Option<Value>) -> Value) {
    for kind in [
        "audio_speeches",
        "audio_transcriptions",
        "code_interpreter_sessions",
        "completions",
        "embeddings",
        "file_search_calls",
        "images",
        "moderations",
        "vector_stores",
        "web_search_calls",
    ] {
        let page = ok(&format!("GET /usage/{kind}?start_time=1780272000&limit=3"), &[], None).await;
        assert_eq!(page["data"].as_array().unwrap().len(), 3, "{kind}");
        assert_eq!(page["data"][2]["results"], json!([]), "{kind}");
    }
    let page = ok("GET /costs?start_time=1780272000", &[], None).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 7);
}

async fn keys(org: &Org, ok: &impl AsyncFn(&str, Names<'_>, Option<Value>) -> Value) {
    let accounts = "/projects/{project_id}/service_accounts";
    let account = ok(&format!("POST {accounts}"), &[], Some(json!({ "name": "importer" }))).await;
    let secret = account["api_key"]["value"].as_str().unwrap();
    assert!(domain::api_key::parse(secret).is_some());
    let alone = json!({ "name": "alone", "create_service_account_only": true });
    assert_eq!(ok(&format!("POST {accounts}"), &[], Some(alone)).await["api_key"], Value::Null);
    let it = [("service_account_id", account["id"].as_str().unwrap())];
    let one = format!("{accounts}/{{service_account_id}}");
    let renamed = ok(&format!("POST {one}"), &it, Some(json!({ "name": "loader" }))).await;
    assert_eq!(ok(&format!("GET {one}"), &it, None).await, renamed);
    let scopes = json!({ "name": "narrow", "scopes": ["chat", "models"] });
    let key = ok(&format!("POST {one}/api_keys"), &it, Some(scopes)).await;
    assert_eq!(ok(&format!("POST {one}/api_keys"), &it, None).await["name"], "loader");

    let keys = "/projects/{project_id}/api_keys";
    let listed = ok(&format!("GET {keys}"), &[], None).await;
    let owners: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|key| &key["owner"]["type"]).collect();
    assert_eq!(owners, ["user", "service_account", "service_account", "service_account"]);
    assert!(!listed.to_string().contains(secret));
    let its = [("api_key_id", key["id"].as_str().unwrap())];
    let shown = ok(&format!("GET {keys}/{{api_key_id}}"), &its, None).await;
    assert_eq!(shown["owner"]["service_account"]["name"], "loader");
    ok(&format!("DELETE {keys}/{{api_key_id}}"), &[], None).await;
    ok(&format!("DELETE {one}"), &it, None).await;
    assert_eq!(ok(&format!("GET {keys}"), &[], None).await["data"], json!([]));
    assert_eq!(
        ok(&format!("GET {accounts}"), &[], None).await["data"].as_array().unwrap().len(),
        2
    );

    let asked = json!({ "name": "second", "expires_in_seconds": 3600 });
    let admin = ok("POST /admin_api_keys", &[], Some(asked)).await;
    assert!(admin["value"].as_str().unwrap().starts_with("sk-exq-admin-"));
    assert_eq!(admin["expires_at"].as_i64().unwrap() - admin["created_at"].as_i64().unwrap(), 3600);
    let mine = ok("GET /admin_api_keys/{key_id}", &[], None).await;
    assert_eq!(mine["owner"]["id"], org.tenant.user.to_string());
    let newest = ok("GET /admin_api_keys?order=desc", &[], None).await;
    assert_eq!(newest["first_id"], admin["id"]);
    assert!(newest.to_string().find(admin["value"].as_str().unwrap()).is_none());
    ok("DELETE /admin_api_keys/{key_id}", &[("key_id", admin["id"].as_str().unwrap())], None).await;
    ok("DELETE /users/{user_id}", &[], None).await;
}

/// A wrong value that each operation without a name in its address notices.
fn wrong(operation: &str) -> (String, Option<Value>) {
    match operation {
        "POST /admin_api_keys" => {
            (operation.to_owned(), Some(json!({ "name": "x", "expires_in_seconds": 31_536_001 })))
        }
        post if post.starts_with("POST") => {
            (post.to_owned(), Some(json!({ "name": 1, "email": 1 })))
        }
        get => (format!("{get}?limit=101"), None),
    }
}

#[tokio::test]
async fn every_operation_answers_as_the_document_says() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let operations = api.operations();
    for operation in &operations {
        let text = format!(
            "{} {}",
            operation.method,
            operation.path.strip_prefix("/organization").unwrap()
        );
        let answer = if operation.names().is_empty() {
            let (asked, body) = wrong(&text);
            api.ask(&org, &asked, &[], body).await
        } else {
            let unknown: Vec<_> = operation.names().iter().map(|name| (*name, "nothing")).collect();
            api.ask(&org, &text, &unknown, body(operation, &org)).await
        };
        assert!(answer.status.is_client_error(), "{text} {}", answer.body);
    }
    live(&api, &org).await;
    let seen = api.seen.borrow();
    for operation in operations {
        assert!(seen.iter().all(|seen| seen.contains(&operation)), "no case: {operation:?}");
    }
}
