//! Requests for the tests of the ledger.

use std::sync::Arc;

use domain::{EventId, Outcome, Price, ServiceTier, Tokens, Usd};
use ledger::{Ledger, Node, Realm, Request, Settlement};
use store::Store;
use testkit::{Database, Tenant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A node that runs.
pub(crate) struct Running {
    pub(crate) ledger: Ledger,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Running {
    pub(crate) async fn new(store: &Store) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let ledger = Node::start(Arc::new(store.book()), &tasks, stop.clone()).await.unwrap();
        Self { ledger, tasks, stop }
    }

    pub(crate) async fn finish(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

pub(crate) async fn price(database: &Database, model: &str) -> Arc<Price> {
    let prices = database.store.system().prices().await.unwrap();
    Arc::new(prices.into_iter().find(|price| price.model == model).unwrap())
}

pub(crate) fn request(tenant: &Tenant, price: &Arc<Price>, bound: &str) -> Request {
    Request {
        id: EventId::generate(),
        org: tenant.org,
        project: tenant.project,
        key: tenant.key,
        member: Some(tenant.user),
        tracked: true,
        model: price.model.clone(),
        price: Some(Arc::clone(price)),
        realm: Realm::Sandbox,
        streamed: false,
        bound: usd(bound),
        tokens: 20,
    }
}

pub(crate) fn answered(charge: &str) -> Settlement {
    Settlement {
        outcome: Outcome::Answered,
        status: Some(200),
        service_tier: ServiceTier::Default,
        tokens: Tokens { input: 10, cached: 2, output: 5, ..Tokens::default() },
        charge: usd(charge),
        first_token_ms: None,
        total_ms: Some(3),
    }
}

pub(crate) fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}
