//! A stop: running requests may end, and those that do not are cut; what a key may is judged when its
//! request is whole.

use std::time::Duration;

use testkit::Database;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::program::{Customer, Program, head};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_that_does_not_end_is_cut() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    let mut program = Program::start(&database).await;
    let (short, endless) = (
        program.chat(&customer.secret, "sandbox-dime", "delay_ms=1500", true),
        program.chat(&customer.secret, "sandbox-dime", "first_token_ms=600000", true),
    );
    let stopping = async {
        while database
            .look("SELECT (SELECT count(*) FROM intents) + (SELECT count(*) FROM events)")
            .await
            != "2"
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        program.interrupt();
    };
    // Who says nothing does not hold up a stop either.
    let mut mute = TcpStream::connect(("127.0.0.1", program.port)).await.unwrap();
    mute.write_all(b"POST /v1/chat").await.unwrap();
    let (short, endless, ()) = tokio::join!(short, endless, stopping);
    assert!(short.is_some_and(|reply| reply.complete && reply.body.contains("[DONE]")));
    assert!(endless.is_none_or(|reply| !reply.complete));
    assert!(program.wait().success());
    assert_eq!(database.look("SELECT count(*) FROM events WHERE outcome = 'answered'").await, "1");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_that_is_revoked_while_its_request_arrives_is_refused() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    let program = Program::start(&database).await;
    let body = r#"{"model":"sandbox-dime","messages":[{"role":"user","content":"Hello"}]}"#;
    let mut connection = TcpStream::connect(("127.0.0.1", program.port)).await.unwrap();
    let (early, late) = body.split_at(10);
    let head = head(&customer.secret, "", body.len());
    connection.write_all(format!("{head}{early}").as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    database.store.revoke_api_key(&customer.caller, customer.key).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    connection.write_all(late.as_bytes()).await.unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 401") && reply.contains("invalid_api_key"), "{reply}");
    assert_eq!(database.look("SELECT count(*) FROM events").await, "0");
}
