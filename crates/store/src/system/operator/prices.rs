//! The price book, as the operator sees and fills it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Price, price::Listed};

use super::{Operator, pattern};
use crate::{
    StoreError,
    system::prices::{Row, Versions},
};

/// A version of the price book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookVersion {
    /// What it says.
    pub price: Price,
    /// From when on it holds.
    pub from: DateTime<Utc>,
    /// Where the numbers come from.
    pub source: String,
    /// Whether it has begun, and whether a later one has.
    pub standing: BookStanding,
}

/// A version to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// What it says.
    pub listed: Listed,
    /// From the beginning of which day in UTC on it holds; none for now.
    pub day: Option<NaiveDate>,
    /// Where the numbers come from.
    pub source: String,
}

/// Where a version stands in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookStanding {
    /// It holds from a later day on.
    Planned,
    /// It holds.
    InForce,
    /// Another one holds.
    Over,
}

impl Operator<'_> {
    /// Versions whose provider or model has the text in it, by model, the newest of each first: at
    /// most so many behind the first `skipped`.
    pub async fn price_book(
        &self,
        search: &str,
        skipped: u32,
        most: u16,
    ) -> Result<Vec<BookVersion>, StoreError> {
        let mut tx = self.system().begin().await?;
        let rows = sqlx::query!(
            r#"SELECT id, provider, model, rates, per_request, context_tokens, max_output_tokens, source, effective_from,
                effective_from > exq_now() AS "planned!",
                COALESCE(lead(effective_from) OVER (PARTITION BY provider, model ORDER BY effective_from) <= exq_now(),
                    false) AS "over!"
             FROM prices WHERE lower(provider || ' ' || model) LIKE $1
             ORDER BY provider, model, effective_from DESC LIMIT $2 OFFSET $3"#,
            pattern(search),
            i64::from(most),
            i64::from(skipped)
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                let standing = match (row.planned, row.over) {
                    (true, _) => BookStanding::Planned,
                    (false, true) => BookStanding::Over,
                    (false, false) => BookStanding::InForce,
                };
                let price = Row {
                    id: row.id,
                    provider: row.provider,
                    model: row.model,
                    rates: row.rates,
                    per_request: row.per_request,
                    context: row.context_tokens,
                    max_output: row.max_output_tokens,
                };
                Ok(BookVersion {
                    price: price.price()?,
                    from: row.effective_from,
                    source: row.source,
                    standing,
                })
            })
            .collect()
    }

    /// The version of each model that holds last: in force, or planned.
    pub async fn latest_prices(&self) -> Result<Vec<Price>, StoreError> {
        let mut tx = self.system().begin().await?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT DISTINCT ON (provider, model) id, provider, model, rates, per_request,
                 context_tokens AS context, max_output_tokens AS max_output
             FROM prices ORDER BY provider, model, effective_from DESC"#
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter().map(Row::price).collect()
    }

    /// Adds versions, each from now on or from the beginning of a later day in UTC;
    /// [`StoreError::NotFound`] for a day that has begun. Says how many were added: one that is there
    /// already is never changed.
    pub async fn add_prices(&self, prices: &[NewVersion]) -> Result<u64, StoreError> {
        let mut tx = self.system().begin().await?;
        let now = sqlx::query_scalar!(r#"SELECT exq_now() AS "now!""#).fetch_one(&mut *tx).await?;
        let mut versions = Versions::default();
        for NewVersion { listed, day, source } in prices {
            let from = day.map_or(now, |day| day.and_time(chrono::NaiveTime::MIN).and_utc());
            if from < now {
                return Err(StoreError::NotFound);
            }
            versions.push(listed, from, None, source);
        }
        let added = versions.insert(&mut tx).await?;
        tx.commit().await?;
        tracing::info!(operator = %self.user, added, "an operator added prices");
        Ok(added)
    }
}
