//! How the database goes about what pages of usage ask: by index, and never through the events.

use std::{fs, path::Path, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use store::slices::{Ask, Dimension, Grain, Only};
use testkit::{Database, Tenant};

/// The statements as they were compiled.
const STATEMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.sqlx");

/// Those that a test is about, by what is told of them.
fn statements(is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(Path::new(STATEMENTS))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .map(|text| serde_json::from_str::<serde_json::Value>(&text).unwrap())
        .map(|statement| statement["query"].as_str().unwrap().to_owned())
        .filter(|query| is_meant(query))
        .collect();
    found.sort();
    found
}

/// Sixty days of forty organizations, twelve keys each; what is not folded yet of two days.
const FILL: &str = "
    INSERT INTO quarters (org_id, quarter, project_id, key_id, member_id, model, sandbox, requests, estimated,
        input, cached, output, charge)
    SELECT md5('org' || o)::uuid, d + q * interval '2 hours', md5('project' || k % 3)::uuid, md5('key' || k)::uuid,
        md5('member' || k)::uuid, 'model-' || k % 2, false, 1, 0, 1, 0, 1, 0.01
    FROM generate_series(1, 20) o, generate_series(now()::date - 59, now()::date, '1 day') d,
        generate_series(0, 11) q, generate_series(1, 4) k;
    INSERT INTO days (org_id, day_starts, day_ends, project_id, key_id, member_id, model, sandbox, requests, estimated,
        input, cached, output, charge)
    SELECT md5('org' || o)::uuid, d, d + interval '1 day', md5('project' || k % 3)::uuid, md5('key' || k)::uuid,
        md5('member' || k)::uuid, 'model-' || k % 2, false, 1, 0, 1, 0, 1, 0.01
    FROM generate_series(1, 40) o, generate_series(now()::date - 59, now()::date, '1 day') d,
        generate_series(1, 12) k;
    INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
        requests, estimated, input, cached, output, charge)
    SELECT md5('org' || o)::uuid, d + q * interval '1 hour', d, d + interval '1 day', md5('project' || k % 3)::uuid,
        md5('key' || k)::uuid, md5('member' || k)::uuid, 'model-' || k % 2, false, 1, 0, 1, 0, 1, 0.01
    FROM generate_series(1, 40) o, generate_series(now()::date - 1, now()::date, '1 day') d,
        generate_series(0, 11) q, generate_series(1, 12) k;
    INSERT INTO rollups
    SELECT md5('org' || o)::uuid, s, d, md5('project' || k % 9)::uuid, md5('key' || k)::uuid, md5('member' || k)::uuid,
        'model-' || k % 5, false, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0.01
    FROM generate_series(1, 40) o, generate_series(now()::date - 59, now()::date, '1 day') d,
        generate_series(1, 5) s, generate_series(1, 30) k;
    INSERT INTO coarse_rollups
    SELECT org_id, shape, exq_coarse(shape, at), project_id, key_id, member_id, model, sandbox, sum(requests), 0, 0,
        sum(input), 0, 0, 0, 0, 0, sum(output), 0, 0, 0, sum(charge)
    FROM rollups GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
    INSERT INTO tag_rollups
    SELECT md5('org' || o)::uuid, s, 'team', d, 'value-' || k, md5('project' || k % 3)::uuid, '', false, 1, 0, 0, 1, 0, 0,
        0, 0, 0, 1, 0, 0, 0, 0.01
    FROM generate_series(1, 40) o, generate_series(now()::date - 59, now()::date, '1 day') d,
        unnest('{1,2,3,4,11,14}'::smallint[]) s, generate_series(1, 3) k;
    INSERT INTO tag_deltas (org_id, quarter, day_starts, tags, project_id, model, sandbox, requests,
        estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning,
        audio_output, image_output, charge)
    SELECT md5('org' || o)::uuid, d + q * interval '1 hour', d, ARRAY['team=value-' || k], md5('project' || k % 3)::uuid,
        'model-' || k % 2, false, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0.01
    FROM generate_series(1, 40) o, generate_series(now()::date - 1, now()::date, '1 day') d,
        generate_series(0, 11) q, generate_series(1, 12) k;
    INSERT INTO receipts (org_id, id, limit_id, revision, project_id, key_id, scope, period, quarter, amount, spent,
        held, resets_at, count, first_at, last_at)
    SELECT md5('org' || o)::uuid, gen_random_uuid(), gen_random_uuid(), 1, md5('project' || k % 3)::uuid,
        md5('key' || k)::uuid, 'org', 'month', d, 1, 1, 0, now(), 1, now(), now()
    FROM generate_series(1, 40) o, generate_series(now()::date - 59, now()::date, '1 day') d,
        generate_series(1, 4) k;
    INSERT INTO intents (org_id, id, node_id, epoch, project_id, key_id, member_id, model, sandbox, streamed, bound,
        counters, day_starts, day_ends, admitted_at)
    SELECT md5('org' || o)::uuid, gen_random_uuid(), gen_random_uuid(), 1, md5('project' || k % 3)::uuid,
        md5('key' || k)::uuid, md5('member' || k)::uuid, 'model-1', false, false, 1, '{}', now(), now(), now()
    FROM generate_series(1, 40) o, generate_series(1, 20) k;
    ANALYZE;";

/// The plan that fits all values.
async fn plan(connection: &mut PgConnection, statement: &str) -> String {
    let values = (1..20).filter(|n| statement.contains(&format!("${n}"))).count();
    let prepare =
        format!("SET LOCAL plan_cache_mode = force_generic_plan; PREPARE asked AS {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.unwrap();
    let values = vec!["NULL"; values].join(", ");
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE asked ({values})");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await.unwrap();
    sqlx::raw_sql("DEALLOCATE asked").execute(&mut *connection).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    lines.join("\n")
}

#[tokio::test]
async fn usage_is_read_by_index_and_never_through_the_events() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let mut connection = database.admin.acquire().await.unwrap();
    sqlx::raw_sql(FILL).execute(&mut *connection).await.unwrap();
    enter(&mut connection, &tenant).await;
    // All that read rollups by time, by what is told of them.
    let statements = statements(|query| {
        let beside = query.contains("FROM receipts") && query.contains("FROM intents");
        let slices = query.contains("width_bucket(at") && !query.contains("FROM latencies");
        slices || beside
    });
    assert_eq!(statements.len(), 7, "six by rollup, and what stands beside: {statements:#?}");
    for statement in statements {
        let plan = plan(&mut connection, &statement).await;
        assert!(!plan.contains("events") && !plan.contains("stories"), "{plan}");
        let tables: &[&str] = match &statement {
            beside if beside.contains("receipts") => &["receipts", "intents"],
            slices if slices.contains("FROM tag_rollups") => &["tag_rollups", "tag_deltas"],
            slices if slices.contains("FROM rollups") => &["rollups", "coarse_rollups", "deltas"],
            slices if slices.contains("FROM quarters") => &["quarters", "coarse_rollups", "deltas"],
            _ => &["days", "coarse_rollups", "deltas"],
        };
        for table in tables {
            is_by_index(&plan, table);
        }
        if tables.contains(&"coarse_rollups") {
            for part in ["p", "p_1"] {
                let range = format!(">= {part}.starts)");
                let by_range = |line: &str| line.contains("Index Cond") && line.contains(&range);
                assert!(plan.lines().any(by_range), "{range}: {plan}");
            }
        }
    }
}

/// What a few of many groups used is found by group, if the planner knows what is asked for.
#[tokio::test]
async fn few_groups_of_many_are_read_by_group() {
    let database = Database::new().await;
    let mut connection = database.admin.acquire().await.unwrap();
    sqlx::raw_sql(FILL).execute(&mut *connection).await.unwrap();
    let of_days = |query: &str| {
        query.contains("FROM rollups") && query.contains("SELECT day_starts, project_id")
    };
    let found = statements(of_days);
    let [statement] = &found[..] else { unreachable!("{found:#?}") };
    let prepare = format!("SET plan_cache_mode = force_custom_plan; PREPARE asked AS {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.unwrap();
    let some = |word: &str| format!("ARRAY[md5('{word}1')::uuid, md5('{word}2')::uuid]");
    let time = "'{}', ARRAY[now() - interval '50 days'], ARRAY[now()], '{}', '{}', NULL";
    for (shape, only, index) in [
        (4, format!("'{{}}', {}, '{{}}'", some("key")), "rollups_key"),
        (3, format!("{}, '{{}}', '{{model-1}}'", some("project")), "rollups_project_model"),
    ] {
        let asked = format!(
            "EXPLAIN (COSTS OFF) EXECUTE asked (md5('org1')::uuid, now() - interval '50 days', now(),
                ARRAY[now() - interval '50 days', now()], '{{}}', {only}, '{{}}', NULL, {time}, {shape})"
        );
        let rows = sqlx::raw_sql(AssertSqlSafe(asked)).fetch_all(&mut *connection).await.unwrap();
        let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(lines.iter().any(|line| line.contains(index)), "{}", lines.join("\n"));
    }
}

/// Six thousand rows that wait to be folded: deltas, timings and deltas by tag.
const WAITING: [(&str, &str); 3] = [
    ("deltas", "
    INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox, requests,
        estimated, input, cached, output, charge)
    SELECT '$org', '2026-07-01 22:00+00', '2026-07-01 22:00+00', '2026-07-02 22:00+00', md5('project')::uuid,
        md5('key' || k % 9)::uuid, md5('member')::uuid, 'model', false, 1, 0, 1, 0, 1, 0.1 FROM generate_series(1, 6000) k"),
    ("timings", "
    INSERT INTO timings (org_id, admitted_at, day_starts, project_id, model, outcome, shown, reasoning, read_us,
        admitted_us, first_token_us, last_us)
    SELECT '$org', '2026-07-01 22:00+00', '2026-07-01 22:00+00', md5('project')::uuid, 'model', 'answered', 9, 0, 1, 2, 3, 4
    FROM generate_series(1, 6000) k"),
    ("tag_deltas", "
    INSERT INTO tag_deltas (org_id, quarter, day_starts, tags, project_id, model, sandbox, requests,
        estimated, unpriced, input, cached, cache_write, cache_write_1h, audio_input, image_input, output, reasoning,
        audio_output, image_output, charge)
    SELECT '$org', '2026-07-01 22:00+00', '2026-07-01 22:00+00', ARRAY['team=' || k % 700], md5('project')::uuid, 'model', false,
        1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0.01 FROM generate_series(1, 6000) k"),
];

/// What is folded is taken by its place and looked up by its key, also by a plan from when there was nothing: else each
/// row that is taken would be looked for among all that have come since.
#[tokio::test]
async fn folds_that_were_planned_for_nothing_go_through_no_table() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    database
        .tamper("ANALYZE deltas; ANALYZE timings; ANALYZE tag_deltas; ANALYZE tag_rollups")
        .await;
    let mut connection = database.admin.acquire().await.unwrap();
    let run = async |connection: &mut PgConnection, sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap()
    };
    let begin = "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_nestloop = off;
        SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL ROLE exq_system";
    for (table, rows) in WAITING {
        let from = format!("FROM {table} ORDER BY");
        let folds = statements(|query| query.contains(&from) && query.contains("SKIP LOCKED"));
        assert_eq!(folds.len(), 1, "{table}: {folds:#?}");
        let values = if folds[0].contains("$2") { "5000, 1000" } else { "5000" };
        let fold = format!("PREPARE fold AS {}; EXECUTE fold ({values})", folds[0]);
        run(&mut connection, format!("{begin}; {fold}; COMMIT")).await;
        let rows = rows.replace("$org", &tenant.org.uuid().to_string());
        // The second time with what the first one left.
        for _ in 0..2 {
            run(&mut connection, rows.clone()).await;
            let explain =
                format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE fold ({values})");
            run(&mut connection, begin.to_owned()).await;
            let plan = run(&mut connection, explain).await;
            run(&mut connection, "COMMIT".to_owned()).await;
            let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
            let plan = plan.join("\n");
            let rows = |line: &str| {
                let (_, rows) = line.split_once("rows=")?;
                rows.split_whitespace().next()?.parse::<u32>().ok()
            };
            let of_table = plan.lines().filter(|line| line.contains(&format!(" on {table}")));
            assert_eq!(of_table.filter_map(rows).max(), Some(5_000), "{table}: {plan}");
            assert!(!plan.contains("Rows Removed by Join Filter"), "{table}: {plan}");
        }
        run(&mut connection, "DEALLOCATE fold".to_owned()).await;
    }
}

/// Four hundred keys on a hundred days, of which the organization is to be filled in.
const OF_KEYS: &str = "
    INSERT INTO rollups
    SELECT '$org', 4, d, md5('project')::uuid, md5('key' || k)::uuid, md5('member')::uuid, '', false, 1, 0, 0, 1, 0, 0, 0, 0, 0,
        1, 0, 0, 0, 0.01
    FROM generate_series(timestamptz '2026-07-01 22:00+00', '2026-10-08 22:00+00', '1 day') d, generate_series(1, 400) k;
    ANALYZE rollups;";

/// The plan that all sums share would read every key; so these have one of their own, however often they are asked.
#[tokio::test]
async fn sums_of_a_few_keys_are_planned_for() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    database.tamper(&OF_KEYS.replace("$org", &tenant.org.uuid().to_string())).await;
    let first: DateTime<Utc> = "2026-07-01T22:00:00Z".parse().unwrap();
    let bounds: Vec<_> = (0..=100).map(|day| first + TimeDelta::days(day)).collect();
    let key = database.look("md5('key7')::uuid").await.parse().unwrap();
    let (all, one) = (Only::default(), Only { keys: vec![key], ..Only::default() });
    let ask = |only| Ask { bounds: &bounds, grain: Grain::Days, by: &[Dimension::Key], only };
    for only in [&all, &all, &one, &one, &one, &one, &one, &one, &one, &one] {
        let slices = database.store.slices(&tenant.caller, ask(only)).await.unwrap();
        assert_eq!(slices.len(), if only.keys.is_empty() { 40_000 } else { 100 });
    }
    // The database tells what was read a second or so later, with the next statement.
    let found = "SELECT COALESCE(sum(idx_scan), 0) FROM pg_stat_user_indexes WHERE indexrelname = 'rollups_key'";
    for _ in 0..100 {
        if database.look(found).await.parse::<u32>().unwrap() >= 8 {
            return;
        }
        database.store.slices(&tenant.caller, ask(&one)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the index is not read");
}

/// As the person sees it who asks.
async fn enter(connection: &mut PgConnection, tenant: &Tenant) {
    let enter = format!(
        "BEGIN; SET LOCAL ROLE exq_tenant; SET LOCAL app.org = '{}'; SET LOCAL app.sees = 'all'",
        tenant.org.uuid()
    );
    sqlx::raw_sql(AssertSqlSafe(enter)).execute(connection).await.unwrap();
}

fn is_by_index(plan: &str, table: &str) {
    assert!(!plan.contains(&format!("Seq Scan on {table}")), "{table}: {plan}");
    let by_index = |line: &&str| line.contains("Index") && line.contains(&format!(" on {table}"));
    assert!(plan.lines().any(|line| by_index(&line)), "{table}: {plan}");
}

/// Sixty days of forty organizations in three projects and two models; what is not folded yet of the last.
const TIMED: &str = "
    INSERT INTO latencies
    SELECT md5('org' || o)::uuid, s, d, md5('project' || k % 3)::uuid, 'model-' || k % 2, 1, 0, 1, 1, 1, 1, 1, 1,
        1, 0, 0, 0, 0, 0, 1, 1, 1
    FROM generate_series(1, 40) o, generate_series(now()::date - 59, now()::date, '1 day') d,
        unnest('{1,2,11,12}'::smallint[]) s, generate_series(0, 5) k;
    INSERT INTO timings (org_id, admitted_at, day_starts, project_id, model, outcome, shown, reasoning, read_us,
        admitted_us, first_token_us, last_us)
    SELECT md5('org' || o)::uuid, now(), now()::date, md5('project' || k % 3)::uuid, 'model-' || k % 2, 'answered', 9, 0,
        1, 2, 3, 4
    FROM generate_series(1, 40) o, generate_series(1, 300) k;
    ANALYZE;";

#[tokio::test]
async fn latencies_are_read_by_index_and_never_through_events_or_stories() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let mut connection = database.admin.acquire().await.unwrap();
    sqlx::raw_sql(TIMED).execute(&mut *connection).await.unwrap();
    enter(&mut connection, &tenant).await;
    let statements = statements(|query| query.contains("FROM latencies"));
    assert_eq!(statements.len(), 2, "what is shown, and whether there is any: {statements:#?}");
    for statement in statements {
        let plan = plan(&mut connection, &statement).await;
        assert!(!plan.contains("events") && !plan.contains("stories"), "{plan}");
        is_by_index(&plan, "latencies");
        if statement.contains("width_bucket") {
            is_by_index(&plan, "timings");
        }
    }
}

/// What goes through events by time finds its place by their ids, whoever asks: an owner, or a reader,
/// whose rows are kept back.
#[tokio::test]
async fn events_of_a_time_are_found_by_their_ids() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let mut connection = database.admin.acquire().await.unwrap();
    let statements = statements(|query| {
        let by_time =
            query.contains("width_bucket(admitted_at") || query.contains("AND NOT sandbox\n");
        let replayed = query.contains("SELECT admitted_at, key_id, bound, charge");
        query.contains("FROM events") && (by_time || replayed)
    });
    assert_eq!(statements.len(), 3, "slices, a day replayed, the first request: {statements:#?}");
    for sees in ["all".to_owned(), tenant.user.uuid().to_string()] {
        let enter = format!(
            "BEGIN; SET LOCAL ROLE exq_tenant; SET LOCAL app.org = '{}'; SET LOCAL app.sees = '{sees}';
             SET LOCAL enable_seqscan = off; SET LOCAL enable_partition_pruning = off",
            tenant.org.uuid()
        );
        sqlx::raw_sql(AssertSqlSafe(enter)).execute(&mut *connection).await.unwrap();
        for statement in &statements {
            let plan = plan(&mut connection, statement).await;
            let found = |line: &str| line.contains("Index Cond") && line.contains("(id >= $");
            assert!(plan.lines().any(found), "{sees}: {plan}");
            assert!(!plan.contains("Seq Scan on events"), "{sees}: {plan}");
        }
        sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
    }
}

/// Between two requests of a list may be thousands that are not in it.
#[tokio::test]
async fn requests_of_a_list_are_looked_up_one_by_one() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "acme").await;
    let mut connection = database.admin.acquire().await.unwrap();
    enter(&mut connection, &tenant).await;
    let months = "SET LOCAL enable_partition_pruning = off";
    sqlx::raw_sql(months).execute(&mut *connection).await.unwrap();
    let statements =
        statements(|query| query.contains(r#"AS "project_name!""#) && query.contains("AS w (id)"));
    assert_eq!(statements.len(), 1, "{statements:#?}");
    let plan = plan(&mut connection, &statements[0]).await;
    let looked_up = |line: &str| line.contains("Index Cond") && line.contains("(id = w.id)");
    let parts = plan.lines().filter(|line| line.contains(" on events_")).count();
    assert!(parts > 0, "{plan}");
    assert_eq!(plan.lines().filter(|line| looked_up(line)).count(), parts, "{plan}");
}
