//! Thresholds, which notify, and what was crossed.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use domain::{
    Action, Caller, CrossingId, Email, Level, Period, ProjectId, ProjectRole, Scope, ThresholdId,
    Usd, UserId, Who,
    audit::{Change, Kind},
    most,
};

use crate::{
    Conflict, Store, StoreError,
    budgets::{lock, mark_passed, may_limit, period, scope, scope_parts},
    money::{numeric, usd},
    tx::Tx,
};

/// A threshold, with what it means in the current window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// Its id.
    pub id: ThresholdId,
    /// What it watches.
    pub scope: Scope,
    /// Per what.
    pub period: Period,
    /// At what level it fires.
    pub level: Level,
    /// The amount that this is now; none for a share of a budget that does not exist.
    pub fires_at: Option<Usd>,
    /// When it was crossed in the current window at that amount.
    pub crossed_at: Option<DateTime<Utc>>,
    /// It was passed already when a person set it or an amount: nobody was mailed.
    pub silent: bool,
    /// Who is mailed besides the owners; for who may set it.
    pub addresses: Vec<String>,
}

/// A threshold that was just set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetThreshold {
    /// Its id.
    pub id: ThresholdId,
    /// It is passed already: no mail goes out in this window.
    pub already_passed: bool,
}

/// An alert: a threshold crossed, or a budget that began to refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// Its id.
    pub id: CrossingId,
    /// A budget or the usage limit refused its first request; else a threshold was crossed.
    pub blocked: bool,
    /// It was the usage limit, not a budget.
    pub usage_limit: bool,
    /// What it concerns.
    pub scope: Scope,
    /// That thing's label.
    pub scope_name: String,
    /// The project that it belongs to or is.
    pub project: Option<ProjectId>,
    /// Per what.
    pub period: Period,
    /// The amount at which it fired.
    pub fires_at: Usd,
    /// What was spent at that moment.
    pub spent: Usd,
    /// When.
    pub crossed_at: DateTime<Utc>,
    /// Passed already when a person set it, so not mailed.
    pub silent: bool,
    /// One per recipient.
    pub deliveries: Vec<Delivery>,
    /// Who sees to it, and since when.
    pub acknowledged: Option<Acknowledged>,
}

/// Who said first that an alert is seen to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// The person's name; none of one whose account is gone.
    pub by: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A mail to one recipient, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Delivery {
    /// The address.
    pub recipient: String,
    /// queued, sending, sent, failed or dropped.
    pub state: String,
    /// Tries so far.
    pub attempts: i32,
    /// Tries after which the server may have it though nobody heard its answer.
    pub unsure: i32,
    /// What the mail server answered last.
    pub answer: Option<String>,
}

impl Crossing {
    /// A limit is spent and refuses all; else, if it refused, one request that asked for more than was
    /// left.
    pub fn stops(&self) -> bool {
        self.blocked && self.spent >= self.fires_at
    }
}

impl Threshold {
    /// Most addresses besides the owners'.
    pub const MOST_ADDRESSES: usize = 10;
}

impl Store {
    /// The thresholds of the organization and what is in it.
    pub async fn thresholds(&self, caller: &Caller) -> Result<Vec<Threshold>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT t.id AS "id!", t.scope AS "scope!", t.scope_id AS "scope_id!", t.period AS "period!", t.amount AS "amount?", t.percent AS "percent?",
                b.amount AS "budget?", c.crossed_at AS "crossed_at?", c.silent AS "silent?", t.addresses AS "addresses!",
                (SELECT m.role FROM project_members m WHERE m.org_id = t.org_id AND m.user_id = $2 AND m.project_id =
                    COALESCE((SELECT a.project_id FROM api_keys a WHERE (a.org_id, a.id) = (t.org_id, t.scope_id)), t.scope_id)
                ) AS role
             FROM thresholds t
             LEFT JOIN budgets_in_force b ON (b.org_id, b.scope, b.scope_id, b.period) = (t.org_id, t.scope, t.scope_id, t.period)
             LEFT JOIN counters k ON (k.org_id, k.scope, k.scope_id, k.period) = (t.org_id, t.scope, t.scope_id, t.period)
                AND k.starts <= (SELECT exq_now()) AND (SELECT exq_now()) < k.ends
             LEFT JOIN crossings c ON c.org_id = t.org_id AND c.kind = 'threshold' AND c.subject_id = t.id
                AND c.counter_id = k.id AND c.fires_at = COALESCE(t.amount, round(b.amount * t.percent / 100, 12))
             WHERE t.org_id = $1
             ORDER BY t.scope, t.scope_id, COALESCE(t.amount, b.amount * t.percent / 100), t.id"#,
            caller.org.uuid(),
            caller.user().map(UserId::uuid)
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                let budget = row.budget.as_ref().map(usd).transpose()?;
                let level = level(row.amount.as_ref(), row.percent)?;
                let scope = scope(&row.scope, row.scope_id)?;
                let role = row.role.as_deref().map(ProjectRole::from_column);
                let sets = match scope {
                    Scope::Org(_) => caller.may(Action::EditLimits),
                    Scope::Project(_) | Scope::Key(_) => {
                        Who::new(caller.role, role).may(Action::EditProjectLimits)
                    }
                };
                Ok(Threshold {
                    id: ThresholdId::from_uuid(row.id),
                    scope,
                    period: period(&row.period)?,
                    fires_at: level.fires_at(budget),
                    level,
                    crossed_at: row.crossed_at,
                    silent: row.silent.unwrap_or(false),
                    addresses: if sets.is_ok() { row.addresses } else { Vec::new() },
                })
            })
            .collect()
    }

    /// Adds a threshold that mails the owners alone.
    pub async fn set_threshold(
        &self,
        caller: &Caller,
        on: Scope,
        per: Period,
        level: Level,
    ) -> Result<SetThreshold, StoreError> {
        self.add_threshold(caller, on, per, level, &[]).await
    }

    /// Adds a threshold that mails the owners and these addresses. If it is at or below what is
    /// spent, it is marked passed and mails nobody in this window. More addresses than
    /// [`Threshold::MOST_ADDRESSES`] are a conflict, and so are those of people who are no members,
    /// but for an owner of the organization. So is one more than [`most::THRESHOLDS`].
    pub async fn add_threshold(
        &self,
        caller: &Caller,
        on: Scope,
        per: Period,
        level: Level,
        addresses: &[Email],
    ) -> Result<SetThreshold, StoreError> {
        let addresses: Vec<String> = addresses.iter().map(|it| it.as_str().to_owned()).collect();
        let id = ThresholdId::generate();
        let (amount, percent) = match level {
            Level::Amount(amount) => (Some(numeric(amount)), None),
            Level::Percent(percent) => (None, i32::try_from(percent).ok()),
        };
        let mut tx = self.change(caller).await?;
        let project = may_limit(&mut tx, caller, on).await?;
        may_name(&mut tx, caller, &addresses, &[]).await?;
        let counter = lock(&mut tx, caller.org, on, per).await?;
        let (kind, scope_id) = scope_parts(on);
        sqlx::query!(
            "INSERT INTO thresholds (org_id, id, scope, scope_id, period, amount, percent, set_by, addresses)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            caller.org.uuid(),
            id.uuid(),
            kind,
            scope_id,
            per.as_str(),
            amount,
            percent,
            caller.user().map(UserId::uuid),
            &addresses
        )
        .execute(&mut **tx)
        .await?;
        few(&mut tx, caller, on, per).await?;
        let marked = mark_passed(&mut tx, caller.org, counter, Some(id)).await?;
        let change = Change::new(Kind::ThresholdSet, id)
            .now("scope", on)
            .now("window", per.as_str())
            .now("level", words(level))
            .personal("addresses", None::<String>, listed(&addresses));
        tx.commit(Change { project, ..change }).await?;
        Ok(SetThreshold { id, already_passed: marked > 0 })
    }

    /// Removes a threshold; what it has mailed stays in the history.
    pub async fn remove_threshold(
        &self,
        caller: &Caller,
        id: ThresholdId,
    ) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let row = sqlx::query!(
            "SELECT scope, scope_id, period, amount, percent, addresses FROM thresholds WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let (on, per) = (scope(&row.scope, row.scope_id)?, period(&row.period)?);
        let project = may_limit(&mut tx, caller, on).await?;
        lock(&mut tx, caller.org, on, per).await?;
        let removed = sqlx::query!(
            "DELETE FROM thresholds WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        let change = Change::new(Kind::ThresholdRemoved, id)
            .gone("scope", on)
            .gone("window", per.as_str())
            .gone("level", words(level(row.amount.as_ref(), row.percent)?))
            .personal("addresses", listed(&row.addresses), None::<String>);
        tx.commit(Change { project, ..change }).await
    }

    /// The newest hundred alerts with the delivery of their mails.
    pub async fn crossings(&self, caller: &Caller) -> Result<Vec<Crossing>, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT c.id AS "id!", c.kind AS "kind!", k.scope AS "scope!", k.scope_id AS "scope_id!", k.period AS "period!",
                c.fires_at AS "fires_at!", c.spent AS "spent!", c.crossed_at AS "crossed_at!", c.silent AS "silent!",
                COALESCE(p.name, a.name, o.name) AS "name!", COALESCE(p.id, a.project_id) AS project,
                (SELECT jsonb_agg(jsonb_build_object('recipient', m.recipient, 'state', m.state,
                    'attempts', m.attempts, 'unsure', m.unsure, 'answer', m.answer) ORDER BY m.recipient)
                 FROM outbox m WHERE m.org_id = c.org_id AND m.params -> 'crossings' ? c.id::text) AS deliveries,
                s.at AS "seen_at?", u.name AS "seen_by?"
             FROM crossings c JOIN counters k ON k.org_id = c.org_id AND k.id = c.counter_id
             JOIN organizations o ON o.org_id = c.org_id
             LEFT JOIN projects p ON (p.org_id, p.id) = (k.org_id, k.scope_id)
             LEFT JOIN api_keys a ON (a.org_id, a.id) = (k.org_id, k.scope_id)
             LEFT JOIN acknowledged s ON (s.org_id, s.crossing_id) = (c.org_id, c.id)
             LEFT JOIN users u ON u.id = s.user_id
             WHERE c.org_id = $1 ORDER BY c.crossed_at DESC, c.id LIMIT 100"#,
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Crossing {
                    id: CrossingId::from_uuid(row.id),
                    blocked: row.kind != "threshold",
                    usage_limit: row.scope == "usage",
                    scope: match row.scope.as_str() {
                        "usage" => Scope::Org(caller.org),
                        kind => scope(kind, row.scope_id)?,
                    },
                    scope_name: row.name,
                    project: row.project.map(ProjectId::from_uuid),
                    period: period(&row.period)?,
                    fires_at: usd(&row.fires_at)?,
                    spent: usd(&row.spent)?,
                    crossed_at: row.crossed_at,
                    silent: row.silent,
                    deliveries: row
                        .deliveries
                        .map(serde_json::from_value)
                        .transpose()
                        .map_err(|_| StoreError::Damaged("a delivery"))?
                        .unwrap_or_default(),
                    acknowledged: row.seen_at.map(|at| Acknowledged { by: row.seen_by, at }),
                })
            })
            .collect()
    }
}

/// Stops unless the caller may have these addresses mailed: an owner of the organization any, others
/// those of members, and those that were named before.
pub(crate) async fn may_name(
    tx: &mut Tx,
    caller: &Caller,
    addresses: &[String],
    before: &[String],
) -> Result<(), StoreError> {
    if addresses.len() > Threshold::MOST_ADDRESSES {
        return Err(StoreError::Conflict(Conflict::ThresholdAddresses));
    }
    if caller.may(Action::EditLimits).is_ok() {
        return Ok(());
    }
    let strangers = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM unnest($2::text[]) AS a (email) WHERE a.email <> ALL ($3) AND NOT EXISTS (
            SELECT FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.org_id = $1 AND u.email = a.email)) AS "any!""#,
        caller.org.uuid(),
        addresses,
        before
    )
    .fetch_one(&mut **tx)
    .await?;
    if strangers { Err(StoreError::Conflict(Conflict::ThresholdStrangers)) } else { Ok(()) }
}

/// Stops if there are more thresholds of the scope and window than may be.
async fn few(tx: &mut Tx, caller: &Caller, on: Scope, per: Period) -> Result<(), StoreError> {
    let (kind, scope_id) = scope_parts(on);
    let all = sqlx::query_scalar!(
        r#"SELECT count(*) AS "all!" FROM thresholds WHERE (org_id, scope, scope_id, period) = ($1, $2, $3, $4)"#,
        caller.org.uuid(),
        kind,
        scope_id,
        per.as_str()
    )
    .fetch_one(&mut **tx)
    .await?;
    if all > i64::from(most::THRESHOLDS) {
        return Err(StoreError::Conflict(Conflict::TooManyThresholds));
    }
    Ok(())
}

pub(crate) fn level(
    amount: Option<&BigDecimal>,
    percent: Option<i32>,
) -> Result<Level, StoreError> {
    Ok(match amount {
        Some(amount) => Level::Amount(usd(amount)?),
        None => Level::Percent(percent.and_then(|p| u32::try_from(p).ok()).unwrap_or(100)),
    })
}

/// Addresses for the audit log; none if there are none.
pub(crate) fn listed(addresses: &[String]) -> Option<String> {
    (!addresses.is_empty()).then(|| addresses.join(", "))
}

pub(crate) fn words(level: Level) -> String {
    match level {
        Level::Amount(amount) => format!("{amount} USD"),
        Level::Percent(percent) => format!("{percent}% of the budget"),
    }
}
