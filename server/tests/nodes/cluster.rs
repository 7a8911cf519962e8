//! Several nodes on one database, that come and go while clients call them.

use std::sync::{Arc, PoisonError, RwLock};

use testkit::Database;
use tokio::task::JoinSet;

use crate::program::Program;

/// Settings of every node: many of them share one server.
pub(crate) const SMALL: [(&str, &str); 2] =
    [("EXCHEQUER_DB_POOL", "4"), ("EXCHEQUER_WORKERS", "2")];

/// Where nodes are reached, as a balancer in front of them would know.
#[derive(Debug, Clone, Default)]
pub(crate) struct Doors(Arc<RwLock<Vec<u16>>>);

impl Doors {
    /// The port that a client's `turn`-th try goes to.
    pub(crate) fn door(&self, turn: usize) -> u16 {
        let ports = self.0.read().unwrap_or_else(PoisonError::into_inner);
        ports[turn % ports.len()]
    }

    fn set(&self, ports: Vec<u16>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = ports;
    }
}

/// The nodes.
pub(crate) struct Cluster {
    url: String,
    settings: Vec<(String, String)>,
    pub(crate) nodes: Vec<Program>,
    pub(crate) doors: Doors,
}

impl Cluster {
    /// Starts so many nodes at once.
    pub(crate) async fn start(database: &Database, nodes: usize) -> Self {
        Self::start_with(database, nodes, &[]).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(
        database: &Database,
        nodes: usize,
        settings: &[(&str, &str)],
    ) -> Self {
        let settings = SMALL.iter().chain(settings);
        let settings = settings.map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let url = database.url.clone();
        let mut cluster = Self { url, settings, nodes: Vec::new(), doors: Doors::default() };
        cluster.join(nodes).await;
        cluster
    }

    /// So many more nodes join.
    pub(crate) async fn join(&mut self, nodes: usize) {
        let mut starting = JoinSet::new();
        for _ in 0..nodes {
            let (url, settings) = (self.url.clone(), self.settings.clone());
            starting.spawn(async move {
                let settings: Vec<_> =
                    settings.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
                Program::start_with(&url, &settings).await
            });
        }
        self.nodes.extend(starting.join_all().await);
        self.open();
    }

    /// One that was started elsewhere joins.
    pub(crate) fn add(&mut self, node: Program) {
        self.nodes.push(node);
        self.open();
    }

    /// So many leave in order.
    pub(crate) fn leave(&mut self, nodes: usize) {
        let mut leaving = self.nodes.split_off(self.nodes.len() - nodes);
        self.open();
        for node in &mut leaving {
            node.interrupt();
        }
        for mut node in leaving {
            node.wait();
        }
    }

    /// `kill -9`; the balancer learns of it at once.
    pub(crate) fn kill(&mut self, node: usize) {
        self.nodes.remove(node).kill();
        self.open();
    }

    fn open(&self) {
        self.doors.set(self.nodes.iter().map(|node| node.port).collect());
    }
}
