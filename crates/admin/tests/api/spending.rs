//! Amounts and rates that can't be kept: each has one answer, which names the field, and changes
//! nothing.

use domain::{Period, Scope, Usd};
use serde_json::{Value, json};
use store::NewRaise;

use crate::support::{Api, Org, alert, amount};

async fn refused(
    api: &Api,
    org: &Org,
    operation: &str,
    body: Value,
    status: u16,
    param: Option<&str>,
) {
    let text = body.to_string();
    let answer = api.ask(org, operation, &[], Some(body)).await;
    let told = (answer.status.as_u16(), answer.body["error"]["param"].as_str());
    assert_eq!(told, (status, param), "{operation} {text} {}", answer.body);
}

#[tokio::test]
async fn amounts_are_whole_cents_from_one_on() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let before = api.database.look("SELECT count(*) FROM audit_entries").await;
    let field = Some("threshold_amount");
    for operation in [
        "POST /spend_limit",
        "POST /projects/{project_id}/spend_limit",
        "POST /spend_alerts",
        "POST /projects/{project_id}/spend_alerts",
        "POST /projects/{project_id}/spend_alerts/{alert_id}",
    ] {
        let body = |cents: Value| {
            let mut body = if operation.contains("alerts") { alert(1, &[]) } else { amount(1) };
            body["threshold_amount"] = cents;
            body
        };
        for cents in [
            json!(0),
            json!(-1),
            json!(1.0),
            json!(10.5),
            json!(1e300),
            json!("1000"),
            json!([1]),
            json!(99_999_999_999_999_901_i64),
            json!(i64::MAX),
            json!(u64::MAX),
        ] {
            refused(&api, &org, operation, body(cents), 400, field).await;
        }
        refused(&api, &org, operation, body(Value::Null), 400, field).await;
        for (name, value) in [("currency", "EUR"), ("interval", "week")] {
            let mut wrong = body(json!(100));
            wrong[name] = json!(value);
            refused(&api, &org, operation, wrong.clone(), 400, Some(name)).await;
            wrong.as_object_mut().unwrap().remove(name);
            refused(&api, &org, operation, wrong, 400, Some(name)).await;
        }
    }
    assert_eq!(api.database.look("SELECT count(*) FROM audit_entries").await, before);
    let most = api.ask(&org, "POST /spend_limit", &[], Some(amount(99_999_999_999_999_900))).await;
    assert_eq!(most.body["exchequer_amount_usd"], "999999999999999.00");
}

#[tokio::test]
async fn recipients_are_addresses_and_few() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let alerts = "POST /spend_alerts";
    let channel = |channel: Value| {
        let mut body = alert(500, &[]);
        body["notification_channel"] = channel;
        body
    };
    let many: Vec<_> = (0..11).map(|number| format!("who-{number}@example.com")).collect();
    for (wrong, param) in [
        (Value::Null, "notification_channel"),
        (json!("mail"), "notification_channel"),
        (json!({ "recipients": [] }), "notification_channel.type"),
        (json!({ "type": "sms", "recipients": [] }), "notification_channel.type"),
        (json!({ "type": "email" }), "notification_channel.recipients"),
        (
            json!({ "type": "email", "recipients": "a@example.com" }),
            "notification_channel.recipients",
        ),
        (
            json!({ "type": "email", "recipients": ["a@example.com", "b"] }),
            "notification_channel.recipients[1]",
        ),
        (json!({ "type": "email", "recipients": [1] }), "notification_channel.recipients[0]"),
        (json!({ "type": "email", "recipients": many }), "notification_channel.recipients"),
        (
            json!({ "type": "email", "recipients": [], "subject_prefix": "[x]" }),
            "notification_channel.subject_prefix",
        ),
        (json!({ "type": "email", "recipients": [], "cc": [] }), "notification_channel.cc"),
    ] {
        refused(&api, &org, alerts, channel(wrong), 400, Some(param)).await;
    }
    assert_eq!(api.ask(&org, alerts, &[], Some(alert(500, &["a@example.com"]))).await.status, 200);
    // The same amount twice is one threshold.
    refused(&api, &org, alerts, alert(500, &[]), 409, None).await;
}

#[tokio::test]
async fn one_alert_too_many_is_a_conflict() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let fill = "INSERT INTO thresholds (org_id, id, scope, scope_id, period, amount)
        SELECT org_id, exq_id(), 'org', org_id, 'month', 1000 + n FROM organizations, generate_series(1, 50) n";
    api.database.tamper(fill).await;
    refused(&api, &org, "POST /spend_alerts", alert(500, &[]), 409, None).await;
    let project = "POST /projects/{project_id}/spend_alerts";
    assert_eq!(api.ask(&org, project, &[], Some(alert(500, &[]))).await.status, 200);
}

#[tokio::test]
async fn rates_stay_within_the_tier() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    api.database.tamper("UPDATE tiers SET requests_per_minute = 500").await;
    let one = "POST /projects/{project_id}/rate_limits/{rate_limit_id}";
    let (minute, day) = ("max_requests_per_1_minute", "max_requests_per_1_day");
    for (name, value) in [
        (minute, json!(501)),
        (minute, json!(-1)),
        (minute, json!(1.5)),
        (minute, json!("5")),
        (day, json!(1_000_000_000_001_i64)),
        (day, json!(u64::MAX)),
        ("max_images_per_1_minute", json!(1)),
        ("batch_1_day_max_input_tokens", json!(1)),
    ] {
        refused(&api, &org, one, json!({ name: value }), 400, Some(name)).await;
    }
    let answer = api.ask(&org, one, &[], Some(json!({ minute: 501 }))).await;
    let message = answer.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("tier allows 500 requests per minute"), "{message}");
    for id in ["sandbox-dime", "rl-", "rl-a%20b", &format!("rl-{}", "x".repeat(101))] {
        let answer = api.ask(&org, one, &[("rate_limit_id", id)], Some(json!({ minute: 5 }))).await;
        assert_eq!(answer.error(), (404, "not_found"), "{id}");
    }
    let answer = api.ask(&org, one, &[], Some(json!({ minute: 500 }))).await;
    assert_eq!(answer.body[minute], 500);
    // What is above a tier that was lowered meanwhile is not in force.
    api.database.tamper("UPDATE tiers SET requests_per_minute = 60").await;
    let listed = api.ask(&org, "GET /projects/{project_id}/rate_limits", &[], None).await;
    assert_eq!(listed.body["data"][0][minute], 60);
}

#[tokio::test]
async fn a_limit_that_is_spent_enforces_and_its_alert_mails_nobody() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    api.ask(&org, "GET /spend_limit", &[], None).await;
    let limit = api.ask(&org, "POST /spend_limit", &[], Some(amount(1_000))).await;
    assert_eq!(limit.body["enforcement"]["status"], "inactive");
    api.database
        .tamper("UPDATE counters SET spent = 10.009 WHERE scope = 'org' AND period = 'month'")
        .await;
    let limit = api.ask(&org, "GET /spend_limit", &[], None).await;
    assert_eq!(
        (&limit.body["enforcement"]["status"], &limit.body["exchequer_spent_usd"]),
        (&json!("enforcing"), &json!("10.009"))
    );
    let made = api.ask(&org, "POST /spend_alerts", &[], Some(alert(2_000, &[]))).await;
    let id = made.body["id"].as_str().unwrap();
    let edited = alert(1_000, &[]);
    api.ask(&org, "POST /spend_alerts/{alert_id}", &[("alert_id", id)], Some(edited)).await;
    let told = "SELECT string_agg(silent::text, ' ') FROM crossings WHERE kind = 'threshold'";
    assert_eq!(api.database.look(told).await, "true");
    assert_eq!(
        api.database.look("SELECT count(*) FROM outbox WHERE template = 'threshold'").await,
        "0"
    );
}

#[tokio::test]
async fn a_raised_or_observed_limit_is_told_as_it_is() {
    let api = Api::new().await;
    let org = api.org("acme").await;
    let (store, caller) = (&api.database.store, &org.tenant.caller);
    let told = |limit: &Value| {
        [
            "threshold_amount",
            "exchequer_amount_usd",
            "exchequer_amount_in_force_usd",
            "exchequer_observe_only",
        ]
        .map(|name| limit[name].clone())
    };
    let (get, set) = ("GET /spend_limit", "POST /spend_limit");
    api.ask(&org, set, &[], Some(amount(1_000))).await;
    api.database
        .tamper("UPDATE counters SET spent = 10.50 WHERE scope = 'org' AND period = 'month'")
        .await;
    let on = Scope::Org(org.tenant.org);
    let budgets = store.budgets(caller).await.unwrap();
    let budget = budgets.iter().find(|it| (it.scope, it.period) == (on, Period::Month)).unwrap();
    let hour = "SELECT extract(epoch FROM date_trunc('second', exq_now()))::bigint + 3600";
    let hour = api.database.look(hour).await.parse().unwrap();
    let ends = chrono::DateTime::from_timestamp(hour, 0).unwrap();
    let reason = "Launch".parse().unwrap();
    let raise = NewRaise { amount: Usd::from_dollars(20), starts: None, ends, reason };
    let raise = store.raise_budget(caller, budget.id, &raise).await.unwrap();
    let limit = api.ask(&org, get, &[], None).await.body;
    assert_eq!(told(&limit), [json!(1_000), json!("10.00"), json!("20.00"), json!(false)]);
    assert_eq!(limit["exchequer_raised_until"], hour);
    assert_eq!(limit["enforcement"]["status"], "inactive");
    store.end_raise(caller, raise).await.unwrap();
    let limit = api.ask(&org, get, &[], None).await.body;
    assert_eq!(limit["enforcement"]["status"], "enforcing");
    assert_eq!(limit["exchequer_raised_until"], Value::Null);

    store.save_budget(caller, on, Period::Month, Usd::from_dollars(10), Some(true)).await.unwrap();
    let limit = api.ask(&org, get, &[], None).await.body;
    assert_eq!(told(&limit), [json!(1_000), json!("10.00"), json!("10.00"), json!(true)]);
    assert_eq!(limit["enforcement"]["status"], "inactive");
    let limit = api.ask(&org, set, &[], Some(amount(500))).await.body;
    assert_eq!(told(&limit), [json!(500), json!("5.00"), json!("5.00"), json!(true)]);
    assert_eq!(limit["enforcement"]["status"], "inactive");
}
