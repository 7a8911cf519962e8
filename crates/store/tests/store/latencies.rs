//! How long requests took, against what their stories say one by one.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Caller, Environment, KeyId, Moments, Outcome, ProjectId, ProjectRole, Role, Story, Tokens,
    histogram,
};
use ledger::Settlement;
use sqlx::{Row as _, types::Uuid};
use store::latencies::{Ask, Latencies, Latency, MOST_TOKENS};
use testkit::{Database, Tenant};

use crate::{
    people::{member, put},
    support::{Running, answered, price, request, story},
};

/// Numbers that are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Of all sizes up to so many bits.
    fn size(&mut self, bits: u64) -> u64 {
        let bits = self.next(bits + 1);
        self.next(1 << bits)
    }

    fn settlement(&mut self) -> Settlement {
        let outcomes = [Outcome::Answered, Outcome::Answered, Outcome::Estimated, Outcome::Unknown];
        let read = self.size(12);
        let admitted = read + self.size(14);
        let connected = (self.next(4) > 0).then(|| admitted + self.size(16));
        let first_byte = connected.unwrap_or(admitted) + self.size(20);
        let first_token = (self.next(3) > 0).then(|| first_byte + self.size(8));
        let last = first_token.unwrap_or(first_byte) + self.size(24);
        let moments = Moments {
            read,
            asked: read,
            admitted,
            connected,
            first_byte: Some(first_byte),
            first_token,
            last,
        };
        // Of all lengths that are told apart.
        let most = 1 << (4 + 2 * self.next(6));
        let (output, reasoning) = (self.next(most), self.size(6));
        let tokens = Tokens { output, reasoning, ..Tokens::default() };
        Settlement {
            outcome: outcomes[usize::try_from(self.next(4)).unwrap()],
            tokens,
            story: Some(Arc::new(Story { moments, ..story() })),
            ..answered("0.01")
        }
    }
}

/// An organization with two projects, used on two days in two models.
pub(crate) struct Scene {
    pub(crate) database: Database,
    pub(crate) tenant: Tenant,
    pub(crate) projects: [(ProjectId, KeyId); 2],
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        let tenant = Tenant::new(&database, "ours").await;
        let (store, caller) = (&database.store, &tenant.caller);
        let name = "Second".parse().unwrap();
        let project = store.create_project(caller, &name, Environment::Production).await.unwrap();
        let (key, _) = Tenant::key(store, caller, project).await;
        let projects = [(tenant.project, tenant.key), (project, key)];
        Self { database, tenant, projects }
    }

    async fn used(&self, dice: &mut Dice, many: usize) {
        let node = Running::new(&self.database.store).await;
        let dime = price(&self.database, "sandbox-dime").await;
        for _ in 0..many {
            let mut asked = request(&self.tenant, &dime, "0.01");
            (asked.project, asked.key) = self.projects[usize::try_from(dice.next(2)).unwrap()];
            asked.model = format!("model-{}", dice.next(2));
            node.ledger.reserve(asked).await.unwrap().settle(dice.settlement()).await;
        }
        node.finish().await;
    }

    /// All that there is, counted story by story.
    async fn counted(&self) -> Vec<Told> {
        let rows = sqlx::query(
            "SELECT e.project_id, e.model, e.outcome, e.output, e.reasoning, e.admitted_at, e.day_starts, s.read_us,
                s.admitted_us, s.connected_us, s.first_token_us, s.last_us
             FROM stories s JOIN events e USING (org_id, id)",
        )
        .fetch_all(&self.database.admin)
        .await
        .unwrap();
        rows.iter().map(Told::of).collect()
    }
}

/// A story with what its event says.
struct Told {
    project: Uuid,
    model: String,
    at: DateTime<Utc>,
    day: DateTime<Utc>,
    failed: bool,
    counted: bool,
    shown: u64,
    generated: u64,
    read: u64,
    admitted: u64,
    connected: Option<u64>,
    first_token: Option<u64>,
    last: u64,
}

impl Told {
    fn of(row: &sqlx::postgres::PgRow) -> Self {
        let number = |name| u64::try_from(row.get::<i64, _>(name)).unwrap();
        let maybe = |name| row.get::<Option<i64>, _>(name).map(|at| u64::try_from(at).unwrap());
        let outcome: String = row.get("outcome");
        Self {
            project: row.get("project_id"),
            model: row.get("model"),
            at: row.get("admitted_at"),
            day: row.get("day_starts"),
            failed: outcome == "unknown",
            counted: outcome == "answered",
            shown: number("output"),
            generated: number("output") + number("reasoning"),
            read: number("read_us"),
            admitted: number("admitted_us"),
            connected: maybe("connected_us"),
            first_token: maybe("first_token_us"),
            last: number("last_us"),
        }
    }

    fn add(&self, sum: &mut Latency) {
        sum.requests += 1;
        if self.failed {
            sum.failed += 1;
            return;
        }
        let sent = self.connected.unwrap_or(self.admitted);
        let spent = &mut sum.spent;
        spent.reading += u128::from(self.read);
        spent.reserving += u128::from(self.admitted - self.read);
        spent.connecting += u128::from(sent - self.admitted);
        let length = MOST_TOKENS.iter().position(|most| self.generated <= *most).unwrap_or(4);
        sum.totals[if self.counted { length } else { 5 }].add(self.last);
        sum.reserving.add(self.admitted - self.read);
        match self.first_token {
            None => spent.whole += u128::from(self.last - sent),
            Some(first) => {
                spent.waiting += u128::from(first - sent);
                spent.answering += u128::from(self.last - first);
                sum.first_token.add(first);
                if self.counted && self.shown >= 2 && self.last > first {
                    sum.speed.add(self.shown * 1_000_000_000 / (self.last - first));
                }
            }
        }
    }
}

/// What is expected of a question.
fn expected<'a>(told: impl Iterator<Item = &'a Told>, ask: &Ask<'_>) -> Latencies {
    let (mut models, mut stretches) = (BTreeMap::new(), BTreeMap::new());
    for one in told {
        let at = if ask.hours {
            one.day + TimeDelta::hours((one.at - one.day).num_hours())
        } else {
            one.day
        };
        let is_within = at >= ask.bounds[0] && at < *ask.bounds.last().unwrap();
        let is_asked = (ask.projects.is_empty() || ask.projects.contains(&one.project))
            && (ask.models.is_empty() || ask.models.contains(&one.model));
        if is_within && is_asked {
            let place = ask.bounds.partition_point(|bound| *bound <= at) - 1;
            one.add(models.entry(one.model.clone()).or_default());
            one.add(stretches.entry(place).or_default());
        }
    }
    Latencies { models: models.into_iter().collect(), stretches: stretches.into_iter().collect() }
}

async fn asked(scene: &Scene, caller: &Caller, ask: Ask<'_>) -> Latencies {
    let mut found = scene.database.store.latencies(caller, ask).await.unwrap();
    assert!(found.models.is_sorted_by(|one, next| one.1.requests >= next.1.requests));
    found.models.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// Asks everything, as who sees everything and as who sees the first project.
async fn check(scene: &Scene, reader: &Caller) {
    let told = scene.counted().await;
    let begins = told.iter().map(|one| one.day).min().unwrap();
    let days: Vec<_> = (0..4).map(|day| begins + TimeDelta::days(day)).collect();
    let hours: Vec<_> = (0..=48).map(|hour| begins + TimeDelta::hours(hour)).collect();
    let [first, second] = scene.projects.map(|(project, _)| project.uuid());
    for (hours, bounds) in [(false, &days), (true, &hours), (false, &days[1..].to_vec())] {
        for projects in [vec![], vec![first], vec![second], vec![first, second], vec![Uuid::nil()]]
        {
            for models in [vec![], vec!["model-1".to_owned()], vec!["other".to_owned()]] {
                let ask = Ask { bounds, hours, projects: &projects, models: &models };
                let all = asked(scene, &scene.tenant.caller, ask).await;
                assert_eq!(all, expected(told.iter(), &ask), "{ask:?}");
                let own = told.iter().filter(|one| one.project == first);
                assert_eq!(asked(scene, reader, ask).await, expected(own, &ask), "reader: {ask:?}");
            }
        }
    }
    let whole =
        expected(told.iter(), &Ask { bounds: &days, hours: false, projects: &[], models: &[] });
    for (_, latency) in &whole.models {
        // Each part is measured, and the phases are all of the time.
        assert!(latency.failed > 0 && latency.failed < latency.requests);
        assert_eq!(latency.total().count(), latency.requests - latency.failed);
        assert!(latency.totals.iter().all(|total| total.count() > 0));
        assert!(latency.speed.count() > 0 && latency.spent.connecting > 0);
    }
    let ended = told.iter().filter(|one| !one.failed).map(|one| u128::from(one.last)).sum::<u128>();
    assert_eq!(whole.models.iter().map(|(_, it)| it.spent.total()).sum::<u128>(), ended);
    assert_eq!(scene.database.store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn all_is_counted_once_folded_or_not() {
    let scene = Scene::new().await;
    let (user, reader) = member(&scene.database, &scene.tenant, "reader", Role::Reader).await;
    put(&scene.database, &scene.tenant, scene.tenant.project, user, ProjectRole::Viewer).await;
    let other = Tenant::new(&scene.database, "other").await;
    let store = &scene.database.store;
    assert!(!store.ever_timed(&reader).await.unwrap());
    let mut dice = Dice(7);
    scene.used(&mut dice, 120).await;
    check(&scene, &reader).await;
    // Two nodes fold at once, while a third takes requests.
    let another = scene.database.another().await;
    let folds = async {
        let (one, two) =
            tokio::join!(store.system().fold_timings(), another.system().fold_timings());
        one.unwrap() + two.unwrap()
    };
    let (folded, ()) = tokio::join!(folds, scene.used(&mut dice, 80));
    assert!(folded >= 120, "{folded}");
    check(&scene, &reader).await;
    scene.database.advance(TimeDelta::hours(26)).await;
    scene.used(&mut dice, 60).await;
    check(&scene, &reader).await;
    while store.system().fold_timings().await.unwrap() > 0 {}
    check(&scene, &reader).await;
    assert_eq!(scene.database.look("SELECT count(*) FROM timings").await, "0");
    assert!(store.ever_timed(&reader).await.unwrap());
    assert!(!store.ever_timed(&other.caller).await.unwrap());
    let begins = scene.counted().await[0].day;
    let bounds = [begins - TimeDelta::days(3), begins + TimeDelta::days(9)];
    let projects = scene.projects.map(|(project, _)| project.uuid());
    for projects in [&[][..], &projects] {
        let ask = Ask { bounds: &bounds, hours: false, projects, models: &[] };
        let found = store.latencies(&other.caller, ask).await.unwrap();
        assert_eq!(found, Latencies::default());
    }
}

#[tokio::test]
async fn the_database_has_the_same_buckets() {
    let database = Database::new().await;
    let floors = (0..histogram::BUCKETS).map(histogram::floor);
    let values: Vec<u64> = floors
        .flat_map(|floor| [floor.saturating_sub(1), floor, floor + 1])
        .chain([u32::MAX.into(), i64::MAX as u64])
        .collect();
    for value in values {
        let number = database.look(&format!("SELECT exq_mark({value})")).await;
        assert_eq!(number.len(), 12 * histogram::bucket(value) + 1, "{value}: {number}");
        assert!(number.starts_with('1') && number[1..].bytes().all(|digit| digit == b'0'));
    }
    assert_eq!(database.look("SELECT exq_mark(NULL) IS NULL").await, "true");
}

#[tokio::test]
async fn reconcile_names_what_is_lost_or_moved() {
    let scene = Scene::new().await;
    scene.used(&mut Dice(3), 40).await;
    let system = scene.database.store.system();
    while system.fold_timings().await.unwrap() > 0 {}
    for (damage, repair, named) in [
        (
            "UPDATE latencies SET requests = requests + 1 WHERE shape = 2",
            "UPDATE latencies SET requests = requests - 1 WHERE shape = 2",
            "stories against",
        ),
        (
            "UPDATE latencies SET speed = speed + 1000000000000 WHERE shape = 11",
            "UPDATE latencies SET speed = speed - 1000000000000 WHERE shape = 11",
            "other shapes",
        ),
        (
            "CREATE TABLE gone AS SELECT * FROM latencies WHERE shape = 1; DELETE FROM latencies WHERE shape = 1",
            "INSERT INTO latencies SELECT * FROM gone; DROP TABLE gone",
            "other shapes",
        ),
        (
            "UPDATE stories SET timed = false WHERE id = (SELECT max(id::text)::uuid FROM stories)",
            "UPDATE stories SET timed = true",
            "stories against",
        ),
    ] {
        assert_eq!(system.reconcile().await.unwrap(), None, "before {damage}");
        scene.database.tamper(damage).await;
        let difference =
            system.reconcile().await.unwrap().unwrap_or_else(|| panic!("not found: {damage}"));
        assert!(difference.what.contains(named), "{damage}: {difference}");
        scene.database.tamper(repair).await;
        assert_eq!(system.reconcile().await.unwrap(), None, "{repair}");
    }
}
