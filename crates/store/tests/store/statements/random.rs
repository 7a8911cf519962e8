//! Random months: whatever is used, corrected, folded and closed in whatever order and zone, the lines of
//! a cycle and what stands on none are its usage.

use chrono::TimeDelta;
use domain::Outcome;
use testkit::soak::{Random, seeds};

use super::*;

const ZONES: [Tz; 5] = [
    Tz::UTC,
    Tz::Pacific__Kiritimati,
    Tz::America__Los_Angeles,
    Tz::Asia__Kathmandu,
    Tz::Europe__Oslo,
];

const BEGINS: &str = "2026-01-20T03:00:00Z";

struct Months {
    house: House,
    random: Random,
    now: DateTime<Utc>,
    projects: [ProjectId; 3],
    doubtful: Vec<EventId>,
    /// Statements as they were first read.
    frozen: Vec<Statement>,
}

#[tokio::test]
async fn each_cent_stands_on_one_statement() {
    for seed in seeds(2, 40) {
        let house = House::new(BEGINS).await;
        let (store, caller) = (&house.database.store, &house.tenant.caller);
        let name = "Second".parse().unwrap();
        let second = store.create_project(caller, &name, Environment::Production).await.unwrap();
        let projects = [house.tenant.project, second, house.rehearsal];
        let random = Random::new(seed, 0);
        let mut months = Months {
            house,
            random,
            now: at(BEGINS),
            projects,
            doubtful: Vec::new(),
            frozen: Vec::new(),
        };
        for _ in 0..80 {
            months.step().await;
        }
        months.check(seed).await;
        assert!(months.frozen.len() > 2, "seed {seed}: {} were closed", months.frozen.len());
        months.house.node.finish().await;
    }
}

impl Months {
    async fn step(&mut self) {
        match self.random.of(0..12) {
            0..5 => self.book().await,
            5 | 6 => {
                let hours = i64::try_from(self.random.of(1..900)).unwrap();
                self.now += TimeDelta::hours(hours);
                self.house.database.set_clock(self.now).await;
            }
            7 => drop(self.house.database.store.system().fold().await.unwrap()),
            8 if !self.doubtful.is_empty() => {
                let place = self.random.index(self.doubtful.len());
                let id = self.doubtful.swap_remove(place);
                let charge = format!("0.{:012}", self.random.of(0..1_000_000_000_000));
                self.house.correct(id, &charge).await;
            }
            9 => {
                let zone = ZONES[self.random.index(ZONES.len())];
                let (store, caller) = (&self.house.database.store, &self.house.tenant.caller);
                let name = "Moves".parse().unwrap();
                store.edit_organization(caller, &name, zone).await.unwrap();
            }
            _ => self.close().await,
        }
    }

    async fn book(&mut self) {
        let (project, realm) = match self.random.of(0..10) {
            0 => (self.projects[2], Realm::Rehearsal),
            1 => (self.projects[0], Realm::Sandbox),
            n => (self.projects[usize::from(n % 2 == 0)], Realm::Provider),
        };
        let model = ["gpt-4o", "gpt-4.1"][self.random.index(2)];
        let charge = format!("1.{:012}", self.random.of(0..1_000_000_000_000));
        let known = self.random.of(0..3) > 0;
        let kind = if known { Outcome::Answered } else { Outcome::Unknown };
        let settlement = Settlement { outcome: kind, ..answered(&charge) };
        let id = self.house.book(project, realm, model, settlement).await;
        if !known {
            self.doubtful.push(id);
        }
    }

    /// Some cycle that is over, in no order.
    async fn close(&mut self) {
        let (store, caller) = (&self.house.database.store, &self.house.tenant.caller);
        let cycles = store.statements(caller).await.unwrap();
        let over: Vec<_> = cycles.iter().skip(1).filter(|it| it.closed.is_none()).collect();
        if over.is_empty() {
            return;
        }
        let label = over[self.random.index(over.len())].window.label;
        let draft = store.statement(caller, label).await.unwrap();
        store.close_cycle(caller, label).await.unwrap();
        let statement = store.statement(caller, label).await.unwrap();
        assert_eq!(Numbers::of(&draft.lines), Numbers::of(&statement.lines));
        self.frozen.push(statement);
    }

    async fn check(&self, seed: u64) {
        let (store, caller) = (&self.house.database.store, &self.house.tenant.caller);
        for old in &self.frozen {
            let now = store.statement(caller, old.window.label).await.unwrap();
            assert_eq!(
                (&now.lines, &now.payer, &now.closed),
                (&old.lines, &old.payer, &old.closed)
            );
        }
        for cycle in store.statements(caller).await.unwrap() {
            let [starts, ends] = [cycle.window.starts, cycle.window.ends].map(|at| at.to_rfc3339());
            let booked = format!(
                "SELECT count(*) || ' ' || COALESCE(sum(charge), 0)::numeric(30, 12) || ' ' || COALESCE(sum(input), 0)
                    || ' ' || count(*) FILTER (WHERE exq_doubtful(outcome))
                 FROM events e WHERE admitted_at >= '{starts}' AND admitted_at < '{ends}' AND NOT sandbox"
            );
            let booked = self.house.database.look(&booked).await;
            let statement = store.statement(caller, cycle.window.label).await.unwrap();
            let all = Numbers::of(statement.own().chain(&statement.since));
            let (requests, input, estimated) = (all.requests, all.tokens[0], all.estimated);
            let told = format!("{requests} {} {input} {estimated}", exact(all.charge));
            assert_eq!(told, booked, "seed {seed}, {:?}", cycle.window);
            assert_eq!(cycle.used, all.charge, "seed {seed}");
        }
    }
}

/// With all twelve digits, as the database writes it.
fn exact(charge: domain::Usd) -> String {
    let pico = charge.pico();
    format!("{}.{:012}", pico / domain::Usd::PICO, pico % domain::Usd::PICO)
}
