//! `/{org}/usage.csv`: what the page with the same query shows, as a file: one line for each span
//! and group that was used, written span by span.

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    response::Response,
};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{Caller, TokenClass, window::Window};
use futures_util::{Stream, stream};
use store::{
    Names, Store,
    slices::{Ask, Dimension, Grain, Only, Slice},
};

use super::asked::Asked;
use crate::{
    pages::spending::question::value_of,
    web::{App, Failure, Member, attachment, go, harmless, lines},
};

/// What a file is made of.
struct File {
    store: Store,
    caller: Caller,
    grain: Grain,
    by: Vec<Dimension>,
    only: Only,
}

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
    let stretch = &asked.stretch;
    let whole = stretch.window();
    let (first, last) = stretch.dates_of(&whole);
    let name = format!("usage-{first}_{last}.csv");
    let begun = stretch.spans.iter().filter(|span| span.starts <= asked.now).copied();
    let spans: Vec<Window> = begun.collect();
    let file = File {
        store: app.store,
        caller: member.caller,
        grain: stretch.grain,
        by: asked.question.dimensions(),
        only: asked.only(),
    };
    Ok(attachment(&name, Body::from_stream(file.stream(spans))))
}

impl File {
    /// The names of the columns, then span by span: no more than one is in memory.
    fn stream(self, spans: Vec<Window>) -> impl Stream<Item = io::Result<Bytes>> {
        let first = lines(std::iter::once(columns(&self.by)));
        stream::try_unfold(
            (self, Some(first), spans.into_iter()),
            async |(file, first, mut spans)| {
                if let Some(first) = first {
                    return Ok(Some((Bytes::from(first?), (file, None, spans))));
                }
                let Some(span) = spans.next() else { return Ok(None) };
                let written = file.span(span).await?;
                Ok(Some((Bytes::from(written), (file, None, spans))))
            },
        )
    }

    async fn span(&self, span: Window) -> io::Result<Vec<u8>> {
        let bounds = [span.starts, span.ends];
        let ask = Ask { bounds: &bounds, grain: self.grain, by: &self.by, only: &self.only };
        let slices = self.store.slices(&self.caller, ask).await.map_err(io::Error::other)?;
        let names = self.store.names(&self.caller, &slices).await.map_err(io::Error::other)?;
        lines(slices.iter().map(|slice| cells(span, &self.by, slice, &names)))
    }
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

fn cells(span: Window, by: &[Dimension], slice: &Slice, names: &Names) -> Vec<String> {
    let exact = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut cells = vec![exact(span.starts), exact(span.ends)];
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
        let span = Window {
            label: "2026-11-18".parse().unwrap(),
            starts: "2026-11-17T23:00:00Z".parse().unwrap(),
            ends: "2026-11-18T23:00:00Z".parse().unwrap(),
        };
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
