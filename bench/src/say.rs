//! What is printed.

use std::io::Write as _;

/// A line; who listens no more is no fault.
pub(crate) fn line(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
