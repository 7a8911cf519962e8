//! The log as a file: what a spreadsheet opens and `exchequer audit verify` reads.

use std::io::Read;

use csv::{
    QuoteStyle, ReaderBuilder, StringRecord, StringRecordsIntoIter, Terminator, WriterBuilder,
};

use super::{Body, Damage, Entry, Fault, SignedHead};

/// The columns; the first seven say again what the body says.
const COLUMNS: [&str; 10] =
    ["seq", "id", "at", "action", "actor", "subject", "project", "body", "personal", "hash"];

/// Why a file is not an export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Not a file with comma-separated values, or not to be read.
    #[error("the file can’t be read as comma-separated values")]
    Csv(#[from] csv::Error),
    /// Other columns.
    #[error("this is no export of an audit log: its columns should be {}", COLUMNS.join(", "))]
    Columns,
    /// What is read is not as it was written.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The first lines of a file: the head, and the columns' names.
pub fn top(head: &SignedHead) -> String {
    let at = head.head.at.format("%Y-%m-%d %H:%M:%S UTC");
    format!(
        "# Exchequer audit log of {}: {} entries up to {at}\n# head {head}\n{}\n",
        head.head.org,
        head.head.count,
        COLUMNS.join(",")
    )
}

/// The head that a file's first lines carry.
pub fn head_of(file: &str) -> Option<SignedHead> {
    let line = file.lines().take(3).find_map(|line| line.strip_prefix("# head "))?;
    line.parse().ok()
}

/// The lines of entries. What a spreadsheet would take for a formula begins with an apostrophe,
/// which [`Export`] takes away.
pub fn rows<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Vec<u8>, ExportError> {
    let mut csv = WriterBuilder::new()
        .quote_style(QuoteStyle::Necessary)
        .terminator(Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    for entry in entries {
        let said = entry.read().map(|body| columns(&body)).unwrap_or_default();
        let personal = serde_json::to_string(&entry.personal).unwrap_or_default();
        let kept = [entry.body.clone(), personal, entry.hash.to_string()];
        csv.write_record(said.iter().chain(&kept).map(|value| guarded(value)))?;
    }
    csv.into_inner().map_err(|error| ExportError::Csv(error.into_error().into()))
}

/// The entries of a file, as they come.
pub struct Export<R> {
    records: StringRecordsIntoIter<R>,
    read: u64,
}

impl<R: Read> Export<R> {
    /// Reads the first lines.
    pub fn open(file: R) -> Result<Self, ExportError> {
        let mut csv = ReaderBuilder::new().comment(Some(b'#')).flexible(true).from_reader(file);
        if csv.headers()? != &StringRecord::from(COLUMNS.to_vec()) {
            return Err(ExportError::Columns);
        }
        Ok(Self { records: csv.into_records(), read: 0 })
    }

    /// The next entry; its columns are compared with its body.
    fn entry(&self, record: &StringRecord) -> Result<Entry, Fault> {
        let fault = |damage| Fault { seq: self.read, damage };
        let unreadable = || fault(Damage::Unreadable);
        if record.len() != COLUMNS.len() {
            return Err(unreadable());
        }
        let values: Vec<&str> = record.iter().map(unguarded).collect();
        let [said @ .., body, personal, hash] = &values[..] else { return Err(unreadable()) };
        let entry = Entry {
            body: (*body).to_owned(),
            personal: serde_json::from_str(personal)
                .map_err(|_| fault(Damage::Column { name: "personal" }))?,
            hash: hash.parse().map_err(|_| fault(Damage::Column { name: "hash" }))?,
        };
        let body = entry.read().ok_or_else(unreadable)?;
        let truth = columns(&body);
        let other = COLUMNS.iter().zip(said.iter().zip(&truth)).find(|(_, (said, is))| *said != is);
        match other {
            Some((name, _)) => Err(Fault { seq: body.seq, damage: Damage::Column { name } }),
            None => Ok(entry),
        }
    }
}

impl<R: Read> Iterator for Export<R> {
    type Item = Result<Entry, ExportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.records.next()?;
        self.read += 1;
        Some(record.map_err(ExportError::from).and_then(|record| Ok(self.entry(&record)?)))
    }
}

fn columns(body: &Body) -> [String; 7] {
    [
        body.seq.to_string(),
        body.id.to_string(),
        body.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        body.action.clone(),
        body.actor.clone(),
        body.subject.clone(),
        body.project.map(|id| id.to_string()).unwrap_or_default(),
    ]
}

fn guarded(value: &str) -> String {
    let apostrophe =
        if value.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) { "'" } else { "" };
    format!("{apostrophe}{value}")
}

fn unguarded(value: &str) -> &str {
    value.strip_prefix('\'').unwrap_or(value)
}
