//! Windows, counters and rates, made where they are missing: in their own transaction, in key order,
//! because making them inside a batch would deadlock.

use std::collections::btree_map::{BTreeMap, Entry};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{OrgId, Period, window::Window};
use ledger::{Counted, CounterRef, Paced, Place, Rows};
use sqlx::{PgPool, types::Uuid};

use crate::{
    StoreError,
    budgets::scope_parts,
    organizations::zone,
    tx::{self, Tx},
};

/// The current counter of each place and the row of each rate, in the same orders, and the
/// database's time.
pub(super) async fn current(
    pool: &PgPool,
    places: &[Place],
    paced: &[Paced],
) -> Result<Rows, StoreError> {
    let mut tx = tx::system(pool).await?;
    let at = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#).fetch_one(&mut *tx).await?;
    let mut windows = BTreeMap::new();
    for place in places {
        if let Entry::Vacant(entry) = windows.entry((place.org, place.period)) {
            entry.insert(window(&mut tx, place.org, place.period, at).await?);
        }
    }
    let mut counters = Vec::with_capacity(places.len());
    for place in places {
        let window = windows[&(place.org, place.period)];
        let id = counter(&mut tx, *place, &window).await?;
        counters.push(CounterRef { id, starts: window.starts, ends: window.ends });
    }
    let mut rates = Vec::with_capacity(paced.len());
    for paced in paced {
        rates.push(rate(&mut tx, paced).await?);
    }
    failpoint::at("store::making_rows");
    tx.commit().await?;
    Ok(Rows { counters, rates, at })
}

/// The organization's window that holds `at`, made if need be after the last one there is.
pub(crate) async fn window(
    tx: &mut Tx,
    org: OrgId,
    period: Period,
    at: DateTime<Utc>,
) -> Result<Window, StoreError> {
    loop {
        let last = sqlx::query!(
            "SELECT label, starts, ends FROM windows WHERE org_id = $1 AND period = $2 AND starts <= $3
             ORDER BY starts DESC LIMIT 1",
            org.uuid(),
            period.as_str(),
            at
        )
        .fetch_optional(&mut **tx)
        .await?
        .map(|row| Window { label: row.label, starts: row.starts, ends: row.ends });
        if let Some(window) = last.filter(|window| window.contains(at)) {
            return Ok(window);
        }
        let zone: Tz = zone(
            &sqlx::query_scalar!("SELECT zone FROM organizations WHERE org_id = $1", org.uuid())
                .fetch_one(&mut **tx)
                .await?,
        )?;
        let next = match last {
            Some(last) => last.towards(at, period, zone),
            None => Window::first(period, zone, at),
        };
        sqlx::query!(
            "INSERT INTO windows (org_id, period, starts, ends, label, zone) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
            org.uuid(),
            period.as_str(),
            next.starts,
            next.ends,
            next.label,
            zone.name()
        )
        .execute(&mut **tx)
        .await?;
    }
}

/// The counter's row; made with zeros if need be.
pub(crate) async fn counter(tx: &mut Tx, place: Place, window: &Window) -> Result<i64, StoreError> {
    let (kind, scope_id): (&str, Uuid) = match place.counted {
        Counted::Scope(scope) => scope_parts(scope),
        Counted::Usage => ("usage", place.org.uuid()),
    };
    loop {
        let found = sqlx::query_scalar!(
            "SELECT id FROM counters WHERE org_id = $1 AND scope = $2 AND scope_id = $3 AND period = $4 AND starts = $5",
            place.org.uuid(),
            kind,
            scope_id,
            place.period.as_str(),
            window.starts
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(id) = found {
            return Ok(id);
        }
        sqlx::query!(
            "INSERT INTO counters (org_id, scope, scope_id, period, starts, ends) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
            place.org.uuid(),
            kind,
            scope_id,
            place.period.as_str(),
            window.starts,
            window.ends
        )
        .execute(&mut **tx)
        .await?;
    }
}

/// The rate's row; made if need be.
async fn rate(tx: &mut Tx, paced: &Paced) -> Result<i64, StoreError> {
    loop {
        let found = sqlx::query_scalar!(
            "SELECT id FROM rates WHERE org_id = $1 AND project_id = $2 AND model = $3",
            paced.org.uuid(),
            paced.project.uuid(),
            paced.model
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(id) = found {
            return Ok(id);
        }
        sqlx::query!(
            "INSERT INTO rates (org_id, project_id, model) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            paced.org.uuid(),
            paced.project.uuid(),
            paced.model
        )
        .execute(&mut **tx)
        .await?;
    }
}
