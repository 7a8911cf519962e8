//! `audit verify`: whether an export of an audit log is as it was written.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use domain::audit::{Chain, Export, ExportError, Fault, Hash, Head, SignedHead, Whole, head_of};
use serde_json::json;

use crate::{
    cli::{Audit, Output},
    say,
};

/// Runs the command; the exit code is 1 if the export is not whole.
pub fn run(audit: &Audit) -> anyhow::Result<ExitCode> {
    let Audit::Verify { file, head, key, output } = audit;
    check_signature(head, key.as_ref())?;
    check_owner(file, &head.head)?;
    let verdict = match walk(file, head.head) {
        Err(ExportError::Fault(fault)) => Err(fault),
        Err(other) => return Err(other).with_context(|| file.display().to_string()),
        Ok(whole) => Ok(whole),
    };
    match &verdict {
        Ok(whole) => tell_whole(whole, head, key.is_some(), output)?,
        Err(fault) => tell_fault(fault, output)?,
    }
    Ok(if verdict.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_signature(head: &SignedHead, key: Option<&Hash>) -> anyhow::Result<()> {
    identity::check_head(head)?;
    if key.is_some_and(|key| key.0 != head.key) {
        bail!("the head is signed with another key: {}", head.key_text());
    }
    Ok(())
}

/// An export says whose it is. Its own head is not believed beyond that.
fn check_owner(file: &Path, head: &Head) -> anyhow::Result<()> {
    let opened = File::open(file).with_context(|| format!("{} can’t be read", file.display()))?;
    let lines = BufReader::new(opened).lines().take(2);
    // What is no text here is told when the whole file is read.
    let top: Vec<String> = lines.map_while(Result::ok).collect();
    match head_of(&top.join("\n")) {
        Some(own) if own.head.org != head.org => {
            bail!("the head is of {}, the file of {}", head.org, own.head.org)
        }
        _ => Ok(()),
    }
}

fn walk(file: &Path, head: Head) -> Result<Whole, ExportError> {
    let file = File::open(file).map_err(|error| ExportError::Csv(error.into()))?;
    let mut chain = Chain::new(Some(head));
    for entry in Export::open(BufReader::new(file))? {
        chain.push(&entry?)?;
    }
    Ok(chain.end()?)
}

fn tell_whole(
    whole: &Whole,
    head: &SignedHead,
    known: bool,
    output: &Output,
) -> anyhow::Result<()> {
    let (entries, key) = (whole.end.count, head.key_text());
    let until = whole.last.as_ref().map(|last| last.at);
    if output.json {
        return say::json(&json!({
            "whole": true, "entries": entries, "covered": head.head.count, "until": until, "key": key,
            "personal_values_missing": whole.without,
        }));
    }
    let until = until.map(|at| at.format("%-d %b %Y, %H:%M:%S UTC").to_string());
    say::line(format!("{}, whole up to {}.", count(entries), until.unwrap_or_default()));
    match entries - head.head.count {
        0 => {}
        1 => say::line(
            "The last one is newer than the head: only a newer head shows that none followed.",
        ),
        newer => say::line(format!(
            "The last {newer} are newer than the head: only a newer head shows that none followed."
        )),
    }
    match whole.without {
        0 => {}
        1 => say::line("1 personal value is not there: erased, or taken out of the file."),
        more => say::line(format!(
            "{more} personal values are not there: erased, or taken out of the file."
        )),
    }
    if !known {
        say::line(format!(
            "The head is signed with {key}. Compare it with the key of your installation, or give it with --key."
        ));
    }
    Ok(())
}

fn tell_fault(fault: &Fault, output: &Output) -> anyhow::Result<()> {
    let sentence = fault.to_string();
    if output.json {
        return say::json(&json!({
            "whole": false, "entry": fault.seq, "damage": fault.damage.as_str(), "sentence": sentence,
        }));
    }
    say::line(format!("Not whole: {sentence}."));
    Ok(())
}

fn count(entries: u64) -> String {
    match entries {
        1 => "1 entry".to_owned(),
        more => format!("{more} entries"),
    }
}
