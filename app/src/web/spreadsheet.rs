//! Files of comma-separated values, which people open in spreadsheets.

use std::io;

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse as _, Response},
};
use csv::{Terminator, Writer, WriterBuilder};

/// The answer that a browser keeps as a file of this name.
pub fn attachment(name: &str, body: Body) -> Response {
    let name = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, &name),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, body).into_response()
}

/// Lines as RFC 4180 has them.
pub fn lines(rows: impl Iterator<Item = Vec<String>>) -> io::Result<Vec<u8>> {
    let mut csv: Writer<Vec<u8>> =
        WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        csv.write_record(row)?;
    }
    csv.into_inner().map_err(|error| io::Error::other(error.into_error()))
}

/// What a spreadsheet would take for a formula begins with an apostrophe.
pub fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text }
}
