//! `kill -9` at every failpoint: what was answered is booked, once; what was open is booked at its
//! bound; every mail arrives, and one that arrives twice says so.

mod clients;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use domain::{Level, Period, Rhythm, Scope, Usd};
use testkit::{
    Database, Wire,
    provider::{Provider, Script},
    smtp::Smtp,
    soak::{Random, is_full, seeds, tell},
};

use crate::{
    books,
    cluster::SMALL,
    failpoints::names,
    program::{Customer, Program, key},
};
use clients::{Aim, Clients, Told};

/// Nodes that die in one round, each at a place of its own.
const AT_ONCE: usize = 8;
/// A place that nobody came by for so long is not reached.
const PATIENCE: Duration = Duration::from_mins(2);

/// Makes the report due, if it is not.
const REPORT_DUE: &str = "UPDATE reports SET due_at = exq_now() WHERE due_at > exq_now()";

/// A node that is to die.
struct Victim {
    name: &'static str,
    program: Program,
    clients: Clients,
}

/// What all nodes of a round work with.
struct Round {
    database: Database,
    /// Between the nodes and the database: some answers to commits are lost.
    wire: Wire,
    customer: Customer,
    /// A key whose budget is spent.
    poor: String,
    smtp: Smtp,
    provider: Provider,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_dies_at_any_place_loses_no_reply_and_no_mail() {
    let names = names();
    // A third of the places in the small form, another third for each seed.
    for seed in seeds(1, 20) {
        let step = if is_full() { 1 } else { 3 };
        let first = usize::try_from(seed).unwrap() % step;
        let chosen: Vec<_> = names.iter().copied().skip(first).step_by(step).collect();
        for places in chosen.chunks(AT_ONCE) {
            let round = Round::new().await;
            round.run(places, seed).await;
        }
    }
}

impl Round {
    async fn new() -> Self {
        let database = Database::new().await;
        let customer = Customer::new(&database, "customer").await;
        let (store, caller) = (&database.store, &customer.caller);
        let (poor, secret) = key(&database, caller, customer.project).await;
        store.set_budget(caller, Scope::Key(poor), Period::Month, Usd::ZERO).await.unwrap();
        store.set_report(caller, Rhythm::Weekly, &[]).await.unwrap();
        for dollars in 1..40 {
            let level = Level::Amount(Usd::from_dollars(dollars));
            let scope = Scope::Org(customer.org);
            store.set_threshold(caller, scope, Period::Month, level).await.unwrap();
        }
        let provider = Provider::start().await.unwrap();
        // It takes a request and says nothing to it.
        provider.play(Script::nothing().reset());
        let wire = Wire::to(&database.url).await;
        Self { database, wire, customer, poor: secret, smtp: Smtp::start().await, provider }
    }

    /// A node; it dies where `place` says.
    async fn node(&self, place: Option<&str>) -> Program {
        let (smtp, upstream) = (self.smtp.url(), self.provider.url());
        let mut settings = SMALL.to_vec();
        settings.extend([
            ("EXCHEQUER_SMTP_URL", smtp.as_str()),
            ("EXCHEQUER_MAIL_FROM", "exchequer@example.com"),
            ("EXCHEQUER_UPSTREAM_URL", upstream.as_str()),
            ("EXCHEQUER_SANDBOX", "on"),
            ("EXCHEQUER_LOG", "error"),
        ]);
        if let Some(place) = place {
            settings.push(("EXCHEQUER_FAILPOINT", place));
        }
        let mut program = Program::spawn(&self.wire.url, &settings).await;
        assert!(program.is_ready().await || place.is_some());
        program
    }

    async fn run(&self, places: &[&'static str], seed: u64) {
        let mut random = Random::new(seed, places.len() as u64);
        let mut victims = Vec::new();
        for name in places {
            let times = if is_full() { random.of(1..4) } else { 1 };
            let program = self.node(Some(&format!("{name}={times}"))).await;
            let aim = Aim {
                port: program.port,
                key: self.customer.secret.clone(),
                poor: self.poor.clone(),
            };
            let clients = Clients::new(&aim, random.of(0..u64::MAX));
            victims.push(Victim { name, program, clients });
        }
        let (seen, died, reports) = self.kill(victims).await;
        // Claims of the dead lapse after five minutes.
        self.database.tamper("UPDATE outbox SET due_at = exq_now() WHERE state = 'sending'").await;
        // Nobody lives who could end what is open.
        let left = books::number(&self.database, "SELECT count(*) FROM intents").await;
        let _living = self.node(None).await;
        self.ended(died).await;
        books::agree(&self.database, &seen.booked).await;
        // What a node was not heard of is booked, and given back if it is heard of after all.
        let costs = "outcome <> 'interrupted' AND (outcome <> 'released' OR charge <> 0)";
        let booked = books::events(&self.database, &seen.unbooked, costs).await;
        assert_eq!(booked, 0, "{places:?}: an event of a request that cost nothing");
        self.reported(reports).await;
        let mails = self.mailed().await;
        let replies = seen.booked.admitted.len();
        tell(
            &format!("kill -9, seed {seed}: {}", places.join(", ")),
            &format!("{replies} replies, {left} requests left open, 0 lost, 0 double; {mails}"),
        );
    }

    /// Waits until all have died; answers what their clients saw, when the last one died, and how often
    /// a report was made due meanwhile.
    async fn kill(&self, mut victims: Vec<Victim>) -> (Told, Instant, u64) {
        let (mut told, began) = (Told::default(), Instant::now());
        let (mut died, mut reports) = (began, 0);
        while !victims.is_empty() {
            assert!(
                began.elapsed() < PATIENCE,
                "not reached: {:?}",
                victims.iter().map(|victim| victim.name).collect::<Vec<_>>()
            );
            // As if half a minute had passed: there is always somebody to give up, and those who live
            // must bear to be taken for dead.
            self.silence().await;
            reports += self.database.tamper(REPORT_DUE).await;
            for _ in &victims {
                self.wire.lose_answer();
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
            let mut living = Vec::new();
            for mut victim in victims {
                if victim.program.is_running() {
                    living.push(victim);
                } else {
                    assert!(victim.program.was_killed(), "{} ended otherwise", victim.name);
                    told.add(victim.clients.finish().await);
                    died = Instant::now();
                }
            }
            victims = living;
        }
        // Whoever starts now must hear the answers.
        self.wire.lose_no_more();
        (told, died, reports)
    }

    async fn silence(&self) {
        self.database
            .tamper("UPDATE heartbeats SET seen_at = seen_at - interval '31 seconds'")
            .await;
    }

    /// Until what the dead left open is booked: within a minute, by the only node that lives.
    async fn ended(&self, died: Instant) {
        if !is_full() {
            self.silence().await;
        }
        books::settled(&self.database, self.customer.org).await;
        assert!(!is_full() || died.elapsed() < Duration::from_mins(1), "{:?}", died.elapsed());
    }

    /// Until no report is due: each time that it was, its only owner is told once.
    async fn reported(&self, times: u64) {
        let due = "SELECT count(*) FROM reports WHERE due_at <= exq_now()";
        while books::number(&self.database, due).await > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let told = "SELECT count(*) FROM outbox WHERE template = 'report'";
        assert_eq!(books::number(&self.database, told).await, times);
    }

    /// Until all mails are sent; how many came, and how many of them twice.
    async fn mailed(&self) -> String {
        let waiting = "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')";
        while books::number(&self.database, waiting).await > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let mut copies: HashMap<String, u64> = HashMap::new();
        for mail in self.smtp.mails() {
            *copies.entry(mail.header("Message-ID").unwrap()).or_default() += 1;
        }
        let unsure = "SELECT count(*) FROM outbox WHERE unsure > 0";
        let twice = copies.values().filter(|copies| **copies == 2).count() as u64;
        let sent =
            books::number(&self.database, "SELECT count(*) FROM outbox WHERE state = 'sent'").await;
        assert_eq!(copies.len() as u64, sent, "{copies:?}");
        assert!(copies.values().all(|copies| *copies <= 2), "{copies:?}");
        assert!(twice <= books::number(&self.database, unsure).await, "{copies:?}");
        let unmailed = "SELECT count(*) FROM crossings c WHERE 1 <>
            (SELECT count(*) FROM outbox o WHERE o.params -> 'crossings' ? c.id::text)";
        assert_eq!(books::number(&self.database, unmailed).await, 0);
        format!("{sent} mails, {twice} of them twice")
    }
}
