//! Reports that are due, and what they tell.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    OrgId, Period, Rhythm, Usd,
    window::{self, Window},
};

use super::{
    System,
    spend::{counted, spent},
};
use crate::{
    StoreError,
    explore::{Size, cut, groups},
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
    /// Of what was spent, what the sandbox answered: nobody is billed for that.
    pub sandbox: Usd,
    /// There are projects for rehearsals, which are left out.
    pub rehearses: bool,
    /// Requests that a budget or limit refused.
    pub refused: i64,
    /// What was spent from each day's first instant on.
    pub days: Vec<(DateTime<Utc>, Usd)>,
    /// The projects that spent most, and how much.
    pub projects: Vec<(String, Usd)>,
    /// The models that it was spent on most.
    pub models: Vec<(String, Usd)>,
}

impl System<'_> {
    /// Writes the mails of a report that is due, to verified owners and the listed addresses, once.
    /// After a pause of the whole installation only the window before the running one is told. Answers
    /// whether there was one.
    pub async fn tell_report(self) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query!(
            r#"SELECT r.org_id, r.rhythm, exq_now() AS "now!" FROM reports r JOIN organizations o USING (org_id)
             WHERE r.due_at <= exq_now() AND o.closed_at IS NULL
             ORDER BY r.due_at, r.org_id, r.rhythm LIMIT 1 FOR UPDATE OF r SKIP LOCKED"#
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let rhythm = row.rhythm.parse().map_err(|_| StoreError::Damaged("a rhythm"))?;
        tell(&mut tx, OrgId::from_uuid(row.org_id), rhythm, row.now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// What a report tells, as it is known now.
    pub async fn report(self, org: OrgId, of: &ReportOf) -> Result<Reported, StoreError> {
        let rule = Self::rule(org);
        let zone = zone(&of.zone)?;
        let rhythm: Rhythm = of.rhythm.parse().map_err(|_| StoreError::Damaged("a rhythm"))?;
        let before = Window::first(rhythm.period(), zone, of.starts - TimeDelta::seconds(1));
        let bounds = window::parts(of.starts, of.ends, zone);
        let mut tx = self.store.summing(&rule).await?;
        let only = Only { projects: counted(&mut tx, org).await?, ..Only::default() };
        let ask =
            Ask { bounds: &bounds, grain: Grain::Days, by: &[Dimension::Project], only: &only };
        let size: Size = |totals| totals.charge.pico();
        let projects = cut(&mut tx, &rule, ask, MOST, size).await?;
        let ask = Ask { by: &[Dimension::Model], ..ask };
        let models = groups(&mut tx, &rule, ask, size).await?;
        let ask = Ask { bounds: &[before.starts, of.starts], by: &[], ..ask };
        let before = slices(&mut tx, &rule, ask).await?;
        let refused = refused(&mut tx, org, of, &only).await?;
        let rehearses = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM projects WHERE org_id = $1 AND rehearsal) AS "any!""#,
            org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        drop(tx);
        let all = projects.groups.iter().map(|group| group.totals);
        Ok(Reported {
            totals: all.fold(Totals::default(), Totals::plus),
            before: before.iter().map(|slice| slice.totals.charge).sum(),
            sandbox: models.sandbox.charge,
            rehearses,
            refused,
            days: spent(&bounds, &projects.stretches),
            projects: self.tops(&rule, Dimension::Project, projects.groups, MOST).await?,
            models: self.tops(&rule, Dimension::Model, models.slices, MOST).await?,
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
    let Windows { current, before: told, .. } = windows(tx, org, rhythm.period(), now).await?;
    let addresses = sqlx::query_scalar!(
        "UPDATE reports SET due_at = $3 WHERE (org_id, rhythm) = ($1, $2) RETURNING addresses",
        org.uuid(),
        rhythm.as_str(),
        due(&current)
    )
    .fetch_one(&mut **tx)
    .await?;
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
        &addresses
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Windows of an organization as they are, or as the ledger would make them now: it alone makes them,
/// because requests wait for whoever does.
pub(crate) struct Windows {
    /// The one that is running.
    pub(crate) current: Window,
    /// The one before.
    pub(crate) before: Window,
    /// Something may have been counted in that one: the organization is older than the running one.
    pub(crate) was_there: bool,
}

pub(crate) async fn windows(
    tx: &mut Tx,
    org: OrgId,
    period: Period,
    now: DateTime<Utc>,
) -> Result<Windows, StoreError> {
    let stored = sqlx::query_as!(
        Window,
        "SELECT label, starts, ends FROM windows WHERE org_id = $1 AND period = $2 AND starts <= $3
         ORDER BY starts DESC LIMIT 2",
        org.uuid(),
        period.as_str(),
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    let row =
        sqlx::query!("SELECT zone, created_at FROM organizations WHERE org_id = $1", org.uuid())
            .fetch_one(&mut **tx)
            .await?;
    let zone = zone(&row.zone)?;
    let mut current = stored.first().copied().unwrap_or_else(|| Window::first(period, zone, now));
    while !current.contains(now) {
        current = current.towards(now, period, zone);
    }
    let made_up = Window::first(period, zone, current.starts - TimeDelta::seconds(1));
    let before = stored.iter().find(|window| window.ends == current.starts).copied();
    Ok(Windows {
        current,
        before: before.unwrap_or(Window { ends: current.starts, ..made_up }),
        was_there: row.created_at < current.starts,
    })
}

async fn refused(tx: &mut Tx, org: OrgId, of: &ReportOf, only: &Only) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(count), 0)::bigint AS "refused!" FROM receipts
         WHERE org_id = $1 AND quarter >= $2 AND quarter < $3 AND NOT observed AND project_id = ANY ($4)"#,
        org.uuid(),
        of.starts,
        of.ends,
        &only.projects
    )
    .fetch_one(&mut **tx)
    .await?)
}
