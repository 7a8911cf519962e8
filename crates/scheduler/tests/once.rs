//! Jobs at their times: each once, whichever nodes die, sleep, or wake too late.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]
#![expect(clippy::disallowed_methods, reason = "a transaction of a test ends with it")]

mod support;

use std::{
    env,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use domain::NodeId;
use rustix::process::{Pid, Signal, kill_process};
use store::Store;
use testkit::{
    Database, Tenant,
    soak::{Random, is_full, seeds, tell},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const NODES: usize = 5;
/// Nothing takes this long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Not a test: a node of the tests below, in a process that they can kill.
#[tokio::test]
#[ignore = "run by the tests below"]
async fn node() {
    let (Ok(url), Ok(id)) = (env::var("EXCHEQUER_TEST_STORE"), env::var("EXCHEQUER_TEST_NODE"))
    else {
        return;
    };
    let store = Store::connect(&url, 8).await.unwrap();
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    scheduler::start(id.parse().unwrap(), &store, support::tools(), &tasks, &stop);
    std::future::pending::<()>().await;
}

struct Node {
    id: NodeId,
    process: Child,
}

impl Node {
    fn start(database: &Database) -> Self {
        let id = NodeId::generate();
        let process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "node", "--ignored"])
            .env("EXCHEQUER_TEST_STORE", &database.url)
            .env("EXCHEQUER_TEST_NODE", id.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { id, process }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Nodes on one database whose books do not agree: each night two operators must hear of it, once.
struct Scene {
    database: Database,
    nodes: Vec<Node>,
    /// By how much the database's clock is ahead.
    ahead: TimeDelta,
    /// How often it must have been done by now; occurrences are kept for the last hundred times.
    done: u64,
}

/// The last time that was done.
const LAST: &str = "SELECT max(due) FROM occurrences WHERE job = 'reconcile'";

/// What happens to the node that is at it.
#[derive(Debug, Clone, Copy)]
enum Blow {
    None,
    /// `kill -9`.
    Killed,
    /// Stopped until another one has done it.
    Asleep,
    /// Stopped until another one is at it: both end at the same moment.
    Raced,
}

impl Scene {
    async fn new() -> Self {
        let database = Database::new().await;
        for name in ["one", "two"] {
            let tenant = Tenant::new(&database, name).await;
            database.store.usage_limit(&tenant.caller).await.unwrap();
        }
        database.tamper("UPDATE users SET operator = true; UPDATE counters SET requests = 1").await;
        let nodes = (0..NODES).map(|_| Node::start(&database)).collect();
        let scene = Self { database, nodes, ahead: TimeDelta::zero(), done: 1 };
        // A new job is done at once.
        scene.until("SELECT count(*) FROM occurrences WHERE job = 'reconcile'", "1").await;
        scene
    }

    async fn until(&self, query: &str, answer: &str) {
        let begun = Instant::now();
        loop {
            let found = self.database.look(query).await;
            if found == answer {
                return;
            }
            let jobs = "SELECT string_agg(j::text, ' ') FROM jobs j WHERE name = 'reconcile'";
            assert!(
                begun.elapsed() < PATIENCE,
                "{query}: {found}; {}",
                self.database.look(jobs).await
            );
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    async fn advance(&mut self, by: TimeDelta) {
        self.ahead += by;
        self.database.advance(self.ahead).await;
    }

    /// The place of the node that is at it.
    async fn at_it(&self, but: Option<usize>) -> usize {
        let begun = Instant::now();
        loop {
            let id = self.database.look("SELECT node_id FROM jobs WHERE name = 'reconcile'").await;
            let place = self.nodes.iter().position(|node| node.id.uuid().to_string() == id);
            if let Some(place) = place.filter(|place| Some(*place) != but) {
                return place;
            }
            assert!(begun.elapsed() < PATIENCE, "nobody is at it");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A night: whoever compares the books is held up in it, and struck.
    async fn night(&mut self, blow: Blow) {
        let last = self.database.look(LAST).await;
        let mut held = self.database.admin.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *held)
            .await
            .unwrap();
        self.advance(TimeDelta::days(1)).await;
        let place = self.at_it(None).await;
        match blow {
            Blow::None => {}
            Blow::Killed => self.nodes[place] = Node::start(&self.database),
            Blow::Asleep | Blow::Raced => self.nodes[place].signal(Signal::STOP),
        }
        if matches!(blow, Blow::Raced) {
            self.advance(TimeDelta::seconds(61)).await;
            self.at_it(Some(place)).await;
            self.nodes[place].signal(Signal::CONT);
            held.rollback().await.unwrap();
        } else {
            held.rollback().await.unwrap();
            if !matches!(blow, Blow::None) {
                self.advance(TimeDelta::seconds(61)).await;
            }
        }
        self.until(&format!("SELECT ({LAST}) > '{last}'"), "true").await;
        self.done += 1;
        if matches!(blow, Blow::Asleep) {
            self.nodes[place].signal(Signal::CONT);
        }
    }

    /// Times and mails: one to each operator for each time, and no time twice.
    async fn check(&self) -> (u64, u64) {
        let look = async |query: &str| self.database.look(query).await.parse::<u64>().unwrap();
        let mails = look("SELECT count(*) FROM outbox WHERE template = 'job_alarm'").await;
        let told = look(
            "SELECT count(DISTINCT (recipient, params ->> 'due')) FROM outbox WHERE template = 'job_alarm'",
        )
        .await;
        let wanted = self.done * 2;
        assert_eq!((mails, told), (wanted, wanted), "mails, and the different ones of them");
        (self.done, mails)
    }
}

#[tokio::test]
async fn each_time_is_done_once_whoever_dies_or_sleeps() {
    for seed in seeds(1, 1) {
        let nights = if is_full() { 200 } else { 8 };
        let (mut scene, mut random) = (Scene::new().await, Random::new(seed, 1));
        for night in 0..nights {
            let blows = [Blow::Killed, Blow::Asleep, Blow::Raced, Blow::None];
            let blow = if night < blows.len() { blows[night] } else { random.pick(&blows[..3]) };
            scene.night(blow).await;
        }
        // Those that woke too late have had their time by now.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (done, mails) = scene.check().await;
        let what = format!(
            "{NODES} nodes, {nights} nights, each time the one at it killed or stopped (seed {seed})"
        );
        tell(&what, &format!("{done} times done, {mails} mails to two operators, none twice"));
    }
}

/// A node that stands still in the middle of finishing holds the job's row; the database ends its
/// transaction, and another node does it.
#[tokio::test]
async fn who_stands_still_while_finishing_has_not_finished() {
    for seed in seeds(1, 20) {
        let mut scene = Scene::new().await;
        let mut held = scene.database.admin.begin().await.unwrap();
        sqlx::raw_sql("LOCK TABLE occurrences IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *held)
            .await
            .unwrap();
        scene.advance(TimeDelta::days(1)).await;
        let place = scene.at_it(None).await;
        // Its row is locked by now: the rest of the transaction waits for the table.
        let free = "SELECT count(*) FROM (SELECT FROM jobs WHERE name = 'reconcile' FOR UPDATE SKIP LOCKED) j";
        scene.until(free, "0").await;
        scene.nodes[place].signal(Signal::STOP);
        held.rollback().await.unwrap();
        scene.advance(TimeDelta::seconds(61)).await;
        scene.until("SELECT count(*) FROM occurrences WHERE job = 'reconcile'", "2").await;
        scene.done += 1;
        scene.nodes[place].signal(Signal::CONT);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (done, mails) = scene.check().await;
        assert_eq!((done, mails), (2, 4), "seed {seed}");
    }
}
