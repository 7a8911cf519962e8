//! `serve`: from settings to a running program, and to its end.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use app::{render::Assets, web::App};
use domain::NodeId;
use gateway::{Gateway, SealBody, Setup};
use identity::{Purpose, Secrets};
use ledger::{Book, Ledger, Node};
use scheduler::{SignHead, Tools};
use secrecy::ExposeSecret as _;
use store::{Store, system::SignUpPolicy};
use tokio::{
    net::TcpListener,
    runtime::{Builder, Handle},
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    address::Proxies, assets, database::Database, links::MailLinks, listen::listen, mailer,
    playground::Gate, router::Site, say, settings::Settings,
};

/// How long the ledger may take at the very end.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Serves until SIGINT or SIGTERM, then lets running requests end.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    run_with(settings, Store::book).await
}

/// The same with another book for the ledger; `make bench` finds with it what the ledger costs.
pub async fn run_with<B: Book>(
    settings: Settings,
    book: impl FnOnce(&Store) -> B,
) -> anyhow::Result<()> {
    // First of all, so that a busy port is told at once and nothing else has begun.
    let listener = TcpListener::bind(settings.bind).await.with_context(|| {
        format!("{} can’t be listened on; is another program (or Exchequer) there? EXCHEQUER_BIND chooses another", settings.bind)
    })?;
    let database = Database::open(&settings).await?;
    let book = book(&database.store);
    let ended = serve(&settings, &database, listener, book).await;
    database.close().await;
    ended
}

async fn serve(
    settings: &Settings,
    database: &Database,
    listener: TcpListener,
    book: impl Book,
) -> anyhow::Result<()> {
    let store = &database.store;
    let default = if database.is_embedded() { SignUpPolicy::Open } else { SignUpPolicy::Invited };
    store.system().init_sign_up_policy(settings.sign_up.unwrap_or(default)).await?;
    let life = Life::default();
    // On threads of its own: large bodies must not hold up everybody's admission, nor the heartbeat.
    let threads =
        Builder::new_multi_thread().worker_threads(1).thread_name("ledger").enable_all().build()?;
    let done = match start_ledger(book, &life, threads.handle()).await {
        Ok(ledger) => serve_with(settings, database, listener, &life, ledger).await,
        Err(error) => Err(error),
    };
    threads.shutdown_background();
    done
}

async fn serve_with(
    settings: &Settings,
    database: &Database,
    listener: TcpListener,
    life: &Life,
    ledger: Ledger,
) -> anyhow::Result<()> {
    let store = &database.store;
    let mailer = mailer(settings)?;
    let sandbox = settings.sandbox.unwrap_or(settings.upstream.is_none());
    let gateway = Gateway::new(Setup {
        ledger,
        store: store.clone(),
        peppers: database.secrets.derive_all(Purpose::ApiKeyPepper).collect(),
        fingerprint_key: database.secrets.derive(Purpose::Fingerprint),
        seal: seal_bodies(Arc::clone(&database.secrets)),
        upstream: settings.upstream.clone(),
        sandbox,
        public_url: settings.public_url.clone(),
        tasks: life.requests.clone(),
        shutdown: life.stopping.clone(),
    })?;
    gateway.start();
    let app = App {
        store: store.clone(),
        secrets: Arc::clone(&database.secrets),
        public_url: settings.public_url.as_str().into(),
        assets: Assets { version: assets::version() },
        mails: mailer.is_some(),
        sandbox,
        playground: Arc::new(Gate(gateway.clone())),
    };
    let links = Arc::new(MailLinks {
        store: store.clone(),
        secrets: Arc::clone(&database.secrets),
        public_url: settings.public_url.clone(),
    });
    let sign = sign_heads(Arc::clone(&database.secrets));
    let tools = Tools { mailer, links, sign, write: Arc::new(app::pages::usage_piece) };
    scheduler::start(NodeId::generate(), store, tools, &life.jobs, &life.stopping);
    let proxies = Proxies(settings.trusted_proxies.as_slice().into());
    let site = Site::new(app, gateway, proxies, life.stopping.clone());
    welcome(settings, database).await?;
    let (stop, cut) = (life.stopping.clone(), life.cut.clone());
    life.http.spawn(listen(listener, site, life.http.clone(), stop, cut));
    stopped().await?;
    say::line("Stopping: running requests may end. Once more to stop at once.");
    life.end(settings.drain).await;
    Ok(())
}

/// Seals prompts and answers for the gateway.
pub fn seal_bodies(secrets: Arc<Secrets>) -> SealBody {
    Arc::new(move |of, plain| {
        identity::seal_body(&secrets, of, plain)
            .inspect_err(|error| tracing::error!(%error, "a prompt or answer is not kept"))
            .ok()
    })
}

/// Signs heads of audit logs for the scheduler.
fn sign_heads(secrets: Arc<Secrets>) -> SignHead {
    Arc::new(move |head| {
        identity::sign_head(&secrets, head)
            .inspect_err(|error| tracing::error!(%error, org = %head.org, "no head is mailed"))
            .ok()
    })
}

async fn start_ledger(book: impl Book, life: &Life, threads: &Handle) -> anyhow::Result<Ledger> {
    let (book, tasks, stop) = (Arc::new(book), life.ledger.clone(), life.ledger_stop.clone());
    let started = threads.spawn(async move { Node::start(book, &tasks, stop).await }).await?;
    started.context("this node can’t register in the database")
}

/// What ends, in this order: new requests, running requests and jobs, the ledger.
#[derive(Default)]
struct Life {
    stopping: CancellationToken,
    cut: CancellationToken,
    ledger_stop: CancellationToken,
    http: TaskTracker,
    requests: TaskTracker,
    jobs: TaskTracker,
    ledger: TaskTracker,
}

impl Life {
    async fn end(&self, drain: Duration) {
        self.stopping.cancel();
        for tasks in [&self.http, &self.requests, &self.jobs, &self.ledger] {
            tasks.close();
        }
        let drained = async {
            self.http.wait().await;
            self.requests.wait().await;
            self.jobs.wait().await;
        };
        tokio::select! {
            () = drained => {}
            () = tokio::time::sleep(drain) => {
                tracing::warn!("requests that still run are cut; they are booked at their bound");
            }
            _ = stopped() => {}
        }
        self.cut.cancel();
        // What ended is written; what did not has its intent, which another node books.
        self.ledger_stop.cancel();
        if timeout(LAST_WORDS, self.ledger.wait()).await.is_err() {
            tracing::error!(
                "the database does not answer; what is open is booked at its bound by the next node"
            );
        }
    }
}

async fn stopped() -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// The address, what to do first, how to load demo data, how a second node joins.
async fn welcome(settings: &Settings, database: &Database) -> anyhow::Result<()> {
    let url = &settings.public_url;
    let row = |name: &str, text: String| say::line(format!("  {name:<12} {text}"));
    say::line(format!("Exchequer serves {url} (listening on {})", settings.bind));
    if let Some(token) = identity::setup_token(&database.store, &database.secrets).await? {
        row(
            "First",
            format!("make the operator and an organization: {url}/setup/{}", token.expose_secret()),
        );
    }
    row("API", format!("{url}/v1 is the base URL for an OpenAI client"));
    row("Demo data", format!("{} demo (in another terminal, from this folder)", command(settings)));
    if database.is_embedded() {
        row("Database", format!("private, in {}", settings.data_dir.display()));
        row(
            "Second node",
            "needs a database that both reach: DATABASE_URL, EXCHEQUER_SECRET_KEY, EXCHEQUER_PUBLIC_URL".to_owned(),
        );
    } else {
        row(
            "Second node",
            "the same DATABASE_URL, EXCHEQUER_SECRET_KEY and EXCHEQUER_PUBLIC_URL, another EXCHEQUER_BIND".to_owned(),
        );
    }
    if settings.smtp.is_none() {
        row("Mail", "waits in the outbox: EXCHEQUER_SMTP_URL is not set".to_owned());
    }
    Ok(())
}

/// How this program was called, with what another call needs to find the same database.
fn command(settings: &Settings) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "exchequer".to_owned());
    match std::env::var("EXCHEQUER_DATA_DIR") {
        Ok(_) if settings.database_url.is_none() => {
            format!("EXCHEQUER_DATA_DIR={} {program}", settings.data_dir.display())
        }
        _ => program,
    }
}
