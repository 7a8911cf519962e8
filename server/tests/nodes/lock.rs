//! First tokens do not wait for the commit, the end of the stream does.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use testkit::Database;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::program::{Customer, Program};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tokens_come_while_the_quota_row_is_held_and_the_end_does_not() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    let program = Program::start(&database).await;
    let body = r#"{"model":"sandbox-tokens","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#;
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nx-exchequer-sandbox: first_token_ms=3000\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        customer.secret,
        body.len()
    );
    let mut connection = TcpStream::connect(("127.0.0.1", program.port)).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    while database
        .look("SELECT (SELECT count(*) FROM intents) + (SELECT count(*) FROM events)")
        .await
        == "0"
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut holder = database.admin.acquire().await.unwrap();
    let hold = format!(
        "BEGIN; SELECT 1 FROM counters WHERE org_id = '{}' FOR UPDATE",
        customer.org.uuid()
    );
    sqlx::raw_sql(AssertSqlSafe(hold)).execute(&mut *holder).await.unwrap();

    let mut seen = String::new();
    let mut piece = [0; 4096];
    while !seen.contains(r#""finish_reason":"length""#)
        && !seen.contains(r#""finish_reason":"stop""#)
    {
        let read = connection.read(&mut piece).await.unwrap();
        assert_ne!(read, 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    // All tokens are here; the end is not, for as long as the row is held.
    let more = timeout(Duration::from_secs(1), connection.read(&mut piece)).await;
    let more = more.map_or_else(
        |_| String::new(),
        |read| String::from_utf8_lossy(&piece[..read.unwrap()]).into_owned(),
    );
    assert!(!seen.contains("[DONE]") && !more.contains("[DONE]"), "{seen}{more}");
    sqlx::raw_sql("ROLLBACK").execute(&mut *holder).await.unwrap();
    let mut rest = String::new();
    connection.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("[DONE]"), "{rest}");
    assert_eq!(database.look("SELECT count(*) FROM events WHERE outcome = 'answered'").await, "1");
}
