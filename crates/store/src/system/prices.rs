//! The price book that comes with the program, and the versions that are in force.

use bigdecimal::BigDecimal;
use chrono::{DateTime, Utc};
use domain::{
    OrgId, Price, PriceId,
    price::{Listed, Rates, Variant, from_json, table, to_json},
};
use sqlx::{query, types::Uuid};

use crate::{
    StoreError, System,
    money::{numeric, usd},
    tx::Tx,
};

/// One version per line; `prices/README.md` says where the numbers come from.
const BOOK: &str = include_str!("../../prices/book.csv");

/// Who sells what is in nobody's book.
const OWN: &str = "own";

/// Columns of new versions, each as an array parameter.
#[derive(Default)]
pub(super) struct Versions {
    ids: Vec<Uuid>,
    /// Of the built-in book: what its id is made of.
    days: Vec<Option<String>>,
    from: Vec<DateTime<Utc>>,
    providers: Vec<String>,
    models: Vec<String>,
    rates: Vec<String>,
    per_request: Vec<BigDecimal>,
    contexts: Vec<Option<i64>>,
    max_outputs: Vec<Option<i64>>,
    sources: Vec<String>,
}

impl Versions {
    pub(super) fn push(
        &mut self,
        listed: &Listed,
        from: DateTime<Utc>,
        day: Option<&str>,
        source: &str,
    ) {
        self.ids.push(PriceId::generate().uuid());
        self.days.push(day.map(ToOwned::to_owned));
        self.from.push(from);
        self.providers.push(listed.provider.clone());
        self.models.push(listed.model.clone());
        self.rates.push(to_json(&listed.rates, &listed.variants).to_string());
        self.per_request.push(numeric(listed.per_request));
        self.contexts.push(listed.context.map(u64::cast_signed));
        self.max_outputs.push(listed.max_output.map(u64::cast_signed));
        self.sources.push(source.to_owned());
    }

    /// Adds those that are missing, and says how many these were. A version that is there already is
    /// never changed.
    pub(super) async fn insert(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let done = query!(
            "INSERT INTO prices (id, provider, model, effective_from, rates, per_request, context_tokens,
                 max_output_tokens, source)
             SELECT COALESCE(md5(provider || '/' || model || '/' || day)::uuid, id), provider, model, effective_from,
                 rates::jsonb, per_request, context, max_output, source
             FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::numeric[],
                 $8::bigint[], $9::bigint[], $10::text[])
                 AS book (id, day, effective_from, provider, model, rates, per_request, context, max_output, source)
             ORDER BY provider, model, effective_from
             ON CONFLICT DO NOTHING",
            &self.ids,
            &self.days as &[Option<String>],
            &self.from,
            &self.providers,
            &self.models,
            &self.rates,
            &self.per_request,
            &self.contexts as &[Option<i64>],
            &self.max_outputs as &[Option<i64>],
            &self.sources
        )
        .execute(&mut **tx)
        .await?;
        Ok(done.rows_affected())
    }
}

fn built_in() -> Result<Versions, StoreError> {
    let damaged = || StoreError::Damaged("a line of the price book");
    let mut versions = Versions::default();
    for row in table::read(BOOK).map_err(|_| damaged())? {
        let day = &row.effective_from;
        let from = format!("{day}T00:00:00Z").parse().map_err(|_| damaged())?;
        versions.push(&row.listed, from, Some(day), &row.source);
    }
    Ok(versions)
}

/// Columns of a version.
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) rates: serde_json::Value,
    pub(super) per_request: BigDecimal,
    pub(super) context: Option<i64>,
    pub(super) max_output: Option<i64>,
}

impl Row {
    pub(super) fn price(self) -> Result<Price, StoreError> {
        let (rates, variants) = rates(&self.rates)?;
        Ok(Price {
            id: PriceId::from_uuid(self.id),
            provider: self.provider,
            model: self.model,
            rates,
            variants,
            per_request: usd(&self.per_request)?,
            context: self.context.map(i64::cast_unsigned),
            max_output: self.max_output.map(i64::cast_unsigned),
        })
    }
}

/// The column `rates`, read.
pub(crate) fn rates(list: &serde_json::Value) -> Result<(Rates, Vec<Variant>), StoreError> {
    from_json(list).ok_or(StoreError::Damaged("the rates of a price"))
}

impl System<'_> {
    /// Adds the versions of the built-in book that are missing; several nodes may do so at once. An
    /// id is made from provider, model and date, so that it is the same in every installation.
    pub async fn fill_price_book(self) -> Result<(), StoreError> {
        let book = built_in()?;
        let mut tx = self.begin().await?;
        book.insert(&mut tx).await?;
        Ok(tx.commit().await?)
    }

    /// The version in force of every model of every provider.
    pub async fn prices(self) -> Result<Vec<Price>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT DISTINCT ON (provider, model) id, provider, model, rates, per_request,
                 context_tokens AS context, max_output_tokens AS max_output
             FROM prices WHERE effective_from <= exq_now() ORDER BY provider, model, effective_from DESC"#
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter().map(Row::price).collect()
    }

    /// The organizations' own prices that are in force.
    pub async fn own_prices(self) -> Result<Vec<(OrgId, Price)>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = query!(
            "SELECT * FROM (
                SELECT DISTINCT ON (org_id, model) org_id, id, model, rates, per_request
                FROM own_prices WHERE effective_from <= exq_now() ORDER BY org_id, model, effective_from DESC) o
             WHERE rates IS NOT NULL"
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                let price = own_price(row.id, row.model, row.rates, row.per_request)?;
                Ok((OrgId::from_uuid(row.org_id), price))
            })
            .collect()
    }
}

/// An organization's own price from its columns; `rates` are those of a price that is one.
pub(crate) fn own_price(
    id: Uuid,
    model: String,
    rates: Option<serde_json::Value>,
    per_request: BigDecimal,
) -> Result<Price, StoreError> {
    let rates = rates.unwrap_or_default();
    let provider = OWN.to_owned();
    Row { id, provider, model, rates, per_request, context: None, max_output: None }.price()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_book_can_be_read() {
        assert!(built_in().unwrap().ids.len() > 100);
    }
}
