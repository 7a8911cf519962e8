//! Months that are dropped: their sums take their place to the last digit, or nothing of them is gone.

mod races;

use chrono::{DateTime, Months, TimeDelta, Utc};
use domain::{
    Caller, EventId, Job, NodeId, Outcome, Period, ProjectRole, Retention, Role, Scope, Tokens,
};
use store::{
    Conflict, PastStretch, Store, StoreError,
    event_slices::EventAsk,
    latencies,
    slices::{Ask, Dimension, Grain, Only, Slice},
    system::{Done, Dropping, Hindrance, PastEvent},
};
use testkit::{Database, Tenant, soak::Random};

use crate::{
    people::{member, put},
    support::{price, usd},
};

const NOW: &str = "2026-11-15T12:00:00Z";
/// What is kept of thirteen months: all since this month.
const SINCE: &str = "2025-10-01T00:00:00Z";
/// How often a drop waits for those who read the tables, as nodes do (`drop_month`): once is
/// too seldom for a machine that cleans these tables meanwhile.
const TRIES: i32 = 40;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn days(number: u64) -> TimeDelta {
    TimeDelta::days(number.cast_signed())
}

/// Two organizations with requests of twenty months, folded; one keeps its days half an hour off.
struct Scene {
    database: Database,
    tenants: [Tenant; 2],
}

impl Scene {
    async fn new(seed: u64) -> Self {
        let database = Database::new().await;
        database.stop_clock(at(NOW)).await;
        let tenants =
            [Tenant::new(&database, "ours").await, Tenant::new(&database, "theirs").await];
        let zone = "UPDATE organizations SET zone = 'Asia/Kolkata' WHERE name = 'theirs'";
        database.tamper(zone).await;
        for (tenant, seed) in tenants.iter().zip(seed..) {
            let events = past(&database, tenant, seed).await;
            database.store.system().book_past(&tenant.caller, &events).await.unwrap();
        }
        let scene = Self { database, tenants };
        scene.fold().await;
        scene
    }

    fn store(&self) -> &Store {
        &self.database.store
    }

    async fn fold(&self) {
        while self.store().system().fold().await.unwrap() > 0 {}
        while self.store().system().fold_timings().await.unwrap() > 0 {}
        while self.store().system().fold_tags().await.unwrap() > 0 {}
    }

    async fn agrees(&self) {
        assert_eq!(self.store().system().reconcile().await.unwrap(), None);
    }

    async fn keep(&self, months: u16) {
        let retention = Retention::months(months).unwrap();
        self.store().system().set_retention(retention).await.unwrap();
    }

    /// Drops as far as it goes; which months went, and what stood in the way.
    async fn drop(&self) -> (Vec<String>, Option<Hindrance>) {
        drop_all(self.store(), TRIES).await
    }

    /// Why nothing is dropped at the first try.
    async fn stays(&self) -> Option<Hindrance> {
        let (dropped, why) = drop_all(self.store(), 1).await;
        assert_eq!(dropped, Vec::<String>::new());
        assert_eq!(self.database.look("SELECT count(*) FROM sealed_days").await, "0");
        why
    }

    /// Sums of random questions, and all that is made of rollups.
    async fn sums(&self, seed: u64) -> Vec<Vec<Slice>> {
        let mut random = Random::new(seed, 0);
        let mut all = Vec::new();
        for _ in 0..60 {
            let tenant = &self.tenants[random.index(2)];
            let quarters = random.index(2) == 0;
            let (grain, longest) =
                if quarters { (Grain::Quarters, 90) } else { (Grain::Days, 600) };
            let first = at("2025-03-01T00:00:00Z") + days(random.of(0..500));
            let bounds = [first, first + days(random.of(1..longest))];
            let by: Vec<_> = Dimension::ALL.into_iter().filter(|_| random.index(2) == 0).collect();
            let ask = Ask { bounds: &bounds, grain, by: &by, only: &Only::default() };
            all.push(self.store().slices(&tenant.caller, ask).await.unwrap());
        }
        all
    }
}

async fn drop_all(store: &Store, tries: i32) -> (Vec<String>, Option<Hindrance>) {
    let mut months = Vec::new();
    loop {
        match store.system().drop_month_within(tries).await.unwrap() {
            Dropping::Nothing => return (months, None),
            Dropping::Stays { why, .. } => return (months, Some(why)),
            Dropping::Dropped { month, .. } => months.push(month.to_string()),
        }
    }
}

/// Requests of twenty months, many of them close to where months and days end.
async fn past(database: &Database, tenant: &Tenant, seed: u64) -> Vec<PastEvent> {
    let mut random = Random::new(seed, 7);
    let prices = [price(database, "sandbox-dime").await, price(database, "sandbox-tokens").await];
    let outcomes = [Outcome::Answered, Outcome::Answered, Outcome::Estimated, Outcome::Unknown];
    let first = at("2025-03-01T00:00:00Z");
    let event = |random: &mut Random, at| PastEvent {
        at,
        project: tenant.project,
        key: tenant.key,
        price: (*prices[random.index(2)]).clone(),
        tokens: Tokens {
            input: random.of(1..5_000),
            output: random.of(1..900),
            ..Tokens::default()
        },
        outcome: outcomes[random.index(4)],
        streamed: random.index(2) == 0,
        total_ms: i32::try_from(random.of(20..9_000)).unwrap(),
    };
    let mut events = Vec::new();
    for month in 0..20 {
        let starts = first + Months::new(month);
        for _ in 0..12 {
            let at = starts + TimeDelta::seconds(random.of(0..27 * 86_400).cast_signed());
            events.push(event(&mut random, at));
        }
        for minutes in [-200, -45, -1, 1, 45, 200] {
            events.push(event(&mut random, starts + TimeDelta::minutes(minutes)));
        }
    }
    events
}

/// Gives requests ids of another time than that of their admission, as a node does whose clock is off.
async fn misdate(database: &Database) {
    for (admitted, id) in [
        ("2025-07-01T00:01:00Z", "2025-06-30T23:59:30Z"),
        ("2025-07-31T23:59:00Z", "2025-08-01T00:40:00Z"),
        ("2025-10-01T00:01:00Z", "2025-09-30T23:58:00Z"),
        ("2025-09-30T23:59:00Z", "2025-10-01T00:03:00Z"),
    ] {
        let moved = format!(
            "CREATE TEMP TABLE m ON COMMIT DROP AS SELECT org_id, id AS old, exq_id_floor('{id}') AS new FROM events WHERE admitted_at = '{admitted}';
             UPDATE events e SET id = m.new FROM m WHERE (e.org_id, e.id) = (m.org_id, m.old);
             UPDATE stories s SET id = m.new FROM m WHERE (s.org_id, s.id) = (m.org_id, m.old)"
        );
        assert_eq!(database.tamper(&format!("BEGIN; {moved}; COMMIT")).await, 6, "{admitted}");
    }
}

/// What a correction writes.
const CORRECT: &str = "
    SELECT exq_ledger_replace(org_id, id, charge / 2, ARRAY[input, cached, cache_write, cache_write_1h, audio_input,
        image_input, output, reasoning, audio_output, image_output], 'corrected', exq_now()) FROM doubtful;
    UPDATE counters k SET spent = k.spent - d.charge / 2 FROM doubtful d WHERE k.id = ANY (d.counters) AND k.scope <> 'usage'";

fn correction() -> String {
    format!(
        "CREATE TEMP TABLE doubtful AS SELECT * FROM events WHERE outcome = 'unknown' AND charge > 0
            AND admitted_at < '2025-04-01' ORDER BY id LIMIT 1; {CORRECT}"
    )
}

#[tokio::test]
async fn sums_take_the_place_of_what_is_dropped_to_the_last_digit() {
    let scene = Scene::new(1).await;
    let (database, store) = (&scene.database, scene.store());
    misdate(database).await;
    database.tamper(&format!("BEGIN; {}; DROP TABLE doubtful; COMMIT", correction())).await;
    scene.fold().await;
    scene.agrees().await;
    let earned = async || {
        let mut all = Vec::new();
        for tenant in &scene.tenants {
            all.push(store.usage_limit(&tenant.caller).await.unwrap().earned);
        }
        all
    };
    let before = (scene.sums(3).await, earned().await, latency(&scene).await);
    assert_eq!(scene.stays().await, None, "without end nothing is dropped");
    scene.keep(13).await;
    let (dropped, why) = scene.drop().await;
    let months = "February 2025, March 2025, April 2025, May 2025, June 2025, July 2025, August 2025, September 2025";
    assert_eq!((dropped.join(", ").as_str(), why), (months, None));
    scene.agrees().await;
    assert_eq!((scene.sums(3).await, earned().await, latency(&scene).await), before);
    let left = "SELECT concat_ws(' ', bool_and(id >= exq_id_floor('2025-10-01Z')), count(*) > 100,
        to_regclass('events_202509') IS NULL, to_regclass('stories_202509') IS NULL) FROM events";
    assert_eq!(database.look(left).await, "t t t t");
    // The next month follows in time, and adds to days that are sealed in part.
    database.set_clock(at("2026-12-01T00:00:00Z")).await;
    store.system().make_partitions().await.unwrap();
    assert_eq!(scene.drop().await, (vec!["October 2025".to_owned()], None));
    scene.agrees().await;
    assert_eq!((scene.sums(3).await, latency(&scene).await), (before.0, before.2));
    assert_eq!(scene.drop().await, (Vec::new(), None));
}

/// How long requests took, by day and hour.
async fn latency(scene: &Scene) -> Vec<latencies::Latencies> {
    let bounds = [at("2025-03-01T00:00:00Z"), at("2025-08-01T00:00:00Z"), at(NOW)];
    let mut all = Vec::new();
    for tenant in &scene.tenants {
        for hours in [false, true] {
            let ask = latencies::Ask { bounds: &bounds, hours, projects: &[], models: &[] };
            all.push(scene.store().latencies(&tenant.caller, ask).await.unwrap());
        }
    }
    all
}

#[tokio::test]
async fn each_damage_to_a_sum_is_named() {
    let scene = Scene::new(11).await;
    scene.keep(13).await;
    scene.drop().await;
    scene.agrees().await;
    let one = "(org_id, day_starts, model) = (SELECT org_id, day_starts, model FROM sealed_days WHERE charge > 0
        ORDER BY org_id, day_starts, model LIMIT 1)";
    for (damage, repair, named) in [
        ("charge = charge + 0.000000000001", "charge = charge - 0.000000000001", "quarters"),
        ("requests = requests + 1", "requests = requests - 1", "quarters"),
        ("unpriced = unpriced + 1", "unpriced = unpriced - 1", "quarters"),
        (
            "input = input + 1, output = output - 1",
            "input = input - 1, output = output + 1",
            "quarters",
        ),
        ("timed = timed + 1", "timed = timed - 1", "stories against timings"),
    ] {
        scene.database.tamper(&format!("UPDATE sealed_days SET {damage} WHERE {one}")).await;
        let difference = scene.store().system().reconcile().await.unwrap();
        assert!(difference.unwrap().what.contains(named), "{damage}");
        scene.database.tamper(&format!("UPDATE sealed_days SET {repair} WHERE {one}")).await;
        scene.agrees().await;
    }
    for (damage, repair, named) in [
        (
            "UPDATE sealed_counters SET spent = spent + 0.000000000001",
            "UPDATE sealed_counters SET spent = spent - 0.000000000001",
            "against counters",
        ),
        (
            "CREATE TABLE gone AS SELECT * FROM sealed_counters; DELETE FROM sealed_counters",
            "INSERT INTO sealed_counters SELECT * FROM gone; DROP TABLE gone",
            "against counters",
        ),
        (
            "CREATE TABLE gone AS SELECT * FROM sealed_days; DELETE FROM sealed_days",
            "INSERT INTO sealed_days SELECT * FROM gone; DROP TABLE gone",
            "quarters",
        ),
        (
            "UPDATE quarters SET charge = charge + 0.000000000001 WHERE quarter < '2025-04-15'",
            "UPDATE quarters SET charge = charge - 0.000000000001 WHERE quarter < '2025-04-15'",
            "quarters",
        ),
        (
            "UPDATE days SET charge = charge + 0.000000000001 WHERE day_starts < '2025-04-15'",
            "UPDATE days SET charge = charge - 0.000000000001 WHERE day_starts < '2025-04-15'",
            "and days",
        ),
    ] {
        scene.database.tamper(damage).await;
        let difference = scene.store().system().reconcile().await.unwrap();
        assert!(difference.unwrap().what.contains(named), "{damage}");
        scene.database.tamper(repair).await;
        scene.agrees().await;
    }
}

#[tokio::test]
async fn what_is_open_in_doubt_or_not_folded_keeps_its_month_and_all_later_ones() {
    let scene = Scene::new(21).await;
    let (database, org) = (&scene.database, scene.tenants[0].org.uuid());
    scene.keep(13).await;
    let id = "exq_id_floor('2025-02-28 23:59:50Z')";
    let intent = format!(
        "INSERT INTO intents (org_id, id, node_id, epoch, project_id, key_id, member_id, model, price_id, sandbox, streamed,
            bound, counters, rate_id, tokens, day_starts, day_ends, admitted_at)
         SELECT org_id, {id}, exq_id(), 1, project_id, key_id, member_id, model, price_id, false, false, 1, counters, 1, 1,
            day_starts, day_ends, admitted_at FROM events ORDER BY id LIMIT 1"
    );
    let delta = "INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
            requests, estimated, input, cached, output, charge)
         SELECT org_id, exq_quarter(admitted_at), day_starts, day_ends, project_id, key_id, member_id, model, false, 0, 0, 0, 0, 0, 0
         FROM events ORDER BY id LIMIT 1";
    let late = "UPDATE events SET admitted_at = 'WHEN' WHERE (org_id, id) = (SELECT org_id, id FROM events ORDER BY id LIMIT 1)";
    let was = database.look("SELECT admitted_at FROM events ORDER BY id LIMIT 1").await;
    for (done, undone, why) in [
        (intent, "DELETE FROM intents".to_owned(), Hindrance::Open(1)),
        (
            format!("INSERT INTO quarantine (org_id, id, body, reason) VALUES ('{org}', {id}, '', 'x')"),
            "DELETE FROM quarantine".to_owned(),
            Hindrance::Quarantined(1),
        ),
        (
            delta.to_owned(),
            "ALTER TABLE deltas DISABLE TRIGGER roll; DELETE FROM deltas; ALTER TABLE deltas ENABLE TRIGGER roll"
                .to_owned(),
            Hindrance::Unfolded,
        ),
        (late.replace("WHEN", SINCE), late.replace("WHEN", &was), Hindrance::Late(1)),
    ] {
        // An admission within the thirteen months, not only after the month.
        let done = done.replace(SINCE, "2025-10-16T00:00:00Z");
        database.tamper(&done).await;
        assert_eq!(scene.stays().await, Some(why));
        database.tamper(&undone).await;
        scene.agrees().await;
    }
    // What does not agree is not dropped; the comparison of the next night may.
    let system = scene.store().system();
    let compared = async |alarm| {
        system.plan_job(Job::Reconcile).await.unwrap();
        let claimed = system.claim_job(NodeId::generate(), Job::Reconcile).await.unwrap().unwrap();
        let done = Done { said: "It was compared".to_owned(), alarm };
        assert!(system.finish_job(&claimed, &done).await.unwrap());
    };
    compared(true).await;
    assert_eq!(scene.stays().await, Some(Hindrance::Difference));
    database.set_clock(at(NOW) + TimeDelta::days(1)).await;
    compared(false).await;
    // A comparison is good for the night that it was made in.
    database.set_clock(at(NOW) + TimeDelta::days(3)).await;
    assert_eq!(scene.stays().await, Some(Hindrance::NotCompared));
    compared(false).await;
    let (dropped, why) = scene.drop().await;
    assert_eq!((dropped.len(), why), (8, None));
    scene.agrees().await;
}

#[tokio::test]
async fn who_asks_for_single_requests_is_told_that_they_are_gone() {
    let scene = Scene::new(81).await;
    let (store, tenant) = (scene.store(), &scene.tenants[0]);
    let caller = &tenant.caller;
    let (kofi, reader) = member(&scene.database, tenant, "kofi", Role::Reader).await;
    let id = scene
        .database
        .look("SELECT id FROM events WHERE outcome = 'unknown' ORDER BY id LIMIT 1")
        .await;
    let gone = EventId::from_uuid(id.parse().unwrap());
    let since = at(SINCE);
    let lost = Err(Conflict::NotKept(since.date_naive()));
    let conflict = |error| match error {
        StoreError::Conflict(rule) => rule,
        other => panic!("{other:?}"),
    };
    let minutes = async |from: DateTime<Utc>| {
        let (bounds, only) = ([from, from + TimeDelta::days(1)], Only::default());
        let ask = EventAsk { bounds: &bounds, by: &[], by_tier: true, only: &only, batch: None };
        store.event_slices(caller, ask).await.map(drop).map_err(conflict)
    };
    let day = async |day: &str| {
        let past = PastStretch::Day(day.parse().unwrap());
        let asked = store.what_if(caller, Scope::Org(tenant.org), Period::Day, usd("1"), past);
        asked.await.map(drop).map_err(conflict)
    };
    assert_eq!(store.kept_since(caller).await.unwrap(), None);
    let correct =
        async || store.correct_charge(caller, gone, usd("0"), &"Why".parse().unwrap()).await;
    for is_dropped in [false, true] {
        assert_eq!(minutes(at("2025-06-01T00:00:00Z")).await.is_err(), is_dropped);
        assert_eq!(day("2025-09-30").await.is_err(), is_dropped);
        // Older than what is listed as doubtful, whether it is there or not.
        let late = correct().await;
        assert!(matches!(late, Err(StoreError::Conflict(Conflict::CorrectionLate))), "{late:?}");
        scene.keep(13).await;
        scene.drop().await;
    }
    assert_eq!(minutes(at("2025-06-01T00:00:00Z")).await, lost);
    assert_eq!(minutes(since - TimeDelta::hours(23)).await, lost);
    assert_eq!(day("2025-09-30").await, lost);
    assert_eq!(minutes(since + TimeDelta::days(2)).await, Ok(()));
    assert_eq!(day("2025-10-02").await, Ok(()));
    // Before anything of the organization there is nothing to miss.
    assert_eq!(minutes(at("2020-06-01T00:00:00Z")).await, Ok(()));

    assert_eq!(store.kept_since(caller).await.unwrap(), Some(since));
    assert_eq!(store.not_kept(caller, gone).await.unwrap(), since);
    let kept = EventId::floor(since);
    assert!(matches!(store.not_kept(caller, kept).await, Err(StoreError::NotFound)));
    // A reader of no project has nothing to miss.
    let blind = async |reader: &Caller| store.kept_since(reader).await.unwrap();
    assert_eq!(blind(&reader).await, None);
    put(&scene.database, tenant, tenant.project, kofi, ProjectRole::Viewer).await;
    assert_eq!(blind(&reader).await, Some(since));
}

#[tokio::test]
async fn an_organization_is_erased_with_its_sums() {
    let scene = Scene::new(91).await;
    let (database, store) = (&scene.database, scene.store());
    scene.keep(13).await;
    scene.drop().await;
    let of = |tenant: &Tenant| {
        format!(
            "SELECT (SELECT count(*) FROM sealed_days WHERE org_id = '{0}') || ' ' || (SELECT count(*) FROM sealed_counters WHERE org_id = '{0}')",
            tenant.org.uuid()
        )
    };
    let theirs = database.look(&of(&scene.tenants[1])).await;
    assert!(
        !theirs.starts_with("0 ") && !database.look(&of(&scene.tenants[0])).await.starts_with("0 ")
    );
    store.close_organization(&scene.tenants[0].caller).await.unwrap();
    database.set_clock(at(NOW) + TimeDelta::days(31)).await;
    while store.system().erase_closed().await.unwrap().is_some() {}
    assert_eq!(database.look(&of(&scene.tenants[0])).await, "0 0");
    assert_eq!(database.look(&of(&scene.tenants[1])).await, theirs);
    scene.agrees().await;
}
