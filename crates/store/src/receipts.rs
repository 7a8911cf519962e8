//! Receipts of refusals, for people.

use chrono::{DateTime, Utc};
use domain::{Action, BudgetId, Caller, KeyId, Period, ReceiptId, Scope, Usd};

use crate::{
    Store, StoreError,
    budgets::{period, scope},
    money::usd,
    slice_names::nameless,
};

/// Why requests of a key were not forwarded in a quarter of an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its id, as the API's answer names it.
    pub id: ReceiptId,
    /// What said no, with its numbers at the first refusal.
    pub by: RefusedBy,
    /// Nothing was refused: the budget is observed only, and would have refused.
    pub observed: bool,
    /// What the limit concerns.
    pub scope: Scope,
    /// That thing's label.
    pub scope_name: String,
    /// When the window ends; for a guard, when it refused.
    pub resets_at: DateTime<Utc>,
    /// How many requests were refused.
    pub count: u64,
    /// The first of them.
    pub first_at: DateTime<Utc>,
    /// The last of them so far.
    pub last_at: DateTime<Utc>,
    /// The label of the key's project.
    pub project_name: String,
    /// The key's label.
    pub key_name: String,
    /// The key's last four characters; none for what is not a key of a project.
    pub key_last_four: Option<String>,
    /// The key, if it is one of a project.
    pub key: Option<KeyId>,
    /// Which change of the limit refused.
    pub revision: i32,
    /// Who had set the limit as it was then, if the audit log tells; for owners alone.
    pub set_then: Option<SetThen>,
    /// The limit as it is now; none if it was removed.
    pub now: Option<LimitNow>,
    /// Everything that the limit refused in this window, of what the caller sees.
    pub in_window: u64,
}

/// What said no. Amounts are none for who does not see what the scope spends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedBy {
    /// A budget.
    Budget(Period, Option<Numbers>),
    /// What the organization's tier allows in a month.
    UsageLimit(Option<Numbers>),
    /// Requests or tokens in a time, of a project and model.
    Rate {
        /// Of which model.
        model: String,
        /// Tokens; else requests.
        tokens: bool,
        /// In a day; else in a minute.
        daily: bool,
        /// The most.
        limit: u64,
        /// What was used of it.
        used: u64,
        /// What the request needed.
        wanted: u64,
    },
    /// The key's guard: requests at once.
    Running {
        /// The most.
        most: u64,
        /// As many ran.
        running: u64,
    },
    /// The key's guard: what one request may cost.
    Request {
        /// The most.
        most: Usd,
        /// What it could have cost.
        bound: Usd,
    },
}

/// A budget or usage limit at a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Its amount.
    pub amount: Usd,
    /// Of which this was spent.
    pub spent: Usd,
    /// And this was held by running requests.
    pub held: Usd,
    /// What the request could have cost, at most; receipts of earlier versions do not know it.
    pub bound: Option<Usd>,
}

/// An entry of the audit log: the change that was in force at a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetThen {
    /// The address of who made it; none for who has no account any more.
    pub by: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A limit after a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitNow {
    /// Its amount in dollars; none for a rate limit.
    pub amount: Option<Usd>,
    /// Counts its changes.
    pub revision: i32,
    /// The address of who set it last, if a member still; for owners alone.
    pub set_by: Option<String>,
    /// When.
    pub set_at: DateTime<Utc>,
}

/// A row of the table, with what is beside it.
struct Row {
    kind: String,
    observed: bool,
    model: Option<String>,
    scope: String,
    scope_id: sqlx::types::Uuid,
    scope_name: String,
    period: String,
    limit_id: sqlx::types::Uuid,
    amount: sqlx::types::BigDecimal,
    spent: sqlx::types::BigDecimal,
    held: sqlx::types::BigDecimal,
    bound: Option<sqlx::types::BigDecimal>,
    resets_at: DateTime<Utc>,
    count: i64,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    revision: i32,
    key_id: sqlx::types::Uuid,
    project_name: String,
    key_name: Option<String>,
    last_four: Option<String>,
    now_amount: Option<sqlx::types::BigDecimal>,
    now_revision: Option<i32>,
    now_set_at: Option<DateTime<Utc>>,
    now_set_by: Option<String>,
    in_window: i64,
}

impl Store {
    /// The receipt, if it is the caller's organization's.
    pub async fn receipt(&self, caller: &Caller, id: ReceiptId) -> Result<Receipt, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let row = sqlx::query_as!(
            Row,
            r#"SELECT r.kind AS "kind!", r.observed AS "observed!", r.model, r.scope AS "scope!", r.period AS "period!",
                r.limit_id AS "limit_id!", r.amount AS "amount!", r.spent AS "spent!",
                r.held AS "held!", r.bound, r.resets_at AS "resets_at!", r.count AS "count!", r.first_at AS "first_at!",
                r.last_at AS "last_at!", r.revision AS "revision!",
                CASE r.scope WHEN 'org' THEN r.org_id WHEN 'project' THEN r.project_id ELSE r.key_id END AS "scope_id!",
                CASE r.scope WHEN 'org' THEN o.name WHEN 'project' THEN p.name ELSE COALESCE(k.name, '') END AS "scope_name!",
                r.key_id AS "key_id!", p.name AS "project_name!", k.name AS "key_name?", k.last_four AS "last_four?",
                COALESCE(b.amount, t.usage_limit) AS now_amount,
                COALESCE(b.revision, l.revision, t.tier::integer) AS now_revision,
                COALESCE(b.set_at, l.set_at, t.tier_since) AS now_set_at, u.email AS "now_set_by?",
                (SELECT sum(s.count)::bigint FROM receipts s WHERE s.org_id = r.org_id AND s.kind = r.kind
                    AND s.limit_id = r.limit_id AND s.model IS NOT DISTINCT FROM r.model
                    AND s.period = r.period AND s.observed = r.observed
                    AND (s.resets_at = r.resets_at OR r.period IN ('minute', 'request') AND s.quarter = r.quarter)) AS "in_window!"
             FROM receipts r JOIN organizations o USING (org_id)
             JOIN projects p ON (p.org_id, p.id) = (r.org_id, r.project_id)
             LEFT JOIN api_keys k ON (k.org_id, k.id) = (r.org_id, r.key_id)
             LEFT JOIN budgets_in_force b ON r.kind = 'budget' AND (b.org_id, b.id) = (r.org_id, r.limit_id)
             LEFT JOIN rate_limits l ON r.kind IN ('requests', 'tokens')
                AND (l.org_id, l.project_id, l.model) = (r.org_id, r.project_id, r.model)
             LEFT JOIN LATERAL (SELECT t.usage_limit, t.tier, o.tier_since FROM tiers t
                WHERE t.tier <= o.tier ORDER BY t.tier DESC LIMIT 1) t ON r.kind = 'usage_limit'
             LEFT JOIN users u ON u.id = COALESCE(b.set_by, l.set_by)
             WHERE r.org_id = $1 AND r.id = $2"#,
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        let whole = caller.may(Action::SeeWhole).is_ok();
        let set_then = if caller.may(Action::SeeAudit).is_ok() {
            set_then(&mut tx, caller, &row).await?
        } else {
            None
        };
        row.receipt(id, whole, set_then)
    }
}

impl Row {
    fn receipt(
        self,
        id: ReceiptId,
        whole: bool,
        set_then: Option<SetThen>,
    ) -> Result<Receipt, StoreError> {
        let scope = scope(&self.scope, self.scope_id)?;
        let by = self.by(!matches!(scope, Scope::Org(_)) || whole)?;
        let now = match (self.now_revision, self.now_set_at) {
            (Some(revision), Some(set_at)) => Some(LimitNow {
                amount: self.now_amount.as_ref().map(usd).transpose()?,
                revision,
                set_by: self.now_set_by.filter(|_| whole),
                set_at,
            }),
            _ => None,
        };
        Ok(Receipt {
            id,
            by,
            observed: self.observed,
            scope,
            scope_name: self.scope_name,
            resets_at: self.resets_at,
            count: u64::try_from(self.count).unwrap_or(0),
            first_at: self.first_at,
            last_at: self.last_at,
            project_name: self.project_name,
            key: self.key_name.as_ref().map(|_| KeyId::from_uuid(self.key_id)),
            key_name: self.key_name.unwrap_or_else(|| nameless(self.key_id).to_owned()),
            key_last_four: self.last_four,
            revision: self.revision,
            set_then,
            now,
            in_window: u64::try_from(self.in_window).unwrap_or(0),
        })
    }

    fn by(&self, sees: bool) -> Result<RefusedBy, StoreError> {
        let money = || {
            Ok::<_, StoreError>(Numbers {
                amount: usd(&self.amount)?,
                spent: usd(&self.spent)?,
                held: usd(&self.held)?,
                bound: self.bound.as_ref().map(usd).transpose()?,
            })
        };
        let whole = |number: &sqlx::types::BigDecimal| {
            number
                .to_plain_string()
                .split('.')
                .next()
                .and_then(|digits| digits.parse().ok())
                .ok_or(StoreError::Damaged("a receipt"))
        };
        Ok(match self.kind.as_str() {
            "budget" => RefusedBy::Budget(period(&self.period)?, Some(money()?).filter(|_| sees)),
            "usage_limit" => RefusedBy::UsageLimit(Some(money()?).filter(|_| sees)),
            "requests" | "tokens" => RefusedBy::Rate {
                model: self.model.clone().unwrap_or_default(),
                tokens: self.kind == "tokens",
                daily: self.period == "day",
                limit: whole(&self.amount)?,
                used: whole(&self.spent)?,
                wanted: whole(&self.held)?,
            },
            "running" => {
                RefusedBy::Running { most: whole(&self.amount)?, running: whole(&self.spent)? }
            }
            "request" => RefusedBy::Request { most: usd(&self.amount)?, bound: usd(&self.held)? },
            _ => return Err(StoreError::Damaged("a receipt")),
        })
    }
}

/// The last change of the limit before the refusal, as the audit log has it: of a budget itself; of a
/// key, what made it or changed its guards. Rate limits tell it in their own row.
async fn set_then(
    tx: &mut crate::tx::Tx,
    caller: &Caller,
    row: &Row,
) -> Result<Option<SetThen>, StoreError> {
    let (subject, fact) = match row.kind.as_str() {
        "budget" => (BudgetId::from_uuid(row.limit_id).to_string(), "amount_usd"),
        "running" => (KeyId::from_uuid(row.limit_id).to_string(), "max_running"),
        "request" => (KeyId::from_uuid(row.limit_id).to_string(), "max_request_usd"),
        _ => return Ok(None),
    };
    let entry = sqlx::query!(
        r#"SELECT at, personal -> 'actor' ->> 'value' AS by FROM audit_entries
         WHERE org_id = $1 AND subject = $2 AND at <= $3 AND body::jsonb -> 'changes' ? $4
         ORDER BY seq DESC LIMIT 1"#,
        caller.org.uuid(),
        subject,
        row.first_at,
        fact
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(entry.map(|entry| SetThen { by: entry.by, at: entry.at }))
}
