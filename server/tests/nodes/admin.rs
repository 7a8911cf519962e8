//! The admin API beside the gateway, with a key that the operator's command made.

use std::process::Command;

use serde_json::Value;
use testkit::Database;

use crate::program::{Customer, Program, SECRET};

/// What `exchequer admin adminkey create` prints.
fn admin_key(database: &Database, org: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_exchequer"))
        .args(["admin", "adminkey", "create", "--name", "sync", "--org", org])
        .env("DATABASE_URL", &database.url)
        .env("EXCHEQUER_SECRET_KEY", SECRET)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
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
