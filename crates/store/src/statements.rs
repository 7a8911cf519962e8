//! Statements: what was used in a billing cycle, as it was frozen when the cycle was closed, and what
//! became known since. Without the sandbox and rehearsals. For owners alone.

mod closing;
mod invoices;
mod lines;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{Action, Caller, Usd, window::Window};

pub use self::{
    invoices::Invoice,
    lines::{Line, Numbers},
};
use crate::{BillingProfile, Store, StoreError, money::usd, organizations::zone, tx::Tx};

/// A billing cycle among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// When it was.
    pub window: Window,
    /// When it was closed; none as long as it is not.
    pub closed: Option<DateTime<Utc>>,
    /// What was charged for usage of it, as it is known now.
    pub used: Usd,
    /// What its statement says, with the adjustments of earlier cycles; zero as long as there is none.
    pub billed: Usd,
    /// Of what was used in it, what stands on no statement.
    pub unbilled: Usd,
}

/// Who pays: as it was when the cycle was closed, or as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// The organization's label.
    pub organization: String,
    /// Empty where there is none.
    pub profile: BillingProfile,
}

/// That a cycle was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub at: DateTime<Utc>,
    /// The person's name; none of who is no member any more.
    pub by: Option<String>,
}

/// What a billing cycle is billed: frozen, or, as long as it is not closed, as it would be frozen now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// When it was.
    pub window: Window,
    /// In which the window was made.
    pub zone: Tz,
    /// The instant at which this was asked, by the database's clock.
    pub now: DateTime<Utc>,
    /// None: it is a draft.
    pub closed: Option<Closed>,
    /// Who pays.
    pub payer: Payer,
    /// Requests that were admitted in it and have not ended.
    pub running: i64,
    /// Usage of the cycle, then adjustments of earlier ones; by cycle, project and model.
    pub lines: Vec<Line>,
    /// What became known of the cycle's usage since it was closed.
    pub since: Vec<Line>,
    /// What a provider asks for the cycle.
    pub invoice: Option<Invoice>,
}

impl Statement {
    /// The lines of the cycle's own usage.
    pub fn own(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.cycle == self.window.label)
    }

    /// The lines of earlier cycles' usage.
    pub fn adjustments(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.cycle != self.window.label)
    }
}

impl Store {
    /// The organization's billing cycles so far, the one that is running first.
    pub async fn statements(&self, caller: &Caller) -> Result<Vec<Cycle>, StoreError> {
        caller.may(Action::SeeBilling)?;
        let cycles = self.cycles(caller).await?;
        let newest = cycles.current.window;
        let oldest = cycles.earlier.last().map_or(newest, |cycle| cycle.window);
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT w.label, w.starts, w.ends, s.closed_at AS "closed_at?", COALESCE(u.charge, 0) AS "used!",
                COALESCE(t.charge, 0) AS "billed!", COALESCE(u.charge, 0) - COALESCE(b.charge, 0) AS "unbilled!"
             FROM windows w
             LEFT JOIN statements s ON (s.org_id, s.cycle) = (w.org_id, w.starts)
             LEFT JOIN (SELECT cycle, sum(charge) AS charge FROM exq_cycle_usage($1, $2, $3, false) GROUP BY 1) u
                ON u.cycle = w.starts
             LEFT JOIN (SELECT statement, sum(charge) AS charge FROM statement_lines WHERE org_id = $1 GROUP BY 1) t
                ON t.statement = w.starts
             LEFT JOIN (SELECT cycle, sum(charge) AS charge FROM statement_lines WHERE org_id = $1 GROUP BY 1) b
                ON b.cycle = w.starts
             WHERE w.org_id = $1 AND w.period = 'month' AND w.starts >= $2 AND w.starts < $3
             ORDER BY w.starts DESC"#,
            caller.org.uuid(),
            oldest.starts,
            newest.ends
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Cycle {
                    window: Window { label: row.label, starts: row.starts, ends: row.ends },
                    closed: row.closed_at,
                    used: usd(&row.used)?,
                    billed: usd(&row.billed)?,
                    unbilled: usd(&row.unbilled)?,
                })
            })
            .collect()
    }

    /// The statement of the cycle of this label, or its draft.
    pub async fn statement(
        &self,
        caller: &Caller,
        label: NaiveDate,
    ) -> Result<Statement, StoreError> {
        caller.may(Action::SeeBilling)?;
        let mut tx = self.glimpse(caller).await?;
        let Head { window, zone, now, running } = head(&mut tx, caller, label).await?;
        let (payer, closed) = payer(&mut tx, caller, window).await?;
        let (lines, since) = if closed.is_some() {
            (
                lines::billed(&mut tx, caller, window).await?,
                lines::since(&mut tx, caller, window).await?,
            )
        } else {
            (lines::draft(&mut tx, caller, window).await?, Vec::new())
        };
        let invoice = invoices::read(&mut tx, caller, window).await?;
        Ok(Statement { window, zone, now, closed, payer, running, lines, since, invoice })
    }
}

/// What is known of a cycle.
struct Head {
    window: Window,
    zone: Tz,
    now: DateTime<Utc>,
    /// Requests that were admitted in it and have not ended.
    running: i64,
}

async fn head(tx: &mut Tx, caller: &Caller, label: NaiveDate) -> Result<Head, StoreError> {
    let row = sqlx::query!(
        r#"SELECT w.label, w.starts, w.ends, w.zone, exq_now() AS "now!",
            (SELECT count(*) FROM intents i WHERE i.org_id = w.org_id AND i.admitted_at >= w.starts
                AND i.admitted_at < w.ends AND NOT i.sandbox) AS "running!"
         FROM windows w WHERE w.org_id = $1 AND w.period = 'month' AND w.label = $2 AND w.starts <= exq_now()"#,
        caller.org.uuid(),
        label
    )
    .fetch_one(&mut **tx)
    .await?;
    let window = Window { label: row.label, starts: row.starts, ends: row.ends };
    Ok(Head { window, zone: zone(&row.zone)?, now: row.now, running: row.running })
}

async fn payer(
    tx: &mut Tx,
    caller: &Caller,
    window: Window,
) -> Result<(Payer, Option<Closed>), StoreError> {
    let row = sqlx::query!(
        r#"SELECT s.closed_at AS "closed_at?", u.name AS "by?",
            COALESCE(s.organization, o.name) AS "organization!", COALESCE(s.legal_name, b.legal_name, '') AS "legal_name!",
            COALESCE(s.email, b.email, '') AS "email!", COALESCE(s.address, b.address, '') AS "address!",
            COALESCE(s.country, b.country, '') AS "country!", COALESCE(s.tax_id, b.tax_id, '') AS "tax_id!",
            COALESCE(s.cost_centre, b.cost_centre, '') AS "cost_centre!"
         FROM organizations o LEFT JOIN billing_profiles b ON b.org_id = o.org_id
         LEFT JOIN statements s ON s.org_id = o.org_id AND s.cycle = $2 LEFT JOIN users u ON u.id = s.closed_by
         WHERE o.org_id = $1"#,
        caller.org.uuid(),
        window.starts
    )
    .fetch_one(&mut **tx)
    .await?;
    let profile = BillingProfile {
        legal_name: row.legal_name,
        email: row.email,
        address: row.address,
        country: row.country,
        tax_id: row.tax_id,
        cost_centre: row.cost_centre,
    };
    let closed = row.closed_at.map(|at| Closed { at, by: row.by });
    Ok((Payer { organization: row.organization, profile }, closed))
}
