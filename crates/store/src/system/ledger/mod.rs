//! The ledger's book on Postgres: see `migrations/…_ledger_functions.sql` and `docs/ledger.md`.

mod arrays;
mod counters;
mod fast;
mod measure;
mod rows;
mod slow;

use arrays::Arrays;
use bigdecimal::BigDecimal;
pub(crate) use counters::{counter, window};
use domain::{EventId, NodeId, OrgId};
use ledger::{
    Applied, Batch, Book, BookError, Decisions, Fate, Found, Paced, Place, Rows, Settlement,
    Settling,
};
use measure::Measure;
use sqlx::{PgPool, error::DatabaseError};

use crate::{Store, StoreError, money::numeric, tx};

/// The book of one installation; all nodes write in it.
#[derive(Debug, Clone)]
pub struct LedgerBook {
    pool: PgPool,
}

impl Store {
    /// The book that this node's ledger writes in.
    pub fn book(&self) -> LedgerBook {
        LedgerBook { pool: self.ledger.clone() }
    }
}

impl Book for LedgerBook {
    async fn register(&self, node: NodeId) -> Result<i64, BookError> {
        let mut tx = tx::system(&self.pool).await.map_err(from_store)?;
        sqlx::query!(
            "INSERT INTO heartbeats (node_id, seen_at) VALUES ($1, exq_now())",
            node.uuid()
        )
        .execute(&mut *tx)
        .await
        .map_err(from_sqlx)?;
        let epoch =
            sqlx::query_scalar!("INSERT INTO nodes (id) VALUES ($1) RETURNING epoch", node.uuid())
                .fetch_one(&mut *tx)
                .await
                .map_err(from_sqlx)?;
        failpoint::at("store::registering");
        tx.commit().await.map_err(from_sqlx)?;
        failpoint::at("store::registered");
        Ok(epoch)
    }

    async fn beat(&self, node: NodeId) -> Result<(), BookError> {
        let mut tx = tx::system(&self.pool).await.map_err(from_store)?;
        sqlx::query!("UPDATE heartbeats SET seen_at = exq_now() WHERE node_id = $1", node.uuid())
            .execute(&mut *tx)
            .await
            .map_err(from_sqlx)?;
        failpoint::at("store::beating");
        tx.commit().await.map_err(from_sqlx)
    }

    async fn leave(&self, node: NodeId) -> Result<(), BookError> {
        let mut tx = tx::system(&self.pool).await.map_err(from_store)?;
        sqlx::query!("DELETE FROM heartbeats WHERE node_id = $1", node.uuid())
            .execute(&mut *tx)
            .await
            .map_err(from_sqlx)?;
        tx.commit().await.map_err(from_sqlx)
    }

    async fn rows(&self, places: &[Place], paced: &[Paced]) -> Result<Rows, BookError> {
        counters::current(&self.pool, places, paced).await.map_err(from_store)
    }

    async fn apply(&self, batch: &Batch) -> Result<Applied, BookError> {
        fast::apply(&self.pool, batch).await
    }

    async fn decide<F>(&self, batch: &Batch, rule: F) -> Result<Applied, BookError>
    where
        F: FnOnce(Found) -> Decisions + Send,
    {
        slow::decide(&self.pool, batch, rule).await
    }

    async fn void(&self, batch: &Batch) -> Result<Fate, BookError> {
        let mut tx = tx::system(&self.pool).await.map_err(from_store)?;
        // Waits for the old connection, which may still be working on the batch. What is voided is
        // remembered: the answer to this may be lost as well.
        sqlx::query!(
            "UPDATE nodes SET batch = $3, voided = $3 WHERE id = $1 AND epoch = $2 AND batch = $3::bigint - 1",
            batch.node.uuid(),
            batch.epoch,
            batch.number
        )
        .execute(&mut *tx)
        .await
        .map_err(from_sqlx)?;
        let node = sqlx::query!(
            "SELECT epoch, batch, voided, applied_at FROM nodes WHERE id = $1",
            batch.node.uuid()
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(from_sqlx)?;
        failpoint::at("store::voiding");
        tx.commit().await.map_err(from_sqlx)?;
        failpoint::at("store::voided");
        Ok(match node {
            Some(node) if node.epoch == batch.epoch && node.voided == batch.number => Fate::Void,
            Some(node) if node.epoch == batch.epoch && node.batch == batch.number => {
                node.applied_at.map_or(Fate::Superseded, Fate::Applied)
            }
            _ => Fate::Superseded,
        })
    }

    async fn quarantine(
        &self,
        batch: &Batch,
        settling: &Settling,
        reason: &str,
    ) -> Result<Applied, BookError> {
        let bound = self.keep_aside(settling, reason).await.map_err(from_store)?;
        let Some(bound) = bound else {
            // No intent any more: there is nothing to end, but the number must be used.
            return self.apply(batch).await;
        };
        let bound = crate::money::usd(&bound).map_err(from_store)?;
        let at_bound = Settling { settlement: Settlement::unknown(bound), ..settling.clone() };
        self.apply(&Batch { settlements: vec![at_bound], ..batch.clone() }).await
    }

    async fn open(
        &self,
        node: NodeId,
        epoch: i64,
        seconds: i32,
    ) -> Result<Vec<(OrgId, EventId)>, BookError> {
        let mut tx = tx::system(&self.pool).await.map_err(from_store)?;
        let rows = sqlx::query!(
            "SELECT org_id, id FROM intents WHERE node_id = $1 AND epoch = $2
             AND admitted_at < exq_now() - make_interval(secs => $3)",
            node.uuid(),
            epoch,
            f64::from(seconds)
        )
        .fetch_all(&mut *tx)
        .await
        .map_err(from_sqlx)?;
        Ok(rows
            .into_iter()
            .map(|row| (OrgId::from_uuid(row.org_id), EventId::from_uuid(row.id)))
            .collect())
    }
}

impl LedgerBook {
    /// What the settlement carried, as bytes; answers the bound of its intent.
    async fn keep_aside(
        &self,
        settling: &Settling,
        reason: &str,
    ) -> Result<Option<BigDecimal>, StoreError> {
        let mut tx = tx::system(&self.pool).await?;
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
}

fn from_store(error: StoreError) -> BookError {
    match error {
        StoreError::Database(error) | StoreError::Unavailable(error) => from_sqlx(error),
        other => BookError::Lost(Box::new(other)),
    }
}

/// What an error says about the batch: SQLSTATE 55P03, 57014 and 40P01 wrote nothing because of
/// locks or time; 22 and 23 wrote nothing because of the data; everything else may have written.
fn from_sqlx(error: sqlx::Error) -> BookError {
    let code = error.as_database_error().and_then(<dyn DatabaseError>::code).unwrap_or_default();
    match code.as_ref() {
        "55P03" | "57014" | "40P01" | "40001" => BookError::Locked,
        code if code.starts_with("22") || code.starts_with("23") => {
            BookError::BadData(error.to_string())
        }
        _ => BookError::Lost(Box::new(error)),
    }
}
