//! Raises: a budget's amount for a while. A raise ends by itself, by the database's clock.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Action, BudgetId, Caller, Name, Period, RaiseId, Scope, Usd, UserId,
    audit::{Change, Kind},
    most,
};

use crate::{
    Conflict, Store, StoreError,
    budgets::{lock, mark_passed, may_limit, period, scope},
    money::{numeric, usd},
    tx::Tx,
};

/// Raises that ended longer ago are not shown any more.
const SHOWN: TimeDelta = TimeDelta::days(90);
/// A raise lasts no longer.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// A form has minutes: the one that has begun is now.
const FORM: TimeDelta = TimeDelta::minutes(1);

/// A raise to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRaise {
    /// The budget's amount for the while; above its own.
    pub amount: Usd,
    /// From when on; none for now. No more than a minute ago, which is read as now.
    pub starts: Option<DateTime<Utc>>,
    /// When it ends.
    pub ends: DateTime<Utc>,
    /// Why, for who looks at it later.
    pub reason: Name,
}

/// A raise of a budget, that is to come, in force, or over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raise {
    /// Its id.
    pub id: RaiseId,
    /// The budget.
    pub budget: BudgetId,
    /// What that limits.
    pub scope: Scope,
    /// Per what.
    pub period: Period,
    /// The amount for the while.
    pub amount: Usd,
    /// From when on.
    pub starts: DateTime<Utc>,
    /// When it ends.
    pub ends: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// The address of who made it, if a member still; for owners alone.
    pub set_by: Option<String>,
    /// Whether it is in force.
    pub state: RaiseState,
}

/// Where the database's clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RaiseState {
    /// Before it begins.
    ToCome,
    /// Between.
    InForce,
    /// After it ended.
    Over,
}

impl Store {
    /// Raises that are to come, in force, or ended in the last 90 days; the newest first.
    pub async fn raises(&self, caller: &Caller) -> Result<Vec<Raise>, StoreError> {
        caller.may(Action::List)?;
        let whole = caller.may(Action::SeeWhole).is_ok();
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT r.id, r.budget_id, r.amount, r.starts, r.ends, r.reason, u.email AS "set_by?",
                b.scope, b.scope_id, b.period, exq_now() AS "now!"
             FROM raises r JOIN budgets b ON (b.org_id, b.id) = (r.org_id, r.budget_id)
             LEFT JOIN users u ON u.id = r.set_by
             WHERE r.org_id = $1 AND r.ends > exq_now() - make_interval(days => $2)
             ORDER BY r.ends DESC, r.id DESC"#,
            caller.org.uuid(),
            i32::try_from(SHOWN.num_days()).unwrap_or(0)
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Raise {
                    id: RaiseId::from_uuid(row.id),
                    budget: BudgetId::from_uuid(row.budget_id),
                    scope: scope(&row.scope, row.scope_id)?,
                    period: period(&row.period)?,
                    amount: usd(&row.amount)?,
                    starts: row.starts,
                    ends: row.ends,
                    reason: row.reason,
                    set_by: row.set_by.filter(|_| whole),
                    state: if row.now < row.starts {
                        RaiseState::ToCome
                    } else if row.now < row.ends {
                        RaiseState::InForce
                    } else {
                        RaiseState::Over
                    },
                })
            })
            .collect()
    }

    /// Raises a budget for a while. Of several the highest holds. Thresholds that it puts at or below
    /// what is spent are marked passed, without a mail.
    pub async fn raise_budget(
        &self,
        caller: &Caller,
        budget: BudgetId,
        new: &NewRaise,
    ) -> Result<RaiseId, StoreError> {
        let mut tx = self.change(caller).await?;
        let row = sqlx::query!(
            "SELECT scope, scope_id, period FROM budgets WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            budget.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let (on, per) = (scope(&row.scope, row.scope_id)?, period(&row.period)?);
        let project = may_limit(&mut tx, caller, on).await?;
        let counter = lock(&mut tx, caller.org, on, per).await?;
        let row = sqlx::query!(
            r#"SELECT amount, exq_now() AS "now!" FROM budgets WHERE org_id = $1 AND id = $2"#,
            caller.org.uuid(),
            budget.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let own = usd(&row.amount)?;
        let starts = match new.starts {
            Some(starts) if starts < row.now - FORM => {
                return Err(StoreError::Conflict(Conflict::RaisePast));
            }
            starts => starts.map_or(row.now, |starts| starts.max(row.now)),
        };
        fits(new, own, starts, row.now)?;
        let id = RaiseId::generate();
        sqlx::query!(
            "INSERT INTO raises (org_id, id, budget_id, amount, starts, ends, reason, set_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            caller.org.uuid(),
            id.uuid(),
            budget.uuid(),
            numeric(new.amount),
            starts,
            new.ends,
            new.reason.as_str(),
            caller.user().map(UserId::uuid)
        )
        .execute(&mut **tx)
        .await?;
        few(&mut tx, caller, budget).await?;
        mark_passed(&mut tx, caller.org, counter, None).await?;
        let change = Change::new(Kind::RaiseSet, budget)
            .now("raise", id)
            .now("scope", on)
            .now("window", per.as_str())
            .moved("amount_usd", own, new.amount)
            .now("starts", starts.to_rfc3339())
            .now("ends", new.ends.to_rfc3339())
            .now("reason", &new.reason);
        tx.commit(Change { project, ..change }).await?;
        Ok(id)
    }

    /// Ends a raise now; one that has not begun is taken back. Says which of both it was: in force, or
    /// to come.
    pub async fn end_raise(&self, caller: &Caller, id: RaiseId) -> Result<RaiseState, StoreError> {
        let mut tx = self.change(caller).await?;
        let row = sqlx::query!(
            "SELECT b.id, b.scope, b.scope_id, b.period, b.amount AS own, r.amount, r.ends, r.reason
             FROM raises r JOIN budgets b ON (b.org_id, b.id) = (r.org_id, r.budget_id)
             WHERE r.org_id = $1 AND r.id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let (on, per) = (scope(&row.scope, row.scope_id)?, period(&row.period)?);
        let project = may_limit(&mut tx, caller, on).await?;
        let counter = lock(&mut tx, caller.org, on, per).await?;
        // Who ends it knows: nobody is mailed.
        let begun = sqlx::query_scalar!(
            "WITH begun AS (
                UPDATE raises SET ends = exq_now(), ended_told = true
                WHERE org_id = $1 AND id = $2 AND starts < exq_now() AND exq_now() < ends RETURNING id
             ), taken_back AS (
                DELETE FROM raises WHERE org_id = $1 AND id = $2 AND starts >= exq_now() RETURNING id
             ) SELECT true AS \"begun!\" FROM begun UNION ALL SELECT false FROM taken_back",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_optional(&mut **tx)
        .await?;
        let Some(begun) = begun else { return Err(StoreError::Conflict(Conflict::RaiseEnded)) };
        mark_passed(&mut tx, caller.org, counter, None).await?;
        let change = Change::new(Kind::RaiseEnded, BudgetId::from_uuid(row.id))
            .gone("raise", id)
            .now("scope", on)
            .now("window", per.as_str())
            .moved("amount_usd", usd(&row.amount)?, usd(&row.own)?)
            .gone("ends", row.ends.to_rfc3339())
            .gone("reason", row.reason);
        tx.commit(Change { project, ..change }).await?;
        Ok(if begun { RaiseState::InForce } else { RaiseState::ToCome })
    }
}

/// Stops if the budget has more raises that are not over than may be.
async fn few(tx: &mut Tx, caller: &Caller, budget: BudgetId) -> Result<(), StoreError> {
    let all = sqlx::query_scalar!(
        r#"SELECT count(*) AS "all!" FROM raises WHERE org_id = $1 AND budget_id = $2 AND ends > exq_now()"#,
        caller.org.uuid(),
        budget.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    if all > i64::from(most::RAISES) {
        return Err(StoreError::Conflict(Conflict::TooManyRaises));
    }
    Ok(())
}

/// Stops a raise that is none.
fn fits(
    new: &NewRaise,
    own: Usd,
    starts: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let conflict = if new.amount <= own {
        Conflict::RaiseLow
    } else if new.ends <= now || new.ends <= starts {
        Conflict::RaiseOver
    } else if new.ends - starts.max(now) > LONGEST {
        Conflict::RaiseLong
    } else {
        return Ok(());
    };
    Err(StoreError::Conflict(conflict))
}
