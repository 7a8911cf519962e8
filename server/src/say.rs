//! What the program says to whoever started it; everything else goes to the log.

use std::io::Write as _;

use serde::Serialize;

/// A line for a person. Who listens no more (`exchequer doctor | head -1`) is no fault.
pub fn line(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// One JSON object for a program.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string(value)?);
    Ok(())
}

/// Why a command failed.
pub fn error(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "exchequer: {text}");
}
