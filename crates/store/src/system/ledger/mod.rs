//! The ledger's book on Postgres: see `migrations/…_ledger_functions.sql` and `docs/ledger.md`.

mod arrays;
mod counters;
mod slow;

use arrays::Arrays;
use bigdecimal::BigDecimal;
pub(crate) use counters::{counter, window};
use domain::{EventId, NodeId, OrgId, Outcome, Period, Scope, Tokens};
use ledger::{
    Applied, Batch, Book, BookError, CounterRef, Decisions, Fate, Found, Settlement, Settling,
};
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
        tx.commit().await.map_err(from_sqlx)?;
        Ok(epoch)
    }

    async fn beat(&self, node: NodeId) -> Result<(), BookError> {
        let mut tx = tx::system(&self.pool).await.map_err(from_store)?;
        sqlx::query!("UPDATE heartbeats SET seen_at = exq_now() WHERE node_id = $1", node.uuid())
            .execute(&mut *tx)
            .await
            .map_err(from_sqlx)?;
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

    async fn counters(
        &self,
        places: Vec<(OrgId, Scope, Period)>,
    ) -> Result<(Vec<CounterRef>, chrono::DateTime<chrono::Utc>), BookError> {
        counters::current(&self.pool, &places).await.map_err(from_store)
    }

    async fn apply(&self, batch: &Batch) -> Result<Applied, BookError> {
        let (from, until) = batch.valid();
        let a = Arrays::of(batch, None);
        // One call, one commit, no session state: the function runs as exq_system by itself.
        let row = sqlx::query!(
            r#"SELECT status AS "status!", at FROM exq_ledger_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)"#,
            batch.node.uuid(), batch.epoch, batch.number, from, until, &a.named,
            &a.s_orgs, &a.s_ids, &a.s_charges, &a.s_inputs, &a.s_cacheds, &a.s_outputs, &a.s_outcomes,
            &a.s_statuses as &[Option<i32>], &a.s_firsts as &[Option<i32>], &a.s_totals as &[Option<i32>],
            &a.x_orgs, &a.x_ids, &a.r_orgs, &a.r_ids, &a.r_projects, &a.r_keys, &a.r_members, &a.r_models,
            &a.r_prices, &a.r_sandboxes, &a.r_streams, &a.r_bounds, &a.r_counters, &a.r_day_starts, &a.r_day_ends
        )
        .fetch_one(&self.pool)
        .await
        .map_err(from_sqlx)?;
        Ok(match (row.status.as_str(), row.at) {
            ("done", Some(at)) => Applied::Done(at),
            ("stale", Some(at)) => Applied::Stale(at),
            ("contended", _) => Applied::Contended,
            ("missing", _) => Applied::Missing,
            ("superseded", _) => Applied::Superseded,
            _ => Applied::Void,
        })
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
        tx.commit().await.map_err(from_sqlx)?;
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
        let at_bound = Settling {
            settlement: Settlement {
                outcome: Outcome::Unknown,
                status: None,
                tokens: Tokens::default(),
                charge: crate::money::usd(&bound).map_err(from_store)?,
                first_token_ms: None,
                total_ms: None,
            },
            ..settling.clone()
        };
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
