//! `serve`: from settings to a running program, and to its end.

use std::{future::IntoFuture as _, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use app::{render::Assets, web::App};
use axum::serve::ListenerExt as _;
use gateway::{Gateway, Setup};
use identity::Purpose;
use secrecy::ExposeSecret as _;
use store::system::SignUpPolicy;
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    address::Proxies, assets, database::Database, mailer, router::router, say, settings::Settings,
};

/// How long the ledger may take at the very end.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Serves until SIGINT or SIGTERM, then lets running requests end.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    // First of all, so that a busy port is told at once and nothing else has begun.
    let listener = TcpListener::bind(settings.bind).await.with_context(|| {
        format!("{} can’t be listened on; is another program (or Exchequer) there? EXCHEQUER_BIND chooses another", settings.bind)
    })?;
    let database = Database::open(&settings).await?;
    let ended = serve(&settings, &database, listener).await;
    database.close().await;
    ended
}

async fn serve(
    settings: &Settings,
    database: &Database,
    listener: TcpListener,
) -> anyhow::Result<()> {
    let store = &database.store;
    let default = if database.is_embedded() { SignUpPolicy::Open } else { SignUpPolicy::Invited };
    store.system().init_sign_up_policy(settings.sign_up.unwrap_or(default)).await?;
    let mailer = mailer(settings)?;
    let life = Life::default();
    let ledger =
        ledger::Node::start(Arc::new(store.book()), &life.ledger, life.ledger_stop.clone())
            .await
            .context("this node can’t register in the database")?;
    let sandbox = settings.sandbox.unwrap_or(settings.upstream.is_none());
    let gateway = Gateway::new(Setup {
        ledger,
        store: store.clone(),
        peppers: database.secrets.derive_all(Purpose::ApiKeyPepper).collect(),
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
    };
    scheduler::start(store, mailer, &settings.public_url, &life.jobs, &life.stopping);
    let proxies = Proxies(settings.trusted_proxies.as_slice().into());
    let router = router(app, gateway, proxies, life.stopping.clone());
    welcome(settings, database).await?;
    let server = axum::serve(
        listener.tap_io(no_delay),
        router.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(life.stopping.clone().cancelled_owned());
    let serving = life.http.spawn(server.into_future());
    stopped().await?;
    say::line("Stopping: running requests may end. Once more to stop at once.");
    life.end(settings.drain).await;
    serving.await?.context("the server failed")
}

/// What ends, in this order: new requests, running requests and jobs, the ledger.
#[derive(Default)]
struct Life {
    stopping: CancellationToken,
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
        // What ended is written; what did not has its intent, which another node books.
        self.ledger_stop.cancel();
        if timeout(LAST_WORDS, self.ledger.wait()).await.is_err() {
            tracing::error!(
                "the database does not answer; what is open is booked at its bound by the next node"
            );
        }
    }
}

/// Small pieces of a stream go out as they come.
fn no_delay(connection: &mut TcpStream) {
    if let Err(error) = connection.set_nodelay(true) {
        tracing::debug!(error = %error, "a connection delays small pieces");
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

/// The address, what to do first, and how to load demo data.
async fn welcome(settings: &Settings, database: &Database) -> anyhow::Result<()> {
    let url = &settings.public_url;
    say::line(format!("Exchequer serves {url} (listening on {})", settings.bind));
    let token = identity::setup_token(&database.store, &database.secrets).await?;
    if let Some(token) = token {
        say::line(format!(
            "First, make the operator and an organization:  {url}/setup/{}",
            token.expose_secret()
        ));
    }
    say::line(format!("An OpenAI client sends its requests to         {url}/v1"));
    if database.is_embedded() {
        let folder = settings.data_dir.display();
        say::line(format!("Demo data, from the same folder:               {} demo", program()));
        say::line(format!(
            "The database is private, in {folder}; a second node needs one that both reach: DATABASE_URL and"
        ));
        say::line("EXCHEQUER_SECRET_KEY, the same on every node.");
    } else {
        say::line(
            "A second node: the same DATABASE_URL and EXCHEQUER_SECRET_KEY, another EXCHEQUER_BIND.",
        );
    }
    if settings.smtp.is_none() {
        say::line("No EXCHEQUER_SMTP_URL: mails wait in the outbox.");
    }
    Ok(())
}

/// How this program was called.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "exchequer".to_owned())
}
