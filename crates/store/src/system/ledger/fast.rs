//! The fast path: a batch whose reservations fit together is one call and one commit.

use ledger::{Applied, Batch, BookError};
use sqlx::{PgConnection, types::Uuid};

use super::{Arrays, Measure, from_sqlx, from_store, rows};

pub(super) async fn apply(line: &mut PgConnection, batch: &Batch) -> Result<Applied, BookError> {
    let (from, until) = batch.valid();
    let a = Arrays::of(batch, |_| true);
    // No session state: the function runs as exq_system by itself.
    let row = sqlx::query!(
        r#"SELECT status AS "status!", at, quotas AS "quotas: Vec<rows::Quota>", crowds AS "crowds: Vec<rows::Crowd>",
            paced AS "paced: Vec<rows::Rate>"
         FROM exq_ledger_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37)"#,
        batch.node.uuid(), batch.epoch, batch.number, from, until,
        &a.e_orgs, &a.e_ids, &a.e_charges, &a.e_tokens, &a.e_used as &[Option<i64>],
        &a.e_outcomes as &[&str], &a.e_tiers as &[&str],
        &a.e_statuses as &[Option<i32>], &a.e_firsts as &[Option<i32>], &a.e_totals as &[Option<i32>],
        &a.r_orgs, &a.r_ids, &a.r_projects, &a.r_keys, &a.r_members, &a.r_models,
        &a.r_prices as &[Option<Uuid>], &a.r_sandboxes, &a.r_streams, &a.r_bounds, &a.r_counters,
        &a.r_rates, &a.r_tokens, &a.r_day_starts, &a.r_day_ends,
        &a.w_counters, &a.w_bounds, &a.w_requests, &a.w_rates, &a.w_days, &a.w_rate_requests, &a.w_rate_tokens
    )
    .fetch_one(line)
    .await
    .map_err(from_sqlx)?;
    failpoint::at("store::batch_committed");
    let measure = Measure { quotas: row.quotas, crowds: row.crowds, paced: row.paced };
    Ok(match (row.status.as_str(), row.at) {
        ("done", Some(at)) => Applied::Done(measure.found(at).map_err(from_store)?),
        ("stale", Some(at)) => Applied::Stale(at),
        ("contended", _) => Applied::Contended,
        ("missing", _) => Applied::Missing,
        ("superseded", _) => Applied::Superseded,
        _ => Applied::Void,
    })
}
