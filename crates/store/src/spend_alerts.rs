//! Monthly thresholds with an amount, as programs know them: spend alerts.

use domain::{
    Action, Caller, Email, OrgId, Period, Scope, ThresholdId, Usd,
    audit::{Change, Kind},
};
use sqlx::types::Uuid;

use crate::{
    Page, Part, Store, StoreError,
    budgets::{lock, mark_passed, may_limit, scope_parts},
    money::{numeric, usd},
    page::page_of,
    place::place,
    thresholds::may_name,
    tx::Tx,
};

/// A monthly threshold of an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendAlert {
    /// The threshold's id.
    pub id: ThresholdId,
    /// From this amount on.
    pub amount: Usd,
    /// Who is mailed besides the owners.
    pub addresses: Vec<String>,
}

impl Store {
    /// Part of the spend alerts of the organization or of a project.
    pub async fn spend_alerts(
        &self,
        caller: &Caller,
        on: Scope,
        page: &Page<ThresholdId>,
    ) -> Result<Part<SpendAlert>, StoreError> {
        let tx = &mut self.tenant(caller).await?;
        may_see(tx, caller, on).await?;
        let (kind, scope_id) = scope_parts(on);
        let part = page_of!(
            tx,
            caller,
            page,
            "t.id",
            "thresholds t WHERE t.org_id = $1 AND t.scope = $6 AND t.scope_id = $7 AND t.period = 'month' AND t.amount IS NOT NULL",
            kind,
            scope_id
        );
        let rows = read(tx, caller.org, on, &part.rows).await?;
        Ok(part.filled(rows, |alert| alert.id.uuid()))
    }

    /// One of them.
    pub async fn spend_alert(
        &self,
        caller: &Caller,
        on: Scope,
        id: ThresholdId,
    ) -> Result<SpendAlert, StoreError> {
        let mut tx = self.tenant(caller).await?;
        may_see(&mut tx, caller, on).await?;
        read(&mut tx, caller.org, on, &[id.uuid()]).await?.pop().ok_or(StoreError::NotFound)
    }

    /// Changes amount and addresses, new ones of which are as for [`Store::add_threshold`]. An amount at or below what is spent is marked passed, and mails
    /// nobody in this window.
    pub async fn edit_spend_alert(
        &self,
        caller: &Caller,
        on: Scope,
        id: ThresholdId,
        amount: Usd,
        addresses: &[Email],
    ) -> Result<(), StoreError> {
        let addresses: Vec<String> = addresses.iter().map(|it| it.as_str().to_owned()).collect();
        let mut tx = self.change(caller).await?;
        let project = may_limit(&mut tx, caller, on).await?;
        let counter = lock(&mut tx, caller.org, on, Period::Month).await?;
        let old = read(&mut tx, caller.org, on, &[id.uuid()]).await?.pop();
        let old = old.ok_or(StoreError::NotFound)?;
        if (old.amount, &old.addresses) == (amount, &addresses) {
            return Ok(());
        }
        may_name(&mut tx, caller, &addresses, &old.addresses).await?;
        sqlx::query!(
            "UPDATE thresholds SET amount = $3, addresses = $4 WHERE org_id = $1 AND id = $2",
            caller.org.uuid(),
            id.uuid(),
            numeric(amount),
            &addresses
        )
        .execute(&mut **tx)
        .await?;
        mark_passed(&mut tx, caller.org, counter, Some(id)).await?;
        let listed = |addresses: &[String]| (!addresses.is_empty()).then(|| addresses.join(", "));
        let change = Change::new(Kind::ThresholdSet, id)
            .now("scope", on)
            .now("window", Period::Month.as_str())
            .moved("level", format!("{} USD", old.amount), format!("{amount} USD"))
            .personal("addresses", listed(&old.addresses), listed(&addresses));
        tx.commit(Change { project, ..change }).await
    }
}

async fn may_see(tx: &mut Tx, caller: &Caller, on: Scope) -> Result<(), StoreError> {
    match on {
        Scope::Org(org) if org == caller.org => Ok(caller.may(Action::SeeWhole)?),
        Scope::Project(project) => {
            place(tx, caller, project).await?.may(Action::EditProjectLimits)?;
            Ok(())
        }
        Scope::Org(_) | Scope::Key(_) => Err(StoreError::NotFound),
    }
}

async fn read(
    tx: &mut Tx,
    org: OrgId,
    on: Scope,
    ids: &[Uuid],
) -> Result<Vec<SpendAlert>, StoreError> {
    let (kind, scope_id) = scope_parts(on);
    let rows = sqlx::query!(
        r#"SELECT id, amount AS "amount!", addresses FROM thresholds WHERE org_id = $1 AND scope = $2 AND scope_id = $3
            AND period = 'month' AND amount IS NOT NULL AND id = ANY ($4)"#,
        org.uuid(),
        kind,
        scope_id,
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    let alert = |row: (Uuid, bigdecimal::BigDecimal, Vec<String>)| {
        Ok(SpendAlert { id: ThresholdId::from_uuid(row.0), amount: usd(&row.1)?, addresses: row.2 })
    };
    rows.into_iter().map(|row| alert((row.id, row.amount, row.addresses))).collect()
}
