//! Requests, booked by a node of the ledger.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{EventId, KeyId, OrgId, Outcome, Price, ProjectId, ServiceTier, Tokens, Usd, UserId};
use ledger::{Ledger, Node, Realm, Request, Settlement};
use testkit::{Database, Tenant};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

/// A node, and the prices.
pub(crate) struct Spender {
    ledger: Ledger,
    prices: HashMap<String, Arc<Price>>,
    _stop: DropGuard,
}

/// A request that ended.
#[derive(Debug, Clone)]
pub(crate) struct Used {
    pub(crate) org: OrgId,
    pub(crate) project: ProjectId,
    pub(crate) key: KeyId,
    /// None for a service account's key.
    pub(crate) member: Option<UserId>,
    pub(crate) tracked: bool,
    /// One that the price book does not know is unpriced.
    pub(crate) model: String,
    pub(crate) tier: ServiceTier,
    pub(crate) outcome: Outcome,
    pub(crate) tokens: Tokens,
    pub(crate) charge: Usd,
}

impl Used {
    /// One of the tenant's own key.
    pub(crate) fn new(tenant: &Tenant, model: &str, charge: &str) -> Self {
        Self {
            org: tenant.org,
            project: tenant.project,
            key: tenant.key,
            member: Some(tenant.user),
            tracked: true,
            model: model.to_owned(),
            tier: ServiceTier::Default,
            outcome: Outcome::Answered,
            tokens: Tokens { input: 10, cached: 2, output: 5, ..Tokens::default() },
            charge: charge.parse().unwrap(),
        }
    }
}

impl Spender {
    pub(crate) async fn new(database: &Database) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let book = Arc::new(database.store.book());
        let ledger = Node::start(book, &tasks, stop.clone()).await.unwrap();
        let prices = database.store.system().prices().await.unwrap();
        let prices = prices.into_iter().map(|price| (price.model.clone(), Arc::new(price)));
        Self { ledger, prices: prices.collect(), _stop: stop.drop_guard() }
    }

    /// Books a request whose id was made at this time, and which is admitted when the database says.
    pub(crate) async fn book(&self, made: DateTime<Utc>, used: &Used) -> EventId {
        let id = EventId::at(made);
        let sandbox = used.model.starts_with("sandbox-");
        let request = Request {
            id,
            org: used.org,
            project: used.project,
            key: used.key,
            member: used.member,
            tracked: used.tracked,
            model: used.model.clone(),
            price: self.prices.get(&used.model).cloned(),
            realm: if sandbox { Realm::Sandbox } else { Realm::Provider },
            streamed: false,
            bound: used.charge,
            tokens: used.tokens.total(),
        };
        let settlement = Settlement {
            outcome: used.outcome,
            status: Some(200),
            service_tier: used.tier,
            tokens: used.tokens,
            charge: used.charge,
            first_token_ms: None,
            total_ms: Some(3),
            story: None,
        };
        assert!(self.ledger.reserve(request).await.unwrap().settle(settlement).await, "{used:?}");
        id
    }
}
