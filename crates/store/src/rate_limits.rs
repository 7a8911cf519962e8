//! How fast a project may use each model.

use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, Models, Period, ProjectId, RateLimitId, Rates, Tiers, UserId,
    audit::{Change, Kind},
    window::Window,
};

use crate::{
    Conflict, Store, StoreError,
    place::place,
    system::window,
    tiers::{columns, number, rates, tiers},
    tx::Tx,
};

/// A model that a project has used or has own rates for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimit {
    /// The model.
    pub model: String,
    /// What the project has set; what it has not, is the tier's.
    pub own: Rates,
    /// Requests and tokens of the current minute, requests and tokens of the current day.
    pub used: [u64; 4],
}

/// How fast a project may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    /// What the organization's tier allows for each model.
    pub tier: Rates,
    /// By model.
    pub models: Vec<RateLimit>,
    /// The current day of the organization's zone.
    pub day: Window,
    /// The instant at which this is true.
    pub at: DateTime<Utc>,
}

/// Which models of a list, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelPage {
    /// What comes after this one.
    pub after: Option<String>,
    /// What comes before this one; without `after` those next to it.
    pub before: Option<String>,
    /// At most so many.
    pub limit: u16,
}

impl Store {
    /// Part of the models that the project has used or has own rates for, by name, and whether there
    /// are more in the direction that was asked for.
    pub async fn rate_limits(
        &self,
        caller: &Caller,
        project: ProjectId,
        page: &ModelPage,
    ) -> Result<(RateLimits, bool), StoreError> {
        let mut tx = self.counting(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::SeeProject)?;
        let read = read(&mut tx, caller, project, page, None).await?;
        tx.commit().await?;
        Ok(read)
    }

    /// What the project has set for one model, which it need not have used.
    pub async fn rate_limit(
        &self,
        caller: &Caller,
        project: ProjectId,
        model: &str,
    ) -> Result<(RateLimit, RateLimits), StoreError> {
        let mut tx = self.counting(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::SeeProject)?;
        let page = ModelPage { limit: 1, ..ModelPage::default() };
        let (mut limits, _) = read(&mut tx, caller, project, &page, Some(model)).await?;
        tx.commit().await?;
        let unset = || RateLimit { model: model.to_owned(), own: Rates::default(), used: [0; 4] };
        let limit = limits.models.pop().unwrap_or_else(unset);
        Ok((limit, limits))
    }

    /// Sets how fast the project may use a model; nothing set is the tier's rates again. In force with
    /// the next batch. [`Conflict::RateAboveTier`] if the tier allows less, [`Conflict::ModelName`] if
    /// no model has such a name.
    pub async fn set_rate_limit(
        &self,
        caller: &Caller,
        project: ProjectId,
        model: &str,
        own: Rates,
    ) -> Result<(), StoreError> {
        let named = Models::new([model]).map_err(|_| StoreError::Conflict(Conflict::ModelName));
        named?;
        let mut tx = self.change(caller).await?;
        place(&mut tx, caller, project).await?.may(Action::EditProjectLimits)?;
        // Those who set it at once do so one after the other, and nobody archives meanwhile.
        let row = sqlx::query!(
            "SELECT archived_at FROM projects WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE",
            caller.org.uuid(),
            project.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        if row.archived_at.is_some() {
            return Err(StoreError::Conflict(Conflict::ProjectArchived));
        }
        let (tier, _) = tier_rates(&mut tx, caller).await?;
        if let Some((which, most)) = own.above(&tier) {
            return Err(StoreError::Conflict(Conflict::RateAboveTier(which, most)));
        }
        let old = stored(&mut tx, caller, project, model).await?;
        if own == old.map(|(_, rates)| rates).unwrap_or_default() {
            return Ok(());
        }
        let change = write(&mut tx, caller, (project, model), old, own).await?;
        tx.commit(change.in_project(project)).await
    }
}

/// Writes what is another; what the audit log tells of it.
async fn write(
    tx: &mut Tx,
    caller: &Caller,
    (project, model): (ProjectId, &str),
    old: Option<(RateLimitId, Rates)>,
    own: Rates,
) -> Result<Change, StoreError> {
    let before = old.map(|(_, rates)| rates).unwrap_or_default();
    let id = old.map_or_else(RateLimitId::generate, |(id, _)| id);
    let kind = if own.are_unset() { Kind::RateLimitRemoved } else { Kind::RateLimitSet };
    if own.are_unset() {
        sqlx::query!(
            "DELETE FROM rate_limits WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
    } else {
        let [minute_requests, minute_tokens, day_requests, day_tokens] = columns(&own);
        sqlx::query!(
            "INSERT INTO rate_limits (org_id, id, project_id, model, requests_per_minute, tokens_per_minute,
                requests_per_day, tokens_per_day, set_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT ON CONSTRAINT rate_limits_one DO UPDATE SET requests_per_minute = $5,
                tokens_per_minute = $6, requests_per_day = $7, tokens_per_day = $8, set_by = $9,
                set_at = exq_now(), revision = rate_limits.revision + 1",
            caller.org.uuid(),
            id.uuid(),
            project.uuid(),
            model,
            minute_requests,
            minute_tokens,
            day_requests,
            day_tokens,
            caller.user().map(UserId::uuid)
        )
        .execute(&mut **tx)
        .await?;
    }
    let change = Change::new(kind, id);
    let change =
        if own.are_unset() { change.gone("model", model) } else { change.now("model", model) };
    let rates = Rates::NAMES.into_iter().zip(before.all()).zip(own.all());
    Ok(rates.fold(change, |change, ((name, before), after)| change.maybe(name, before, after)))
}

/// What is set for a model.
async fn stored(
    tx: &mut Tx,
    caller: &Caller,
    project: ProjectId,
    model: &str,
) -> Result<Option<(RateLimitId, Rates)>, StoreError> {
    let row = sqlx::query!(
        "SELECT id, requests_per_minute, tokens_per_minute, requests_per_day, tokens_per_day FROM rate_limits
         WHERE (org_id, project_id, model) = ($1, $2, $3)",
        caller.org.uuid(),
        project.uuid(),
        model
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| {
        let own = rates([
            row.requests_per_minute,
            row.tokens_per_minute,
            row.requests_per_day,
            row.tokens_per_day,
        ]);
        (RateLimitId::from_uuid(row.id), own)
    }))
}

/// What the organization's tier allows, and the time.
async fn tier_rates(tx: &mut Tx, caller: &Caller) -> Result<(Rates, DateTime<Utc>), StoreError> {
    let tiers: Tiers = tiers(tx).await?;
    let row = sqlx::query!(
        r#"SELECT tier, exq_now() AS "at!" FROM organizations WHERE org_id = $1"#,
        caller.org.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((tiers.at(number(row.tier)).map(|tier| tier.rates).unwrap_or_default(), row.at))
}

async fn read(
    tx: &mut Tx,
    caller: &Caller,
    project: ProjectId,
    page: &ModelPage,
    one: Option<&str>,
) -> Result<(RateLimits, bool), StoreError> {
    let (tier, at) = tier_rates(tx, caller).await?;
    let day = window(tx, caller.org, Period::Day, at).await?;
    let backwards = page.before.is_some() && page.after.is_none();
    let rows = sqlx::query!(
        r#"SELECT m.model AS "model!", l.requests_per_minute AS "requests_per_minute?",
            l.tokens_per_minute AS "tokens_per_minute?", l.requests_per_day AS "requests_per_day?",
            l.tokens_per_day AS "tokens_per_day?",
            CASE WHEN r.minute = exq_minute($3) THEN r.minute_requests ELSE 0 END AS "minute_requests!",
            CASE WHEN r.minute = exq_minute($3) THEN r.minute_tokens ELSE 0 END AS "minute_tokens!",
            CASE WHEN r.day = $4 THEN r.day_requests ELSE 0 END AS "day_requests!",
            CASE WHEN r.day = $4 THEN r.day_tokens ELSE 0 END AS "day_tokens!"
         FROM (SELECT model COLLATE "C" AS model FROM rate_limits WHERE org_id = $1 AND project_id = $2
               UNION SELECT model COLLATE "C" FROM rates WHERE org_id = $1 AND project_id = $2) m
         LEFT JOIN rate_limits l ON (l.org_id, l.project_id, l.model) = ($1, $2, m.model)
         LEFT JOIN rates r ON (r.org_id, r.project_id, r.model) = ($1, $2, m.model)
         WHERE ($5::text IS NULL OR m.model > $5) AND ($6::text IS NULL OR m.model < $6)
            AND ($7::text IS NULL OR m.model = $7)
         ORDER BY CASE WHEN $8 THEN m.model END DESC, m.model LIMIT $9"#,
        caller.org.uuid(),
        project.uuid(),
        at,
        day.starts,
        page.after,
        page.before,
        one,
        backwards,
        i64::from(page.limit) + 1
    )
    .fetch_all(&mut **tx)
    .await?;
    let more = rows.len() > usize::from(page.limit);
    let models = rows.into_iter().take(page.limit.into()).map(|row| RateLimit {
        own: rates([
            row.requests_per_minute,
            row.tokens_per_minute,
            row.requests_per_day,
            row.tokens_per_day,
        ]),
        used: [row.minute_requests, row.minute_tokens, row.day_requests, row.day_tokens]
            .map(|used| u64::try_from(used).unwrap_or(0)),
        model: row.model,
    });
    let mut models: Vec<_> = models.collect();
    if backwards {
        models.reverse();
    }
    Ok((RateLimits { tier, models, day, at }, more))
}
