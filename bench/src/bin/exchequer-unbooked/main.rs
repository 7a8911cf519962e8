//! The program with a ledger that admits everybody at once and writes nothing: what is faster in it
//! than in the real one is what the ledger costs. `serve` runs it; `furnish KEYS FILE` makes what the
//! requests of a measurement need.

mod furnish;

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime},
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{EventId, NodeId, OrgId};
use ledger::{
    Applied, Batch, Book, BookError, CounterRef, Decisions, Fate, Found, Paced, Place, Rows,
    Settling,
};
use server::{commands::serve, settings::Settings};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Knows nothing and refuses nobody.
#[derive(Default)]
struct Blank(AtomicI64);

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

impl Book for Blank {
    async fn register(&self, _: NodeId) -> Result<i64, BookError> {
        Ok(1)
    }

    async fn beat(&self, _: NodeId) -> Result<(), BookError> {
        Ok(())
    }

    async fn leave(&self, _: NodeId) -> Result<(), BookError> {
        Ok(())
    }

    async fn rows(&self, places: &[Place], paced: &[Paced]) -> Result<Rows, BookError> {
        let at = now();
        let row = || self.0.fetch_add(1, Ordering::Relaxed);
        let counter = |_| CounterRef {
            id: row(),
            starts: at - TimeDelta::days(1),
            ends: at + TimeDelta::days(1),
        };
        Ok(Rows {
            counters: places.iter().map(counter).collect(),
            rates: paced.iter().map(|_| row()).collect(),
            at,
        })
    }

    async fn apply(&self, _: &Batch) -> Result<Applied, BookError> {
        Ok(Applied::Done(Found {
            at: now(),
            quotas: Vec::new(),
            guards: Vec::new(),
            rates: Vec::new(),
        }))
    }

    async fn decide<F>(&self, batch: &Batch, _: F) -> Result<Applied, BookError>
    where
        F: FnOnce(Found) -> Decisions + Send,
    {
        self.apply(batch).await
    }

    async fn void(&self, _: &Batch) -> Result<Fate, BookError> {
        Ok(Fate::Applied(now()))
    }

    async fn quarantine(&self, batch: &Batch, _: &Settling, _: &str) -> Result<Applied, BookError> {
        self.apply(batch).await
    }

    async fn open(&self, _: NodeId, _: i64, _: i32) -> Result<Vec<(OrgId, EventId)>, BookError> {
        Ok(Vec::new())
    }
}

fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("info,sqlx=error"))
        .with_writer(std::io::stderr)
        .init();
    let settings = Settings::from_env()?;
    // Another part of the program may have chosen the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.workers)
        .enable_all()
        .build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["serve"] => runtime.block_on(serve::run_with(settings, |_| Blank::default())),
        ["furnish", keys, file] => {
            runtime.block_on(furnish::furnish(&settings, keys.parse()?, file.as_ref()))
        }
        _ => anyhow::bail!("usage: exchequer-unbooked serve | furnish KEYS FILE"),
    };
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}
