//! What a run found, as tables in Markdown.

use std::fs;

use crate::{
    latency::percentile,
    run::{Latencies, Measured, Memory, Row},
    say,
};

/// What was measured on.
pub(crate) fn machine() {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.unwrap_or_default().trim_start_matches(['\t', ':', ' ']);
    say::line(format!("\n{cores} cores ({model}), all programs on them at once.\n"));
}

fn table(head: &[String], rows: &[Vec<String>]) {
    let line = |cells: &[String]| say::line(format!("| {} |", cells.join(" | ")));
    line(head);
    line(&vec!["---".to_owned(); head.len()]);
    for row in rows {
        line(row);
    }
    say::line("");
}

fn ratio(measured: &Measured, row: &Row) -> f64 {
    measured.answered.per_second() / row.nginx.per_second()
}

fn milliseconds(microseconds: u32) -> String {
    format!("{:.2}", f64::from(microseconds) / 1e3)
}

fn megabytes(kibibytes: u64) -> String {
    // As in 10^6 bytes, rounded up.
    format!("{} MB", (kibibytes * 1_024).div_ceil(1_000_000))
}

pub(crate) fn throughput(keys: &[usize], rows: &[Row]) {
    let mut head = vec!["nodes".to_owned(), "connections".to_owned(), "nginx".to_owned()];
    head.extend(keys.iter().map(|keys| match keys {
        1 => "1 key".to_owned(),
        keys => format!("{keys} keys"),
    }));
    let cells = |of: &dyn Fn(&Row, &Measured) -> String, nginx: &dyn Fn(&Row) -> String| {
        let line = |row: &Row| {
            let mut cells = vec![row.nodes.to_string(), row.connections.to_string(), nginx(row)];
            cells.extend(row.measured.iter().map(|measured| of(row, measured)));
            cells
        };
        rows.iter().map(line).collect::<Vec<_>>()
    };
    say::line("Requests a second, and how many times nginx's that is:\n");
    let rate = |row: &Row, measured: &Measured| {
        format!("{:.0} ({:.2} ×)", measured.answered.per_second(), ratio(measured, row))
    };
    table(&head, &cells(&rate, &|row| format!("{:.0}", row.nginx.per_second())));
    say::line("Until an answer is there, milliseconds, p50 / p99:\n");
    let times = |p50, p99| format!("{} / {}", milliseconds(p50), milliseconds(p99));
    let latency =
        |_: &Row, measured: &Measured| times(measured.answered.p50, measured.answered.p99);
    table(&head, &cells(&latency, &|row| times(row.nginx.p50, row.nginx.p99)));
    say::line("Processor time per request, microseconds, nodes + Postgres:\n");
    let time =
        |_: &Row, measured: &Measured| format!("{:.0} + {:.0}", measured.nodes, measured.database);
    table(&head, &cells(&time, &|_| "-".to_owned()));
}

pub(crate) fn without(rows: &[Row], without: &[Row]) {
    say::line("The same without the ledger (one node, one key):\n");
    let head = ["connections", "with it", "without", "nodes' processor time without it"];
    let lines = rows.iter().zip(without).map(|(with, without)| {
        let cell = |row: &Row| {
            let measured = &row.measured[0];
            format!("{:.0} ({:.2} ×)", measured.answered.per_second(), ratio(measured, row))
        };
        vec![
            with.connections.to_string(),
            cell(with),
            cell(without),
            format!("{:.0} µs", without.measured[0].nodes),
        ]
    });
    table(&head.map(str::to_owned), &lines.collect::<Vec<_>>());
}

pub(crate) fn latency(rate: u32, latencies: &Latencies) {
    say::line(format!("{rate} streams a second, open loop, milliseconds:\n"));
    let head = ["", "direct", "through Exchequer", "added"];
    let line = |name: &str, percent: usize, of: &dyn Fn(&crate::latency::Times) -> &[u32]| {
        let [direct, through] =
            [&latencies.direct, &latencies.through].map(|times| percentile(of(times), percent));
        vec![
            name.to_owned(),
            milliseconds(direct),
            milliseconds(through),
            milliseconds(through.saturating_sub(direct)),
        ]
    };
    let lines = [
        line("first byte, p50", 50, &|times| &times.first),
        line("first byte, p99", 99, &|times| &times.first),
        line("last byte, p50", 50, &|times| &times.last),
        line("last byte, p99", 99, &|times| &times.last),
    ];
    table(&head.map(str::to_owned), &lines);
}

pub(crate) fn memory(memory: &Memory) {
    say::line("Resident memory of the program:\n");
    let lines: Vec<_> =
        memory.iter().map(|(when, size)| vec![when.clone(), megabytes(*size)]).collect();
    table(&["when".to_owned(), "resident".to_owned()], &lines);
}
