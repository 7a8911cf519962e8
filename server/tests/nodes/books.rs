//! The books against what clients saw.

use std::time::Duration;

use domain::{EventId, OrgId};
use testkit::Database;

use crate::load::Seen;

/// Until no request of the organization is open any more.
pub(crate) async fn settled(database: &Database, org: OrgId) {
    let open = format!("SELECT count(*) FROM intents WHERE org_id = '{}'", org.uuid());
    while database.look(&open).await != "0" {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Every reply that reached its client has exactly one event, and one that came whole is booked as
/// answered; nothing is held any more, and all sums agree.
pub(crate) async fn agree(database: &Database, seen: &Seen) {
    assert_eq!(events(database, &seen.admitted, "true").await, seen.admitted.len());
    assert_eq!(events(database, &seen.whole, "outcome = 'answered'").await, seen.whole.len());
    let held = "SELECT count(*) FROM counters WHERE held <> 0 OR running <> 0";
    assert_eq!(database.look(held).await, "0");
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

/// How many of these requests have an event of which this is true.
pub(crate) async fn events(database: &Database, ids: &[EventId], is: &str) -> usize {
    let ids: Vec<_> = ids.iter().map(|id| format!("'{}'", id.uuid())).collect();
    if ids.is_empty() {
        return 0;
    }
    let count = format!("SELECT count(*) FROM events WHERE id IN ({}) AND {is}", ids.join(","));
    database.look(&count).await.parse().unwrap()
}

/// A number from a query.
pub(crate) async fn number(database: &Database, query: &str) -> u64 {
    database.look(query).await.parse().unwrap()
}
