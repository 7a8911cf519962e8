//! Requests of the past as rollups know them: of a key in a quarter of an hour together.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use domain::{Caller, replay::Groups};
use sqlx::types::Uuid;

use super::{Of, Run};
use crate::{StoreError, money::usd, tx::Tx};

/// What the keys of the scope used in quarters that the condition chooses, folded or not. Rehearsals do not count in
/// the organization. Its arguments are the organization, the project and the key, then those of the condition.
macro_rules! used {
    ($row:ident, $columns:literal, $condition:literal, $rest:literal, $tx:expr, $($argument:expr),+) => {
        sqlx::query_as!(
            $row,
            "SELECT " + $columns
                + " FROM (
                SELECT u.quarter, u.key_id, sum(u.requests)::bigint AS requests, sum(u.charge) AS charge
                FROM (
                    SELECT quarter, project_id, key_id, requests, charge FROM quarters WHERE org_id = $1 AND "
                + $condition
                + " UNION ALL
                    SELECT quarter, project_id, key_id, requests, charge FROM deltas WHERE org_id = $1 AND "
                + $condition
                + ") u
                WHERE ($2::uuid IS NULL OR u.project_id = $2) AND ($3::uuid IS NULL OR u.key_id = $3)
                    AND ($2 IS NOT NULL OR $3 IS NOT NULL
                        OR u.project_id NOT IN (SELECT p.id FROM projects p WHERE p.org_id = $1 AND p.rehearsal))
                GROUP BY 1, 2) g WHERE g.requests > 0 "
                + $rest,
            $($argument),+
        )
        .fetch_all(&mut **$tx)
        .await?
    };
}

/// A quarter of an hour, all keys together.
struct Quarter {
    at: DateTime<Utc>,
    requests: i64,
    charge: BigDecimal,
    most: BigDecimal,
    least: BigDecimal,
}

/// A key in some quarters.
struct Key {
    id: Uuid,
    requests: i64,
    charge: BigDecimal,
}

/// Replays all that is known from there until then. Keys are looked at one by one only in the quarters in which the
/// budget stops some and not others: of ten million requests these are few, and the others are summed where they lie.
pub(super) async fn replay(
    tx: &mut Tx,
    caller: &Caller,
    of: Of,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    run: &mut Run,
) -> Result<(), StoreError> {
    for quarter in quarters(tx, caller, of, from, until).await? {
        run.to(quarter.at);
        let groups = Groups {
            count: quarter.requests.unsigned_abs(),
            charge: usd(&quarter.charge)?,
            most: usd(&quarter.most)?,
            least: usd(&quarter.least)?,
        };
        match run.replay.offer_groups(&groups) {
            Some(stopped) => {
                run.count(quarter.at, groups.count, stopped);
                run.whole.extend((stopped > 0).then_some(quarter.at));
            }
            None => one_by_one(tx, caller, of, quarter.at, run).await?,
        }
    }
    Ok(())
}

async fn one_by_one(
    tx: &mut Tx,
    caller: &Caller,
    of: Of,
    quarter: DateTime<Utc>,
    run: &mut Run,
) -> Result<(), StoreError> {
    for key in keys(tx, caller, of, &[quarter]).await? {
        let requests = key.requests.unsigned_abs();
        let stopped = run.replay.offer_even(requests, usd(&key.charge)?);
        run.count(quarter, requests, stopped);
        run.of_key(key.id, stopped);
    }
    Ok(())
}

/// Adds to the keys what they had in the quarters in which all was stopped.
pub(super) async fn name(
    tx: &mut Tx,
    caller: &Caller,
    of: Of,
    run: &mut Run,
) -> Result<(), StoreError> {
    if run.whole.is_empty() {
        return Ok(());
    }
    for key in keys(tx, caller, of, &std::mem::take(&mut run.whole)).await? {
        run.of_key(key.id, key.requests.unsigned_abs());
    }
    Ok(())
}

async fn quarters(
    tx: &mut Tx,
    caller: &Caller,
    (project, key): Of,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Quarter>, StoreError> {
    Ok(used!(
        Quarter,
        r#"g.quarter AS "at!", sum(g.requests)::bigint AS "requests!", sum(g.charge) AS "charge!",
            sum(greatest(g.charge, 0)) AS "most!", min(trunc(g.charge / g.requests, 12)) AS "least!""#,
        "quarter >= $4 AND quarter < $5",
        "GROUP BY 1 ORDER BY 1",
        tx,
        caller.org.uuid(),
        project,
        key,
        from,
        until
    ))
}

async fn keys(
    tx: &mut Tx,
    caller: &Caller,
    (project, key): Of,
    quarters: &[DateTime<Utc>],
) -> Result<Vec<Key>, StoreError> {
    Ok(used!(
        Key,
        r#"g.key_id AS "id!", sum(g.requests)::bigint AS "requests!", sum(g.charge) AS "charge!""#,
        "quarter = ANY ($4)",
        "GROUP BY 1 ORDER BY 1",
        tx,
        caller.org.uuid(),
        project,
        key,
        quarters
    ))
}
