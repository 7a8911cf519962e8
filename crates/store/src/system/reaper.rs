//! Dead nodes: what they left open is booked.

use bigdecimal::BigDecimal;
use domain::EventId;
use sqlx::types::Uuid;

use super::System;
use crate::StoreError;

impl System<'_> {
    /// Gives up nodes whose heartbeat is older than half a minute, and books up to 500 of the
    /// requests that such nodes left open as interrupted, at their bound. Answers how many.
    ///
    /// Two transactions, for in one statement an intent of the batch that it waited for is missed.
    /// Where the tables will not take one of them, they are booked one by one, and that one stays.
    pub async fn reap(self) -> Result<u64, StoreError> {
        self.give_up_dead_nodes().await?;
        match self.book_interrupted(None).await {
            Err(error) if error.is_bad_data() => self.book_one_by_one().await,
            booked => booked,
        }
    }

    async fn book_one_by_one(self) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let left = sqlx::query_scalar!(
            "SELECT i.id FROM intents i LEFT JOIN nodes n ON n.id = i.node_id
             WHERE n.id IS NULL OR n.epoch > i.epoch ORDER BY i.id LIMIT 5000"
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        let mut booked = 0;
        for id in left {
            match self.book_interrupted(Some(id)).await {
                Ok(one) => booked += one,
                Err(error) if error.is_bad_data() => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error, id = %EventId::from_uuid(id),
                        "a request of a dead node can't be booked; run `exchequer reconcile`"
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Ok(booked)
    }

    async fn give_up_dead_nodes(self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query!(
            "UPDATE nodes n SET epoch = epoch + 1
             WHERE EXISTS (SELECT FROM intents i WHERE i.node_id = n.id AND i.epoch = n.epoch)
             AND NOT EXISTS (SELECT FROM heartbeats h WHERE h.node_id = n.id
                AND h.seen_at > exq_now() - interval '30 seconds')"
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "WITH gone AS (
                DELETE FROM nodes n WHERE NOT EXISTS (SELECT FROM intents i WHERE i.node_id = n.id)
                AND NOT EXISTS (SELECT FROM heartbeats h WHERE h.node_id = n.id
                    AND h.seen_at > exq_now() - interval '1 hour') RETURNING n.id
             ) DELETE FROM heartbeats h USING gone WHERE h.node_id = gone.id"
        )
        .execute(&mut *tx)
        .await?;
        failpoint::at("store::giving_up");
        tx.commit().await?;
        failpoint::at("store::gave_up");
        Ok(())
    }

    async fn book_interrupted(self, one: Option<Uuid>) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let left = sqlx::query!(
            "SELECT i.org_id, i.id, i.bound FROM intents i LEFT JOIN nodes n ON n.id = i.node_id
             WHERE (n.id IS NULL OR n.epoch > i.epoch) AND ($1::uuid IS NULL OR i.id = $1)
             ORDER BY i.id LIMIT 500 FOR UPDATE OF i SKIP LOCKED",
            one
        )
        .fetch_all(&mut *tx)
        .await?;
        if left.is_empty() {
            return Ok(0);
        }
        let orgs: Vec<Uuid> = left.iter().map(|row| row.org_id).collect();
        let ids: Vec<Uuid> = left.iter().map(|row| row.id).collect();
        let bounds: Vec<BigDecimal> = left.into_iter().map(|row| row.bound).collect();
        sqlx::query!("SELECT exq_ledger_interrupt($1, $2, $3, exq_now())", &orgs, &ids, &bounds)
            .fetch_one(&mut *tx)
            .await?;
        failpoint::at("store::interrupting");
        tx.commit().await?;
        failpoint::at("store::interrupted");
        Ok(u64::try_from(ids.len()).unwrap_or(0))
    }
}
