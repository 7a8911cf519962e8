//! The ledger's book on Postgres: see `migrations/…_ledger_book.sql` (fast path), `…_ledger_functions.sql`
//! (slow path), `…_stories.sql` and `docs/ledger.md`.

mod arrays;
mod claims;
mod counters;
mod fast;
mod line;
mod measure;
mod nodes;
mod rows;
mod slow;
mod stories;

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use arrays::Arrays;
use bigdecimal::BigDecimal;
pub(crate) use counters::{counter, window};
use domain::{EventId, NodeId, OrgId};
use ledger::{
    Applied, Batch, Book, BookError, Decisions, Fate, Found, Paced, Place, Rows, Settlement,
    Settling,
};
use line::Line;
use measure::Measure;
use sqlx::{PgPool, error::DatabaseError};
use tokio::time::timeout;

use crate::{Store, StoreError, error::tells_bad_data, money::numeric, tx};

/// How long the database may take for one call: longer than its own limits for a statement. After it
/// nobody is there, and the connection would not tell for a quarter of an hour.
const SILENCE: Duration = Duration::from_secs(5);

/// The book of one installation; all nodes write in it.
#[derive(Debug)]
pub struct LedgerBook {
    pool: Mutex<PgPool>,
    /// What the batches go over, one after the other.
    line: Line,
}

/// No answer came in time.
#[derive(Debug, thiserror::Error)]
#[error("the database was silent for {} seconds", SILENCE.as_secs())]
struct Silent;

impl Store {
    /// The book that this node's ledger writes in.
    pub fn book(&self) -> LedgerBook {
        LedgerBook { pool: Mutex::new(self.ledger.clone()), line: Line::default() }
    }
}

impl LedgerBook {
    /// Calls the database; if no answer comes, its connections are given up for new ones.
    async fn ask<T, F>(&self, call: impl FnOnce(PgPool) -> F + Send) -> Result<T, BookError>
    where
        F: Future<Output = Result<T, BookError>> + Send,
    {
        let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Ok(answer) = timeout(SILENCE, call(pool)).await {
            return answer;
        }
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let options = pool.connect_options().as_ref().clone();
        *pool = pool.options().clone().connect_lazy_with(options);
        Err(BookError::Lost(Box::new(Silent)))
    }
}

impl Book for LedgerBook {
    async fn register(&self, node: NodeId) -> Result<i64, BookError> {
        self.ask(|pool| async move { nodes::register(&pool, node).await.map_err(from_store) }).await
    }

    async fn beat(&self, node: NodeId) -> Result<(), BookError> {
        self.ask(|pool| async move { nodes::beat(&pool, node).await.map_err(from_store) }).await
    }

    async fn leave(&self, node: NodeId) -> Result<(), BookError> {
        self.ask(|pool| async move { nodes::leave(&pool, node).await.map_err(from_store) }).await
    }

    async fn rows(&self, places: &[Place], paced: &[Paced]) -> Result<Rows, BookError> {
        self.ask(
            |pool| async move { counters::current(&pool, places, paced).await.map_err(from_store) },
        )
        .await
    }

    async fn apply(&self, batch: &Batch) -> Result<Applied, BookError> {
        self.ask(|pool| async move {
            let mut line = self.line.take(&pool).await.map_err(from_sqlx)?;
            let answer = fast::apply(&mut line, batch).await;
            if !matches!(answer, Err(BookError::Lost(_))) {
                self.line.keep(line);
            }
            answer
        })
        .await
    }

    async fn decide<F>(&self, batch: &Batch, rule: F) -> Result<Applied, BookError>
    where
        F: FnOnce(Found) -> Decisions + Send,
    {
        self.ask(|pool| async move { slow::decide(&pool, batch, rule).await }).await
    }

    async fn void(&self, batch: &Batch) -> Result<Fate, BookError> {
        self.ask(|pool| async move { nodes::void(&pool, batch).await.map_err(from_store) }).await
    }

    async fn quarantine(
        &self,
        batch: &Batch,
        settling: &Settling,
        reason: &str,
    ) -> Result<Applied, BookError> {
        let bound = self
            .ask(
                |pool| async move { keep_aside(&pool, settling, reason).await.map_err(from_store) },
            )
            .await?;
        let Some(bound) = bound else {
            // No intent any more: there is nothing to end, but the number must be used.
            return self.decide(batch, |_| Vec::new()).await;
        };
        let bound = crate::money::usd(&bound).map_err(from_store)?;
        let at_bound = Settling { settlement: Settlement::unknown(bound), ..settling.clone() };
        let batch = Batch { settlements: vec![at_bound], ..batch.clone() };
        self.decide(&batch, |_| Vec::new()).await
    }

    async fn open(
        &self,
        node: NodeId,
        epoch: i64,
        seconds: i32,
    ) -> Result<Vec<(OrgId, EventId)>, BookError> {
        self.ask(|pool| async move {
            nodes::open(&pool, node, epoch, seconds).await.map_err(from_store)
        })
        .await
    }
}

/// What the settlement carried, as bytes; answers the bound of its intent.
async fn keep_aside(
    pool: &PgPool,
    settling: &Settling,
    reason: &str,
) -> Result<Option<BigDecimal>, StoreError> {
    let mut tx = tx::system(pool).await?;
    sqlx::query!(
        "INSERT INTO quarantine (org_id, id, body, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        settling.org.uuid(),
        settling.id.uuid(),
        format!("{:?} {}", settling.settlement, numeric(settling.settlement.charge)).into_bytes(),
        reason
    )
    .execute(&mut *tx)
    .await?;
    let bound = sqlx::query_scalar!(
        "SELECT bound FROM intents WHERE org_id = $1 AND id = $2",
        settling.org.uuid(),
        settling.id.uuid()
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(bound)
}

fn from_store(error: StoreError) -> BookError {
    match error {
        StoreError::Database(error) | StoreError::Unavailable(error) => from_sqlx(error),
        other => BookError::Lost(Box::new(other)),
    }
}

/// What an error says about the batch: SQLSTATE 55P03, 57014 and 40P01 wrote nothing because of
/// locks or time, bad data wrote nothing either; everything else may have written.
fn from_sqlx(error: sqlx::Error) -> BookError {
    let code = error.as_database_error().and_then(<dyn DatabaseError>::code).unwrap_or_default();
    match code.as_ref() {
        "55P03" | "57014" | "40P01" | "40001" => BookError::Locked,
        code if tells_bad_data(code) => BookError::BadData(error.to_string()),
        _ => BookError::Lost(Box::new(error)),
    }
}
