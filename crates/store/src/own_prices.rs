//! What models cost an organization: the price book's price, or one of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    Action, Caller, Price, PriceId, TokenClass, Usd, UserId,
    audit::{Change, Kind},
    most,
    price::{Rates, dollars, in_force, to_json},
    window::first_instant,
};

use crate::{
    Conflict, Store, StoreError,
    money::{numeric, usd},
    organizations::zone,
    system::prices::{own_price, rates},
    tx::{Tx, one_at_a_time},
};

/// A version of an organization's own price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPrice {
    /// The version.
    pub id: PriceId,
    /// The model's name.
    pub model: String,
    /// From when on it holds.
    pub from: DateTime<Utc>,
    /// It has not begun: it can be taken back.
    pub planned: bool,
    /// What tokens cost, and each request; none: the price book's price holds again.
    pub terms: Option<(Rates, Usd)>,
}

impl Store {
    /// The organization's own prices: those in force, by model, and the planned ones.
    pub async fn own_prices(&self, caller: &Caller) -> Result<Vec<OwnPrice>, StoreError> {
        caller.may(Action::EditOrganization)?;
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            r#"WITH all_versions AS (
                SELECT id, model, effective_from, rates, per_request, effective_from > exq_now() AS planned,
                    lead(effective_from) OVER (PARTITION BY model ORDER BY effective_from) <= exq_now() AS over
                FROM own_prices WHERE org_id = $1)
             SELECT id, model, effective_from, rates, per_request, planned AS "planned!" FROM all_versions
             WHERE over IS NOT TRUE AND (planned OR rates IS NOT NULL) ORDER BY model, effective_from"#,
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                let listed = row.rates.as_ref().map(rates).transpose()?;
                let per_request = usd(&row.per_request)?;
                Ok(OwnPrice {
                    id: PriceId::from_uuid(row.id),
                    model: row.model,
                    from: row.effective_from,
                    planned: row.planned,
                    terms: listed.map(|(rates, _)| (rates, per_request)),
                })
            })
            .collect()
    }

    /// The price book's versions in force, which every member may know.
    pub async fn book_prices(&self, caller: &Caller) -> Result<Vec<Price>, StoreError> {
        caller.may(Action::List)?;
        self.system().prices().await
    }

    /// What each model costs the organization now, by its name: its own price, else the price book's. What
    /// requests are charged with, every member sees on their pages; so every member may ask.
    pub async fn prices_in_force(
        &self,
        caller: &Caller,
    ) -> Result<BTreeMap<String, Price>, StoreError> {
        caller.may(Action::List)?;
        let book = in_force::preferred(self.system().prices().await?);
        let mut tx = self.tenant(caller).await?;
        let rows = sqlx::query!(
            "SELECT id, model, rates, per_request FROM (
                SELECT DISTINCT ON (model) id, model, rates, per_request
                FROM own_prices WHERE org_id = $1 AND effective_from <= exq_now()
                ORDER BY model, effective_from DESC) o
             WHERE rates IS NOT NULL",
            caller.org.uuid()
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut list = book.clone();
        for row in rows {
            let price = own_price(row.id, row.model, row.rates, row.per_request)?;
            if let Some(price) = in_force::own(price, &book) {
                list.insert(price.model.clone(), price);
            }
        }
        Ok(list)
    }

    /// Sets what a model costs the organization from a day on, at its beginning in the organization's
    /// zone, or from now on. No terms: the price book's price holds again. No version is changed. One
    /// more than [`most::OWN_PRICES`] in force or planned is a conflict.
    ///
    /// The usage limit, which is the installation's, counts what own prices say: cheaper than the book
    /// is for an owner who operates the installation, else [`Conflict::PriceBelowBook`].
    pub async fn set_own_price(
        &self,
        caller: &Caller,
        model: &str,
        terms: Option<(Rates, Usd)>,
        day: Option<NaiveDate>,
    ) -> Result<PriceId, StoreError> {
        caller.may(Action::EditOrganization)?;
        if let Some((rates, per_request)) = &terms
            && self.is_below_book(model, rates, *per_request).await?
            && !self.is_operated_by(caller).await?
        {
            return Err(StoreError::Conflict(Conflict::PriceBelowBook));
        }
        let id = PriceId::generate();
        let mut tx = self.change(caller).await?;
        one_at_a_time(&mut tx, "own prices", caller.org.uuid()).await?;
        let at = sqlx::query!(
            r#"SELECT exq_now() AS "now!", zone FROM organizations WHERE org_id = $1"#,
            caller.org.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let from = match day {
            Some(day) => first_instant(day, zone(&at.zone)?),
            None => at.now,
        };
        if from < at.now {
            return Err(StoreError::Conflict(Conflict::PriceInThePast));
        }
        sqlx::query!(
            "INSERT INTO own_prices (org_id, id, model, effective_from, rates, per_request, set_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            caller.org.uuid(),
            id.uuid(),
            model,
            from,
            terms.map(|(rates, _)| to_json(&rates, &[])),
            numeric(terms.map_or(Usd::ZERO, |(_, per_request)| per_request)),
            caller.user().map(UserId::uuid)
        )
        .execute(&mut **tx)
        .await?;
        few(&mut tx, caller).await?;
        let change = Change::new(Kind::PriceSet, model).now("from", from.to_rfc3339());
        let change = match terms {
            Some((rates, per_request)) => TokenClass::ALL
                .into_iter()
                .filter_map(|class| Some((class, rates.own(class)?)))
                .fold(change, |change, (class, rate)| {
                    change.now(class.as_str(), format!("${} per 1M tokens", dollars(rate)))
                })
                .now("per_request", format!("${per_request}")),
            None => change.now("price", "as in the price book"),
        };
        tx.commit(change).await?;
        Ok(id)
    }

    async fn is_below_book(
        &self,
        model: &str,
        rates: &Rates,
        per_request: Usd,
    ) -> Result<bool, StoreError> {
        let book = self.system().prices().await?;
        let mut listed = book.iter().filter(|price| price.model == model);
        Ok(listed.any(|price| price.is_undercut_by(rates, per_request)))
    }

    async fn is_operated_by(&self, caller: &Caller) -> Result<bool, StoreError> {
        match caller.user() {
            Some(user) => self.system().operates(user).await,
            None => Ok(false),
        }
    }

    /// Takes back a price that has not begun; [`StoreError::NotFound`] if it has.
    pub async fn take_back_own_price(
        &self,
        caller: &Caller,
        id: PriceId,
    ) -> Result<(), StoreError> {
        caller.may(Action::EditOrganization)?;
        let mut tx = self.change(caller).await?;
        let gone = sqlx::query!(
            "DELETE FROM own_prices WHERE org_id = $1 AND id = $2 AND effective_from > exq_now()
             RETURNING model, effective_from",
            caller.org.uuid(),
            id.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let change = Change::new(Kind::PriceRemoved, gone.model);
        tx.commit(change.gone("from", gone.effective_from.to_rfc3339())).await
    }

    /// Whether requests for models without a known price pass.
    pub async fn unpriced_pass(&self, caller: &Caller) -> Result<bool, StoreError> {
        caller.may(Action::List)?;
        let mut tx = self.tenant(caller).await?;
        let word = sqlx::query_scalar!(
            "SELECT unpriced FROM organizations WHERE org_id = $1",
            caller.org.uuid()
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(word == "allow")
    }

    /// Lets requests for models without a known price pass, or refuses them.
    pub async fn let_unpriced_pass(&self, caller: &Caller, pass: bool) -> Result<(), StoreError> {
        caller.may(Action::EditOrganization)?;
        let word = |pass| if pass { "allow" } else { "block" };
        let mut tx = self.change(caller).await?;
        let old = sqlx::query_scalar!(
            "SELECT unpriced FROM organizations WHERE org_id = $1 FOR NO KEY UPDATE",
            caller.org.uuid()
        )
        .fetch_one(&mut **tx)
        .await?;
        let change = Change::new(Kind::OrganizationUpdated, caller.org);
        let change = change.moved("unpriced", &old, word(pass));
        if change.facts.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "UPDATE organizations SET unpriced = $2 WHERE org_id = $1",
            caller.org.uuid(),
            word(pass)
        )
        .execute(&mut **tx)
        .await?;
        tx.commit(change).await
    }
}

/// Stops if the organization has more prices in force or planned than may be.
async fn few(tx: &mut Tx, caller: &Caller) -> Result<(), StoreError> {
    let all = sqlx::query_scalar!(
        r#"SELECT count(*) AS "all!" FROM (
            SELECT rates, effective_from > exq_now() AS planned,
                lead(effective_from) OVER (PARTITION BY model ORDER BY effective_from) <= exq_now() AS over
            FROM own_prices WHERE org_id = $1) v
         WHERE over IS NOT TRUE AND (planned OR rates IS NOT NULL)"#,
        caller.org.uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    if all > i64::from(most::OWN_PRICES) {
        return Err(StoreError::Conflict(Conflict::TooManyPrices));
    }
    Ok(())
}
