//! `reconcile`.

use std::process::ExitCode;

use serde_json::json;
use store::Store;

use crate::{cli::Output, say};

/// Says whether the ledger agrees with itself; the exit code is 1 if not.
pub async fn run(store: &Store, output: &Output) -> anyhow::Result<ExitCode> {
    let difference = store.system().reconcile().await?;
    match (&difference, output.json) {
        (None, true) => say::json(&json!({ "clean": true }))?,
        (None, false) => say::line("Clean: events, rollups, counters and open requests agree."),
        (Some(found), true) => {
            say::json(&json!({ "clean": false, "what": found.what, "detail": found.detail }))?;
        }
        (Some(found), false) => say::line(format!("Not clean. {found}")),
    }
    Ok(if difference.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
