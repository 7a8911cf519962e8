//! `exchequer`.

use std::{io::IsTerminal as _, process::ExitCode, time::Duration};

use clap::Parser as _;
use server::{
    cli::{Cli, Command},
    commands,
    database::Database,
    say,
    settings::Settings,
};
use tracing_subscriber::EnvFilter;

/// Pages are made of many small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long what still runs may take when all is said and done.
const LAST: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    // A file that is not there is no fault; one that can't be read is told by what it leaves unset.
    let _ = dotenvy::dotenv();
    let cli = Cli::parse();
    // A command prints its answer; what it does meanwhile is of interest only where it goes wrong.
    let default =
        if matches!(cli.command, Command::Serve) { "info,sqlx=error" } else { "warn,sqlx=error" };
    let filter =
        EnvFilter::try_from_env("EXCHEQUER_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match start(cli.command) {
        Ok(code) => code,
        Err(error) => {
            tracing::debug!(error = ?error, "the command failed");
            say::error(format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start(command: Command) -> anyhow::Result<ExitCode> {
    // What needs nothing but a file must not ask for settings either.
    if let Command::Audit(audit) = &command {
        return commands::audit::run(audit);
    }
    let settings = Settings::from_env()?;
    // One provider of cryptography for all of TLS.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.workers)
        .enable_all()
        .build()?;
    let done = runtime.block_on(run(settings, command));
    // Requests that were cut may still hang on something.
    runtime.shutdown_timeout(LAST);
    done
}

async fn run(settings: Settings, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => return commands::serve::run(settings).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor(output) => return commands::doctor::run(&settings, &output).await,
        _ => {}
    }
    let database = Database::open(&settings).await?;
    let done = match &command {
        Command::Reconcile(output) => commands::reconcile::run(&database.store, output).await,
        Command::Demo => {
            commands::demo::run(&database, &settings).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Admin(admin) => {
            commands::admin::run(&database, &settings, admin).await.map(|()| ExitCode::SUCCESS)
        }
        // Opening has brought it up to date.
        Command::Migrate | Command::Serve | Command::Doctor(_) | Command::Audit(_) => {
            say::line("The database is up to date.");
            Ok(ExitCode::SUCCESS)
        }
    };
    database.close().await;
    done
}
