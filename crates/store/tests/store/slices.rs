//! Whichever rollup answers, the sums are the same.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Outcome, Role};
use ledger::Settlement;
use sqlx::types::Uuid;
use store::{
    Until,
    slices::{Apart, Ask, Dimension, Grain, Only, Slice},
    usage::Totals,
};
use testkit::{Database, Tenant};

use crate::{
    people::member,
    support::{Running, answered, price, request, usd},
};

/// All that can be asked: any dimensions, by days or quarters.
fn questions() -> Vec<Vec<Dimension>> {
    (0..16_u8)
        .map(|bits| {
            let asked = |place: &usize| bits & (1 << place) != 0;
            (0..4).filter(asked).map(|place| Dimension::ALL[place]).collect()
        })
        .collect()
}

#[tokio::test]
async fn each_rollup_agrees_with_all_dimensions_folded_or_not() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    for (model, charge) in [("sandbox-dime", "0.10"), ("sandbox-tokens", "0.000000000003")] {
        let price = price(&database, model).await;
        for _ in 0..3 {
            let asked = request(&tenant, &price, "0.90");
            node.ledger.reserve(asked).await.unwrap().settle(answered(charge)).await;
        }
        let unknown = request(&tenant, &price, "0.90");
        node.ledger.reserve(unknown).await.unwrap().settle(Settlement::unknown(usd("0.90"))).await;
        assert_eq!(Settlement::unknown(usd("0.90")).outcome, Outcome::Unknown);
        check(&database, &tenant).await;
        database.store.system().fold().await.unwrap();
        check(&database, &tenant).await;
    }
    node.finish().await;
    assert_eq!(database.store.system().reconcile().await.unwrap(), None);
}

async fn check(database: &Database, tenant: &Tenant) {
    let caller = &tenant.caller;
    let cycle = database.store.cycles(caller).await.unwrap().current.window;
    let bounds = [cycle.starts, cycle.ends];
    let events = database.look("SELECT sum(charge) FROM events").await;
    for grain in [Grain::Days, Grain::Quarters] {
        for by in questions() {
            // A filter by what everything is keeps everything, and asks for one more dimension.
            let filters = [
                Only::default(),
                Only { keys: vec![tenant.key.uuid()], ..Only::default() },
                Only { members: vec![tenant.user.uuid()], sandbox: Some(true), ..Only::default() },
            ];
            for only in &filters {
                let ask = Ask { bounds: &bounds, grain, by: &by, only };
                let slices = database.store.slices(caller, ask).await.unwrap();
                let sum: domain::Usd = slices.iter().map(|slice| slice.totals.charge).sum();
                assert_eq!(sum, usd(&events), "{grain:?} {by:?} {only:?}");
                for slice in &slices {
                    assert_eq!(slice.model.is_some(), by.contains(&Dimension::Model));
                    assert_eq!(slice.project.is_some(), by.contains(&Dimension::Project));
                    assert_eq!(slice.person.is_some(), by.contains(&Dimension::Key));
                    if by.contains(&Dimension::Key) {
                        assert_eq!(slice.key, Some(tenant.key.uuid()));
                    }
                }
            }
            let nobody = Only { projects: vec![Uuid::nil()], ..Only::default() };
            let ask = Ask { bounds: &bounds, grain, by: &by, only: &nobody };
            assert!(database.store.slices(caller, ask).await.unwrap().is_empty());
        }
    }
}

/// Two keys in two projects, three times a day, somewhat different each time, for 110 days.
const LONG: &str = "
    INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
        requests, estimated, unpriced, input, cached, output, charge)
    SELECT o.org_id, d + q * interval '465 minutes', d, d + interval '1 day', md5('project' || k)::uuid,
        md5('key' || k)::uuid, md5('member' || k)::uuid, 'model-' || (k + q) % 2, k = 2, 1, q % 2, k % 2, 100 + q, q, 10 + k,
        0.000000000001 * (1 + extract(day FROM d)::integer * 7 + k)
    FROM organizations o, generate_series(timestamptz '2026-07-01 22:00+00', '2026-10-18 22:00+00', '1 day') d,
        generate_series(0, 2) q, generate_series(1, 2) k";

/// What slices of many stretches are, summed to one.
fn summed(slices: Vec<Slice>) -> BTreeMap<Apart, Totals> {
    let mut sums = BTreeMap::new();
    for slice in slices {
        let sum: &mut Totals = sums.entry(slice.apart()).or_default();
        *sum = sum.plus(slice.totals);
    }
    sums
}

#[tokio::test]
async fn coarse_rollups_say_of_a_long_time_what_finer_ones_say_of_its_parts() {
    let (database, tenant, first) = folded(&[LONG]).await;
    let slices = async |bounds: &[DateTime<Utc>], grain, by: &[Dimension]| {
        let ask = Ask { bounds, grain, by, only: &Only::default() };
        summed(database.store.slices(&tenant.caller, ask).await.unwrap())
    };
    let long = [
        (Grain::Days, TimeDelta::days(1), [(0, 105), (3, 40), (9, 10), (25, 73)]),
        (Grain::Quarters, TimeDelta::minutes(15), [(0, 960), (1, 191), (5, 6), (50, 433)]),
    ];
    for (grain, step, stretches) in long {
        for (from, until) in stretches {
            for by in questions() {
                let short: Vec<_> = (from..=until).map(|n| first + step * n).collect();
                let long = [short[0], short[short.len() - 1]];
                let wanted = slices(&short, grain, &by).await;
                assert_eq!(
                    slices(&long, grain, &by).await,
                    wanted,
                    "{grain:?} {from} {until} {by:?}"
                );
            }
        }
    }
    for span in ["21 AND 26", "31 AND 33", "34 AND 34", "41 AND 46"] {
        let more = format!("SET requests = requests + 1000000 WHERE shape BETWEEN {span}");
        let less = more.replace('+', "-");
        database.tamper(&format!("UPDATE coarse_rollups {more}")).await;
        let (grain, step, [(from, until), ..]) = long[usize::from(span.starts_with('3'))];
        let bounds = [first + step * from, first + step * until];
        let by = if span.starts_with("34") { Dimension::Key } else { Dimension::Project };
        let sums = slices(&bounds, grain, &[by]).await;
        assert!(summed_requests(&sums) > 1_000_000, "{span} is not read");
        database.tamper(&format!("UPDATE coarse_rollups {less}")).await;
    }
    database.tamper("UPDATE coarse_rollups SET requests = requests + 1").await;
    for (grain, step, [(from, until), ..]) in long {
        for by in questions() {
            let bounds = [first + step * from, first + step * until];
            let parts = summed_requests(&slices(&bounds, grain, &by).await);
            assert!(
                parts > if grain == Grain::Days { 600 } else { 60 },
                "{grain:?} {by:?} reads no coarse ones"
            );
        }
    }
}

fn summed_requests(sums: &BTreeMap<Apart, Totals>) -> i64 {
    sums.values().map(|totals| totals.requests).sum()
}

/// A request of each key, alone in its project, in each of 30 hours, dearer by key and hour.
const MANY: &str = "
    INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
        requests, estimated, input, cached, output, charge)
    SELECT o.org_id, timestamptz '2026-07-01 22:00+00' + h * interval '1 hour', '2026-07-01 22:00+00', '2026-07-02 22:00+00',
        md5('project' || k)::uuid, md5('key' || k)::uuid, md5('member')::uuid, 'model', true, 1, 0, 1, 0, 1,
        0.000000000001 * (k * 100 + h)
    FROM organizations o, generate_series(0, 29) h, generate_series(1, $keys) k";

/// An organization with this usage, folded, and the instant that it begins at.
async fn folded(deltas: &[&str]) -> (Database, Tenant, DateTime<Utc>) {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    for deltas in deltas {
        database.tamper(deltas).await;
    }
    while database.store.system().fold().await.unwrap() > 0 {}
    (database, tenant, "2026-07-01T22:00:00Z".parse().unwrap())
}

/// [`MANY`] of so many keys.
fn of_keys(keys: &impl ToString) -> String {
    MANY.replace("$keys", &keys.to_string())
}

fn hours(first: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    (0..=30).map(|hour| first + TimeDelta::hours(hour)).collect()
}

/// Few slices are read at once, of many only the groups, the largest of them and all together.
#[tokio::test]
async fn few_slices_and_many_are_cut_alike() {
    for (keys, by) in [
        (66, Dimension::Project),
        (67, Dimension::Project),
        (66, Dimension::Key),
        (67, Dimension::Key),
    ] {
        let (database, tenant, first) = folded(&[&of_keys(&keys)]).await;
        let bounds = hours(first);
        let (by, only) = ([by], Only::default());
        let ask = Ask { bounds: &bounds, grain: Grain::Quarters, by: &by, only: &only };
        let size = |totals: &Totals| totals.charge.pico();
        let cut = database.store.cuts(&tenant.caller, &[ask], 7, size).await.unwrap().remove(0);
        let pico = |slice: &Slice| size(&slice.totals);
        let groups: Vec<_> = cut.groups.iter().map(pico).collect();
        let wanted = (1..=keys).rev().map(|key| 30 * key * 100 + 435);
        assert_eq!(groups, wanted.collect::<Vec<i128>>(), "{keys} keys");
        let stretches: Vec<_> = cut.stretches.iter().map(|it| (it.stretch, pico(it))).collect();
        let hour = |hour: usize| keys * (keys + 1) / 2 * 100 + keys * i128::try_from(hour).unwrap();
        assert_eq!(stretches, (0..30).map(|at| (at, hour(at))).collect::<Vec<_>>(), "{keys} keys");
        let top: Vec<_> = cut.groups[..7].iter().map(Slice::apart).collect();
        assert_eq!(cut.largest.len(), 7 * 30, "{keys} keys");
        assert!(cut.largest.iter().all(|slice| top.contains(&slice.apart())), "{keys} keys");
        let largest: i128 = cut.largest.iter().map(pico).sum();
        assert_eq!(largest, groups[..7].iter().sum::<i128>(), "{keys} keys");
    }
}

#[tokio::test]
async fn members_are_an_owners_business() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (_, reader) = member(&database, &tenant, "reader", Role::Reader).await;
    let cycle = database.store.cycles(&reader).await.unwrap().current.window;
    let bounds = [cycle.starts, cycle.ends];
    let of = |only| Ask { bounds: &bounds, grain: Grain::Days, by: &[], only };
    let (all, one) = (Only::default(), Only { members: vec![Uuid::nil()], ..Only::default() });
    assert!(database.store.slices(&reader, of(&all)).await.is_ok());
    assert!(database.store.slices(&reader, of(&one)).await.is_err());
    let by = Ask { by: &[Dimension::Member], ..of(&all) };
    assert!(database.store.slices(&reader, by).await.is_err());
}

/// The time before is read at once where its slices are few; where they are many, stretches and groups are two
/// questions.
#[tokio::test]
async fn the_time_before_is_the_same_wherever_it_is_cut() {
    for keys in [2, 70] {
        let (database, tenant, first) = folded(&[&of_keys(&keys)]).await;
        let bounds = hours(first);
        let slices = async |bounds: &[DateTime<Utc>], by: &[Dimension]| {
            let ask = Ask { bounds, grain: Grain::Quarters, by, only: &Only::default() };
            database.store.slices(&tenant.caller, ask).await.unwrap()
        };
        for minutes in [-60, 0, 15, 60, 435, 600, 1_785, 1_800] {
            let cut = first + TimeDelta::minutes(minutes);
            for by in [&[][..], &[Dimension::Project], &[Dimension::Key, Dimension::Model]] {
                let ask =
                    Ask { bounds: &bounds, grain: Grain::Quarters, by, only: &Only::default() };
                let until = Until { day: first, quarter: cut };
                let past = database.store.past(&tenant.caller, ask, until).await.unwrap();
                assert_eq!(past.stretches, slices(&bounds, &[]).await, "{minutes} {by:?}");
                let wanted = summed(slices(&[first, cut.max(first)], by).await);
                assert_eq!(summed(past.so_far), wanted, "{minutes} {by:?}");
            }
        }
    }
}

/// What one page asks of the same whole is read once; each cut is what it is alone.
#[tokio::test]
async fn cuts_that_are_asked_together_are_what_they_are_alone() {
    let (database, tenant, first) = folded(&[&of_keys(&30)]).await;
    let project = database.look("md5('project1')::uuid").await.parse().unwrap();
    let only = [Only::default(), Only { projects: vec![project], ..Only::default() }];
    let day = |days| first + TimeDelta::days(days);
    let bounds = [vec![day(0), day(1), day(2)], vec![day(0), day(2)]];
    let by: [&[Dimension]; 3] = [&[Dimension::Project], &[Dimension::Key], &[]];
    let mut asks = Vec::new();
    for by in by {
        for only in &only {
            for bounds in &bounds {
                let ask = |grain| Ask { bounds, grain, by, only };
                asks.extend([ask(Grain::Days), ask(Grain::Quarters)]);
            }
        }
    }
    let cuts = async |asks: &[Ask<'_>]| {
        let size = |totals: &Totals| totals.charge.pico();
        let mut cuts = database.store.cuts(&tenant.caller, asks, 2, size).await.unwrap();
        for cut in &mut cuts {
            cut.largest.sort_by_key(|slice| (slice.stretch, slice.apart()));
        }
        cuts
    };
    for (ask, together) in asks.iter().zip(cuts(&asks).await) {
        let alone = cuts(std::slice::from_ref(ask)).await;
        assert_eq!(vec![together], alone, "{ask:?}");
        assert!(!alone[0].stretches.is_empty(), "{ask:?}");
    }
}

#[tokio::test]
async fn a_sum_is_what_the_database_sums_or_refused() {
    let database = Database::new().await;
    let of = |numbers| format!("FROM unnest(ARRAY[{numbers}]::bigint[]) AS n");
    for numbers in ["1, -1, 7", "9223372036854775806, 1", "NULL, 3", "NULL", ""] {
        let same = format!("SELECT exq_sum(n) IS NOT DISTINCT FROM sum(n)::bigint {}", of(numbers));
        assert_eq!(database.look(&same).await, "true", "{numbers}");
    }
    let large = format!("SELECT exq_sum(n) {}", of("9223372036854775807, 1"));
    let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(large)).execute(&database.admin).await;
    assert!(refused.unwrap_err().to_string().contains("bigint out of range"));
}

/// The same keys in the sandbox and, three times as dear, out of it.
#[tokio::test]
async fn the_sandboxs_part_is_told_of_few_slices_and_of_many() {
    for keys in [33_u8, 34] {
        let own = of_keys(&keys);
        let dear = own.replace("'model', true", "'model', false");
        let dear = dear.replace("000000000001 *", "000000000003 *");
        let (database, tenant, first) = folded(&[&own, &dear]).await;
        let hours = hours(first);
        let days = [first, first + TimeDelta::days(1)];
        let part = i128::from(keys) * (i128::from(keys) + 1) / 2 * 3_000 + i128::from(keys) * 435;
        let project: Uuid = database.look("md5('project1')::uuid").await.parse().unwrap();
        let one = Only { projects: vec![project], ..Only::default() };
        for (bounds, grain) in [(&hours[..], Grain::Quarters), (&days[..], Grain::Days)] {
            for (only, sandbox, all) in [
                (Only::default(), part, part * 4),
                (Only { sandbox: Some(true), ..Only::default() }, 0, part),
                (Only { sandbox: Some(false), ..Only::default() }, 0, part * 3),
                (one.clone(), 3_435, 3_435 * 4),
            ] {
                let ask = Ask { bounds, grain, by: &[Dimension::Project], only: &only };
                let size = |totals: &Totals| totals.charge.pico();
                let explored = database.store.explore(&tenant.caller, ask, 7, size).await.unwrap();
                assert_eq!(size(&explored.cut.sandbox), sandbox, "{keys} {grain:?} {only:?}");
                let sum = |slices: &[Slice]| slices.iter().map(|it| size(&it.totals)).sum::<i128>();
                assert_eq!(sum(&explored.cut.groups), all, "{keys} {grain:?} {only:?}");
                assert_eq!(sum(&explored.cut.stretches), all, "{keys} {grain:?} {only:?}");
                let groups = if only.projects.is_empty() { keys } else { 1 };
                assert_eq!(explored.cut.groups.len(), usize::from(groups));
            }
        }
    }
}

#[tokio::test]
async fn what_is_used_in_all_is_read_from_rollups_without_dimensions() {
    let (database, tenant, first) = folded(&[LONG]).await;
    let read = async || {
        let mut read = Vec::new();
        for (grain, step) in [(Grain::Days, 1), (Grain::Days, 50), (Grain::Quarters, 10)] {
            let bounds: Vec<_> =
                (0..=100).step_by(step).map(|day| first + TimeDelta::days(day)).collect();
            let ask = Ask { bounds: &bounds, grain, by: &[], only: &Only::default() };
            read.push(database.store.slices(&tenant.caller, ask).await.unwrap());
        }
        read
    };
    let before = read().await;
    assert_eq!(before.iter().map(Vec::len).collect::<Vec<_>>(), [100, 2, 10]);
    database.tamper("DELETE FROM days; DELETE FROM quarters").await;
    for rollups in ["rollups", "coarse_rollups"] {
        database.tamper(&format!("DELETE FROM {rollups} WHERE shape % 20 NOT IN (6, 13)")).await;
    }
    assert_eq!(read().await, before);
}
