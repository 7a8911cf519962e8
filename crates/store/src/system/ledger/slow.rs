//! The slow path: lock, read, decide by the rules, write.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use ledger::{Applied, Batch, BookError, Decision, Decisions, Found, LimitId, Refused};
use sqlx::{PgPool, types::Uuid};

use super::{Arrays, Measure, from_sqlx, from_store, rows, stories};
use crate::{
    money::numeric,
    tx::{self, Tx},
};

pub(super) async fn decide<F>(pool: &PgPool, batch: &Batch, rule: F) -> Result<Applied, BookError>
where
    F: FnOnce(Found) -> Decisions + Send,
{
    let arrays = Arrays::of(batch, |_| true);
    let mut tx = tx::system(pool).await.map_err(from_store)?;
    let locked = lock(&mut tx, batch, &arrays).await.map_err(from_sqlx)?;
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
    let measure = read(&mut tx, &arrays, &locked, at).await.map_err(from_sqlx)?;
    failpoint::at("store::rows_read");
    let decisions = rule(measure.found(at).map_err(from_store)?);
    write(&mut tx, batch, &locked, at, &decisions).await.map_err(from_sqlx)?;
    failpoint::at("store::decisions_written");
    tx.commit().await.map_err(from_sqlx)?;
    failpoint::at("store::decisions_committed");
    Ok(Applied::Done(Found { at, ..Found::default() }))
}

/// The out parameters of `exq_ledger_lock`.
struct Locked {
    status: String,
    late: bool,
    moves: Option<Vec<rows::Move>>,
    paces: Option<Vec<rows::Pace>>,
}

impl Locked {
    /// What the endings move, and those reservations alone that were admitted.
    fn moves_of(&self, admitted: &Arrays) -> Vec<rows::Move> {
        let mut moves = self.moves.clone().unwrap_or_default();
        for moved in &mut moves {
            let place = admitted.w_counters.binary_search(&moved.id).ok();
            moved.bound =
                place.map_or_else(BigDecimal::default, |at| admitted.w_bounds[at].clone());
            moved.asked = place.map_or(0, |at| admitted.w_requests[at]);
        }
        moves
    }
}

async fn lock(tx: &mut Tx, batch: &Batch, a: &Arrays) -> Result<Locked, sqlx::Error> {
    sqlx::query_as!(
        Locked,
        r#"SELECT status AS "status!", late AS "late!", moves AS "moves: Vec<rows::Move>", paces AS "paces: Vec<rows::Pace>"
         FROM exq_ledger_lock($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"#,
        batch.node.uuid(),
        batch.epoch,
        batch.number,
        &a.e_orgs,
        &a.e_ids,
        &a.e_charges,
        &a.e_used as &[Option<i64>],
        &a.e_outcomes as &[&str],
        &a.w_counters,
        &a.w_bounds,
        &a.w_requests,
        &a.w_rates
    )
    .fetch_one(&mut **tx)
    .await
}

async fn read(
    tx: &mut Tx,
    a: &Arrays,
    locked: &Locked,
    at: DateTime<Utc>,
) -> Result<Measure, sqlx::Error> {
    sqlx::query_as!(
        Measure,
        r#"SELECT quotas AS "quotas: Vec<rows::Quota>", crowds AS "crowds: Vec<rows::Crowd>", paced AS "paced: Vec<rows::Rate>"
         FROM exq_ledger_read($1, $2, $3, $4, $5, $6, $7, $8)"#,
        at,
        &a.r_orgs,
        locked.moves.as_deref() as Option<&[rows::Move]>,
        locked.paces.as_deref() as Option<&[rows::Pace]>,
        &a.w_rates,
        &a.w_days,
        &a.w_rate_requests,
        &a.w_rate_tokens
    )
    .fetch_one(&mut **tx)
    .await
}

/// Counters, budgets (none for a usage limit) and amounts that refused.
type Blocked = (Vec<i64>, (Vec<Option<Uuid>>, Vec<BigDecimal>));

async fn write(
    tx: &mut Tx,
    batch: &Batch,
    locked: &Locked,
    at: DateTime<Utc>,
    decisions: &[Decision],
) -> Result<(), sqlx::Error> {
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
    let a = Arrays::of(batch, |place| decisions.get(place).is_some_and(Decision::admits));
    let moves = locked.moves_of(&a);
    sqlx::query!(
        "SELECT exq_ledger_write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
            $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37,
            $38)",
        batch.node.uuid(), batch.epoch, batch.number, at,
        &a.e_orgs, &a.e_ids, &a.e_charges, &a.e_tokens, &a.e_outcomes as &[&str], &a.e_tiers as &[&str],
        &a.e_statuses as &[Option<i32>], &a.e_firsts as &[Option<i32>], &a.e_totals as &[Option<i32>],
        &a.r_orgs, &a.r_ids, &a.r_projects, &a.r_keys, &a.r_members, &a.r_models,
        &a.r_prices as &[Option<Uuid>], &a.r_sandboxes, &a.r_streams, &a.r_bounds, &a.r_counters,
        &a.r_rates, &a.r_tokens, &a.r_day_starts, &a.r_day_ends,
        &a.w_rates, &a.w_days, &a.w_rate_requests, &a.w_rate_tokens,
        locked.late, &moves as &[rows::Move], locked.paces.as_deref() as Option<&[rows::Pace]>,
        &blocked, &budgets as &[Option<Uuid>], &amounts
    )
    .fetch_one(&mut **tx)
    .await?;
    let told = stories::of(batch);
    if !told.is_empty() {
        sqlx::query!("SELECT exq_ledger_tell($1)", &told as &[rows::Story])
            .fetch_one(&mut **tx)
            .await?;
    }
    Ok(())
}
