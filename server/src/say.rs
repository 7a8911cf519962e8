//! What the program says to whoever started it; everything else goes to the log.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the one module that prints")]

use serde::Serialize;

/// A line for a person.
pub fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// One JSON object for a program.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}

/// Why a command failed.
pub fn error(text: impl std::fmt::Display) {
    eprintln!("exchequer: {text}");
}
