//! The price book that comes with the program, and the versions that are in force.

use bigdecimal::BigDecimal;
use domain::{Price, PriceId, price::PerMillion};
use sqlx::query;

use crate::{StoreError, System, money::usd};

/// One version per line; `prices/README.md` says where the numbers come from.
const BOOK: &str = include_str!("../../prices/book.csv");

/// Columns of [`BOOK`], each as an array parameter. Texts, so that Postgres reads the decimals exactly.
#[derive(Default)]
struct Book<'a> {
    columns: [Vec<&'a str>; 10],
}

impl<'a> Book<'a> {
    fn read(csv: &'a str) -> Result<Self, StoreError> {
        let mut book = Self::default();
        for line in csv.lines().skip(1) {
            let mut fields = line.split(',');
            for column in &mut book.columns {
                column.push(fields.next().ok_or(StoreError::Damaged("a line of the price book"))?);
            }
        }
        Ok(book)
    }
}

impl System<'_> {
    /// Adds the versions of the built-in book that are missing; several nodes may do so at once. An
    /// id is made from provider, model and date, so that it is the same in every installation.
    pub async fn fill_price_book(self) -> Result<(), StoreError> {
        let book = Book::read(BOOK)?;
        let column =
            |at: usize| book.columns[at].iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut tx = self.begin().await?;
        query!(
            "INSERT INTO prices (id, provider, model, effective_from, input, cached, output, per_request,
                 context_tokens, max_output_tokens, source)
             SELECT md5(concat_ws('/', provider, model, effective_from))::uuid, provider, model,
                 (effective_from || 'T00:00:00Z')::timestamptz, input::numeric, cached::numeric, output::numeric,
                 per_request::numeric, NULLIF(context, '')::bigint, NULLIF(max_output, '')::bigint, source
             FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                 $8::text[], $9::text[], $10::text[])
                 AS book (provider, model, effective_from, input, cached, output, per_request, context, max_output,
                     source)
             ORDER BY provider, model, effective_from
             ON CONFLICT ON CONSTRAINT prices_version DO NOTHING",
            &column(0),
            &column(1),
            &column(2),
            &column(3),
            &column(4),
            &column(5),
            &column(6),
            &column(7),
            &column(8),
            &column(9)
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// The version in force of every model of every provider.
    pub async fn prices(self) -> Result<Vec<Price>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = query!(
            "SELECT DISTINCT ON (provider, model) id, provider, model, input, cached, output, per_request,
                 context_tokens, max_output_tokens
             FROM prices WHERE effective_from <= exq_now() ORDER BY provider, model, effective_from DESC"
        )
        .fetch_all(&mut *tx)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Price {
                    id: PriceId::from_uuid(row.id),
                    provider: row.provider,
                    model: row.model,
                    input: per_million(&row.input)?,
                    cached: per_million(&row.cached)?,
                    output: per_million(&row.output)?,
                    per_request: usd(&row.per_request)?,
                    context: row.context_tokens.map(i64::cast_unsigned),
                    max_output: row.max_output_tokens.map(i64::cast_unsigned),
                })
            })
            .collect()
    }
}

fn per_million(dollars: &BigDecimal) -> Result<PerMillion, StoreError> {
    PerMillion::try_from(usd(dollars)?.pico())
        .map_err(|_| StoreError::Damaged("a price is too high"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_every_field() {
        let book = Book::read(BOOK).unwrap();
        let longest = book.columns.iter().map(Vec::len).max();
        assert!(book.columns.iter().all(|column| Some(column.len()) == longest));
        assert!(BOOK.lines().all(|line| line.split(',').count() == 10));
    }
}
