//! Usage by tag, against what stories and events say one by one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Caller, EventId, Outcome, ProjectRole, Role, Story, Tag, Tags, Tokens, Usd};
use ledger::{Book as _, Settlement};
use sqlx::{Row as _, types::Uuid};
use store::{
    Conflict, StoreError,
    slices::{Apart, Ask, Dimension, Grain, Only, Slice},
    system::TAG_VALUES,
    tags::{TagGroup, TagOnly, TagValue},
    usage::Totals,
};
use testkit::Tenant;

use crate::{
    latencies::{Dice, Scene},
    people::{member, put},
    stories::Desk,
    support::{Running, answered, price, request, story, usd},
};

/// A settlement that says these tags.
fn tagged(tags: &str, charge: &str) -> Settlement {
    let tags = Tags::parse(tags).unwrap();
    Settlement { story: Some(Arc::new(Story { tags, ..story() })), ..answered(charge) }
}

/// The keys that are asked for; of the last there is nothing.
const KEYS: [&str; 4] = ["team", "feature", "run", "nothing"];

impl Scene {
    /// Requests with some of the keys or none, of which some tell no story and some are never answered.
    async fn tagged(&self, dice: &mut Dice, many: usize) {
        let node = Running::new(&self.database.store).await;
        let dime = price(&self.database, "sandbox-dime").await;
        for place in 0..many {
            let mut asked = request(&self.tenant, &dime, "0.50");
            (asked.project, asked.key) = self.projects[usize::try_from(dice.next(2)).unwrap()];
            asked.model = format!("model-{}", dice.next(2));
            let values = [(3, "team"), (2, "feature"), (5, "run")].map(|(most, key)| {
                (dice.next(3) > 0).then(|| format!("{key}=v{}", dice.next(most)))
            });
            let said = values.into_iter().flatten().collect::<Vec<_>>().join(",");
            let mut ended = tagged(&said, &format!("0.{:012}", 1 + dice.next(400_000_000_000)));
            let outcomes = [Outcome::Answered, Outcome::Estimated, Outcome::Unknown];
            ended.outcome = outcomes[usize::try_from(dice.next(3)).unwrap()];
            ended.tokens =
                Tokens { input: dice.next(900), output: dice.next(90), ..Tokens::default() };
            ended.story = ended.story.filter(|_| place % 9 != 0);
            node.ledger.reserve(asked).await.unwrap().settle(ended).await;
        }
        node.finish().await;
    }

    /// An owner corrects every third charge that may be.
    async fn correct(&self) {
        let (store, caller) = (&self.database.store, &self.tenant.caller);
        let doubtful = store.doubtful(caller, None).await.unwrap().rows;
        assert!(doubtful.len() > 9);
        for one in doubtful.iter().step_by(3) {
            let reason = "Bill".parse().unwrap();
            store.correct_charge(caller, one.id, usd("0.000000000007"), &reason).await.unwrap();
        }
    }

    async fn fold_all(&self) {
        while self.database.store.system().fold().await.unwrap() > 0 {}
        while self.database.store.system().fold_tags().await.unwrap() > 0 {}
    }
}

/// One event, with its story's tags.
struct Booked {
    project: Uuid,
    model: String,
    quarter: DateTime<Utc>,
    day: DateTime<Utc>,
    tags: BTreeMap<String, String>,
    totals: Totals,
}

/// All that there is of a tenant, event by event.
async fn booked(scene: &Scene) -> Vec<Booked> {
    let rows = sqlx::query(
        "SELECT e.project_id, e.model, exq_quarter(e.admitted_at) AS quarter, e.day_starts, exq_doubtful(e.outcome) AS doubtful,
            e.input, e.output, e.charge::text AS charge, COALESCE(s.tags, '{}') AS tags
         FROM events e LEFT JOIN stories s USING (org_id, id) WHERE e.org_id = $1",
    )
    .bind(scene.tenant.org.uuid())
    .fetch_all(&scene.database.admin)
    .await
    .unwrap();
    rows.iter()
        .map(|row| {
            let count = |name| u64::try_from(row.get::<i64, _>(name)).unwrap();
            let tags = row.get::<Vec<String>, _>("tags").into_iter().map(|tag| {
                let (key, value) = tag.parse::<Tag>().unwrap().parts();
                (key.to_string(), value)
            });
            let tokens =
                Tokens { input: count("input"), output: count("output"), ..Tokens::default() };
            Booked {
                project: row.get("project_id"),
                model: row.get("model"),
                quarter: row.get("quarter"),
                day: row.get("day_starts"),
                tags: tags.collect(),
                totals: Totals {
                    requests: 1,
                    estimated: i64::from(row.get::<bool, _>("doubtful")),
                    tokens,
                    charge: usd(row.get("charge")),
                    ..Totals::default()
                },
            }
        })
        .collect()
}

/// What the answer should be.
fn expected(all: &[Booked], ask: &Ask<'_>, sees: &[Uuid]) -> BTreeMap<(usize, Apart), Totals> {
    let tag = ask.only.tag.as_ref().unwrap();
    let mut sums: BTreeMap<(usize, Apart), Totals> = BTreeMap::new();
    for one in all {
        let at = if ask.grain == Grain::Days { one.day } else { one.quarter };
        let Some(stretch) = ask.bounds.windows(2).position(|it| it[0] <= at && at < it[1]) else {
            continue;
        };
        let value = one.tags.get(tag.key.as_str());
        let value = value.map_or(TagValue::None, |value| TagValue::Named(value.clone()));
        let (project, model) = (one.project, one.model.clone());
        let only = ask.only;
        if !sees.contains(&project)
            || !(only.projects.is_empty() || only.projects.contains(&project))
            || !(only.models.is_empty() || only.models.contains(&model))
            || !(tag.values.is_empty() || tag.values.contains(&value))
        {
            continue;
        }
        let by = |dimension| ask.by.contains(&dimension);
        let apart = Apart {
            project: by(Dimension::Project).then_some(project),
            model: by(Dimension::Model).then_some(model),
            tag: by(Dimension::Tag).then(|| TagGroup { key: tag.key.clone(), value }),
            ..Apart::default()
        };
        let sum = sums.entry((stretch, apart)).or_default();
        *sum = sum.plus(one.totals);
    }
    sums
}

const ASKED: [&[Dimension]; 6] = [
    &[Dimension::Tag],
    &[Dimension::Tag, Dimension::Project],
    &[Dimension::Model, Dimension::Tag],
    &[Dimension::Project, Dimension::Model, Dimension::Tag],
    &[Dimension::Model],
    &[],
];

/// Every way to ask, by an owner and by a reader of the first project.
async fn check(scene: &Scene, reader: &Caller) {
    let (store, owner) = (&scene.database.store, &scene.tenant.caller);
    let all = booked(scene).await;
    let day = all.iter().map(|one| one.day).min().unwrap();
    let days = [day, day + TimeDelta::days(1), day + TimeDelta::days(9)];
    let hours: Vec<_> = (0..60).map(|n| day + TimeDelta::hours(n)).collect();
    let ids = scene.projects.map(|(project, _)| project.uuid());
    let mut answers = BTreeSet::new();
    for key in KEYS {
        for values in [
            vec![],
            vec![TagValue::None],
            vec![TagValue::Named("v1".to_owned()), TagValue::None],
            vec![TagValue::Named("v0".to_owned()), TagValue::Named("v9".to_owned())],
        ] {
            let few = if values.is_empty() { 0 } else { 3 };
            let tag = Some(TagOnly { key: key.parse().unwrap(), values });
            for only in [
                Only { tag: tag.clone(), ..Only::default() },
                Only { tag: tag.clone(), projects: vec![ids[1]], ..Only::default() },
                Only { tag, models: vec!["model-1".to_owned()], ..Only::default() },
            ] {
                for (by, (caller, sees)) in ASKED[few..]
                    .iter()
                    .flat_map(|by| [(owner, &ids[..]), (reader, &ids[..1])].map(|who| (by, who)))
                {
                    for (grain, bounds) in [(Grain::Days, &days[..]), (Grain::Quarters, &hours)] {
                        let ask = Ask { bounds, grain, by, only: &only };
                        let slices = store.slices(caller, ask).await.unwrap();
                        let expected = expected(&all, &ask, sees);
                        let found: Vec<_> =
                            slices.iter().map(|it| ((it.stretch, it.apart()), it.totals)).collect();
                        assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{ask:?}");
                        answers.insert(found.len());
                    }
                }
            }
        }
    }
    assert!(answers.len() > 9, "{answers:?}");
}

#[tokio::test]
async fn all_values_and_what_has_none_are_the_events_folded_or_not_corrected_or_not() {
    let scene = Scene::new().await;
    let (user, reader) = member(&scene.database, &scene.tenant, "reader", Role::Reader).await;
    put(&scene.database, &scene.tenant, scene.tenant.project, user, ProjectRole::Viewer).await;
    let other = Tenant::new(&scene.database, "other").await;
    let store = &scene.database.store;
    let mut dice = Dice(11);
    scene.tagged(&mut dice, 60).await;
    check(&scene, &reader).await;
    // Two nodes fold at once, while a third takes requests and an owner corrects charges.
    let another = scene.database.another().await;
    let folds = async {
        let (one, two) = tokio::join!(store.system().fold_tags(), another.system().fold_tags());
        one.unwrap() + two.unwrap()
    };
    let (folded, (), ()) = tokio::join!(folds, scene.tagged(&mut dice, 40), scene.correct());
    assert!(folded > 40, "{folded}");
    check(&scene, &reader).await;
    assert_eq!(store.system().reconcile().await.unwrap(), None);
    scene.database.advance(TimeDelta::hours(26)).await;
    scene.tagged(&mut dice, 30).await;
    scene.fold_all().await;
    check(&scene, &reader).await;
    scene.correct().await;
    check(&scene, &reader).await;
    assert_eq!(store.system().reconcile().await.unwrap(), None);
    scene.fold_all().await;
    check(&scene, &reader).await;
    assert_eq!(store.system().reconcile().await.unwrap(), None);
    assert_eq!(scene.database.look("SELECT count(*) FROM tag_deltas").await, "0");
    let keys =
        |keys: Vec<domain::TagKey>| keys.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let known = BTreeSet::from(["feature", "run", "team"].map(str::to_owned));
    assert_eq!(keys(store.tag_keys(&scene.tenant.caller).await.unwrap()), known);
    assert_eq!(keys(store.tag_keys(&reader).await.unwrap()), known);
    assert!(store.tag_keys(&other.caller).await.unwrap().is_empty());
    let (_, stranger) = member(&scene.database, &scene.tenant, "stranger", Role::Reader).await;
    assert!(store.tag_keys(&stranger).await.unwrap().is_empty());
    for caller in [&other.caller, &stranger] {
        assert_eq!(groups(&scene, caller, "team").await, []);
    }
}

/// What the page shows of the running cycle by a key.
async fn explored(scene: &Scene, caller: &Caller, key: &str) -> store::explore::Explored {
    let store = &scene.database.store;
    let cycle = store.cycles(caller).await.unwrap().current.window;
    let tag = Some(TagOnly { key: key.parse().unwrap(), values: Vec::new() });
    let (bounds, only) = ([cycle.starts, cycle.ends], Only { tag, ..Only::default() });
    let ask = Ask { bounds: &bounds, grain: Grain::Days, by: &[Dimension::Tag], only: &only };
    store.explore(caller, ask, 2, |totals| totals.charge.pico()).await.unwrap()
}

async fn groups(scene: &Scene, caller: &Caller, key: &str) -> Vec<Slice> {
    explored(scene, caller, key).await.cut.groups
}

fn sum<'a>(slices: impl IntoIterator<Item = &'a Slice>) -> Totals {
    slices.into_iter().fold(Totals::default(), |sum, slice| sum.plus(slice.totals))
}

#[tokio::test]
async fn an_unknown_end_with_a_story_is_counted_once_when_it_is_heard_late() {
    let mut desk = Desk::new(3).await;
    let counted = "SELECT concat_ws(' ', sum(requests), sum(estimated), sum(output), sum(charge)) FROM tag_deltas
        WHERE 'team=search' = ANY (tags)";
    let unsure = Settlement { outcome: Outcome::Unknown, ..answered("0.10") };
    let lost = Settlement { outcome: Outcome::Interrupted, ..Settlement::unknown(usd("0.10")) };
    for (which, ending, expected) in [
        (0, unsure, "1 1 5 0.100000000000"),
        (0, answered("0.04"), "1 0 5 0.040000000000"),
        (0, answered("0.05"), "1 0 5 0.040000000000"),
        (1, lost.clone(), "1 0 5 0.040000000000"),
        (1, answered("0.03"), "2 0 10 0.070000000000"),
        // It never reached the provider, which is heard behind the time.
        (2, lost, "2 0 10 0.070000000000"),
        (2, Settlement::released(), "2 0 10 0.070000000000"),
    ] {
        let batch = desk.ends(which, ending);
        desk.book.decide(&batch, |_| Vec::new()).await.unwrap();
        assert_eq!(desk.database.look(counted).await, expected, "{which}");
        assert_eq!(desk.database.store.system().reconcile().await.unwrap(), None);
        desk.database.store.system().fold().await.unwrap();
    }
    assert_eq!(desk.database.store.system().fold_tags().await.unwrap(), 3);
    assert_eq!(desk.database.store.system().reconcile().await.unwrap(), None);
}

/// Requests at once, each with a value of its own.
async fn told(scene: &Scene, values: impl Iterator<Item = u64>) {
    let node = Running::new(&scene.database.store).await;
    let dime = price(&scene.database, "sandbox-dime").await;
    let tasks: Vec<_> = values
        .map(|value| {
            let (ledger, asked) = (node.ledger.clone(), request(&scene.tenant, &dime, "0.50"));
            let ended = Settlement {
                outcome: Outcome::Estimated,
                ..tagged(&format!("run=r{value}"), "0.000000000003")
            };
            tokio::spawn(async move { ledger.reserve(asked).await.unwrap().settle(ended).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    node.finish().await;
}

/// Values of their own, and what the others used together.
fn apart(groups: &[Slice]) -> (usize, Option<Totals>) {
    let other = |slice: &&Slice| slice.tag.as_ref().is_some_and(|it| it.value == TagValue::Other);
    let found = groups.iter().find(other).map(|slice| slice.totals);
    (groups.len() - usize::from(found.is_some()), found)
}

#[tokio::test]
async fn a_days_values_past_a_thousand_are_one_and_stay_so() {
    let scene = Scene::new().await;
    let (store, caller) = (&scene.database.store, &scene.tenant.caller);
    let most = usize::try_from(TAG_VALUES).unwrap();
    let charged = |totals: Totals| (totals.requests, totals.charge.pico(), totals.tokens.output);
    told(&scene, 0..TAG_VALUES - 1).await;
    scene.fold_all().await;
    told(&scene, TAG_VALUES - 1..TAG_VALUES + 20).await;
    // What is not folded is told apart until it is.
    let seen = groups(&scene, caller, "run").await;
    assert_eq!(apart(&seen), (most + 20, None));
    assert_eq!(charged(sum(&seen)), (1_020, 3_060, 5_100));
    scene.fold_all().await;
    let seen = explored(&scene, caller, "run").await.cut;
    let (own, other) = apart(&seen.groups);
    assert_eq!((own, other.map(charged)), (most, Some((20, 60, 100))));
    assert_eq!(charged(sum(&seen.groups)), (1_020, 3_060, 5_100));
    assert_eq!(charged(sum(&seen.stretches)), (1_020, 3_060, 5_100));
    assert_eq!(store.system().reconcile().await.unwrap(), None);

    // One that is with the others stays there, and so does what an owner takes away of it.
    let late = scene
        .database
        .look("SELECT id FROM stories JOIN events USING (org_id, id) WHERE tags = '{run=r1019}'")
        .await;
    let late = EventId::from_uuid(late.parse().unwrap());
    store.correct_charge(caller, late, Usd::ZERO, &"Bill".parse().unwrap()).await.unwrap();
    told(&scene, [7, 1_010, 5_000].into_iter()).await;
    for folded in [false, true] {
        let seen = groups(&scene, caller, "run").await;
        let (own, other) = apart(&seen);
        assert_eq!((own, other.map(charged)), (most, Some((22, 63, 110))), "{folded}");
        assert_eq!(charged(sum(&seen)), (1_023, 3_066, 5_115));
        assert!(seen.iter().all(|slice| slice.totals.requests > 0));
        assert_eq!(store.system().reconcile().await.unwrap(), None);
        scene.fold_all().await;
    }
    let other = Some(TagOnly { key: "run".parse().unwrap(), values: vec![TagValue::Other] });
    let cycle = store.cycles(caller).await.unwrap().current.window;
    let (bounds, only) = ([cycle.starts, cycle.ends], Only { tag: other, ..Only::default() });
    let ask = Ask { bounds: &bounds, grain: Grain::Quarters, by: &[], only: &only };
    assert_eq!(charged(sum(&store.slices(caller, ask).await.unwrap())), (22, 63, 110));
    // The next day is another one.
    scene.database.advance(TimeDelta::hours(24)).await;
    told(&scene, [5_000].into_iter()).await;
    scene.fold_all().await;
    let own = "SELECT count(*) FROM tag_rollups WHERE shape = 1 AND tag_value = 'r5000'";
    assert_eq!(scene.database.look(own).await, "1");
    assert_eq!(store.system().reconcile().await.unwrap(), None);
}

#[tokio::test]
async fn tags_do_not_go_with_keys_and_members() {
    let scene = Scene::new().await;
    let (store, caller) = (&scene.database.store, &scene.tenant.caller);
    let cycle = store.cycles(caller).await.unwrap().current.window;
    let bounds = [cycle.starts, cycle.ends];
    let tag = Some(TagOnly { key: "team".parse().unwrap(), values: Vec::new() });
    let plain = Only { tag, ..Only::default() };
    let keys = Only { keys: vec![scene.tenant.key.uuid()], ..plain.clone() };
    let members = Only { members: vec![scene.tenant.user.uuid()], ..plain.clone() };
    let asked: [(&[Dimension], &Only); 4] = [
        (&[Dimension::Tag, Dimension::Key], &plain),
        (&[Dimension::Member], &plain),
        (&[Dimension::Tag], &keys),
        (&[], &members),
    ];
    for (by, only) in asked {
        let ask = Ask { bounds: &bounds, grain: Grain::Days, by, only };
        let answer = store.slices(caller, ask).await;
        assert!(matches!(answer, Err(StoreError::Conflict(Conflict::TaggedByKey))), "{answer:?}");
    }
    let only = Only::default();
    let ask = Ask { bounds: &bounds, grain: Grain::Days, by: &[Dimension::Tag], only: &only };
    assert!(matches!(store.slices(caller, ask).await, Err(StoreError::NotFound)));
}

/// What the migration does that counts what was told before there were the triggers.
const FILL: &str = include_str!("../../../../migrations/20261203200002_tags_filled.sql");

#[tokio::test]
async fn what_was_told_before_is_counted_by_the_migration() {
    let scene = Scene::new().await;
    let system = scene.database.store.system();
    let mut dice = Dice(5);
    scene.database.tamper("ALTER TABLE stories DISABLE TRIGGER tags_told; ALTER TABLE events DISABLE TRIGGER tags_replaced").await;
    scene.tagged(&mut dice, 40).await;
    told(&scene, 0..TAG_VALUES + 9).await;
    scene.correct().await;
    scene.database.tamper("ALTER TABLE stories ENABLE TRIGGER tags_told; ALTER TABLE events ENABLE TRIGGER tags_replaced").await;
    assert_eq!(scene.database.look("SELECT count(*) FROM tag_deltas").await, "0");
    // Between the migrations, and after.
    scene.tagged(&mut dice, 20).await;
    assert!(system.reconcile().await.unwrap().is_some());
    for _ in 0..2 {
        scene.database.migrate_by_hand(FILL).await;
        assert_eq!(system.reconcile().await.unwrap(), None);
        scene.tagged(&mut dice, 9).await;
        assert_eq!(system.reconcile().await.unwrap(), None);
        scene.fold_all().await;
        assert_eq!(system.reconcile().await.unwrap(), None);
    }
}

#[tokio::test]
async fn reconcile_names_what_is_lost_or_moved() {
    let scene = Scene::new().await;
    scene.tagged(&mut Dice(3), 40).await;
    scene.fold_all().await;
    scene.tagged(&mut Dice(9), 20).await;
    let system = scene.database.store.system();
    for (damage, repair, named) in [
        (
            "UPDATE tag_deltas SET charge = charge + 0.000000000001 WHERE id = (SELECT max(id) FROM tag_deltas)",
            "UPDATE tag_deltas SET charge = charge - 0.000000000001 WHERE id = (SELECT max(id) FROM tag_deltas)",
            "tagged events",
        ),
        (
            "CREATE TABLE kept AS SELECT * FROM tag_deltas; DELETE FROM tag_deltas",
            "INSERT INTO tag_deltas OVERRIDING SYSTEM VALUE SELECT * FROM kept; DROP TABLE kept",
            "tagged events",
        ),
        (
            "UPDATE tag_rollups SET tag_value = 'w' || tag_value WHERE tag_key = 'team' AND shape IN (1, 2, 3, 4, 11, 14)",
            "UPDATE tag_rollups SET tag_value = substr(tag_value, 2) WHERE tag_key = 'team' AND shape IN (1, 2, 3, 4, 11, 14)",
            "tagged events",
        ),
        (
            "UPDATE tag_rollups SET input = input - 1, cached = cached + 1 WHERE shape = 3",
            "UPDATE tag_rollups SET input = input + 1, cached = cached - 1 WHERE shape = 3",
            "other shapes",
        ),
        (
            "UPDATE tag_rollups SET requests = requests + 1 WHERE shape = 0",
            "UPDATE tag_rollups SET requests = requests - 1 WHERE shape = 0",
            "other shapes",
        ),
        (
            "UPDATE tag_rollups SET charge = charge + 0.000000000001 WHERE shape IN (11, 14) AND model = ''",
            "UPDATE tag_rollups SET charge = charge - 0.000000000001 WHERE shape IN (11, 14) AND model = ''",
            "other shapes",
        ),
        (
            "CREATE TABLE gone AS SELECT * FROM tag_rollups WHERE shape IN (11, 14); DELETE FROM tag_rollups WHERE shape IN (11, 14)",
            "INSERT INTO tag_rollups SELECT * FROM gone; DROP TABLE gone",
            "days by tag",
        ),
    ] {
        assert_eq!(system.reconcile().await.unwrap(), None);
        scene.database.tamper(damage).await;
        let difference =
            system.reconcile().await.unwrap().unwrap_or_else(|| panic!("not found: {damage}"));
        assert!(difference.what.contains(named), "{damage}: {difference}");
        scene.database.tamper(repair).await;
    }
    assert_eq!(system.reconcile().await.unwrap(), None);
}
