//! Budgets: an amount per window that blocks when reached.

use chrono::{DateTime, Utc};
use domain::{
    Action, BudgetId, Caller, KeyId, OrgId, Period, ProjectId, Scope, ThresholdId, Usd, UserId,
    audit::{Change, Kind},
    window::Window,
};
use ledger::{Counted, Place};
use sqlx::types::Uuid;

use crate::{
    Store, StoreError,
    money::{numeric, usd},
    place::place,
    system::{counter, window},
    tx::{self, Tx},
};

/// A budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Its id.
    pub id: BudgetId,
    /// What it limits.
    pub scope: Scope,
    /// That thing's label.
    pub scope_name: String,
    /// Per what.
    pub period: Period,
    /// The amount that is in force: its own, or that of a raise.
    pub amount: Usd,
    /// Its own amount, without raises.
    pub own_amount: Usd,
    /// It counts what it would refuse, and refuses nothing.
    pub observe: bool,
    /// When the raise ends that is in force.
    pub raised_until: Option<DateTime<Utc>>,
    /// The address of who set it last, if a member still; for owners alone.
    pub set_by: Option<String>,
    /// When.
    pub set_at: DateTime<Utc>,
}

/// What a scope has spent in its current window, with its budget if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetStatus {
    /// The budget.
    pub budget: Option<Budget>,
    /// The current window.
    pub window: Window,
    /// Charges booked in it.
    pub spent: Usd,
    /// Bounds of the running requests.
    pub held: Usd,
    /// How many that is.
    pub running: u32,
    /// Forwarded requests that are done.
    pub requests: u64,
    /// Requests that this scope's budget refused in the window.
    pub refused: u64,
    /// Requests that it would have refused in the window, had it not been observed only.
    pub observed: u64,
}

/// A budget that was just set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetBudget {
    /// Its id.
    pub id: BudgetId,
    /// The amount of the budget for the same scope and window that it stands in the place of.
    pub replaced: Option<Usd>,
    /// The amount is spent already: it refuses every request, unless it is observed only.
    pub reached: bool,
    /// Thresholds that it put at or below what is spent: passed, and nobody is mailed.
    pub passed: u64,
}

impl Store {
    /// The organization's budgets: its own first, then by project and key.
    pub async fn budgets(&self, caller: &Caller) -> Result<Vec<Budget>, StoreError> {
        caller.may(Action::List)?;
        let whole = caller.may(Action::SeeWhole).is_ok();
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"SELECT b.id AS "id!", b.scope AS "scope!", b.scope_id AS "scope_id!", b.period AS "period!",
                b.amount AS "amount!", b.own_amount AS "own_amount!", b.observe AS "observe!",
                u.email AS "set_by?", b.set_at AS "set_at!",
                COALESCE(p.name, k.name, o.name) AS "name!",
                (SELECT max(r.ends) FROM raises r WHERE r.org_id = b.org_id AND r.budget_id = b.id
                    AND r.amount = b.amount AND r.amount > b.own_amount
                    AND r.starts <= exq_now() AND exq_now() < r.ends) AS raised_until
             FROM budgets_in_force b JOIN organizations o USING (org_id)
             LEFT JOIN projects p ON (p.org_id, p.id) = (b.org_id, b.scope_id)
             LEFT JOIN api_keys k ON (k.org_id, k.id) = (b.org_id, b.scope_id)
             LEFT JOIN users u ON u.id = b.set_by
             WHERE b.org_id = $1 ORDER BY b.scope = 'org' DESC, b.scope DESC, 10, b.period"#,
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Budget {
                    id: BudgetId::from_uuid(row.id),
                    scope: scope(&row.scope, row.scope_id)?,
                    scope_name: row.name,
                    period: period(&row.period)?,
                    amount: usd(&row.amount)?,
                    own_amount: usd(&row.own_amount)?,
                    observe: row.observe,
                    raised_until: row.raised_until,
                    set_by: row.set_by.filter(|_| whole),
                    set_at: row.set_at,
                })
            })
            .collect()
    }

    /// What the scope has spent in its current window.
    pub async fn budget_status(
        &self,
        caller: &Caller,
        on: Scope,
        per: Period,
    ) -> Result<BudgetStatus, StoreError> {
        let budget =
            self.budgets(caller).await?.into_iter().find(|b| b.scope == on && b.period == per);
        let mut tx = self.counting(caller).await?;
        may_see(&mut tx, caller, on).await?;
        let (window, id) = current_counter(&mut tx, caller.org, on, per).await?;
        let row = sqlx::query!(
            r#"SELECT spent, held, running, requests, r.refused AS "refused!", r.observed AS "observed!"
             FROM counters k CROSS JOIN LATERAL (
                SELECT COALESCE(sum(r.count) FILTER (WHERE NOT r.observed), 0)::bigint AS refused,
                    COALESCE(sum(r.count) FILTER (WHERE r.observed), 0)::bigint AS observed
                FROM receipts r WHERE r.org_id = $1 AND r.kind = 'budget' AND r.limit_id = $3
                AND r.quarter >= k.starts AND r.quarter < k.ends) r
             WHERE org_id = $1 AND id = $2"#,
            caller.org.uuid(),
            id,
            budget.as_ref().map_or(Uuid::nil(), |budget| budget.id.uuid())
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(BudgetStatus {
            budget,
            window,
            spent: usd(&row.spent)?,
            held: usd(&row.held)?,
            running: u32::try_from(row.running).unwrap_or(0),
            requests: u64::try_from(row.requests).unwrap_or(0),
            refused: u64::try_from(row.refused).unwrap_or(0),
            observed: u64::try_from(row.observed).unwrap_or(0),
        })
    }

    /// Makes or changes the budget of a scope and window, and keeps whether it is observed only.
    pub async fn set_budget(
        &self,
        caller: &Caller,
        on: Scope,
        per: Period,
        amount: Usd,
    ) -> Result<BudgetId, StoreError> {
        Ok(self.save_budget(caller, on, per, amount, None).await?.id)
    }

    /// Makes or changes the budget of a scope and window: there is one, and a second takes its place.
    /// It is in force with the next batch. Without `observe` one that there is keeps whether it is
    /// observed only. Thresholds that the new amount puts at or below what is spent are marked passed,
    /// without a mail.
    pub async fn save_budget(
        &self,
        caller: &Caller,
        on: Scope,
        per: Period,
        amount: Usd,
        observe: Option<bool>,
    ) -> Result<SetBudget, StoreError> {
        let mut tx = self.change(caller).await?;
        let project = may_limit(&mut tx, caller, on).await?;
        let counter = lock(&mut tx, caller.org, on, per).await?;
        let (set, change) = save(&mut tx, caller, (on, per, counter), amount, observe).await?;
        tx.commit(Change { project, ..change }).await?;
        Ok(set)
    }

    /// Removes a budget: nothing is refused for it any more.
    pub async fn remove_budget(&self, caller: &Caller, id: BudgetId) -> Result<(), StoreError> {
        let mut tx = self.change(caller).await?;
        let row = sqlx::query!(
            "SELECT scope, scope_id, period FROM budgets WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let (on, per) = (scope(&row.scope, row.scope_id)?, period(&row.period)?);
        let project = may_limit(&mut tx, caller, on).await?;
        // Like the ledger, so that a batch sees the budget or does not, as a whole.
        lock(&mut tx, caller.org, on, per).await?;
        let amount = sqlx::query_scalar!(
            "DELETE FROM budgets WHERE org_id = $1 AND id = $2 RETURNING amount",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        sqlx::query!(
            "DELETE FROM raises WHERE org_id = $1 AND budget_id = $2",
            caller.org.uuid(),
            id.uuid()
        )
        .execute(&mut **tx)
        .await?;
        let change = Change::new(Kind::BudgetRemoved, id)
            .gone("scope", on)
            .gone("window", per.as_str())
            .gone("amount_usd", usd(&amount)?);
        tx.commit(Change { project, ..change }).await
    }
}

/// Writes a budget whose counter is locked; what the audit log tells of it.
pub(crate) async fn save(
    tx: &mut Tx,
    caller: &Caller,
    (on, per, counter): (Scope, Period, i64),
    amount: Usd,
    observe: Option<bool>,
) -> Result<(SetBudget, Change), StoreError> {
    let (kind, scope_id) = scope_parts(on);
    let old = sqlx::query!(
        "SELECT amount, observe FROM budgets WHERE (org_id, scope, scope_id, period) = ($1, $2, $3, $4)",
        caller.org.uuid(),
        kind,
        scope_id,
        per.as_str()
    )
    .fetch_optional(&mut **tx)
    .await?;
    let replaced = old.as_ref().map(|old| usd(&old.amount)).transpose()?;
    let observed = old.map(|old| old.observe);
    let observe = observe.or(observed).unwrap_or(false);
    let id = sqlx::query_scalar!(
        "INSERT INTO budgets (org_id, id, scope, scope_id, period, amount, set_by, observe)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT ON CONSTRAINT budgets_one DO UPDATE
             SET amount = $6, set_by = $7, observe = $8, set_at = exq_now(), revision = budgets.revision + 1
         RETURNING id",
        caller.org.uuid(),
        BudgetId::generate().uuid(),
        kind,
        scope_id,
        per.as_str(),
        numeric(amount),
        caller.user().map(UserId::uuid),
        observe
    )
    .fetch_one(&mut **tx)
    .await?;
    let passed = mark_passed(tx, caller.org, counter, None).await?;
    let reached = sqlx::query_scalar!(
        r#"SELECT k.spent >= b.amount AS "reached!" FROM counters k, budgets_in_force b
         WHERE k.org_id = $1 AND k.id = $2 AND b.org_id = $1 AND b.id = $3"#,
        caller.org.uuid(),
        counter,
        id
    )
    .fetch_one(&mut **tx)
    .await?;
    let id = BudgetId::from_uuid(id);
    let change = Change::new(Kind::BudgetSet, id)
        .now("scope", on)
        .now("window", per.as_str())
        .maybe("amount_usd", replaced, Some(amount))
        .moved("observe_only", observed.unwrap_or(false), observe);
    Ok((SetBudget { id, replaced, reached, passed }, change))
}

/// The scope's counter of the current window, made if need be.
async fn current_counter(
    tx: &mut Tx,
    org: OrgId,
    on: Scope,
    per: Period,
) -> Result<(Window, i64), StoreError> {
    let at = sqlx::query_scalar!(r#"SELECT exq_now() AS "at!""#).fetch_one(&mut **tx).await?;
    let window = window(tx, org, per, at).await?;
    let place = Place { org, counted: Counted::Scope(on), period: per };
    let id = counter(tx, place, &window).await?;
    Ok((window, id))
}

/// Whoever changes what the scope's counter is compared with locks it first, like the ledger. The
/// end of the audit log is locked before: no request waits for who waits for that.
pub(crate) async fn lock(
    tx: &mut tx::Change,
    org: OrgId,
    on: Scope,
    per: Period,
) -> Result<i64, StoreError> {
    tx.hold_end().await?;
    let (_, counter) = current_counter(tx, org, on, per).await?;
    sqlx::query!("SELECT id FROM counters WHERE id = $1 FOR UPDATE", counter)
        .fetch_one(&mut ***tx)
        .await?;
    Ok(counter)
}

/// Marks a threshold at or below the spend as passed without a mail: a person has just made it so. Without
/// one, all that are shares of the amount that was changed.
pub(crate) async fn mark_passed(
    tx: &mut Tx,
    org: OrgId,
    counter: i64,
    only: Option<ThresholdId>,
) -> Result<u64, StoreError> {
    let marked = sqlx::query!(
        "INSERT INTO crossings (org_id, id, kind, subject_id, counter_id, fires_at, spent, crossed_at, silent)
         SELECT k.org_id, exq_id(), 'threshold', t.id, k.id, l.fires_at, k.spent, exq_now(), true
         FROM counters k
         JOIN thresholds t ON (t.org_id, t.scope, t.scope_id, t.period) = (k.org_id, k.scope, k.scope_id, k.period)
         LEFT JOIN budgets_in_force b ON (b.org_id, b.scope, b.scope_id, b.period) = (k.org_id, k.scope, k.scope_id, k.period)
         CROSS JOIN LATERAL (SELECT COALESCE(t.amount, round(b.amount * t.percent / 100, 12)) AS fires_at) l
         WHERE k.org_id = $1 AND k.id = $2 AND k.spent > 0 AND k.spent >= l.fires_at
            AND CASE WHEN $3::uuid IS NULL THEN t.percent IS NOT NULL ELSE t.id = $3 END
         ON CONFLICT ON CONSTRAINT crossings_once DO NOTHING",
        org.uuid(),
        counter,
        only.map(ThresholdId::uuid)
    )
    .execute(&mut **tx)
    .await?;
    Ok(marked.rows_affected())
}

/// Stops unless the caller may see what this used.
async fn may_see(tx: &mut Tx, caller: &Caller, on: Scope) -> Result<(), StoreError> {
    match project_of(tx, caller, on).await? {
        None => Ok(caller.may(Action::SeeWhole)?),
        Some(project) => Ok(place(tx, caller, project).await?.may(Action::SeeProject)?),
    }
}

/// Stops unless the caller may limit this; the project that it belongs to.
pub(crate) async fn may_limit(
    tx: &mut Tx,
    caller: &Caller,
    on: Scope,
) -> Result<Option<ProjectId>, StoreError> {
    let project = project_of(tx, caller, on).await?;
    match project {
        None => caller.may(Action::EditLimits)?,
        Some(project) => place(tx, caller, project).await?.may(Action::EditProjectLimits)?,
    }
    Ok(project)
}

/// The project that a scope of the organization belongs to, if to one.
async fn project_of(
    tx: &mut Tx,
    caller: &Caller,
    on: Scope,
) -> Result<Option<ProjectId>, StoreError> {
    match on {
        Scope::Org(org) if org == caller.org => Ok(None),
        Scope::Org(_) => Err(StoreError::NotFound),
        Scope::Project(project) => Ok(Some(project)),
        Scope::Key(key) => {
            let project = sqlx::query_scalar!(
                "SELECT project_id FROM api_keys WHERE org_id = $1 AND id = $2",
                caller.org.uuid(),
                key.uuid()
            )
            .fetch_one(&mut **tx)
            .await?;
            Ok(Some(ProjectId::from_uuid(project)))
        }
    }
}

pub(crate) fn scope_parts(on: Scope) -> (&'static str, Uuid) {
    match on {
        Scope::Org(id) => ("org", id.uuid()),
        Scope::Project(id) => ("project", id.uuid()),
        Scope::Key(id) => ("key", id.uuid()),
    }
}

pub(crate) fn scope(kind: &str, id: Uuid) -> Result<Scope, StoreError> {
    match kind {
        "org" => Ok(Scope::Org(OrgId::from_uuid(id))),
        "project" => Ok(Scope::Project(ProjectId::from_uuid(id))),
        "key" => Ok(Scope::Key(KeyId::from_uuid(id))),
        _ => Err(StoreError::Damaged("a scope")),
    }
}

pub(crate) fn period(text: &str) -> Result<Period, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged("a period"))
}
