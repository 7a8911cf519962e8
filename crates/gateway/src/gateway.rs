//! The gateway's state and its tasks.

use std::{
    error::Error as StdError,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use domain::EventId;
use ledger::Ledger;
use secrecy::SecretBox;
use store::{
    ChangeCursor, Store,
    system::{ErrorOf, FingerprintRow, KeyState, RefusedOf},
};
use tokio::{
    sync::Semaphore,
    time::{MissedTickBehavior, interval},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    bodies::{Bodies, SealBody},
    connection::{Connection, Upstream},
    counts::Counts,
    fingerprints::{Fingerprints, fingerprint},
    forward::Endpoint,
    keys::Keys,
    models::{Models, Serving},
    receipts::Receipts,
    uses::Uses,
};

/// How often changes are asked for.
const NEWS: Duration = Duration::from_millis(250);
/// How often the price list is read.
const PRICES: Duration = Duration::from_secs(5);
/// How often receipts are written.
const RECEIPTS: Duration = Duration::from_secs(1);
/// How often prompts and answers are written.
const BODIES: Duration = Duration::from_secs(1);
/// How often it is written when keys were last used.
const USES: Duration = Duration::from_secs(15);
/// How many streams that nobody reads any more are read to their usage at once.
const DRAINS: usize = 512;
/// The largest body that gets a fingerprint, in bytes, and how many are made at once.
const FINGERPRINTED: usize = 1024 * 1024;
const FINGERPRINTS: usize = 4;
/// How many keys are looked up at once.
const KEY_QUESTIONS: usize = 8;

/// What the gateway is made of.
pub struct Setup {
    /// Admits and books requests.
    pub ledger: Ledger,
    /// Knows keys and prices.
    pub store: Store,
    /// Under which keys are hashed: the newest first, older ones for keys made before it.
    pub peppers: Vec<SecretBox<[u8; 32]>>,
    /// Under which fingerprints of requests are made.
    pub fingerprint_key: SecretBox<[u8; 32]>,
    /// Seals prompts and answers that are kept.
    pub seal: SealBody,
    /// The installation's provider, if there is one.
    pub upstream: Option<Upstream>,
    /// Whether the sandbox provider answers.
    pub sandbox: bool,
    /// The dashboard's address without a slash at its end, for links.
    pub public_url: String,
    /// Runs what must end though its caller left: whoever stops the program waits for it.
    pub tasks: TaskTracker,
    /// From when on nothing is taken any more.
    pub shutdown: CancellationToken,
}

/// The provider's certificates can't be checked: the cryptography is not there.
#[derive(Debug, thiserror::Error)]
#[error("no connection to a provider can be made")]
pub struct SetupError(#[from] rustls::Error);

struct Inner {
    ledger: Ledger,
    store: Store,
    peppers: Vec<SecretBox<[u8; 32]>>,
    fingerprint_key: SecretBox<[u8; 32]>,
    connection: Option<Connection>,
    sandbox: bool,
    public_url: String,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    keys: Keys,
    models: Models,
    receipts: Receipts,
    provider_errors: Counts<ErrorOf>,
    refused: Counts<RefusedOf>,
    fingerprints: Fingerprints,
    fingerprinting: Arc<Semaphore>,
    bodies: Arc<Bodies>,
    uses: Uses,
    drains: Arc<Semaphore>,
    key_questions: Semaphore,
}

/// The gateway. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

impl Gateway {
    /// Puts it together. It admits nothing before [`Gateway::start`].
    pub fn new(setup: Setup) -> Result<Self, SetupError> {
        Ok(Self(Arc::new(Inner {
            ledger: setup.ledger,
            store: setup.store,
            peppers: setup.peppers,
            fingerprint_key: setup.fingerprint_key,
            connection: setup.upstream.map(Connection::new).transpose()?,
            sandbox: setup.sandbox,
            public_url: setup.public_url.trim_end_matches('/').to_owned(),
            tasks: setup.tasks,
            shutdown: setup.shutdown,
            keys: Keys::default(),
            models: Models::default(),
            receipts: Receipts::default(),
            provider_errors: Counts::default(),
            refused: Counts::default(),
            fingerprints: Fingerprints::default(),
            fingerprinting: Arc::new(Semaphore::new(FINGERPRINTS)),
            bodies: Arc::new(Bodies::new(setup.seal)),
            uses: Uses::default(),
            drains: Arc::new(Semaphore::new(DRAINS)),
            key_questions: Semaphore::new(KEY_QUESTIONS),
        })))
    }

    /// Starts its tasks: news of keys, the price list, receipts and errors, prompts and
    /// answers, uses of keys. They end at shutdown.
    pub fn start(&self) {
        self.0.tasks.spawn(self.clone().hear_news());
        self.0.tasks.spawn(self.clone().read_prices());
        self.0.tasks.spawn(self.clone().write(RECEIPTS, Self::flush));
        self.0.tasks.spawn(self.clone().write(BODIES, Self::flush_bodies));
        self.0.tasks.spawn(self.clone().write(USES, Self::flush_uses));
    }

    /// Whether it knows what it needs to admit anybody: news of keys, and prices.
    pub fn is_ready(&self) -> bool {
        self.0.keys.are_fresh(Instant::now()) && self.0.models.are_known()
    }

    async fn hear_news(self) {
        let mut cursor = ChangeCursor::default();
        let mut ticks = interval(NEWS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.ticked(&mut ticks).await {
            let asked = Instant::now();
            match self.store().system().changed_orgs(&mut cursor).await {
                Ok(changed) => {
                    failpoint::at("gateway::news_heard");
                    self.0.keys.news(&changed, asked);
                }
                Err(error) => warn("changes could not be asked for", &error),
            }
        }
    }

    async fn read_prices(self) {
        let mut ticks = interval(PRICES);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.ticked(&mut ticks).await {
            let system = self.store().system();
            match (system.prices().await, system.own_prices().await) {
                (Ok(book), Ok(own)) => self.0.models.replace(book, own),
                (Err(error), _) | (_, Err(error)) => {
                    warn("prices could not be read", &error);
                    ticks.reset_after(NEWS);
                }
            }
        }
    }

    /// Writes what waits, time after time and once more at shutdown.
    async fn write<F>(self, every: Duration, flush: impl Fn(Self) -> F)
    where
        F: Future<Output = ()>,
    {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.ticked(&mut ticks).await {
            flush(self.clone()).await;
        }
        flush(self).await;
    }

    async fn flush(self) {
        self.flush_receipts().await;
        self.flush_refused().await;
        self.flush_provider_errors().await;
        self.flush_fingerprints().await;
    }

    async fn flush_fingerprints(&self) {
        let rows = self.0.fingerprints.take();
        if rows.is_empty() {
            return;
        }
        if let Err(error) = self.store().system().flush_fingerprints(&rows).await {
            warn("fingerprints of requests could not be written yet", &error);
            self.0.fingerprints.put_back(rows);
        }
    }

    async fn flush_refused(&self) {
        let counts = self.0.refused.take();
        if counts.is_empty() {
            return;
        }
        if let Err(error) = self.store().system().flush_refused_requests(&counts).await {
            warn("refused requests could not be written yet", &error);
            self.0.refused.put_back(counts);
        }
    }

    async fn flush_provider_errors(&self) {
        let counts = self.0.provider_errors.take();
        if counts.is_empty() {
            return;
        }
        if let Err(error) = self.store().system().flush_provider_errors(&counts).await {
            warn("errors of providers could not be written yet", &error);
            self.0.provider_errors.put_back(counts);
        }
    }

    async fn flush_receipts(&self) {
        let rows = self.0.receipts.take();
        if rows.is_empty() {
            return;
        }
        failpoint::at("gateway::receipts_taken");
        if let Err(error) = self.store().system().flush_receipts(&rows).await {
            warn("receipts could not be written yet", &error);
            self.0.receipts.put_back(rows);
        }
        failpoint::at("gateway::receipts_written");
    }

    /// Writes what waits, in transactions of a bounded size.
    pub(crate) async fn flush_bodies(self) {
        let missed = self.0.bodies.missed();
        if missed > 0 {
            tracing::warn!(requests = missed, "prompts and answers were not kept: too many wait");
        }
        loop {
            let waiting = self.0.bodies.take();
            let rows: Vec<_> = waiting.iter().map(|one| &one.row).collect();
            if rows.is_empty() {
                return;
            }
            if let Err(error) = self.store().system().flush_bodies(&rows).await {
                warn("prompts and answers could not be written yet", &error);
                return self.0.bodies.put_back(waiting);
            }
        }
    }

    async fn flush_uses(self) {
        let uses = self.0.uses.take();
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.store().system().record_key_uses(&uses).await {
            warn("uses of keys could not be written yet", &error);
            self.0.uses.put_back(uses);
        }
    }

    /// Waits for the next tick; `false` at shutdown.
    async fn ticked(&self, ticks: &mut tokio::time::Interval) -> bool {
        tokio::select! {
            biased;
            () = self.0.shutdown.cancelled() => false,
            _ = ticks.tick() => true,
        }
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn peppers(&self) -> &[SecretBox<[u8; 32]>] {
        &self.0.peppers
    }

    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.0.connection.as_ref()
    }

    pub(crate) fn serving(&self) -> Serving {
        Serving { sandbox: self.0.sandbox, upstream: self.0.connection.is_some() }
    }

    pub(crate) fn public_url(&self) -> &str {
        &self.0.public_url
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        self.0.shutdown.is_cancelled()
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn models(&self) -> &Models {
        &self.0.models
    }

    pub(crate) fn receipts(&self) -> &Receipts {
        &self.0.receipts
    }

    /// Keeps the fingerprint of a request that is admitted. Beside the request, which waits for nothing; none
    /// of a large one, or while enough are made already: it is advice.
    pub(crate) fn fingerprint(&self, key: &KeyState, id: EventId, endpoint: Endpoint, body: Bytes) {
        let Ok(permit) = Arc::clone(&self.0.fingerprinting).try_acquire_owned() else { return };
        if body.len() > FINGERPRINTED {
            return;
        }
        let (gateway, org, project) = (self.clone(), key.org, key.project);
        self.0.tasks.spawn_blocking(move || {
            let _permit = permit;
            if let Some(fingerprint) = fingerprint(&gateway.0.fingerprint_key, endpoint, &body) {
                gateway.0.fingerprints.note(FingerprintRow { org, project, id, fingerprint });
            }
        });
    }

    pub(crate) fn bodies(&self) -> &Arc<Bodies> {
        &self.0.bodies
    }

    pub(crate) fn provider_errors(&self) -> &Counts<ErrorOf> {
        &self.0.provider_errors
    }

    pub(crate) fn refused(&self) -> &Counts<RefusedOf> {
        &self.0.refused
    }

    pub(crate) fn uses(&self) -> &Uses {
        &self.0.uses
    }

    /// One permit per stream that is read for its usage alone.
    pub(crate) fn drains(&self) -> &Arc<Semaphore> {
        &self.0.drains
    }

    pub(crate) fn key_questions(&self) -> &Semaphore {
        &self.0.key_questions
    }
}

fn warn(what: &str, error: &(dyn StdError + 'static)) {
    tracing::warn!(error, "{what}");
}
