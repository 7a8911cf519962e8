//! Reports that are due, and what they tell.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{OrgId, Period, Rhythm, Usd, window};

use super::{
    System,
    spend::{counted, spent},
    window as current_window,
};
use crate::{
    StoreError,
    explore::cut,
    organizations::zone,
    reports::due,
    slices::{Ask, Dimension, Grain, Only, slices},
    tx::Tx,
    usage::Totals,
};

/// Most names of a kind in a report.
const MOST: usize = 5;

/// Which report; as its mail's row holds it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct ReportOf {
    /// Where its days begin.
    pub zone: String,
    /// `week` or `month`.
    pub rhythm: String,
    /// From when.
    pub starts: DateTime<Utc>,
    /// Up to and not with.
    pub ends: DateTime<Utc>,
}

impl ReportOf {
    /// Its first and its last day.
    pub fn dates(&self) -> Option<(NaiveDate, NaiveDate)> {
        let zone = zone(&self.zone).ok()?;
        let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        Some((day(self.starts), day(self.ends - TimeDelta::seconds(1))))
    }
}

/// What a report tells, without projects for rehearsals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// What was used.
    pub totals: Totals,
    /// What was spent in the window before.
    pub before: Usd,
    /// Requests that a budget or limit refused, rehearsals among them.
    pub refused: i64,
    /// What was spent from each day's first instant on.
    pub days: Vec<(DateTime<Utc>, Usd)>,
    /// The projects that spent most, and how much.
    pub projects: Vec<(String, Usd)>,
    /// The models that it was spent on most.
    pub models: Vec<(String, Usd)>,
}

impl System<'_> {
    /// Writes the mails of up to 100 reports that are due, to verified owners and the listed addresses,
    /// each once. After a pause of the whole installation only the window before the running one
    /// is told. Answers how
    /// many reports there were.
    pub async fn tell_reports(self) -> Result<usize, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query!(
            r#"SELECT r.org_id, r.rhythm, exq_now() AS "now!" FROM reports r JOIN organizations o USING (org_id)
             WHERE r.due_at <= exq_now() AND o.closed_at IS NULL
             ORDER BY r.due_at, r.org_id LIMIT 100 FOR UPDATE OF r SKIP LOCKED"#
        )
        .fetch_all(&mut *tx)
        .await?;
        for row in &rows {
            let rhythm = row.rhythm.parse().map_err(|_| StoreError::Damaged("a rhythm"))?;
            tell(&mut tx, OrgId::from_uuid(row.org_id), rhythm, row.now).await?;
        }
        tx.commit().await?;
        Ok(rows.len())
    }

    /// What a report tells, as it is known now.
    pub async fn report(self, org: OrgId, of: &ReportOf) -> Result<Reported, StoreError> {
        let rule = Self::rule(org);
        let zone = zone(&of.zone)?;
        let rhythm: Rhythm = of.rhythm.parse().map_err(|_| StoreError::Damaged("a rhythm"))?;
        let before =
            window::Window::first(rhythm.period(), zone, of.starts - TimeDelta::seconds(1));
        let bounds = window::parts(of.starts, of.ends, zone);
        let mut tx = self.store.glimpse(&rule).await?;
        let only = Only { projects: counted(&mut tx, org).await?, ..Only::default() };
        let ask =
            Ask { bounds: &bounds, grain: Grain::Days, by: &[Dimension::Project], only: &only };
        let projects = cut(&mut tx, &rule, ask, MOST, |totals| totals.charge.pico()).await?;
        let ask = Ask { by: &[Dimension::Model], ..ask };
        let models = cut(&mut tx, &rule, ask, MOST, |totals| totals.charge.pico()).await?;
        let ask = Ask { bounds: &[before.starts, of.starts], by: &[], ..ask };
        let before = slices(&mut tx, &rule, ask).await?;
        let refused = refused(&mut tx, org, of).await?;
        drop(tx);
        let all = projects.groups.iter().map(|group| group.totals);
        Ok(Reported {
            totals: all.fold(Totals::default(), Totals::plus),
            before: before.iter().map(|slice| slice.totals.charge).sum(),
            refused,
            days: spent(&bounds, &projects.stretches),
            projects: self.tops(&rule, Dimension::Project, projects.groups, MOST).await?,
            models: self.tops(&rule, Dimension::Model, models.groups, MOST).await?,
        })
    }
}

/// Moves a report to the window that is running, and writes the mails of the one before.
async fn tell(
    tx: &mut Tx,
    org: OrgId,
    rhythm: Rhythm,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let current = current_window(tx, org, rhythm.period(), now).await?;
    let stored = latest_window(tx, org, rhythm.period(), now).await?;
    let row = sqlx::query!(
        r#"UPDATE reports r SET starts = $3, ends = $4, due_at = $5 FROM organizations o
         WHERE (r.org_id, r.rhythm) = ($1, $2) AND o.org_id = r.org_id RETURNING r.addresses, o.zone"#,
        org.uuid(),
        rhythm.as_str(),
        current.starts,
        current.ends,
        due(&current)
    )
    .fetch_one(&mut **tx)
    .await?;
    // Windows in which nothing was counted are not stored.
    let instant = current.starts - TimeDelta::seconds(1);
    let told = match stored.filter(|window| window.ends == current.starts) {
        Some(stored) => stored,
        None => window::Window::first(rhythm.period(), zone(&row.zone)?, instant),
    };
    sqlx::query!(
        "INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
         SELECT o.org_id, exq_id(), 'report', jsonb_build_object('organization', o.name, 'zone', o.zone,
            'rhythm', $2::text, 'starts', $3::timestamptz, 'ends', $4::timestamptz), r.id, r.email
         FROM organizations o, LATERAL (
            SELECT u.id, u.email FROM memberships m JOIN users u ON u.id = m.user_id
            WHERE m.org_id = o.org_id AND m.role = 'owner' AND u.verified_at IS NOT NULL
            UNION ALL SELECT NULL, a.email FROM unnest($5::text[]) AS a (email) WHERE NOT EXISTS (
                SELECT FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = o.org_id
                    AND m.role = 'owner' AND u.verified_at IS NOT NULL AND lower(u.email) = lower(a.email))) r
         WHERE o.org_id = $1",
        org.uuid(),
        rhythm.as_str(),
        told.starts,
        told.ends,
        &row.addresses
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The newest window that is over, of those that are stored.
pub(crate) async fn latest_window(
    tx: &mut Tx,
    org: OrgId,
    period: Period,
    now: DateTime<Utc>,
) -> Result<Option<window::Window>, StoreError> {
    Ok(sqlx::query_as!(
        window::Window,
        "SELECT label, starts, ends FROM windows WHERE org_id = $1 AND period = $2 AND ends <= $3
         ORDER BY starts DESC LIMIT 1",
        org.uuid(),
        period.as_str(),
        now
    )
    .fetch_optional(&mut **tx)
    .await?)
}

async fn refused(tx: &mut Tx, org: OrgId, of: &ReportOf) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(count), 0)::bigint AS "refused!" FROM receipts
         WHERE org_id = $1 AND quarter >= $2 AND quarter < $3 AND NOT observed"#,
        org.uuid(),
        of.starts,
        of.ends
    )
    .fetch_one(&mut **tx)
    .await?)
}
