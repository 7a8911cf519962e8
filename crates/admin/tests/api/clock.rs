//! Times.

use chrono::{DateTime, Utc};

/// A time as people write it.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}
