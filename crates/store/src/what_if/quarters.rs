//! Requests of the past as rollups know them: of a key in a quarter of an hour together.

use std::collections::HashMap;

use bigdecimal::BigDecimal;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Caller, replay::Groups};
use sqlx::types::Uuid;

use super::{Of, Run};
use crate::{StoreError, money::usd, tx::Tx};

/// Usage `u` of the scope in quarters that the condition chooses, folded or not: of a key by model and member. Rehearsals
/// do not count in the organization. Its arguments are the organization, the project and the key, then those of the
/// condition.
macro_rules! used {
    ($row:ident, $columns:literal, $condition:literal, $rest:literal, $tx:expr, $($argument:expr),+) => {
        sqlx::query_as!(
            $row,
            "SELECT " + $columns
                + " FROM (
                SELECT quarter, project_id, key_id, requests, charge FROM quarters WHERE org_id = $1 AND "
                + $condition
                + " UNION ALL
                SELECT quarter, project_id, key_id, requests, charge FROM deltas WHERE org_id = $1 AND "
                + $condition
                + ") u
                WHERE ($2::uuid IS NULL OR u.project_id = $2) AND ($3::uuid IS NULL OR u.key_id = $3)
                    AND ($2 IS NOT NULL OR $3 IS NOT NULL
                        OR u.project_id NOT IN (SELECT p.id FROM projects p WHERE p.org_id = $1 AND p.rehearsal)) "
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
    /// None: there are charges without a request, of corrections.
    least: Option<BigDecimal>,
}

/// A key in a quarter.
struct Key {
    at: DateTime<Utc>,
    id: Uuid,
    requests: i64,
    charge: BigDecimal,
}

/// A key in some quarters.
struct Stopped {
    id: Uuid,
    requests: i64,
}

/// Keys are read for so long at once: where a quarter has to be looked at, those after it mostly have to, too.
const AT_ONCE: TimeDelta = TimeDelta::days(1);

/// Keys that were read, by quarter.
struct Ahead {
    until: DateTime<Utc>,
    keys: HashMap<DateTime<Utc>, Vec<Key>>,
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
    let mut ahead = Ahead { until: from, keys: HashMap::new() };
    for quarter in quarters(tx, caller, of, from, until).await? {
        run.to(quarter.at);
        if let Some(least) = &quarter.least {
            let groups = Groups {
                count: quarter.requests.unsigned_abs(),
                charge: usd(&quarter.charge)?,
                most: usd(&quarter.most)?,
                least: usd(least)?,
            };
            if let Some(stopped) = run.replay.offer_groups(&groups) {
                run.count(quarter.at, groups.count, stopped);
                run.whole.extend((stopped > 0).then_some(quarter.at));
                continue;
            }
        }
        if quarter.at >= ahead.until {
            ahead = read(tx, caller, of, (quarter.at, until)).await?;
        }
        one_by_one(run, ahead.keys.remove(&quarter.at).unwrap_or_default())?;
    }
    Ok(())
}

fn one_by_one(run: &mut Run, keys: Vec<Key>) -> Result<(), StoreError> {
    for key in keys {
        let requests = key.requests.unsigned_abs();
        let stopped = run.replay.offer_even(requests, usd(&key.charge)?);
        run.count(key.at, requests, stopped);
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
    let (project, key) = of;
    let whole = std::mem::take(&mut run.whole);
    let stopped = used!(
        Stopped,
        r#"u.key_id AS "id!", sum(u.requests)::bigint AS "requests!""#,
        "quarter = ANY ($4)",
        "GROUP BY 1",
        tx,
        caller.org.uuid(),
        project,
        key,
        &whole
    );
    for key in stopped {
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
        r#"u.quarter AS "at!", sum(u.requests)::bigint AS "requests!", sum(u.charge) AS "charge!",
            sum(greatest(u.charge, 0)) AS "most!", CASE WHEN min(u.requests) > 0
            THEN min(trunc(u.charge / NULLIF(u.requests, 0), 12)) END AS least"#,
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

/// The keys of the quarters from there on.
async fn read(
    tx: &mut Tx,
    caller: &Caller,
    (project, key): Of,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Ahead, StoreError> {
    let until = until.min(from + AT_ONCE);
    let rows = used!(
        Key,
        r#"u.quarter AS "at!", u.key_id AS "id!", sum(u.requests)::bigint AS "requests!", sum(u.charge) AS "charge!""#,
        "quarter >= $4 AND quarter < $5",
        "GROUP BY 1, 2 ORDER BY 1, 2",
        tx,
        caller.org.uuid(),
        project,
        key,
        from,
        until
    );
    let mut keys: HashMap<_, Vec<Key>> = HashMap::new();
    for row in rows {
        keys.entry(row.at).or_default().push(row);
    }
    Ok(Ahead { until, keys })
}
