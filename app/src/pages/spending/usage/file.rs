//! `/{org}/usage.csv`: what the page with the same query shows, as a file: one line for each span
//! and group that was used, written span by span. Larger ones are written while nobody waits:
//! [`crate::pages::spending::exports`].

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    response::Response,
};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Caller, TokenClass};
use futures_util::{Stream, stream};
use store::{
    Names, Store, UsageFile,
    slices::{Dimension, Slice},
    system::Piece,
};

use super::asked::Asked;
use crate::{
    pages::spending::question::value_of,
    web::{App, Failure, Member, attachment, go, harmless, lines},
};

/// `GET`. An address with something wrong in it has no file, because nobody would see what was left
/// out: it leads to the page, which says it.
pub(in crate::pages::spending) async fn send(
    State(app): State<App>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let asked = Asked::read(&app, &member, query.as_deref()).await?;
    if !asked.faults.is_empty() {
        return Ok(go(format!("{}?{}", member.path("usage"), query.unwrap_or_default())));
    }
    let stream = stream(app.store, member.caller, asked.file());
    Ok(attachment(&asked.file_name(), Body::from_stream(stream)))
}

impl Asked {
    /// What it is called: by its first and last day, and what it tells apart.
    pub(in crate::pages::spending) fn file_name(&self) -> String {
        let (first, last) = self.stretch.dates_of(&self.stretch.window());
        let by: Vec<_> = self.question.dimensions().iter().map(|it| it.as_str()).collect();
        format!("usage-{first}_{last}-by-{}.csv", by.join("-"))
    }

    /// What has begun; there is a first piece even if nothing has.
    pub(in crate::pages::spending) fn file(&self) -> UsageFile {
        let mut bounds = self.stretch.bounds();
        bounds.truncate(self.begun().max(1) + 1);
        let (grain, by, only) = (self.stretch.grain, self.question.dimensions(), self.only());
        UsageFile { grain, by, only, bounds }
    }
}

/// Piece by piece: no more than one is in memory.
fn stream(store: Store, caller: Caller, file: UsageFile) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((store, caller, file, 0), async |(store, caller, file, place)| {
        let Some(ask) = file.piece(place) else { return Ok(None) };
        let slices = store.slices(&caller, ask).await.map_err(io::Error::other)?;
        let names = store.names(&caller, &slices).await.map_err(io::Error::other)?;
        let written = piece(&file, place, &slices, &names)?;
        Ok(Some((Bytes::from(written), (store, caller, file, place + 1))))
    })
}

/// As the scheduler writes it.
pub fn usage_piece(at: &Piece, slices: &[Slice], names: &Names) -> io::Result<Vec<u8>> {
    piece(&at.file, at.place, slices, names)
}

/// The lines of a stretch, and the names of the columns before those of the first.
fn piece(file: &UsageFile, place: usize, slices: &[Slice], names: &Names) -> io::Result<Vec<u8>> {
    let stretch = file.bounds.get(place).zip(file.bounds.get(place + 1));
    let (starts, ends) = stretch.ok_or(io::ErrorKind::InvalidInput)?;
    let head = (place == 0).then(|| columns(&file.by));
    let rows = slices.iter().map(|slice| cells([*starts, *ends], &file.by, slice, names));
    lines(head.into_iter().chain(rows))
}

fn columns(by: &[Dimension]) -> Vec<String> {
    let mut columns = vec!["starts_at".to_owned(), "ends_at".to_owned()];
    for dimension in by {
        let word = dimension.as_str();
        match dimension {
            Dimension::Model => columns.push(word.to_owned()),
            Dimension::Tag => columns.extend([word.to_owned(), format!("{word}_value")]),
            _ => columns.extend([format!("{word}_id"), format!("{word}_name")]),
        }
    }
    columns.extend(["requests", "requests_estimated", "requests_unpriced"].map(ToOwned::to_owned));
    columns.extend(TokenClass::ALL.map(|class| format!("{}_tokens", class.as_str())));
    columns.push("charge_usd".to_owned());
    columns
}

fn cells(span: [DateTime<Utc>; 2], by: &[Dimension], slice: &Slice, names: &Names) -> Vec<String> {
    let exact = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut cells = span.map(exact).to_vec();
    let group = slice.apart();
    for dimension in by {
        cells.push(harmless(value_of(*dimension, &group)));
        if *dimension != Dimension::Model {
            cells.push(harmless(names.label(*dimension, slice)));
        }
    }
    let totals = &slice.totals;
    let counts = [totals.requests, totals.estimated, totals.unpriced];
    cells.extend(counts.map(|count| count.to_string()));
    cells.extend(totals.tokens.by_class().map(|count| count.to_string()));
    cells.push(totals.charge.to_string());
    cells
}

#[cfg(test)]
mod tests {
    use domain::Usd;
    use store::{slices::Apart, usage::Totals};

    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_amounts_stay_numbers() {
        let span = ["2026-11-17T23:00:00Z", "2026-11-18T23:00:00Z"].map(|at| at.parse().unwrap());
        let by = [Dimension::Model];
        for (model, cell) in [
            ("gpt-4.1", "gpt-4.1"),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("a,b\n", "\"a,b\n\""),
        ] {
            let apart = Apart { model: Some(model.to_owned()), ..Apart::default() };
            let charge = Usd::from_pico(-1);
            let totals = Totals { requests: 1, charge, ..Totals::default() };
            let row = cells(span, &by, &Slice::of(0, apart, totals), &Names::default());
            assert_eq!(row.len(), columns(&by).len());
            let line = String::from_utf8(lines(std::iter::once(row)).unwrap()).unwrap();
            let expected = format!(
                "2026-11-17T23:00:00Z,2026-11-18T23:00:00Z,{cell},1,0,0,0,0,0,0,0,0,0,0,0,0,-0.000000000001\r\n"
            );
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn columns_say_what_they_hold() {
        let line =
            lines(std::iter::once(columns(&[Dimension::Project, Dimension::Model]))).unwrap();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "starts_at,ends_at,project_id,project_name,model,requests,requests_estimated,requests_unpriced,\
             input_tokens,cached_tokens,cache_write_tokens,cache_write_1h_tokens,audio_input_tokens,image_input_tokens,\
             output_tokens,reasoning_tokens,audio_output_tokens,image_output_tokens,charge_usd\r\n"
        );
    }
}
