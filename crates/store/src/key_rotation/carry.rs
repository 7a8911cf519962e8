//! A rotated key does not escape its budgets: the key in its place gets the same.

use domain::{
    BudgetId, Caller, KeyId, Period, ProjectId, Scope, ThresholdId,
    audit::{Change, Kind},
};

use crate::{
    StoreError,
    budgets::{lock, mark_passed, period},
    money::usd,
    thresholds::{level, listed, words},
    tx,
};

/// Gives a key the budgets of the one whose place it takes, with their raises that are not over, what is
/// spent of them, and its thresholds. Whoever set them is who set the new ones; the audit log tells who
/// rotated. What requests of the old key still hold is not given.
pub(super) async fn carry(
    tx: &mut tx::Change,
    caller: &Caller,
    project: ProjectId,
    (old, new): (KeyId, KeyId),
) -> Result<(), StoreError> {
    // Whoever changes one of them waits for this or is waited for here.
    tx.hold_end().await?;
    let periods = sqlx::query_scalar!(
        r#"SELECT period AS "period!" FROM budgets WHERE org_id = $1 AND scope = 'key' AND scope_id = $2
         UNION SELECT period FROM thresholds WHERE org_id = $1 AND scope = 'key' AND scope_id = $2"#,
        caller.org.uuid(),
        old.uuid()
    )
    .fetch_all(&mut ***tx)
    .await?;
    // The old key's before the new one's, which nobody else knows of yet.
    sqlx::query!(
        "SELECT id FROM counters WHERE org_id = $1 AND scope = 'key' AND scope_id = $2 AND starts <= exq_now()
            AND exq_now() < ends ORDER BY id FOR UPDATE",
        caller.org.uuid(),
        old.uuid()
    )
    .fetch_all(&mut ***tx)
    .await?;
    for per in periods {
        let per = period(&per)?;
        let counter = lock(tx, caller.org, Scope::Key(new), per).await?;
        spent(tx, caller, old, counter).await?;
        budget(tx, caller, project, (old, new), per).await?;
        thresholds(tx, caller, project, (old, new), (per, counter)).await?;
    }
    Ok(())
}

/// Begins the new key's counter with what the old one has spent in the same window.
async fn spent(
    tx: &mut tx::Change,
    caller: &Caller,
    old: KeyId,
    counter: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE counters k SET spent = k.spent + o.spent, carried = k.carried + o.spent FROM counters o
         WHERE k.org_id = $1 AND k.id = $3
            AND (o.org_id, o.scope, o.scope_id, o.period, o.starts) = ($1, 'key', $2, k.period, k.starts)",
        caller.org.uuid(),
        old.uuid(),
        counter
    )
    .execute(&mut ***tx)
    .await?;
    Ok(())
}

async fn budget(
    tx: &mut tx::Change,
    caller: &Caller,
    project: ProjectId,
    (old, new): (KeyId, KeyId),
    per: Period,
) -> Result<(), StoreError> {
    let id = BudgetId::generate();
    let copied = sqlx::query!(
        "INSERT INTO budgets (org_id, id, scope, scope_id, period, amount, observe, set_by)
         SELECT org_id, $3, 'key', $4, period, amount, observe, set_by FROM budgets
         WHERE org_id = $1 AND scope = 'key' AND scope_id = $2 AND period = $5
         RETURNING amount, observe",
        caller.org.uuid(),
        old.uuid(),
        id.uuid(),
        new.uuid(),
        per.as_str()
    )
    .fetch_optional(&mut ***tx)
    .await?;
    let Some(copied) = copied else { return Ok(()) };
    let raised = sqlx::query_scalar!(
        "INSERT INTO raises (org_id, id, budget_id, amount, starts, ends, reason, set_by)
         SELECT r.org_id, exq_id(), $3, r.amount, r.starts, r.ends, r.reason, r.set_by
         FROM raises r JOIN budgets b ON (b.org_id, b.id) = (r.org_id, r.budget_id)
         WHERE r.org_id = $1 AND b.scope = 'key' AND b.scope_id = $2 AND b.period = $4 AND r.ends > exq_now()
         RETURNING amount",
        caller.org.uuid(),
        old.uuid(),
        id.uuid(),
        per.as_str()
    )
    .fetch_all(&mut ***tx)
    .await?;
    let change = Change::new(Kind::BudgetSet, id)
        .in_project(project)
        .now("scope", Scope::Key(new))
        .now("window", per.as_str())
        .now("amount_usd", usd(&copied.amount)?)
        .moved("observe_only", false, copied.observe)
        .now("as_of", old);
    tx.also(match raised.len() {
        0 => change,
        many => change.now("raises", many),
    });
    Ok(())
}

async fn thresholds(
    tx: &mut tx::Change,
    caller: &Caller,
    project: ProjectId,
    (old, new): (KeyId, KeyId),
    (per, counter): (Period, i64),
) -> Result<(), StoreError> {
    let copied = sqlx::query!(
        "INSERT INTO thresholds (org_id, id, scope, scope_id, period, amount, percent, set_by, addresses)
         SELECT org_id, exq_id(), 'key', $3, period, amount, percent, set_by, addresses FROM thresholds
         WHERE org_id = $1 AND scope = 'key' AND scope_id = $2 AND period = $4
         RETURNING id, amount, percent, addresses",
        caller.org.uuid(),
        old.uuid(),
        new.uuid(),
        per.as_str()
    )
    .fetch_all(&mut ***tx)
    .await?;
    for row in copied {
        let level = level(row.amount.as_ref(), row.percent)?;
        let id = ThresholdId::from_uuid(row.id);
        // Whoever was to be mailed was, when the old key crossed it.
        mark_passed(tx, caller.org, counter, Some(id)).await?;
        tx.also(
            Change::new(Kind::ThresholdSet, id)
                .in_project(project)
                .now("scope", Scope::Key(new))
                .now("window", per.as_str())
                .now("level", words(level))
                .personal("addresses", None::<String>, listed(&row.addresses)),
        );
    }
    Ok(())
}
