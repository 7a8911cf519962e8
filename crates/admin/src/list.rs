//! Lists, as this API writes them.

use std::fmt::Display;

use serde::Serialize;
use store::Part;

/// Part of a list.
#[derive(Debug, Serialize)]
pub(crate) struct List<T> {
    object: &'static str,
    data: Vec<T>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

impl<T> List<T> {
    /// Rows, each with its id.
    pub(crate) fn new(rows: Vec<(impl Display, T)>, has_more: bool) -> Self {
        let id = |row: Option<&(_, T)>| row.map(|(id, _): &(_, T)| ToString::to_string(id));
        let (first_id, last_id) = (id(rows.first()), id(rows.last()));
        let data = rows.into_iter().map(|(_, row)| row).collect();
        Self { object: "list", data, first_id, last_id, has_more }
    }

    /// What the store found.
    pub(crate) fn of<R, I: Display>(
        part: &Part<R>,
        id: impl Fn(&R) -> I,
        show: impl Fn(&R) -> T,
    ) -> Self {
        Self::new(part.rows.iter().map(|row| (id(row), show(row))).collect(), part.more)
    }
}
