//! Requests for the tests of the ledger.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{EventId, Moments, Outcome, Price, ServiceTier, Story, Tags, Tokens, Usd};
use ledger::{Admitted, Batch, Ledger, Node, Realm, Request, Settlement};
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

/// What a node remembers of the requests that it was told are admitted.
#[derive(Default)]
pub(crate) struct Known(HashMap<EventId, Arc<Admitted>>);

impl Known {
    /// Takes note of a batch's reservations, whether they were admitted or not.
    pub(crate) fn learn(&mut self, batch: &Batch, at: DateTime<Utc>) {
        let admitted = batch.reservations.iter().map(|reserving| {
            (reserving.request.id, Arc::new(Admitted { reserving: reserving.clone(), at }))
        });
        self.0.extend(admitted);
    }

    /// Says of a batch's endings what they hold.
    pub(crate) fn tell(&self, batch: &mut Batch) {
        let settled = batch.settlements.iter().map(|settling| settling.id);
        let ended = settled.chain(batch.releases.iter().map(|(_, id)| *id));
        batch.admitted = ended.filter_map(|id| Some((id, Arc::clone(self.0.get(&id)?)))).collect();
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
        story: Some(Arc::new(story())),
    }
}

/// How a stream went that took 3 ms.
pub(crate) fn story() -> Story {
    Story {
        endpoint: "/chat/completions".into(),
        provider_id: Some("up-1".to_owned()),
        max_output: Some(5),
        choices: 1,
        stops: false,
        tags: Tags::parse("team=search, feature=chat").unwrap(),
        moments: Moments {
            read: 60,
            asked: 170,
            admitted: 200,
            connected: Some(900),
            first_byte: Some(1_500),
            first_token: Some(1_600),
            last: 3_000,
        },
    }
}

pub(crate) fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}
