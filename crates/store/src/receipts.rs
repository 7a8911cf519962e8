//! Receipts of refusals, for people.

use chrono::{DateTime, Utc};
use domain::{Action, Caller, Period, ReceiptId, Scope, Usd};

use crate::{
    Store, StoreError,
    budgets::{period, scope},
    money::usd,
};

/// Why requests of a key were not forwarded in a quarter of an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its id, as the API's answer names it.
    pub id: ReceiptId,
    /// What the budget limits.
    pub scope: Scope,
    /// That thing's label.
    pub scope_name: String,
    /// Per what.
    pub period: Period,
    /// The budget's numbers at the first refusal; none for who does not see what the scope spends.
    pub numbers: Option<Numbers>,
    /// When the window ends.
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
    /// The change of the budget that refused.
    pub revision: i32,
    /// The budget as it is now; none if it was removed.
    pub now: Option<BudgetNow>,
    /// Everything that the budget refused in this window, of what the caller sees.
    pub in_window: u64,
}

/// A budget at a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Its amount.
    pub amount: Usd,
    /// Of which this was spent.
    pub spent: Usd,
    /// And this was held by running requests.
    pub held: Usd,
}

/// A budget after a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetNow {
    /// Its amount.
    pub amount: Usd,
    /// Counts its changes.
    pub revision: i32,
    /// The address of who set it last, if a member still; for owners alone.
    pub set_by: Option<String>,
    /// When.
    pub set_at: DateTime<Utc>,
}

impl Store {
    /// The receipt, if it is the caller's organization's.
    pub async fn receipt(&self, caller: &Caller, id: ReceiptId) -> Result<Receipt, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let row = sqlx::query!(
            r#"SELECT r.scope AS "scope!", r.period AS "period!", r.amount AS "amount!", r.spent AS "spent!",
                r.held AS "held!", r.resets_at AS "resets_at!", r.count AS "count!", r.first_at AS "first_at!",
                r.last_at AS "last_at!", r.revision AS "revision!",
                CASE r.scope WHEN 'org' THEN r.org_id WHEN 'project' THEN r.project_id ELSE r.key_id END AS "scope_id!",
                CASE r.scope WHEN 'org' THEN o.name WHEN 'project' THEN p.name ELSE COALESCE(k.name, '') END AS "scope_name!",
                r.key_id AS "key_id!", p.name AS "project_name!", k.name AS "key_name?", k.last_four AS "last_four?",
                b.amount AS "now_amount?", b.revision AS "now_revision?", b.set_at AS "now_set_at?", u.email AS "now_set_by?",
                (SELECT sum(s.count)::bigint FROM receipts s WHERE s.org_id = r.org_id
                    AND s.limit_id = r.limit_id AND s.resets_at = r.resets_at) AS "in_window!"
             FROM receipts r JOIN organizations o USING (org_id)
             JOIN projects p ON (p.org_id, p.id) = (r.org_id, r.project_id)
             LEFT JOIN api_keys k ON (k.org_id, k.id) = (r.org_id, r.key_id)
             LEFT JOIN budgets b ON (b.org_id, b.id) = (r.org_id, r.limit_id)
             LEFT JOIN users u ON u.id = b.set_by
             WHERE r.org_id = $1 AND r.id = $2"#,
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        let now = match (&row.now_amount, row.now_revision, row.now_set_at) {
            (Some(amount), Some(revision), Some(set_at)) => {
                let set_by = row.now_set_by.filter(|_| caller.may(Action::SeeWhole).is_ok());
                Some(BudgetNow { amount: usd(amount)?, revision, set_by, set_at })
            }
            _ => None,
        };
        let scope = scope(&row.scope, row.scope_id)?;
        let sees = !matches!(scope, Scope::Org(_)) || caller.may(Action::SeeWhole).is_ok();
        let numbers =
            Numbers { amount: usd(&row.amount)?, spent: usd(&row.spent)?, held: usd(&row.held)? };
        let nameless = if row.key_id.is_nil() { "Untracked" } else { "Personal key" };
        Ok(Receipt {
            id,
            scope,
            scope_name: row.scope_name,
            period: period(&row.period)?,
            numbers: sees.then_some(numbers),
            resets_at: row.resets_at,
            count: u64::try_from(row.count).unwrap_or(0),
            first_at: row.first_at,
            last_at: row.last_at,
            project_name: row.project_name,
            key_name: row.key_name.unwrap_or_else(|| nameless.to_owned()),
            key_last_four: row.last_four,
            revision: row.revision,
            now,
            in_window: u64::try_from(row.in_window).unwrap_or(0),
        })
    }
}
