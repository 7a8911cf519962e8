//! The slow path: lock, read, decide by the rules, write.

use domain::{BudgetId, EventId};
use ledger::{Applied, Batch, BookError, BudgetRow, Counter, Decision, Decisions, Ending, Found};
use sqlx::{PgPool, types::Uuid};

use super::{Arrays, from_sqlx, from_store};
use crate::{
    StoreError, budgets,
    money::usd,
    tx::{self, Tx},
};

pub(super) async fn decide<F>(pool: &PgPool, batch: &Batch, rule: F) -> Result<Applied, BookError>
where
    F: FnOnce(Found) -> Decisions + Send,
{
    let arrays = Arrays::of(batch, None);
    let mut tx = tx::system(pool).await.map_err(from_store)?;
    let ends = [arrays.s_ids.as_slice(), &arrays.x_ids].concat();
    let end_orgs = [arrays.s_orgs.as_slice(), &arrays.x_orgs].concat();
    let locked = sqlx::query!(
        r#"SELECT status AS "status!", counters AS "counters!" FROM exq_ledger_lock($1, $2, $3, $4, $5, $6)"#,
        batch.node.uuid(),
        batch.epoch,
        batch.number,
        &end_orgs,
        &ends,
        &arrays.named
    )
    .fetch_one(&mut *tx)
    .await
    .map_err(from_sqlx)?;
    match locked.status.as_str() {
        "ok" => {}
        "missing" => return Ok(Applied::Missing),
        "superseded" => return Ok(Applied::Superseded),
        _ => return Ok(Applied::Void),
    }
    let found = read(&mut tx, &arrays.named, &end_orgs, &ends).await.map_err(from_store)?;
    let at = found.at;
    let (from, until) = batch.valid();
    if at < from || at >= until {
        return Ok(Applied::Stale(at));
    }
    let decisions = rule(found);
    write(&mut tx, batch, &locked.counters, at, &decisions).await.map_err(from_sqlx)?;
    tx.commit().await.map_err(from_sqlx)?;
    Ok(Applied::Done(at))
}

async fn read(
    tx: &mut Tx,
    named: &[i64],
    end_orgs: &[Uuid],
    ends: &[Uuid],
) -> Result<Found, StoreError> {
    let at = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#).fetch_one(&mut **tx).await?;
    let rows = sqlx::query!(
        r#"SELECT k.id AS "id!", k.scope AS "scope!", k.scope_id AS "scope_id!", k.period AS "period!",
            k.ends AS "ends!", k.spent AS "spent!", k.held AS "held!", k.running AS "running!",
            b.id AS "budget_id?", b.revision AS "revision?", b.amount AS "amount?"
         FROM counters k LEFT JOIN budgets b
            ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
         WHERE k.id = ANY ($1)"#,
        named
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut counters = Vec::with_capacity(rows.len());
    for row in rows {
        let budget = match (row.budget_id, row.revision, row.amount) {
            (Some(id), Some(revision), Some(amount)) => {
                Some(BudgetRow { id: BudgetId::from_uuid(id), revision, amount: usd(&amount)? })
            }
            _ => None,
        };
        counters.push(Counter {
            id: row.id,
            scope: budgets::scope(&row.scope, row.scope_id)?,
            period: budgets::period(&row.period)?,
            ends: row.ends,
            spent: usd(&row.spent)?,
            held: usd(&row.held)?,
            running: u32::try_from(row.running).unwrap_or(0),
            budget,
        });
    }
    let rows = sqlx::query!(
        "SELECT i.id, i.counters, i.bound FROM intents i JOIN unnest($1::uuid[], $2::uuid[]) AS e (org_id, id)
         USING (org_id, id)",
        end_orgs,
        ends
    )
    .fetch_all(&mut **tx)
    .await?;
    let endings = rows
        .into_iter()
        .map(|row| {
            Ok(Ending {
                id: EventId::from_uuid(row.id),
                counters: row.counters,
                bound: usd(&row.bound)?,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Found { at, counters, endings })
}

async fn write(
    tx: &mut Tx,
    batch: &Batch,
    counters: &[i64],
    at: chrono::DateTime<chrono::Utc>,
    decisions: &[Decision],
) -> Result<(), sqlx::Error> {
    let admitted: Vec<bool> =
        decisions.iter().map(|decision| *decision == Decision::Admit).collect();
    let (blocked, budgets): (Vec<i64>, Vec<Uuid>) = decisions
        .iter()
        .filter_map(|decision| match decision {
            Decision::Refuse(limit) => Some((limit.0, limit.1.budget.uuid())),
            Decision::Admit | Decision::Wait(_) => None,
        })
        .unzip();
    let a = Arrays::of(batch, Some(&admitted));
    sqlx::query!(
        "SELECT exq_ledger_apply($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
            $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)",
        batch.node.uuid(), batch.epoch, batch.number, at, counters,
        &a.s_orgs, &a.s_ids, &a.s_charges, &a.s_inputs, &a.s_cacheds, &a.s_outputs, &a.s_outcomes,
        &a.s_statuses as &[Option<i32>], &a.s_firsts as &[Option<i32>], &a.s_totals as &[Option<i32>],
        &a.x_orgs, &a.x_ids, &a.r_orgs, &a.r_ids, &a.r_projects, &a.r_keys, &a.r_members, &a.r_models,
        &a.r_prices, &a.r_sandboxes, &a.r_streams, &a.r_bounds, &a.r_counters, &a.r_day_starts, &a.r_day_ends,
        &blocked, &budgets
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}
