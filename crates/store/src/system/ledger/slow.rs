//! The slow path: lock, read, decide by the rules, write.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use ledger::{Applied, Batch, BookError, Decision, Decisions, Found, LimitId, Refused};
use sqlx::{PgPool, types::Uuid};

use super::{Arrays, Measure, from_sqlx, from_store};
use crate::{
    money::numeric,
    tx::{self, Tx},
};

pub(super) async fn decide<F>(pool: &PgPool, batch: &Batch, rule: F) -> Result<Applied, BookError>
where
    F: FnOnce(Found) -> Decisions + Send,
{
    let arrays = Arrays::of(batch, None);
    let mut tx = tx::system(pool).await.map_err(from_store)?;
    let (end_orgs, ends) = arrays.endings();
    let locked = sqlx::query!(
        r#"SELECT status AS "status!", counters AS "counters!", late AS "late!"
         FROM exq_ledger_lock($1, $2, $3, $4, $5, $6, $7)"#,
        batch.node.uuid(),
        batch.epoch,
        batch.number,
        &end_orgs,
        &ends,
        &arrays.counters,
        &arrays.rates
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(from_sqlx)?;
    failpoint::at("store::rows_locked");
    match locked.status.as_str() {
        "ok" => {}
        "missing" => return Ok(Applied::Missing),
        "superseded" => return Ok(Applied::Superseded),
        _ => return Ok(Applied::Void),
    }
    let at = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#)
        .fetch_one(&mut *tx)
        .await
        .map_err(from_sqlx)?;
    let (from, until) = batch.valid();
    if at < from || at >= until {
        return Ok(Applied::Stale(at));
    }
    let measure = read(&mut tx, &arrays, at).await.map_err(from_sqlx)?;
    failpoint::at("store::rows_read");
    let decisions = rule(measure.found(at).map_err(from_store)?);
    let under = Under { counters: locked.counters, late: locked.late, at };
    write(&mut tx, batch, &under, &decisions).await.map_err(from_sqlx)?;
    failpoint::at("store::decisions_written");
    tx.commit().await.map_err(from_sqlx)?;
    failpoint::at("store::decisions_committed");
    Ok(Applied::Done(Found { at, ..Found::default() }))
}

async fn read(tx: &mut Tx, a: &Arrays, at: DateTime<Utc>) -> Result<Measure, sqlx::Error> {
    sqlx::query_as!(
        Measure,
        r#"SELECT q_counters, q_budgets AS "q_budgets: _", q_revisions, q_amounts, q_observed, q_spent, q_held,
            q_running, g_counters, g_running, g_most, v_rates, v_revisions, v_used, v_limits AS "v_limits: _"
         FROM exq_ledger_read($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"#,
        at,
        &a.counters,
        &a.rates,
        &a.days,
        &a.s_orgs,
        &a.s_ids,
        &a.s_charges,
        &a.s_used as &[Option<i64>],
        &a.x_orgs,
        &a.x_ids
    )
    .fetch_one(&mut **tx)
    .await
}

/// What is locked, and when.
struct Under {
    counters: Vec<i64>,
    late: bool,
    at: DateTime<Utc>,
}

/// Counters, budgets (none for a usage limit) and amounts that refused.
type Blocked = (Vec<i64>, (Vec<Option<Uuid>>, Vec<BigDecimal>));

async fn write(
    tx: &mut Tx,
    batch: &Batch,
    under: &Under,
    decisions: &[Decision],
) -> Result<(), sqlx::Error> {
    let admitted: Vec<bool> = decisions.iter().map(Decision::admits).collect();
    let (blocked, (budgets, amounts)): Blocked = decisions
        .iter()
        .filter_map(|decision| match decision {
            Decision::Refuse(Refused::Spent(counter, limit)) => {
                let budget = match limit.by {
                    LimitId::Budget(id) => Some(id.uuid()),
                    LimitId::UsageLimit(_) => None,
                };
                Some((*counter, (budget, numeric(limit.amount))))
            }
            _ => None,
        })
        .unzip();
    let a = Arrays::of(batch, Some(&admitted));
    sqlx::query!(
        "SELECT exq_ledger_apply($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
            $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36)",
        batch.node.uuid(), batch.epoch, batch.number, under.at, &under.counters, under.late,
        &a.s_orgs, &a.s_ids, &a.s_charges, &a.s_tokens, &a.s_used as &[Option<i64>],
        &a.s_outcomes as &[&str], &a.s_tiers as &[&str],
        &a.s_statuses as &[Option<i32>], &a.s_firsts as &[Option<i32>], &a.s_totals as &[Option<i32>],
        &a.x_orgs, &a.x_ids, &a.r_orgs, &a.r_ids, &a.r_projects, &a.r_keys, &a.r_members, &a.r_models,
        &a.r_prices as &[Option<Uuid>], &a.r_sandboxes, &a.r_streams, &a.r_bounds, &a.r_counters,
        &a.r_rates, &a.r_tokens, &a.r_day_starts, &a.r_day_ends,
        &blocked, &budgets as &[Option<Uuid>], &amounts
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}
