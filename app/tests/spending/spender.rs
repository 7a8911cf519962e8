//! An organization whose requests are booked by a ledger's node.

use std::sync::Arc;

use domain::{
    Caller, Environment, EventId, KeyId, Moments, Outcome, ProjectId, Story, Tags, Tokens, Usd,
};
use ledger::{Ledger, Node, Realm, Refusal, Request, Settlement};
use store::system::receipts::{Cause, ReceiptRow};
use testkit::Tenant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::site::{Browser, Site};

/// One that has a project and a key.
pub(crate) struct Spender {
    pub(crate) site: Site,
    pub(crate) browser: Browser,
    pub(crate) caller: Caller,
    pub(crate) project: ProjectId,
    pub(crate) key: KeyId,
    ledger: Ledger,
    _stop: tokio_util::sync::DropGuard,
}

impl Spender {
    pub(crate) async fn new() -> Self {
        let (site, browser, caller) = Site::with_owner().await;
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let book = Arc::new(site.app.store.book());
        let ledger = Node::start(book, &tasks, stop.clone()).await.unwrap();
        let store = &site.app.store;
        let name = "Support".parse().unwrap();
        let project = store.create_project(&caller, &name, Environment::Production).await.unwrap();
        let (key, _) = Tenant::key(store, &caller, project).await;
        Self { site, browser, caller, project, key, ledger, _stop: stop.drop_guard() }
    }

    /// So many minutes from now, as a form sends it in the organization’s zone.
    pub(crate) async fn look_time(&self, minutes: i32) -> String {
        let at = format!(
            "SELECT to_char((exq_now() + interval '{minutes} minutes') AT TIME ZONE 'Europe/Oslo', 'YYYY-MM-DD\"T\"HH24:MI')"
        );
        self.site.database.look(&at).await
    }

    /// Another project with a key.
    pub(crate) async fn project(&self, name: &str) -> (ProjectId, KeyId) {
        let store = &self.site.app.store;
        let name = name.parse().unwrap();
        let project =
            store.create_project(&self.caller, &name, Environment::Staging).await.unwrap();
        let (key, _) = Tenant::key(store, &self.caller, project).await;
        (project, key)
    }

    /// A request of the project's key that cost so much.
    pub(crate) async fn spend(&self, charge: &str) {
        self.spend_as(self.project, self.key, "sandbox-tokens", charge).await;
    }

    pub(crate) async fn spend_as(&self, project: ProjectId, key: KeyId, model: &str, charge: &str) {
        let amount: Usd = charge.parse().unwrap();
        let request = self.request(project, key, model, amount).await;
        self.settle(request, amount, Outcome::Answered, None).await;
    }

    /// A request to a provider, not to the sandbox, that cost so much.
    pub(crate) async fn pay(&self, project: ProjectId, key: KeyId, model: &str, charge: &str) {
        let amount: Usd = charge.parse().unwrap();
        let request = self.request(project, key, "sandbox-tokens", amount).await;
        let request = Request { model: model.to_owned(), realm: Realm::Provider, ..request };
        self.settle(request, amount, Outcome::Answered, None).await;
    }

    /// One that was never answered: charged the most it can cost.
    pub(crate) async fn doubt(&self, model: &str, bound: &str) -> EventId {
        let amount: Usd = bound.parse().unwrap();
        let request = self.request(self.project, self.key, "sandbox-tokens", amount).await;
        let request = Request { model: model.to_owned(), realm: Realm::Provider, ..request };
        let id = request.id;
        self.settle(request, amount, Outcome::Unknown, None).await;
        id
    }

    /// A request that was sent and never answered: charged the most it can cost.
    pub(crate) async fn unanswered(&self, bound: &str) -> EventId {
        let amount: Usd = bound.parse().unwrap();
        let request = self.request(self.project, self.key, "sandbox-tokens", amount).await;
        let id = request.id;
        self.settle(request, amount, Outcome::Unknown, None).await;
        id
    }

    /// A request that ended so, with what is known of how it went.
    pub(crate) async fn told(&self, charge: &str, outcome: Outcome, story: Story) -> EventId {
        let amount: Usd = charge.parse().unwrap();
        let request = self.request(self.project, self.key, "sandbox-tokens", amount).await;
        let id = request.id;
        self.settle(request, amount, outcome, Some(story)).await;
        id
    }

    /// A request with these tags.
    pub(crate) async fn tagged(
        &self,
        (project, key): (ProjectId, KeyId),
        model: &str,
        charge: &str,
        tags: &str,
    ) {
        let amount: Usd = charge.parse().unwrap();
        let request = self.request(project, key, model, amount).await;
        self.settle(request, amount, Outcome::Answered, Some(told(tags))).await;
    }

    /// Requests at once, each with tags of its own.
    pub(crate) async fn tagged_each(&self, charge: &str, tags: impl IntoIterator<Item = String>) {
        let amount: Usd = charge.parse().unwrap();
        let request = self.request(self.project, self.key, "sandbox-tokens", amount).await;
        let settled = tags.into_iter().map(|tags| {
            let request = Request { id: EventId::generate(), ..request.clone() };
            self.settle(request, amount, Outcome::Answered, Some(told(&tags)))
        });
        futures_util::future::join_all(settled).await;
    }

    async fn settle(&self, request: Request, amount: Usd, outcome: Outcome, story: Option<Story>) {
        let settlement = Settlement {
            outcome,
            status: Some(200),
            service_tier: domain::ServiceTier::Default,
            tokens: Tokens { input: 1_000, cached: 200, output: 30, ..Tokens::default() },
            charge: amount,
            first_token_ms: None,
            total_ms: Some(3),
            story: story.map(Arc::new),
        };
        self.ledger.reserve(request).await.unwrap().settle(settlement).await;
    }

    /// A request that the budget refuses; its receipt is written.
    pub(crate) async fn refused(&self, bound: &str) -> domain::ReceiptId {
        let bound: Usd = bound.parse().unwrap();
        let request = self.request(self.project, self.key, "sandbox-dime", bound).await;
        let Err(Refusal::Spent(limit)) = self.ledger.reserve(request).await else {
            panic!("admitted");
        };
        let receipt = limit.receipt;
        let row = ReceiptRow {
            org: self.caller.org,
            project: self.project,
            key: self.key,
            cause: Cause::Amount { limit, bound },
            count: 38,
        };
        self.site.app.store.system().flush_receipts(&[row]).await.unwrap();
        receipt
    }

    async fn request(&self, project: ProjectId, key: KeyId, model: &str, bound: Usd) -> Request {
        let prices = self.site.app.store.system().prices().await.unwrap();
        let price = Arc::new(prices.into_iter().find(|price| price.model == model).unwrap());
        Request {
            id: EventId::generate(),
            org: self.caller.org,
            project,
            key,
            member: self.caller.user(),
            tracked: true,
            model: model.to_owned(),
            price: Some(price),
            realm: Realm::Sandbox,
            streamed: false,
            bound,
            tokens: 30,
        }
    }

    /// The address of one of the organization's pages.
    pub(crate) fn path(&self, page: &str) -> String {
        format!("/{}/{page}", self.caller.org)
    }
}

/// How a request with these tags went.
pub(crate) fn told(tags: &str) -> Story {
    Story {
        endpoint: "/chat/completions".into(),
        provider_id: None,
        max_output: None,
        choices: 1,
        stops: false,
        tags: Tags::parse(tags).unwrap(),
        moments: Moments { last: 3_000, ..Moments::default() },
    }
}

/// The exact values of a text's `data` elements.
pub(crate) fn values(html: &str) -> Vec<&str> {
    html.split("<data").skip(1).filter_map(|part| between(part, "value=\"", "\"")).collect()
}

/// The table of this label.
#[track_caller]
pub(crate) fn table<'a>(html: &'a str, label: &str) -> &'a str {
    let start = html.find(&format!("aria-label=\"{label}\"")).unwrap_or_else(|| panic!("{html}"));
    let rest = &html[start..];
    &rest[..rest.find("</table>").unwrap()]
}

pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map(|(inner, _)| inner)
}

/// The exact sum.
pub(crate) fn sum<'a>(values: impl IntoIterator<Item = &'a str>) -> Usd {
    values.into_iter().map(|value| value.parse::<Usd>().unwrap()).sum()
}
