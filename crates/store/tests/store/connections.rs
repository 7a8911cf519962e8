//! What becomes of connections that break.

use std::time::Duration;

use testkit::{Database, Tenant};

#[tokio::test]
async fn nobody_notices_connections_that_broke_while_they_lay_idle() {
    let database = Database::new().await;
    let Tenant { caller, .. } = Tenant::new(&database, "owner").await;
    let ask = || database.store.projects(&caller);
    tokio::try_join!(ask(), ask(), ask()).unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let broken = "SELECT count(pg_terminate_backend(pid)) > 1 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'exchequer'";
    assert_eq!(database.look(broken).await, "true");
    for _ in 0..3 {
        tokio::try_join!(ask(), ask(), ask()).unwrap();
    }
}
