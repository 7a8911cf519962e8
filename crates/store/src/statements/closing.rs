//! A cycle is closed: what it is billed is frozen.

use chrono::{NaiveDate, TimeDelta};
use domain::{
    Action, Caller, Usd, UserId,
    audit::{Change, Kind},
    window::Window,
};

use super::{Head, Statement, head};
use crate::{
    Conflict, Store, StoreError,
    money::usd,
    tx::{self, Tx, one_at_a_time},
};

impl Statement {
    /// So long requests that run across the end of their cycle are waited for. What one costs that has not
    /// ended by then (it is not any more the provider that it waits for) becomes an adjustment.
    pub const PATIENCE: TimeDelta = TimeDelta::days(1);
}

impl Store {
    /// Freezes what the cycle of this label used, and what became known of earlier closed ones since
    /// they stood on a statement. A cycle that runs, one that is closed, and one whose requests have not
    /// all ended are conflicts.
    pub async fn close_cycle(&self, caller: &Caller, label: NaiveDate) -> Result<(), StoreError> {
        caller.may(Action::EditBilling)?;
        let mut tx = self.change(caller).await?;
        // Of two cycles that are closed at once the second sees what the first one billed.
        one(&mut tx, caller).await?;
        let Head { window, now, running, .. } = head(&mut tx, caller, label).await?;
        if now < window.ends {
            return Err(StoreError::Conflict(Conflict::CycleRuns));
        }
        begin(&mut tx, caller, window).await?;
        if running > 0 && now < window.ends + Statement::PATIENCE {
            return Err(StoreError::Conflict(Conflict::CycleBusy(running)));
        }
        freeze(&mut tx, caller, window).await?;
        let (charge, adjusted) = sums(&mut tx, caller, window).await?;
        let change = Change::new(Kind::CycleClosed, label.format("%Y-%m"));
        tx.commit(change.now("charge_usd", charge).now("adjustments_usd", adjusted)).await
    }
}

/// Statements and invoices of an organization are written one after the other.
pub(super) async fn one(tx: &mut tx::Change, caller: &Caller) -> Result<(), StoreError> {
    one_at_a_time(tx, "statements", caller.org.uuid()).await
}

/// The statement, with who pays now.
async fn begin(tx: &mut Tx, caller: &Caller, window: Window) -> Result<(), StoreError> {
    let made = sqlx::query!(
        "INSERT INTO statements (org_id, cycle, organization, legal_name, email, address, country, tax_id,
            cost_centre, closed_by)
         SELECT o.org_id, $2, o.name, COALESCE(b.legal_name, ''), COALESCE(b.email, ''), COALESCE(b.address, ''),
            COALESCE(b.country, ''), COALESCE(b.tax_id, ''), COALESCE(b.cost_centre, ''), $3
         FROM organizations o LEFT JOIN billing_profiles b ON b.org_id = o.org_id WHERE o.org_id = $1
         ON CONFLICT DO NOTHING",
        caller.org.uuid(),
        window.starts,
        caller.user().map(UserId::uuid)
    )
    .execute(&mut **tx)
    .await?;
    if made.rows_affected() == 0 {
        return Err(StoreError::Conflict(Conflict::CycleClosed));
    }
    Ok(())
}

/// Its lines, in one statement of the database and so as of one instant: requests end and are folded
/// meanwhile.
async fn freeze(tx: &mut Tx, caller: &Caller, window: Window) -> Result<(), StoreError> {
    let first = sqlx::query_scalar!(
        r#"SELECT min(cycle) AS "first!" FROM statements WHERE org_id = $1"#,
        caller.org.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO statement_lines (org_id, statement, project, cycle, project_id, model, requests, estimated,
            unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning,
            audio_output, image_output, charge)
         SELECT $1, $2, COALESCE(p.name, 'A former project'), u.*
         FROM exq_unbilled($1, $3, $4) u LEFT JOIN projects p ON p.org_id = $1 AND p.id = u.project_id
         WHERE u.cycle IN (SELECT s.cycle FROM statements s WHERE s.org_id = $1)",
        caller.org.uuid(),
        window.starts,
        first,
        window.ends
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What it comes to for the cycle's own usage, and for adjustments.
async fn sums(tx: &mut Tx, caller: &Caller, window: Window) -> Result<(Usd, Usd), StoreError> {
    let row = sqlx::query!(
        r#"SELECT COALESCE(sum(charge) FILTER (WHERE cycle = $2), 0) AS "charge!",
            COALESCE(sum(charge) FILTER (WHERE cycle <> $2), 0) AS "adjusted!"
         FROM statement_lines WHERE org_id = $1 AND statement = $2"#,
        caller.org.uuid(),
        window.starts
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((usd(&row.charge)?, usd(&row.adjusted)?))
}
