//! The fast path: a batch whose reservations fit together is one call and one commit.

use ledger::{Applied, Batch, BookError};
use sqlx::{PgPool, types::Uuid};

use super::{Arrays, Measure, from_sqlx, from_store};

pub(super) async fn apply(pool: &PgPool, batch: &Batch) -> Result<Applied, BookError> {
    let (from, until) = batch.valid();
    let a = Arrays::of(batch, None);
    // No session state: the function runs as exq_system by itself.
    let row = sqlx::query!(
        r#"SELECT status AS "status!", at, q_counters, q_budgets AS "q_budgets: Vec<Option<Uuid>>", q_revisions,
            q_amounts, q_observed, q_spent, q_held, q_running, g_counters, g_running, g_most, v_rates, v_revisions,
            v_used, v_limits AS "v_limits: Vec<Option<i64>>"
         FROM exq_ledger_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35)"#,
        batch.node.uuid(), batch.epoch, batch.number, from, until, &a.counters, &a.rates, &a.days,
        &a.s_orgs, &a.s_ids, &a.s_charges, &a.s_tokens, &a.s_used as &[Option<i64>],
        &a.s_outcomes as &[&str], &a.s_tiers as &[&str],
        &a.s_statuses as &[Option<i32>], &a.s_firsts as &[Option<i32>], &a.s_totals as &[Option<i32>],
        &a.x_orgs, &a.x_ids, &a.r_orgs, &a.r_ids, &a.r_projects, &a.r_keys, &a.r_members, &a.r_models,
        &a.r_prices as &[Option<Uuid>], &a.r_sandboxes, &a.r_streams, &a.r_bounds, &a.r_counters,
        &a.r_rates, &a.r_tokens, &a.r_day_starts, &a.r_day_ends
    )
    .fetch_one(pool)
    .await
    .map_err(from_sqlx)?;
    failpoint::at("store::batch_committed");
    let measure = Measure {
        q_counters: row.q_counters,
        q_budgets: row.q_budgets,
        q_revisions: row.q_revisions,
        q_amounts: row.q_amounts,
        q_observed: row.q_observed,
        q_spent: row.q_spent,
        q_held: row.q_held,
        q_running: row.q_running,
        g_counters: row.g_counters,
        g_running: row.g_running,
        g_most: row.g_most,
        v_rates: row.v_rates,
        v_revisions: row.v_revisions,
        v_used: row.v_used,
        v_limits: row.v_limits,
    };
    Ok(match (row.status.as_str(), row.at) {
        ("done", Some(at)) => Applied::Done(measure.found(at).map_err(from_store)?),
        ("stale", Some(at)) => Applied::Stale(at),
        ("contended", _) => Applied::Contended,
        ("missing", _) => Applied::Missing,
        ("superseded", _) => Applied::Superseded,
        _ => Applied::Void,
    })
}
