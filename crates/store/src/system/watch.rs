//! Warnings: what an organization wants to know before a threshold or a budget says anything.

use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use domain::{
    Caller, OrgId, Period, Usd, Watch,
    forecast::{forecast, reached_on},
    watch::{WEEKS, unusual},
    window::first_instant,
};
use serde_json::{Value, json};

use super::{
    System,
    spend::{counted, spent},
};
use crate::{
    BudgetStatus, StoreError,
    budgets::scope_parts,
    drift::{Drift, Side},
    organizations::zone,
    slices::{Ask, Grain, Only, slices},
};

/// What is to be told once.
struct Seen {
    watch: Watch,
    /// The model, the budget or the organization.
    subject: String,
    /// The day or window in which it is told once.
    since: DateTime<Utc>,
    /// What its mail is made of, besides the organization's name and zone.
    params: Value,
}

/// An organization at an instant.
struct At {
    rule: Caller,
    zone: Tz,
    now: DateTime<Utc>,
}

impl System<'_> {
    /// Organizations that want to be warned of something.
    pub async fn watching(self) -> Result<Vec<OrgId>, StoreError> {
        let mut tx = self.begin().await?;
        let ids = sqlx::query_scalar!(
            "SELECT DISTINCT org_id FROM watches JOIN organizations USING (org_id) WHERE closed_at IS NULL ORDER BY org_id"
        )
        .fetch_all(&mut *tx)
        .await?;
        Ok(ids.into_iter().map(OrgId::from_uuid).collect())
    }

    /// Looks at what the organization wants to be warned of, and writes the mails of what is new, to
    /// verified owners. Answers how many warnings that is. Any node may do it at any time: each is told
    /// once in its day or window.
    pub async fn watch(self, org: OrgId) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query!(
            r#"SELECT o.zone, exq_now() AS "now!", array_agg(w.kind) AS "kinds!"
             FROM organizations o JOIN watches w USING (org_id) WHERE o.org_id = $1 GROUP BY o.org_id, o.zone"#,
            org.uuid()
        )
        .fetch_optional(&mut *tx)
        .await?;
        drop(tx);
        let Some(row) = row else { return Ok(0) };
        let at = At { rule: Self::rule(org), zone: zone(&row.zone)?, now: row.now };
        let (mut warned, mut failed) = (0, None);
        for watch in row.kinds.iter().filter_map(|word| Watch::from_word(word)) {
            // What can't be read keeps no other from being told.
            match self.look(&at, watch).await {
                Ok(seen) => {
                    for seen in seen {
                        warned += u64::from(self.warn(org, &seen).await?);
                    }
                }
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(warned), Err)
    }

    async fn look(self, at: &At, watch: Watch) -> Result<Vec<Seen>, StoreError> {
        match watch {
            Watch::Drift => self.drifted(at).await,
            Watch::Forecast => self.foreseen(at).await,
            Watch::Burn => self.burning(at).await,
        }
    }

    /// Models that do worse today than in their past.
    async fn drifted(self, at: &At) -> Result<Vec<Seen>, StoreError> {
        let since = first_instant(at.today(), at.zone);
        let drifts = self.store.drifts(&at.rule, (at.zone, at.now), &[], &[]).await?;
        Ok(drifts.iter().filter_map(|drift| worse(drift, since)).collect())
    }

    /// Budgets of weeks and months that will be spent before their windows end.
    async fn foreseen(self, at: &At) -> Result<Vec<Seen>, StoreError> {
        let (standings, now) = self.store.standings(&at.rule).await?;
        Ok(standings.iter().filter_map(|standing| foreseen(&standing.status, now)).collect())
    }

    /// A day that costs much more than the same weekday does.
    async fn burning(self, at: &At) -> Result<Vec<Seen>, StoreError> {
        let days = 7 * WEEKS as u64;
        let bounds: Vec<_> = (0..=days + 1)
            .map(|day| first_instant(at.today() - Days::new(days) + Days::new(day), at.zone))
            .collect();
        let mut tx = self.store.summing(&at.rule).await?;
        let only = Only { projects: counted(&mut tx, at.rule.org).await?, ..Only::default() };
        let ask = Ask { bounds: &bounds, grain: Grain::Days, by: &[], only: &only };
        let sums = spent(&bounds, &slices(&mut tx, &at.rule, ask).await?);
        let day = |weeks: usize| sums.get(7 * weeks).map_or(Usd::ZERO, |(_, sum)| *sum);
        let today = day(WEEKS);
        let Some(usual) = unusual(today, [0, 1, 2, 3].map(day)) else { return Ok(Vec::new()) };
        let (starts, ends) = (bounds[bounds.len() - 2], bounds[bounds.len() - 1]);
        let org = at.rule.org;
        Ok(vec![Seen {
            watch: Watch::Burn,
            subject: org.uuid().to_string(),
            since: starts,
            params: json!({
                "scope": "org", "scope_id": org.uuid(), "period": Period::Day.as_str(), "starts": starts,
                "ends": ends, "spent": today, "usual": usual,
            }),
        }])
    }

    /// Notes it and writes its mails, unless that was done already.
    async fn warn(self, org: OrgId, seen: &Seen) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let noted = sqlx::query_scalar!(
            "INSERT INTO warnings (org_id, kind, subject, since, id, params) VALUES ($1, $2, $3, $4, exq_id(), $5)
             ON CONFLICT DO NOTHING RETURNING id",
            org.uuid(),
            seen.watch.as_str(),
            seen.subject,
            seen.since,
            seen.params
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(id) = noted else { return Ok(false) };
        sqlx::query!(
            "INSERT INTO outbox (org_id, id, template, params, recipient_id, recipient)
             SELECT o.org_id, exq_id(), $2, jsonb_build_object('organization', o.name, 'zone', o.zone, 'warning', $3::uuid)
                || CASE WHEN $2 = 'burn' THEN jsonb_build_object('scope_name', o.name) ELSE '{}' END || $4::jsonb,
                u.id, u.email
             FROM organizations o JOIN memberships m USING (org_id) JOIN users u ON u.id = m.user_id
             WHERE o.org_id = $1 AND m.role = 'owner' AND u.verified_at IS NOT NULL",
            org.uuid(),
            seen.watch.as_str(),
            id,
            seen.params
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }
}

impl At {
    fn today(&self) -> chrono::NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }
}

fn foreseen(status: &BudgetStatus, now: DateTime<Utc>) -> Option<Seen> {
    let budget = status.budget.as_ref().filter(|budget| budget.period != Period::Day)?;
    if status.spent >= budget.amount {
        return None;
    }
    let reached = reached_on(status.spent, budget.amount, status.window, now)?;
    let (scope, scope_id) = scope_parts(budget.scope);
    Some(Seen {
        watch: Watch::Forecast,
        subject: budget.id.uuid().to_string(),
        since: status.window.starts,
        params: json!({
            "scope": scope, "scope_id": scope_id, "scope_name": budget.scope_name, "period": budget.period.as_str(),
            "starts": status.window.starts, "ends": status.window.ends, "spent": status.spent,
            "budget": budget.amount, "observe": budget.observe, "reached": reached,
            "forecast": forecast(status.spent, status.window, now),
        }),
    })
}

fn worse(drift: &Drift, since: DateTime<Utc>) -> Option<Seen> {
    let worse = drift.worse().filter(|worse| !worse.is_empty())?;
    let worse: Vec<_> = worse.into_iter().map(crate::drift::Worse::as_str).collect();
    Some(Seen {
        watch: Watch::Drift,
        subject: drift.model.clone(),
        since,
        params: json!({
            "model": drift.model, "worse": worse, "today": side(&drift.today), "before": side(&drift.before),
        }),
    })
}

fn side(side: &Side) -> Value {
    json!({
        "requests": side.requests(), "failed": side.failed(), "refused": side.refused, "cost": side.cost,
        "first_us": side.latency.first_token.percentile(50), "total_us": side.latency.total().percentile(50),
    })
}
