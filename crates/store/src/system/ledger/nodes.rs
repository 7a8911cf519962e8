//! The rows of nodes: who writes, who lives, and what became of a batch whose answer was lost.

use domain::{EventId, NodeId, OrgId};
use ledger::{Batch, Fate};
use sqlx::PgPool;

use crate::{StoreError, tx};

pub(super) async fn register(pool: &PgPool, node: NodeId) -> Result<i64, StoreError> {
    let mut tx = tx::system(pool).await?;
    sqlx::query!("INSERT INTO heartbeats (node_id, seen_at) VALUES ($1, exq_now())", node.uuid())
        .execute(&mut *tx)
        .await?;
    let epoch =
        sqlx::query_scalar!("INSERT INTO nodes (id) VALUES ($1) RETURNING epoch", node.uuid())
            .fetch_one(&mut *tx)
            .await?;
    failpoint::at("store::registering");
    tx.commit().await?;
    failpoint::at("store::registered");
    Ok(epoch)
}

pub(super) async fn beat(pool: &PgPool, node: NodeId) -> Result<(), StoreError> {
    let mut tx = tx::system(pool).await?;
    sqlx::query!("UPDATE heartbeats SET seen_at = exq_now() WHERE node_id = $1", node.uuid())
        .execute(&mut *tx)
        .await?;
    failpoint::at("store::beating");
    Ok(tx.commit().await?)
}

pub(super) async fn leave(pool: &PgPool, node: NodeId) -> Result<(), StoreError> {
    let mut tx = tx::system(pool).await?;
    sqlx::query!("DELETE FROM heartbeats WHERE node_id = $1", node.uuid())
        .execute(&mut *tx)
        .await?;
    Ok(tx.commit().await?)
}

pub(super) async fn void(pool: &PgPool, batch: &Batch) -> Result<Fate, StoreError> {
    let mut tx = tx::system(pool).await?;
    // Waits for the old connection, which may still be working on the batch. What is voided is
    // remembered: the answer to this may be lost as well.
    sqlx::query!(
        "UPDATE nodes SET batch = $3, voided = $3 WHERE id = $1 AND epoch = $2 AND batch = $3::bigint - 1",
        batch.node.uuid(),
        batch.epoch,
        batch.number
    )
    .execute(&mut *tx)
    .await?;
    let node = sqlx::query!(
        "SELECT epoch, batch, voided, applied_at FROM nodes WHERE id = $1",
        batch.node.uuid()
    )
    .fetch_optional(&mut *tx)
    .await?;
    failpoint::at("store::voiding");
    tx.commit().await?;
    failpoint::at("store::voided");
    Ok(match node {
        Some(node) if node.epoch == batch.epoch && node.voided == batch.number => Fate::Void,
        Some(node) if node.epoch == batch.epoch && node.batch == batch.number => {
            node.applied_at.map_or(Fate::Superseded, Fate::Applied)
        }
        _ => Fate::Superseded,
    })
}

pub(super) async fn open(
    pool: &PgPool,
    node: NodeId,
    epoch: i64,
    seconds: i32,
) -> Result<Vec<(OrgId, EventId)>, StoreError> {
    let mut tx = tx::system(pool).await?;
    let rows = sqlx::query!(
        "SELECT org_id, id FROM intents WHERE node_id = $1 AND epoch = $2
         AND admitted_at < exq_now() - make_interval(secs => $3)",
        node.uuid(),
        epoch,
        f64::from(seconds)
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (OrgId::from_uuid(row.org_id), EventId::from_uuid(row.id)))
        .collect())
}
