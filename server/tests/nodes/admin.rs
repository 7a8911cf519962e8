//! The admin API beside the gateway, with a key that the operator's command made.

use std::process::{Command, Output};

use serde_json::Value;
use testkit::{Database, Tenant};

use crate::program::{Customer, Program, SECRET};

fn admin(database: &Database, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exchequer"))
        .arg("admin")
        .args(args)
        .env("DATABASE_URL", &database.url)
        .env("EXCHEQUER_SECRET_KEY", SECRET)
        .output()
        .unwrap()
}

/// What `exchequer admin adminkey create` prints.
fn admin_key(database: &Database, org: &str) -> Value {
    let made = admin(database, &["adminkey", "create", "--name", "sync", "--org", org]);
    serde_json::from_slice(&made.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_takes_a_lost_second_factor_off() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let (id, email) = (tenant.user, "acme@example.com");
    let remove = || admin(&database, &["user", "remove-factor", "--email", email]);
    let without = remove();
    assert!(!without.status.success() && without.stdout.is_empty());
    assert!(String::from_utf8_lossy(&without.stderr).contains("has no second factor"));
    database
        .tamper(&format!(
            "INSERT INTO second_factors (user_id, secret, confirmed_at) VALUES ('{0}', '', exq_now());
             INSERT INTO sessions (id_hash, user_id, data, expires_at)
                VALUES ('', '{0}', '{{}}', exq_now() + interval '1 day')",
            id.uuid()
        ))
        .await;
    let told: Value = serde_json::from_slice(&remove().stdout).unwrap();
    assert_eq!(told, serde_json::json!({ "id": id, "email": email }));
    for (query, expected) in [
        ("SELECT count(*) FROM second_factors", "0"),
        ("SELECT count(*) FROM sessions", "0"),
        ("SELECT template || ' ' || recipient FROM outbox", "factor_lifted acme@example.com"),
    ] {
        assert_eq!(database.look(query).await, expected, "{query}");
    }
    assert!(!remove().status.success());
    assert!(
        !admin(&database, &["user", "remove-factor", "--email", "no@example.com"]).status.success()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_key_opens_its_own_door() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    let program = Program::start(&database).await;
    let made = admin_key(&database, &customer.org.to_string());
    let (id, key) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let read = async |path: &str, key: &str| {
        let reply = program.read(path, key).await.unwrap();
        assert!(reply.id.starts_with("req_"), "{reply:?}");
        (reply.status, serde_json::from_str::<Value>(&reply.body).unwrap())
    };
    let (status, keys) = read("/v1/organization/admin_api_keys", key).await;
    assert_eq!((status, keys["data"][0]["id"].as_str()), (200, Some(id)));
    let (status, unknown) = read("/v1/organization/nothing", key).await;
    assert_eq!((status, unknown["error"]["code"].as_str()), (404, Some("unknown_url")));
    for (path, key, wanted) in [
        ("/v1/organization/users", customer.secret.as_str(), "wants an admin key"),
        ("/v1/models", key, "Send the API key of a project"),
    ] {
        let (status, refused) = read(path, key).await;
        assert_eq!((status, refused["error"]["code"].as_str()), (401, Some("invalid_api_key")));
        assert!(refused["error"]["message"].as_str().unwrap().contains(wanted), "{refused}");
    }
    assert_eq!(read("/v1/models", &customer.secret).await.0, 200);
}
