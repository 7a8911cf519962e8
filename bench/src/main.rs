//! Measures Exchequer against nginx as a plain reverse proxy in front of the same upstream, in one
//! run on one machine: docs/performance.md tells what the numbers mean.

mod latency;
mod load;
mod node;
mod place;
mod process;
mod run;
mod say;
mod table;

use clap::Parser;

/// How long and how much is measured.
#[derive(Debug, Parser)]
pub(crate) struct Plan {
    /// Seconds of each measurement of throughput
    #[arg(long, default_value_t = 8)]
    pub(crate) seconds: u64,
    /// Requests after which memory is looked at
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) requests: u32,
    /// Streams that are held open
    #[arg(long, default_value_t = 1_000)]
    pub(crate) streams: usize,
    /// Seconds of the open loop at 1,000 streams a second
    #[arg(long, default_value_t = 20)]
    pub(crate) open_loop: u32,
    /// Only the throughput of one node: connections and keys, as in 32x1000
    #[arg(long)]
    pub(crate) only: Option<String>,
}

fn main() -> anyhow::Result<()> {
    run::run(&Plan::parse())
}
