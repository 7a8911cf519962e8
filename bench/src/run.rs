//! The run: what is measured, in which order.

use std::{net::SocketAddr, path::PathBuf, process::Command, thread, time::Duration};

use crate::{
    Plan,
    latency::{self, Connection, Times},
    load::{self, Answered, Load},
    node::{BOOKED, Node, UNBOOKED},
    place::{Place, beside},
    process::{computed, resident},
    say, table,
};
use anyhow::{Context as _, bail};

/// How many keys the requests of a measurement are spread over.
pub(crate) const KEYS: [usize; 3] = [1, 10, 1_000];
/// Connections of the closed loop.
pub(crate) const CONNECTIONS: [usize; 3] = [1, 32, 256];
/// Streams a second of the open loop.
const RATE: u32 = 1_000;

/// One measurement of throughput.
pub(crate) struct Measured {
    pub(crate) answered: Answered,
    /// Microseconds of processor time per request: of all nodes, and of their database.
    pub(crate) nodes: f64,
    pub(crate) database: f64,
}

/// nginx, and nodes with the requests of one, ten and a thousand keys.
pub(crate) struct Row {
    pub(crate) nodes: usize,
    pub(crate) connections: usize,
    pub(crate) nginx: Answered,
    pub(crate) measured: Vec<Measured>,
}

/// What a run has to measure with.
struct Bench<'a> {
    plan: &'a Plan,
    place: Place,
    keys: PathBuf,
}

pub(crate) fn run(plan: &Plan) -> anyhow::Result<()> {
    let place = Place::new()?;
    let bench = Bench { plan, keys: place.path("keys"), place };
    say::line("Making keys and budgets.");
    let one = bench.nodes(1, BOOKED)?;
    furnish(&bench)?;
    if let Some(only) = &plan.only {
        let wanted =
            only.split_once('x').and_then(|(c, k)| Some((c.parse().ok()?, k.parse().ok()?)));
        let (connections, keys) = wanted.context("--only wants connections and keys: 32x1000")?;
        let row = bench.row(&one, connections, &[keys])?;
        table::throughput(&[keys], &[row]);
        return Ok(());
    }

    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        rows.push(bench.row(&one, connections, &KEYS)?);
    }
    let latencies = bench.latencies(&one)?;
    drop(one);
    let three = bench.nodes(3, BOOKED)?;
    for connections in CONNECTIONS {
        rows.push(bench.row(&three, connections, &KEYS)?);
    }
    drop(three);
    let unbooked = bench.nodes(1, UNBOOKED)?;
    let mut without = Vec::new();
    for connections in CONNECTIONS {
        without.push(bench.row(&unbooked, connections, &KEYS[..1])?);
    }
    drop(unbooked);
    let memory = bench.memory()?;

    table::machine();
    table::throughput(&KEYS, &rows);
    table::without(&rows[..CONNECTIONS.len()], &without);
    table::latency(RATE, &latencies);
    table::memory(&memory);
    Ok(())
}

fn furnish(bench: &Bench<'_>) -> anyhow::Result<()> {
    let made = Command::new(beside(UNBOOKED)?)
        .args(["furnish", "1000"])
        .arg(&bench.keys)
        .env("EXCHEQUER_DATA_DIR", bench.place.data())
        .status()?;
    if made.success() { Ok(()) } else { bail!("keys and budgets could not be made") }
}

/// Times of the direct call and of the call through a node.
pub(crate) struct Latencies {
    pub(crate) direct: Times,
    pub(crate) through: Times,
}

/// Resident memory in kibibytes, with the words that say when.
pub(crate) type Memory = Vec<(String, u64)>;

impl Bench<'_> {
    /// Starts nodes, and lets them see every key.
    fn nodes(&self, count: usize, name: &str) -> anyhow::Result<Vec<Node>> {
        let nodes = (0..count).map(|_| Node::start(&self.place, name));
        let nodes = nodes.collect::<anyhow::Result<Vec<_>>>()?;
        if self.keys.exists() {
            self.load(&addresses(&nodes), 32, 1_000, 2)?;
        }
        Ok(nodes)
    }

    fn load(
        &self,
        targets: &[SocketAddr],
        connections: usize,
        keys: usize,
        seconds: u64,
    ) -> anyhow::Result<Answered> {
        load::run(&Load { targets, connections, keys: (&self.keys, keys), seconds })
    }

    fn row(&self, nodes: &[Node], connections: usize, keys: &[usize]) -> anyhow::Result<Row> {
        let seconds = self.plan.seconds;
        say::line(format!("{connections} connections, {} nodes", nodes.len()));
        let nginx = self.load(&[self.place.proxy], connections, 1, seconds)?;
        let targets = addresses(nodes);
        let mut measured = Vec::new();
        for keys in keys {
            // What was written before is not this measurement's.
            thread::sleep(Duration::from_secs(1));
            let before = computed_by(nodes)?;
            let answered = self.load(&targets, connections, *keys, seconds)?;
            let after = computed_by(nodes)?;
            let per_request =
                |milliseconds: u32| f64::from(milliseconds) * 1e3 / f64::from(answered.requests);
            measured.push(Measured {
                answered,
                nodes: per_request(after.0 - before.0),
                database: per_request(after.1 - before.1),
            });
        }
        Ok(Row { nodes: nodes.len(), connections, nginx, measured })
    }

    fn latencies(&self, nodes: &[Node]) -> anyhow::Result<Latencies> {
        say::line(format!("{RATE} streams a second"));
        let text = std::fs::read_to_string(&self.keys)?;
        let keys: Vec<String> = text.lines().take(10).map(str::to_owned).collect();
        let seconds = self.plan.open_loop;
        Ok(Latencies {
            direct: latency::measure(self.place.upstream, &keys, RATE, seconds)?,
            through: latency::measure(nodes[0].address, &keys, RATE, seconds)?,
        })
    }

    fn memory(&self) -> anyhow::Result<Memory> {
        say::line(format!("{} requests", self.plan.requests));
        let nodes = self.nodes(1, BOOKED)?;
        let node = &nodes[0];
        let mut memory = vec![("at the start".to_owned(), resident(node.id())?)];
        let (mut answered, mut seconds) = (0, 2);
        for share in [10, 2, 1] {
            let wanted = self.plan.requests / share;
            while answered < wanted {
                let some = self.load(&[node.address], 32, 1_000, seconds)?;
                answered += some.requests;
                let left = f64::from(wanted.saturating_sub(answered)) / some.per_second();
                // A whole number of seconds that is near enough; at most half a minute.
                let near = (1..30_u32).rfind(|seconds| f64::from(*seconds) <= left);
                seconds = near.unwrap_or(1).into();
            }
            memory.push((format!("after {answered} requests"), resident(node.id())?));
        }
        say::line(format!("{} open streams", self.plan.streams));
        let text = std::fs::read_to_string(&self.keys)?;
        let key = text.lines().next().context("there is no key")?;
        let request = latency::request("slow", key);
        let mut open = Vec::with_capacity(self.plan.streams);
        for _ in 0..self.plan.streams {
            let mut connection = Connection::open(node.address)?;
            connection.begin(&request)?;
            open.push(connection);
        }
        memory.push((format!("with {} open streams", open.len()), resident(node.id())?));
        Ok(memory)
    }
}

fn addresses(nodes: &[Node]) -> Vec<SocketAddr> {
    nodes.iter().map(|node| node.address).collect()
}

/// Milliseconds of processor time of nodes and of their database.
fn computed_by(nodes: &[Node]) -> anyhow::Result<(u32, u32)> {
    let mut sums = (0, 0);
    for node in nodes {
        let computed = computed(node.id())?;
        sums.0 += u32::try_from(computed.own)?;
        sums.1 += u32::try_from(computed.descendants)?;
    }
    Ok(sums)
}
