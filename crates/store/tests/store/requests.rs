//! The request log.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{
    Caller, Environment, EventId, KeyId, Outcome, ProjectId, ProjectRole, Role, Story, Tags,
};
use ledger::Settlement;
use store::{
    Store, StoreError,
    requests::{Filter, Found, Key, Line, Next},
};
use testkit::{Database, Tenant};

use crate::{
    people::{member, put},
    support::{Running, answered, price, request, story, usd},
};

/// Two projects, whose requests differ in all that can be asked for.
struct Scene {
    database: Database,
    tenant: Tenant,
    other: (ProjectId, KeyId),
    /// In order of making.
    ids: Vec<EventId>,
}

impl Scene {
    async fn new() -> Self {
        let database = Database::new().await;
        let tenant = Tenant::new(&database, "ours").await;
        let (store, caller) = (&database.store, &tenant.caller);
        let name = "Secret".parse().unwrap();
        let project = store.create_project(caller, &name, Environment::Production).await.unwrap();
        let (key, _) = Tenant::key(store, caller, project).await;
        let node = Running::new(store).await;
        let (dime, tokens) =
            (price(&database, "sandbox-dime").await, price(&database, "sandbox-tokens").await);
        let mut ids = Vec::new();
        for number in 0..4 {
            let mut asked = request(&tenant, if number < 2 { &dime } else { &tokens }, "0.30");
            if number == 3 {
                (asked.project, asked.key, asked.tracked) = (project, key, true);
            }
            asked.streamed = number == 1;
            ids.push(asked.id);
            let ending = match number {
                0 => answered("0.10"),
                1 => Settlement { outcome: Outcome::Estimated, ..answered("0.20") },
                2 => Settlement::unknown(usd("0.30")),
                _ => {
                    let tags = Tags::parse("team=other").unwrap();
                    let story = Story { tags, ..story() };
                    Settlement { story: Some(story.into()), ..answered("0.05") }
                }
            };
            assert!(node.ledger.reserve(asked).await.unwrap().settle(ending).await);
        }
        node.finish().await;
        Self { database, tenant, other: (project, key), ids }
    }

    async fn lists(&self, caller: &Caller, filter: &Filter) -> Vec<usize> {
        let lines = self.database.store.requests(caller, filter, None).await.unwrap();
        assert_eq!(lines.next, Next::End);
        let place = |line: &Line| self.ids.iter().position(|id| *id == line.id).unwrap();
        lines.rows.iter().map(place).collect()
    }
}

#[tokio::test]
async fn each_filter_lets_through_what_it_names_newest_first() {
    let scene = Scene::new().await;
    let caller = &scene.tenant.caller;
    let now = scene.database.store.system().now().await.unwrap();
    let none = Filter::default;
    for (filter, expected) in [
        (none(), &[3, 2, 1, 0][..]),
        (Filter { project: Some(scene.tenant.project), ..none() }, &[2, 1, 0]),
        (Filter { project: Some(scene.other.0), ..none() }, &[3]),
        (Filter { key: Some(scene.other.1), ..none() }, &[3]),
        (Filter { model: Some("sandbox-tokens".to_owned()), ..none() }, &[3, 2]),
        (Filter { outcome: Some(Outcome::Unknown), ..none() }, &[2]),
        (Filter { outcome: Some(Outcome::Interrupted), ..none() }, &[]),
        (Filter { streamed: Some(true), ..none() }, &[1]),
        (Filter { streamed: Some(false), ..none() }, &[3, 2, 0]),
        (Filter { sandbox: Some(false), ..none() }, &[]),
        (Filter { tag: Some("team=search".parse().unwrap()), ..none() }, &[1, 0]),
        (Filter { tag: Some("team=other".parse().unwrap()), ..none() }, &[3]),
        (Filter { tag: Some("team=sea".parse().unwrap()), ..none() }, &[]),
        (Filter { until: Some(now), ..none() }, &[3, 2, 1, 0]),
        (Filter { from: Some(now), ..none() }, &[]),
        (
            Filter {
                project: Some(scene.tenant.project),
                tag: Some("team=search".parse().unwrap()),
                outcome: Some(Outcome::Estimated),
                ..none()
            },
            &[1],
        ),
    ] {
        assert_eq!(scene.lists(caller, &filter).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_reader_sees_own_projects_and_another_tenant_nothing() {
    let scene = Scene::new().await;
    let store = &scene.database.store;
    let (user, reader) = member(&scene.database, &scene.tenant, "rita", Role::Reader).await;
    assert_eq!(scene.lists(&reader, &Filter::default()).await, [0_usize; 0]);
    put(&scene.database, &scene.tenant, scene.other.0, user, ProjectRole::Viewer).await;
    let own = Filter { project: Some(scene.tenant.project), ..Filter::default() };
    assert_eq!(scene.lists(&reader, &Filter::default()).await, [3]);
    assert_eq!(scene.lists(&reader, &own).await, [0_usize; 0]);
    let tag = Filter { tag: Some("team=search".parse().unwrap()), ..Filter::default() };
    assert_eq!(scene.lists(&reader, &tag).await, [0_usize; 0]);
    // Whose key it was is an owner's business.
    let told = store.request(&reader, scene.ids[3]).await;
    assert!(matches!(told, Ok(Found::Told(told)) if told.member.is_none()));
    let told = store.request(&scene.tenant.caller, scene.ids[3]).await;
    assert!(matches!(told, Ok(Found::Told(told)) if told.member.is_some()));
    assert!(matches!(store.request(&reader, scene.ids[0]).await, Err(StoreError::NotFound)));
    let stranger = Tenant::new(&scene.database, "theirs").await.caller;
    assert_eq!(scene.lists(&stranger, &Filter::default()).await, [0_usize; 0]);
    for id in &scene.ids {
        assert!(matches!(store.request(&stranger, *id).await, Err(StoreError::NotFound)));
    }
    // By the database itself, whoever asks how.
    for (sees, many) in [("all", 3), ("", 0), (&*user.uuid().to_string(), 1)] {
        let mut tx = scene.database.admin.begin().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "SET LOCAL ROLE exq_tenant; SET LOCAL app.org = '{}'; SET LOCAL app.sees = '{sees}'",
            scene.tenant.org.uuid()
        )))
        .execute(&mut *tx)
        .await
        .unwrap();
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM stories").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(count, many, "{sees}");
    }
}

#[tokio::test]
async fn one_request_is_told_with_its_price_its_story_and_its_correction() {
    let scene = Scene::new().await;
    let (store, caller) = (&scene.database.store, &scene.tenant.caller);
    let told = |found| match found {
        Found::Told(told) => *told,
        Found::Running(running) => panic!("{running:?}"),
    };
    let first = told(store.request(caller, scene.ids[0]).await.unwrap());
    assert_eq!((first.line.charge, first.bound, first.booked), (usd("0.10"), usd("0.30"), None));
    assert_eq!(first.story, Some(story()));
    assert_eq!(first.status, Some(200));
    let by = first.by.unwrap();
    assert_eq!(
        (by.price.per_request, by.own, &*by.price.provider),
        (usd("0.10"), false, "sandbox")
    );
    assert_eq!(first.member.unwrap().id, scene.tenant.user);
    assert!(matches!(&first.line.key, Key::Named { id, .. } if *id == scene.tenant.key));
    // Nobody was left to tell; then an owner knows better.
    let lost = told(store.request(caller, scene.ids[2]).await.unwrap());
    assert_eq!((lost.story, lost.line.outcome), (None, Outcome::Unknown));
    let reason = "Invoice".parse().unwrap();
    store.correct_charge(caller, scene.ids[2], usd("0.01"), &reason).await.unwrap();
    let lost = told(store.request(caller, scene.ids[2]).await.unwrap());
    assert_eq!(
        (lost.line.outcome, lost.line.charge, lost.booked),
        (Outcome::Corrected, usd("0.01"), Some(usd("0.30")))
    );
}

#[tokio::test]
async fn a_request_that_runs_is_found() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    let asked = request(&tenant, &dime, "0.10");
    let id = asked.id;
    let held = node.ledger.reserve(asked).await.unwrap();
    match database.store.request(&tenant.caller, id).await.unwrap() {
        Found::Running(running) => assert_eq!(running.bound, usd("0.10")),
        Found::Told(told) => panic!("{told:?}"),
    }
    held.release();
    node.finish().await;
    let gone = database.store.request(&tenant.caller, id).await;
    assert!(matches!(gone, Err(StoreError::NotFound)));
}

/// So many answered requests of the tenant's project, one a second, the last one now; every
/// thousandth to another model.
pub(crate) async fn many(database: &Database, tenant: &Tenant, requests: u32) {
    let insert = format!(
        "INSERT INTO events (org_id, id, project_id, key_id, member_id, model, sandbox, streamed, outcome, input,
            cached, output, charge, bound, counters, day_starts, day_ends, admitted_at, settled_at)
         SELECT '{o}', overlay(gen_random_uuid()::text PLACING left(exq_id_floor(at)::text, 13) FROM 1 FOR 13)::uuid,
            '{p}', '{k}', '{u}', CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'usual' END, true, false, 'answered', 1, 0, 1,
            0, 0, '{{}}', at, at, at, at
         FROM generate_series(0, {requests} - 1) n, LATERAL (SELECT exq_now() - n * interval '1 second' AS at) a;
         INSERT INTO stories (org_id, id, project_id, endpoint, choices, stops, tags, read_us, asked_us, admitted_us, last_us)
         SELECT org_id, id, project_id, '/chat/completions', 1, false,
            CASE model WHEN 'rare' THEN '{{team=rare}}'::text[] ELSE '{{}}' END, 1, 2, 3, 4 FROM events;
         ANALYZE events; ANALYZE stories",
        o = tenant.org.uuid(),
        p = tenant.project.uuid(),
        k = tenant.key.uuid(),
        u = tenant.user.uuid(),
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(insert)).execute(&database.admin).await.unwrap();
}

/// All that a filter lets through, part by part, and how many parts that took.
async fn all(store: &Store, caller: &Caller, filter: &Filter) -> (Vec<Line>, usize) {
    let (mut rows, mut before, mut parts) = (Vec::new(), None, 0);
    loop {
        let part = store.requests(caller, filter, before).await.unwrap();
        parts += 1;
        rows.extend(part.rows);
        match part.next {
            Next::End => return (rows, parts),
            Next::Older(id) | Next::Further(id) => before = Some(id),
        }
    }
}

#[tokio::test]
async fn pages_leave_nothing_out_and_what_is_rare_is_searched_for_in_steps() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    let (store, caller) = (&database.store, &tenant.caller);
    many(&database, &tenant, 12_000).await;
    let until: DateTime<Utc> =
        database.store.system().now().await.unwrap() - chrono::TimeDelta::minutes(197);
    // Parts of 50.
    let oldest = Filter { until: Some(until), ..Filter::default() };
    let (rows, _) = all(store, caller, &oldest).await;
    assert!((150..=200).contains(&rows.len()), "{}", rows.len());
    assert!(rows.is_sorted_by(|a, b| a.id > b.id));
    let ids: BTreeSet<_> = rows.iter().map(|line| line.id.to_string()).collect();
    assert_eq!(ids.len(), rows.len());
    // 5,000 at a time: nothing behind the third.
    let (user, reader) = member(&database, &tenant, "rita", Role::Reader).await;
    put(&database, &tenant, tenant.project, user, ProjectRole::Viewer).await;
    for caller in [caller, &reader] {
        for filter in [
            Filter { model: Some("rare".to_owned()), ..Filter::default() },
            Filter { tag: Some("team=rare".parse().unwrap()), ..Filter::default() },
            Filter {
                project: Some(tenant.project),
                model: Some("rare".to_owned()),
                ..Filter::default()
            },
        ] {
            let (rows, parts) = all(store, caller, &filter).await;
            assert_eq!((rows.len(), parts), (12, 3), "{filter:?}");
        }
        let nowhere = Filter { model: Some("nobody".to_owned()), ..Filter::default() };
        let first = store.requests(caller, &nowhere, None).await.unwrap();
        assert!(first.rows.is_empty() && matches!(first.next, Next::Further(_)));
    }
}

/// They are gone through by themselves, so the newest fifty are one step however many others there are.
#[tokio::test]
async fn estimated_requests_are_found_among_their_like() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    many(&database, &tenant, 12_000).await;
    database
        .tamper(
            "UPDATE events e SET outcome = CASE WHEN place % 200 = 0 THEN 'unknown' ELSE 'estimated' END
             FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM events) p WHERE p.id = e.id AND place % 100 = 0",
        )
        .await;
    for (outcome, wanted) in
        [(Outcome::Estimated, (60, 2)), (Outcome::Unknown, (60, 2)), (Outcome::Corrected, (0, 1))]
    {
        let filter = Filter { outcome: Some(outcome), ..Filter::default() };
        let (rows, parts) = all(&database.store, &tenant.caller, &filter).await;
        assert_eq!((rows.len(), parts), wanted, "{outcome:?}");
        assert!(rows.iter().all(|row| row.outcome == outcome));
        assert!(rows.is_sorted_by(|a, b| a.id > b.id));
    }
}

/// The plan that stands when a statement was asked often: made once for whatever is asked.
pub(crate) async fn plan(
    database: &Database,
    tenant: &Tenant,
    statement: &str,
    arguments: &str,
) -> String {
    let mut tx = database.admin.begin().await.unwrap();
    let settings = format!(
        "SET LOCAL ROLE exq_tenant; SET LOCAL app.org = '{}'; SET LOCAL app.sees = 'all';
         SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off; PREPARE asked AS {statement}",
        tenant.org.uuid()
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(settings)).execute(&mut *tx).await.unwrap();
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE asked ({arguments})");
    let lines: Vec<String> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(explain)).fetch_all(&mut *tx).await.unwrap();
    sqlx::raw_sql("DEALLOCATE asked").execute(&mut *tx).await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn no_list_scans_the_events() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "ours").await;
    many(&database, &tenant, 12_000).await;
    let arguments = format!(
        "'{}', NULL, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000000', 5000, 51,
         NULL, 'rare', NULL, NULL, NULL, 'team=rare', NULL, NULL",
        tenant.org.uuid()
    );
    let plan =
        plan(&database, &tenant, include_str!("../../src/requests/find.sql"), &arguments).await;
    let scans: Vec<&str> = plan.lines().filter(|line| line.contains("Scan")).collect();
    for table in ["events", "stories"] {
        let on = format!(" on {table}_");
        let of_table = scans.iter().filter(|line| line.contains(&on));
        assert!(of_table.clone().count() > 0, "{plan}");
        assert!(of_table.clone().all(|line| line.contains("Index")), "{plan}");
    }
    // A stretch of time is found, not waited for.
    assert!(plan.contains("((org_id = $1) AND (id < $3) AND (id >= $4))"), "{plan}");
    let of_project = "((org_id = $1) AND (project_id = p.id) AND (id < $3) AND (id >= $4))";
    assert!(plan.contains(of_project) && plan.contains("_org_id_project_id_id_idx"), "{plan}");
    // What was estimated is found among its like.
    assert!(plan.contains("_org_id_id_sandbox_charge_booked_idx"), "{plan}");
    // It stops when it has enough: nothing is sorted but what is gone through project by project.
    assert_eq!(plan.matches("->  Sort").count(), 1, "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
}

/// By the last refusal of each, whatever their ids are.
#[tokio::test]
async fn refusals_are_listed_newest_first_and_pages_leave_none_out() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let (org, project, key) = (tenant.org.uuid(), tenant.project.uuid(), tenant.key.uuid());
    let insert = format!(
        "INSERT INTO receipts (org_id, id, limit_id, revision, project_id, key_id, scope, period, quarter,
            amount, spent, held, resets_at, count, first_at, last_at)
         SELECT '{org}', gen_random_uuid(), '{key}', 1, '{project}', '{key}', 'key', 'day', exq_quarter(at), 1, 1, 0,
            at + interval '1 day', 1, at, at
         FROM (SELECT exq_now() - make_interval(secs => 20 * n) AS at FROM generate_series(1, 130) n) a"
    );
    database.tamper(&insert).await;
    let (mut seen, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let part = store.refusals(caller, &Filter::default(), before).await.unwrap();
        seen.extend(part.rows.iter().map(|row| (row.last_at, row.receipt)));
        (before, pages) = (part.rows.last().map(|row| row.receipt), pages + 1);
        if !part.more {
            break;
        }
    }
    assert!(pages > 2, "{pages}");
    assert!(seen.is_sorted_by(|one, next| one.0 > next.0), "{seen:?}");
    assert_eq!(seen.len(), 130);
}
