//! What a page of usage needs besides its cells: the cycle before, the sandbox's part, whether there
//! ever was a request.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Action, Caller, window::Window};

use crate::{
    Store, StoreError,
    money::usd,
    organizations::zone,
    tx::Tx,
    usage::{Totals, tokens},
};

/// A stretch of days that is over, to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Past {
    /// Days that are not empty: their first instant and what was used.
    pub days: Vec<(DateTime<Utc>, Totals)>,
    /// What was used up to the cut.
    pub so_far: Totals,
}

/// A row of sums.
struct Row {
    starts: DateTime<Utc>,
    ends: DateTime<Utc>,
    requests: i64,
    estimated: i64,
    unpriced: i64,
    tokens: Vec<i64>,
    charge: BigDecimal,
}

impl Row {
    fn totals(&self) -> Result<Totals, StoreError> {
        Ok(Totals {
            requests: self.requests,
            estimated: self.estimated,
            unpriced: self.unpriced,
            tokens: tokens(&self.tokens),
            charge: usd(&self.charge)?,
        })
    }
}

impl Store {
    /// Usage of a window's days, and of these up to and not with `cut`, to the quarter of an hour.
    pub async fn past(
        &self,
        caller: &Caller,
        window: Window,
        cut: DateTime<Utc>,
    ) -> Result<Past, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = days(&mut tx, caller, window).await?;
        let mut past = Past::default();
        let mut rest = window.starts;
        for row in &rows {
            let totals = row.totals()?;
            past.days.push((row.starts, totals));
            if row.ends <= cut {
                past.so_far = past.so_far.plus(totals);
                rest = rest.max(row.ends);
            }
        }
        let part = quarters(&mut tx, caller, rest, cut.min(window.ends)).await?;
        past.so_far = past.so_far.plus(part.totals()?);
        Ok(past)
    }

    /// The sandbox's part of the usage of a window's days.
    pub async fn sandbox_usage(
        &self,
        caller: &Caller,
        window: Window,
    ) -> Result<Totals, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        sqlx::query_as!(
            Row,
            r#"WITH used AS (
                SELECT requests, estimated, unpriced, charge,
                    input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output
                FROM days WHERE org_id = $1 AND day_starts >= $2 AND day_starts < $3 AND sandbox
                UNION ALL
                SELECT requests, estimated, unpriced, charge,
                    input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output
                FROM deltas WHERE org_id = $1 AND day_starts >= $2 AND day_starts < $3 AND sandbox
            )
            SELECT $2::timestamptz AS "starts!", $3::timestamptz AS "ends!",
                COALESCE(sum(requests), 0)::bigint AS "requests!", COALESCE(sum(estimated), 0)::bigint AS "estimated!",
                COALESCE(sum(unpriced), 0)::bigint AS "unpriced!",
                ARRAY[COALESCE(sum(input), 0), COALESCE(sum(cached), 0), COALESCE(sum(cache_write), 0), COALESCE(sum(cache_write_1h), 0), COALESCE(sum(audio_input), 0), COALESCE(sum(image_input), 0), COALESCE(sum(output), 0), COALESCE(sum(reasoning), 0), COALESCE(sum(audio_output), 0), COALESCE(sum(image_output), 0)]::bigint[] AS "tokens!",
                COALESCE(sum(charge), 0) AS "charge!"
            FROM used"#,
            caller.org.uuid(),
            window.starts,
            window.ends
        )
        .fetch_one(&mut *tx)
        .await?
        .totals()
    }

    /// Whether a request of the organization was ever forwarded.
    pub async fn ever_used(&self, caller: &Caller) -> Result<bool, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        Ok(sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM days WHERE org_id = $1)
                OR EXISTS (SELECT FROM deltas WHERE org_id = $1) AS "used!""#,
            caller.org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?)
    }

    /// The zone that a billing cycle was made in.
    pub async fn cycle_zone(&self, caller: &Caller, cycle: Window) -> Result<Tz, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let name = sqlx::query_scalar!(
            "SELECT zone FROM windows WHERE org_id = $1 AND period = 'month' AND starts = $2",
            caller.org.uuid(),
            cycle.starts
        )
        .fetch_one(&mut *tx)
        .await?;
        zone(&name)
    }
}

/// The window's days, oldest first.
async fn days(tx: &mut Tx, caller: &Caller, window: Window) -> Result<Vec<Row>, StoreError> {
    Ok(sqlx::query_as!(
        Row,
        r#"WITH used AS (
            SELECT day_starts, day_ends, requests, estimated, unpriced, charge,
                input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output
            FROM days WHERE org_id = $1 AND day_starts >= $2 AND day_starts < $3
            UNION ALL
            SELECT day_starts, day_ends, requests, estimated, unpriced, charge,
                input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output
            FROM deltas WHERE org_id = $1 AND day_starts >= $2 AND day_starts < $3
        )
        SELECT day_starts AS "starts!", max(day_ends) AS "ends!", sum(requests)::bigint AS "requests!",
            sum(estimated)::bigint AS "estimated!", sum(unpriced)::bigint AS "unpriced!",
            ARRAY[sum(input), sum(cached), sum(cache_write), sum(cache_write_1h), sum(audio_input),
                    sum(image_input), sum(output), sum(reasoning), sum(audio_output), sum(image_output)]::bigint[] AS "tokens!",
            sum(charge) AS "charge!"
        FROM used GROUP BY 1 ORDER BY 1"#,
        caller.org.uuid(),
        window.starts,
        window.ends
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// All quarters of an hour from one instant up to and not with another.
async fn quarters(
    tx: &mut Tx,
    caller: &Caller,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Row, StoreError> {
    Ok(sqlx::query_as!(
        Row,
        r#"WITH used AS (
            SELECT requests, estimated, unpriced, charge,
                input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output
            FROM quarters WHERE org_id = $1 AND quarter >= $2 AND quarter < $3
            UNION ALL
            SELECT requests, estimated, unpriced, charge,
                input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning, audio_output, image_output
            FROM deltas WHERE org_id = $1 AND quarter >= $2 AND quarter < $3
        )
        SELECT $2::timestamptz AS "starts!", $3::timestamptz AS "ends!",
            COALESCE(sum(requests), 0)::bigint AS "requests!", COALESCE(sum(estimated), 0)::bigint AS "estimated!",
            COALESCE(sum(unpriced), 0)::bigint AS "unpriced!",
            ARRAY[COALESCE(sum(input), 0), COALESCE(sum(cached), 0), COALESCE(sum(cache_write), 0), COALESCE(sum(cache_write_1h), 0), COALESCE(sum(audio_input), 0), COALESCE(sum(image_input), 0), COALESCE(sum(output), 0), COALESCE(sum(reasoning), 0), COALESCE(sum(audio_output), 0), COALESCE(sum(image_output), 0)]::bigint[] AS "tokens!",
            COALESCE(sum(charge), 0) AS "charge!"
        FROM used"#,
        caller.org.uuid(),
        from,
        until
    )
    .fetch_one(&mut **tx)
    .await?)
}
