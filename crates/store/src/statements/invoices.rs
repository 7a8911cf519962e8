//! What a provider asks for a cycle, kept beside its statement.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Action, Caller, Usd,
    audit::{Change, Kind},
    invoice::Item,
    window::Window,
};

use super::{closing::one, head};
use crate::{
    Conflict, Store, StoreError,
    money::{numeric, usd},
    tx::Tx,
};

/// A provider's invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// When it was sent here.
    pub kept: DateTime<Utc>,
    /// What it asks, by name.
    pub items: Vec<Item>,
}

impl Store {
    /// Keeps an invoice beside the statement of the cycle of this label, in place of the one before. A
    /// cycle that is not closed is a conflict.
    pub async fn keep_invoice(
        &self,
        caller: &Caller,
        label: NaiveDate,
        items: &[Item],
    ) -> Result<(), StoreError> {
        caller.may(Action::EditBilling)?;
        let mut tx = self.change(caller).await?;
        one(&mut tx, caller).await?;
        let cycle = head(&mut tx, caller, label).await?.window.starts;
        sqlx::query!(
            "DELETE FROM invoices WHERE org_id = $1 AND cycle = $2",
            caller.org.uuid(),
            cycle
        )
        .execute(&mut **tx)
        .await?;
        let kept = sqlx::query!(
            "INSERT INTO invoices (org_id, cycle) SELECT org_id, cycle FROM statements WHERE org_id = $1 AND cycle = $2",
            caller.org.uuid(),
            cycle
        )
        .execute(&mut **tx)
        .await?;
        if kept.rows_affected() == 0 {
            return Err(StoreError::Conflict(Conflict::CycleOpen));
        }
        let (names, amounts): (Vec<String>, Vec<_>) =
            items.iter().map(|item| (item.name.clone(), numeric(item.amount))).unzip();
        sqlx::query!(
            "INSERT INTO invoice_items (org_id, cycle, item, amount)
             SELECT $1, $2, i.item, i.amount FROM unnest($3::text[], $4::numeric[]) AS i (item, amount)",
            caller.org.uuid(),
            cycle,
            &names,
            &amounts
        )
        .execute(&mut **tx)
        .await?;
        let total: Usd = items.iter().map(|item| item.amount).sum();
        let change = Change::new(Kind::InvoiceKept, label.format("%Y-%m"));
        tx.commit(change.now("items", items.len()).now("amount_usd", total)).await
    }

    /// Forgets the invoice of the cycle of this label.
    pub async fn remove_invoice(
        &self,
        caller: &Caller,
        label: NaiveDate,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditBilling)?;
        let mut tx = self.change(caller).await?;
        let cycle = head(&mut tx, caller, label).await?.window.starts;
        let removed = sqlx::query!(
            "DELETE FROM invoices WHERE org_id = $1 AND cycle = $2",
            caller.org.uuid(),
            cycle
        )
        .execute(&mut **tx)
        .await?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        tx.commit(Change::new(Kind::InvoiceRemoved, label.format("%Y-%m"))).await
    }
}

pub(super) async fn read(
    tx: &mut Tx,
    caller: &Caller,
    window: Window,
) -> Result<Option<Invoice>, StoreError> {
    let kept = sqlx::query_scalar!(
        "SELECT kept_at FROM invoices WHERE org_id = $1 AND cycle = $2",
        caller.org.uuid(),
        window.starts
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(kept) = kept else { return Ok(None) };
    let rows = sqlx::query!(
        "SELECT item, amount FROM invoice_items WHERE org_id = $1 AND cycle = $2 ORDER BY item",
        caller.org.uuid(),
        window.starts
    )
    .fetch_all(&mut **tx)
    .await?;
    let item = |name, amount: &_| Ok(Item { name, amount: usd(amount)? });
    let items: Result<_, StoreError> =
        rows.into_iter().map(|row| item(row.item, &row.amount)).collect();
    Ok(Some(Invoice { kept, items: items? }))
}
