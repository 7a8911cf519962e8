//! Whoever finds a key in the open can have it refused.

use std::time::{Duration, Instant};

use domain::{AdminKeyId, api_key::Opens};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use sha2::Sha256;
use testkit::{PEPPER, Tenant};

use crate::app::{App, Reply};

const MAILS: &str = "SELECT string_agg(recipient || ' ' || (params ->> 'kind'), ', ' ORDER BY recipient, params ->> 'kind')
    FROM outbox WHERE template = 'leaked'";
const ENTRIES: &str = "SELECT string_agg(subject, ', ' ORDER BY subject) FROM audit_entries WHERE action = 'api_key.leaked'";

async fn report(app: &App, body: &str) -> Reply {
    let request = http::Request::builder()
        .method("POST")
        .uri(app.post("/keys/report").uri_ref().unwrap())
        .header("content-type", "application/json");
    app.ask(request, body.to_owned()).await
}

fn accepted(reply: &Reply) {
    assert_eq!(
        (reply.status.as_u16(), reply.text()),
        (200, r#"{"object":"leak_report","accepted":true}"#)
    );
}

#[tokio::test]
async fn a_reported_key_is_refused_within_a_second_and_mailed_once() {
    let app = App::new().await;
    let me = &app.tenant;
    app.database
        .tamper(&format!(
            "INSERT INTO users (id, email, name, password_hash, verified_at)
                VALUES (exq_id(), 'reader@example.com', 'Reader', '!', exq_now());
             INSERT INTO memberships (org_id, user_id, role) SELECT '{}', id, 'reader' FROM users WHERE name = 'Reader';
             UPDATE api_keys SET owner_id = (SELECT id FROM users WHERE name = 'Reader')",
            me.org.uuid()
        ))
        .await;
    let body = format!(r#"{{"key":"{}"}}"#, me.secret);
    for _ in 0..2 {
        accepted(&report(&app, &body).await);
    }
    let begun = Instant::now();
    while app.send(app.request(Method::GET, "/models")).await.error()
        != (401, "invalid_api_key".to_owned())
    {
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
    let whom = "acme@example.com api, reader@example.com api";
    assert_eq!(app.database.look(MAILS).await, whom);
    assert_eq!(app.database.look(ENTRIES).await, me.key.to_string());
    let actor = "SELECT actor FROM audit_entries WHERE action = 'api_key.leaked'";
    assert_eq!(app.database.look(actor).await, "leak report");
    let states = "SELECT revoked_at IS NOT NULL AND leaked_at IS NOT NULL FROM api_keys";
    assert_eq!(app.database.look(states).await, "true");
    let told = "SELECT string_agg(params::text, ' ') FROM outbox";
    assert!(!app.database.look(told).await.contains(&me.secret[20..60]));
}

#[tokio::test]
async fn personal_and_admin_keys_are_taken_too_and_what_is_wrong_changes_nothing() {
    let app = App::new().await;
    let me = &app.tenant;
    let (personal, own) = me.personal_key(&app.database).await;
    let (admin, opens) =
        (AdminKeyId::generate(), Opens::Admin.compose([5; domain::api_key::ENTROPY]));
    let hash = Hmac::<Sha256>::new_from_slice(&PEPPER).unwrap().chain_update(&opens).finalize();
    sqlx::query("INSERT INTO admin_keys (org_id, id, name, public_id, secret_hash, last_four) VALUES ($1, $2, 'Sync', $3, $4, '')")
        .bind(me.org.uuid())
        .bind(admin.uuid())
        .bind(Opens::Admin.parse(&opens).unwrap().public_id)
        .bind(hash.into_bytes().to_vec())
        .execute(&app.database.admin)
        .await
        .unwrap();
    let (nobodys, _) = Tenant::secret();
    // The right public id under another secret.
    let digits = std::array::from_fn(|at| if at < 12 { 5 } else { 6 });
    let guessed = Opens::Admin.compose(digits);
    for wrong in [&*nobodys, &guessed, "hunter2", ""] {
        accepted(&report(&app, &format!(r#"[{{"token":"{wrong}"}}]"#)).await);
    }
    assert_eq!(app.database.look(MAILS).await, "");
    let list = format!(
        r#"[{{"token":"{own}","url":"x"}},{{"token":"{nobodys}"}},{{"token":"{opens}"}},{{"token":"{own}"}}]"#
    );
    accepted(&report(&app, &list).await);
    assert_eq!(app.database.look(MAILS).await, "acme@example.com admin, acme@example.com personal");
    let mut entries = [personal.to_string(), admin.to_string()];
    entries.sort();
    assert_eq!(app.database.look(ENTRIES).await, entries.join(", "));
    let refused = "SELECT (SELECT leaked_at FROM personal_keys) IS NOT NULL AND (SELECT revoked_at FROM admin_keys) IS NOT NULL
        AND (SELECT revoked_at FROM api_keys) IS NULL";
    assert_eq!(app.database.look(refused).await, "true");
}

#[tokio::test]
async fn reports_are_read_strictly_and_not_too_often() {
    let app = App::new().await;
    for (body, error) in [
        ("{", (400, "invalid_value")),
        ("{}", (400, "invalid_value")),
        (&*format!("\"{}\"", "x".repeat(300_000)), (413, "request_too_large")),
    ] {
        assert_eq!(report(&app, body).await.error(), (error.0, error.1.to_owned()));
    }
    for _ in 3..30 {
        accepted(&report(&app, r#"{"key":"x"}"#).await);
    }
    let reply = report(&app, r#"{"key":"x"}"#).await;
    assert_eq!(reply.error(), (429, "rate_limit_exceeded".to_owned()));
    let wait: u32 = reply.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
}
