//! Closed loop: as many requests as a number of connections allows, by wrk.

use std::{net::SocketAddr, path::Path, process::Command};

use anyhow::{Context as _, bail};
use serde::Deserialize;

const SCRIPT: &str = include_str!("../wrk.lua");

/// What a client asks for.
pub(crate) const BODY: &str =
    r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hello!"}],"max_tokens":64}"#;

/// Who is asked, and how.
pub(crate) struct Load<'a> {
    pub(crate) targets: &'a [SocketAddr],
    pub(crate) connections: usize,
    /// A file with a key in each line, and how many of them are used.
    pub(crate) keys: (&'a Path, usize),
    pub(crate) seconds: u64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Answered {
    pub(crate) requests: u32,
    microseconds: u32,
    failed: u32,
    /// Half of the answers came within so many microseconds.
    pub(crate) p50: u32,
    /// And 99 in a hundred within these.
    pub(crate) p99: u32,
}

impl Answered {
    pub(crate) fn per_second(&self) -> f64 {
        f64::from(self.requests) * 1e6 / f64::from(self.microseconds)
    }
}

/// Connections of a load are spread evenly over its targets; each gets at least one.
pub(crate) fn run(load: &Load<'_>) -> anyhow::Result<Answered> {
    let folder = load.keys.0.parent().context("the keys' file has no folder")?;
    let script = folder.join("wrk.lua");
    std::fs::write(&script, SCRIPT)?;
    let threads = load.targets.len();
    let connections = load.connections.next_multiple_of(threads);
    let targets: Vec<String> = load.targets.iter().map(ToString::to_string).collect();
    let output = Command::new("wrk")
        .args(["-t", &threads.to_string(), "-c", &connections.to_string()])
        .args(["-d", &format!("{}s", load.seconds), "-s"])
        .arg(&script)
        .arg(format!("http://{}", targets[0]))
        .env("TARGETS", targets.join(" "))
        .env("KEYS", load.keys.0)
        .env("COUNT", load.keys.1.to_string())
        .env("BODY", BODY)
        .output()
        .context("wrk can't be started")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find(|line| line.starts_with('{'));
    let line = line
        .with_context(|| format!("wrk says: {said}{}", String::from_utf8_lossy(&output.stderr)))?;
    let answered: Answered = serde_json::from_str(line)?;
    if answered.failed > 0 || answered.requests == 0 {
        bail!("{} of {} requests failed: {said}", answered.failed, answered.requests);
    }
    Ok(answered)
}
