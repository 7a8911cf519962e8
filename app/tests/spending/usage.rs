//! Sums of the usage page.

use std::collections::{BTreeSet, HashMap};

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::Usd;
use store::{
    Until,
    slices::{Ask, Dimension, Grain, Only, Slice},
};

use crate::spender::{Spender, between, sum, table, values};

/// Nine projects with amounts that no float holds; two models.
pub(crate) async fn spent() -> Spender {
    let spender = Spender::new().await;
    spender.spend("123456.000000000001").await;
    for place in 1..=8 {
        let (project, key) = spender.project(&format!("Project {place}")).await;
        let model = if place % 2 == 0 { "sandbox-dime" } else { "sandbox-tokens" };
        let charge = format!("{}.1000000000{place:02}", 10 * place);
        spender.spend_as(project, key, model, &charge).await;
    }
    spender
}

/// What a row of a table by group says at its end.
pub(crate) fn money(row: &str) -> &str {
    values(row).last().copied().unwrap_or("0")
}

/// What a row of a table by time says first.
fn total(row: &str) -> &str {
    values(row).first().copied().unwrap_or("0")
}

pub(crate) async fn ledger(spender: &Spender) -> Usd {
    spender.site.database.look("SELECT sum(charge) FROM events").await.parse().unwrap()
}

/// Every row and column of both tables adds up to the ledger.
#[track_caller]
pub(crate) fn adds_up(html: &str, by: &str, whole: Usd) {
    let groups = table(html, &format!("Usage by {by}"));
    let (body, foot) = groups.split_once("<tfoot>").unwrap();
    let rows: Vec<&str> = body.split("<tr").skip(2).map(money).collect();
    assert_eq!(sum(rows.iter().copied()), whole);
    assert_eq!(sum([money(foot)]), whole);

    let days = table(html, "Usage by day");
    let (body, foot) = days.split_once("<tfoot>").unwrap();
    let mut all = Usd::ZERO;
    for row in body.split("<tr").skip(2) {
        let cells = values(row);
        let (day, parts) = cells.split_first().unwrap();
        assert!(parts.len() <= 8, "{row}");
        assert_eq!(sum(parts.iter().copied()), sum([*day]), "{row}");
        all = all.plus(sum([*day]));
    }
    assert_eq!(all, whole);
    let cells = values(foot);
    let (all, parts) = cells.split_first().unwrap();
    assert_eq!(sum(parts.iter().copied()), whole);
    assert_eq!(sum([*all]), whole);
}

#[tokio::test]
async fn every_sum_is_the_ledgers_folded_or_not() {
    let mut spender = spent().await;
    let whole = ledger(&spender).await;
    assert_eq!(whole, "123816.800000000037".parse().unwrap());
    for folded in [false, true] {
        for (by, name) in [("project", "project"), ("key", "API key"), ("model", "model")] {
            let path = spender.path(&format!("usage?by={by}"));
            let page = spender.browser.get(&path).await;
            adds_up(&page.is(StatusCode::OK).body, name, whole);
            page.says("Complete to ");
        }
        if !folded {
            assert!(spender.site.app.store.system().fold().await.unwrap() > 0);
        }
    }
}

#[tokio::test]
async fn the_chart_has_the_numbers_of_the_table() {
    let mut spender = spent().await;
    for (measure, today) in [("cost", "$123,816.80"), ("tokens", "11,070"), ("requests", "9")] {
        let path = spender.path(&format!("usage?measure={measure}"));
        let html = spender.browser.get(&path).await.body;
        let titles: Vec<_> =
            html.split("<title>").skip(2).filter_map(|rest| rest.split_once("</title>")).collect();
        let (title, _) =
            titles.iter().find(|(title, _)| title.ends_with(&format!(": {today}"))).unwrap();
        let day = title.split(':').next().unwrap();
        let days = table(&html, "Usage by day");
        let row = days.split("<tr").find(|row| row.contains(&format!(" {day}</time>"))).unwrap();
        let shown =
            row.rsplit("<b>").next().and_then(|cell| between(cell, ">", "</data>")).unwrap();
        assert_eq!(shown.trim_start().replace("<span>", "").replace("</span>", ""), today);
        // All days of the cycle have a bar, and nothing is in the others.
        assert!((28..=31).contains(&titles.len()), "{}", titles.len());
        assert_eq!(
            titles.iter().filter(|(title, _)| title.ends_with(&format!(": {today}"))).count(),
            1
        );
    }
}

#[tokio::test]
async fn large_groups_have_a_course_and_charts_of_their_own() {
    let mut spender = spent().await;
    let page = spender.browser.get(&spender.path("usage?range=7d")).await;
    let groups = table(&page.body, "Usage by project");
    let tags = groups.split("<svg").skip(1).filter_map(|rest| rest.split('>').next());
    let courses: Vec<&str> = tags.filter(|tag| tag.contains(r#"class="spark""#)).collect();
    assert_eq!(courses.len(), 7, "{groups}");
    assert!(courses.iter().all(|tag| tag.contains(r#"aria-hidden="true""#)), "{courses:?}");
    page.says("Trend: cost by day, of the 7 largest, each on its own scale.").hides("<figure");
    let page = spender.browser.get(&spender.path("usage?range=7d&shape=multiples")).await;
    page.says("All charts have one scale.")
        .says("Support: at most $123,456.00, ")
        .says("Other: at most ")
        .says(r##"<a href="#group-1">Support</a>"##)
        .hides("A bar opens")
        .hides(r#"class="plot""#);
    assert_eq!(page.body.matches("<figure").count(), 8);
    adds_up(&page.body, "project", ledger(&spender).await);
    let none = spender.browser.get(&spender.path("usage?range=7d&shape=multiples&model=x")).await;
    none.is(StatusCode::OK).says("Nothing was used").hides("<figure");
}

#[tokio::test]
async fn a_past_cycle_is_compared_with_and_can_be_opened() {
    let mut spender = spent().await;
    let label = "SELECT to_char(label, 'YYYY-MM') FROM windows WHERE period = 'month' ORDER BY starts LIMIT 1";
    let first = spender.site.database.look(label).await;
    let ends = "SELECT extract(epoch FROM ends - exq_now())::bigint FROM windows WHERE period = 'month' ORDER BY starts LIMIT 1";
    let seconds: i64 = spender.site.database.look(ends).await.parse().unwrap();
    spender.site.database.advance(TimeDelta::seconds(seconds + 60)).await;
    let current = spender.path("usage");
    let page = spender.browser.get(&current).await;
    page.is(StatusCode::OK).says("Nothing was used").says("same day");
    spender.spend("5").await;
    let page = spender.browser.get(&current).await;
    page.is(StatusCode::OK).says("By project");
    assert!(values(&page.body).contains(&"5.00"));
    let past = spender.path(&format!("usage?cycle={first}"));
    let page = spender.browser.get(&past).await;
    adds_up(&page.is(StatusCode::OK).body, "project", "123816.800000000037".parse().unwrap());
    for cycle in ["1999-01", "x", "%3Cscript%3E"] {
        let path = spender.path(&format!("usage?cycle={cycle}"));
        let page = spender.browser.get(&path).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says("There is no billing cycle “");
        page.says("By project").hides("<script>”");
    }
}

#[tokio::test]
async fn nothing_and_odd_names_have_their_pages() {
    let mut spender = Spender::new().await;
    let path = spender.path("usage?by=nothing&measure=%ff");
    spender.browser.get(&path).await.is(StatusCode::OK).says("Send your first request");
    let (project, key) = spender.project("</title><script>alert(1)</script>").await;
    spender.spend_as(project, key, "sandbox-dime", "0.10").await;
    let path = spender.path("usage");
    let page = spender.browser.get(&path).await;
    page.hides("<script>alert(1)").says("&lt;script&gt;");
    page.says("the sandbox’s");
}

#[tokio::test]
async fn the_cycle_before_is_cut_to_the_quarter_of_an_hour() {
    let spender = spent().await;
    let whole = ledger(&spender).await;
    let (store, caller) = (&spender.site.app.store, &spender.caller);
    let cycle = store.cycles(caller).await.unwrap().current.window;
    let instant = async |column: &str| {
        let at = format!("SELECT min({column}) FROM (SELECT day_starts, quarter FROM deltas) d");
        let at = spender.site.database.look(&at).await;
        chrono::DateTime::parse_from_str(&at, "%F %T%#z").unwrap().to_utc()
    };
    let (day, quarter) = (instant("day_starts").await, instant("quarter").await);
    let only = Only::default();
    // Whether a stretch ends with the cut or goes on, and whether one pass tells both or two.
    let bounds = [vec![cycle.starts, day, cycle.ends], vec![cycle.starts, cycle.ends]];
    let by: [&[Dimension]; 2] = [&[Dimension::Model], &[]];
    let asks = bounds.iter().flat_map(|bounds| by.map(|by| (bounds, by)));
    let asks = asks.map(|(bounds, by)| Ask { bounds, grain: Grain::Days, by, only: &only });
    let asks: Vec<_> = asks.collect();
    let charge = |slices: &[Slice]| slices.iter().map(|slice| slice.totals.charge).sum::<Usd>();
    for _ in 0..2 {
        for ((until, expected), ask) in [
            (Until { day: cycle.starts, quarter: cycle.starts }, Usd::ZERO),
            (Until { day, quarter }, Usd::ZERO),
            (Until { day, quarter: quarter + TimeDelta::minutes(30) }, whole),
            (Until { day: cycle.ends, quarter: cycle.ends }, whole),
        ]
        .into_iter()
        .flat_map(|case| asks.iter().map(move |ask| (case, *ask)))
        {
            let past = store.past(caller, ask, until).await.unwrap();
            assert_eq!(charge(&past.so_far), expected, "{until:?}");
            assert!(past.so_far.len() <= 2, "one for each model");
            assert_eq!(charge(&past.stretches), whole);
            assert!(past.stretches.iter().all(|slice| slice.stretch + 1 < ask.bounds.len()));
        }
        // The same when it is folded.
        store.system().fold().await.unwrap();
    }
}

#[tokio::test]
async fn rehearsals_are_marked_wherever_they_are_listed() {
    let mut spender = Spender::new().await;
    let (project, key) = spender.project("Cut-off").await;
    let mark = format!("UPDATE projects SET rehearsal = true WHERE id = '{}'", project.uuid());
    spender.site.database.tamper(&mark).await;
    spender.spend("1").await;
    spender.spend_as(project, key, "sandbox-dime", "0.10").await;
    for by in ["project", "key"] {
        let page = spender.browser.get(&spender.path(&format!("usage?by={by}"))).await;
        let list =
            table(&page.body, &format!("Usage by {}", if by == "key" { "API key" } else { by }));
        assert_eq!(list.matches(", rehearsal").count(), 1, "{list}");
    }
    let page = spender.browser.get(&format!("/{}", spender.caller.org)).await;
    for label in ["Projects with the highest spend", "API keys with the highest spend"] {
        let list = table(&page.body, label);
        assert_eq!(list.matches(", rehearsal").count(), 1, "{list}");
    }
}

/// Usage of the last sixty days at odd hours, by two projects and two models, in part folded; with
/// amounts that no float holds.
pub(crate) async fn spread() -> Spender {
    let mut spender = Spender::new().await;
    let (other, other_key) = spender.project("=Other, \"quoted\"").await;
    let (org, projects) = (spender.caller.org.uuid(), [spender.project.uuid(), other.uuid()]);
    let keys = [spender.key.uuid(), other_key.uuid()];
    let user = spender.caller.user().unwrap().uuid();
    for first in [0, 200] {
        let fill = format!(
            "INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
                requests, estimated, input, cached, output, charge)
             SELECT '{org}', q, d AT TIME ZONE 'Europe/Oslo', (d + interval '1 day') AT TIME ZONE 'Europe/Oslo',
                (ARRAY['{}', '{}']::uuid[])[1 + n % 2], (ARRAY['{}', '{}']::uuid[])[1 + n % 2], '{user}',
                (ARRAY['gpt-4.1', '<b>&model'])[1 + n % 3 % 2], n % 5 = 0, 1, 0, n, n / 2, 1, 0.01 + n * 0.000000000007
             FROM generate_series({first}, {first} + 199) n,
                LATERAL (SELECT date_bin('15 minutes', exq_now() - n * interval '3 hours 35 minutes', 'epoch') AS q) at,
                LATERAL date_trunc('day', q AT TIME ZONE 'Europe/Oslo') d",
            projects[0], projects[1], keys[0], keys[1]
        );
        spender.site.database.tamper(&fill).await;
        // The cycles of that time, as they were counted in.
        if first == 0 {
            spender.site.app.store.system().fold().await.unwrap();
        }
    }
    spender.browser.get(&spender.path("usage")).await.is(StatusCode::OK);
    spender
}

/// What the ledger has between two local dates, both included.
async fn booked(spender: &Spender, zone: &str, dates: &str, filter: &str) -> Usd {
    let sum = format!(
        "SELECT COALESCE(sum(charge), 0) FROM (SELECT quarter, model, sandbox, charge FROM quarters
            UNION ALL SELECT quarter, model, sandbox, charge FROM deltas) u
         WHERE daterange({dates}, '[]') @> (quarter AT TIME ZONE '{zone}')::date AND {filter}"
    );
    spender.site.database.look(&sum).await.parse().unwrap()
}

/// The lines of a file by their columns' names.
pub(crate) fn lines(csv: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// So many keys and models, each used on two days; the first the most.
async fn crowd(groups: u32) -> Spender {
    let mut spender = Spender::new().await;
    spender.site.database.stop_clock("2027-03-10T09:00:00Z".parse().unwrap()).await;
    spender.browser = spender.site.signed_in("ines").await;
    let (org, project) = (spender.caller.org.uuid(), spender.project.uuid());
    let user = spender.caller.user().unwrap().uuid();
    let fill = format!(
        "INSERT INTO deltas (org_id, quarter, day_starts, day_ends, project_id, key_id, member_id, model, sandbox,
            requests, estimated, input, cached, output, charge)
         SELECT '{org}', d AT TIME ZONE 'Europe/Oslo', d AT TIME ZONE 'Europe/Oslo',
            (d + interval '1 day') AT TIME ZONE 'Europe/Oslo', '{project}', md5(n::text)::uuid, '{user}',
            'model-' || n, false, 1, 0, 10, 0, 1, 1.0 / n
         FROM generate_series(1, {groups}) n, (VALUES (timestamp '2027-03-08'), ('2027-03-09')) days (d)"
    );
    spender.site.database.tamper(&fill).await;
    spender
}

#[tokio::test]
async fn ten_thousand_groups_make_no_longer_page_than_two_hundred() {
    let (mut few, mut many) = (crowd(200).await, crowd(10_000).await);
    let whole = many.site.database.look("SELECT sum(charge) FROM deltas").await.parse().unwrap();
    for folded in [false, true] {
        for (by, name) in
            [("model", "model"), ("key", "API key"), ("key&and=model", "API key and model")]
        {
            let query = format!("usage?range=7d&by={by}");
            let page = many.browser.get(&many.path(&query)).await;
            let html = &page.is(StatusCode::OK).body;
            adds_up(html, name, whole);
            page.says(">9,900 others<").says("The 100 largest of 10,000 have a line of their own");
            let groups = table(html, &format!("Usage by {name}"));
            let (body, _) = groups.split_once("<tfoot>").unwrap();
            let rows: Vec<Usd> = body
                .split("<tr")
                .filter(|row| row.starts_with(" id="))
                .map(|row| sum([money(row)]))
                .collect();
            assert_eq!(rows.len(), 100, "{by}");
            assert!(rows.is_sorted_by(|one, next| one >= next), "{by}");
            let short = few.browser.get(&few.path(&query)).await.is(StatusCode::OK).body.len();
            assert!(html.len() < short + 50_000, "{by}: {} and {short} bytes", html.len());
        }
        for site in [&few, &many] {
            while site.site.app.store.system().fold().await.unwrap() > 0 {}
        }
        assert!(folded || many.site.database.look("SELECT count(*) FROM deltas").await == "0");
    }
    // So long a file is written while nobody waits; a short one is answered at once.
    let query = "usage?range=7d&by=model";
    let asks = "name=\"deed\" value=\"ask\"";
    many.browser.get(&many.path(query)).await.is(StatusCode::OK).says(asks);
    few.browser.get(&few.path(query)).await.is(StatusCode::OK).hides(asks).says("usage.csv?");
    let file = many.browser.get(&many.path("usage.csv?range=7d&by=model")).await;
    let lines = lines(&file.is(StatusCode::OK).body);
    assert_eq!(lines.len(), 20_000);
    assert_eq!(sum(lines.iter().map(|line| line["charge_usd"].as_str())), whole);
}

#[tokio::test]
async fn page_table_file_and_ledger_have_the_same_sum() {
    let mut spender = spread().await;
    let today = "(exq_now() AT TIME ZONE '{zone}')::date";
    let days = |n: u32| format!("{today} - {}, {today}", n - 1);
    for (query, zone, dates, filter) in [
        ("range=today", "Europe/Oslo", days(1), "true"),
        ("range=7d&by=model", "Europe/Oslo", days(7), "true"),
        ("range=7d&and=model&zone=Asia/Kathmandu", "Asia/Kathmandu", days(7), "true"),
        ("range=30d&and=key&sandbox=without", "Europe/Oslo", days(30), "NOT sandbox"),
        ("range=30d&by=member&zone=Australia/Lord_Howe", "Australia/Lord_Howe", days(30), "true"),
        (
            "range=30d&by=key&and=model&model=gpt-4.1&sum=yes",
            "Europe/Oslo",
            days(30),
            "model = 'gpt-4.1'",
        ),
        (
            "range=today&zone=America/St_Johns&by=model&and=project",
            "America/St_Johns",
            days(1),
            "true",
        ),
    ] {
        let dates = dates.replace("{zone}", zone);
        let whole = booked(&spender, zone, &dates, filter).await;
        let page = spender.browser.get(&spender.path(&format!("usage?{query}&compare=no"))).await;
        let html = &page.is(StatusCode::OK).body;
        let heads: Vec<&str> = html.split("aria-label=\"Usage by ").skip(1).collect();
        let mut groups = Vec::new();
        for head in heads {
            let label = format!("Usage by {}", head.split('"').next().unwrap());
            let money = if groups.is_empty() { money } else { total };
            let table = table(html, &label);
            let (body, foot) = table.split_once("<tfoot>").unwrap();
            assert_eq!(sum([money(foot)]), whole, "{query}: {label}");
            let rows: Vec<Usd> = body.split("<tr").skip(2).map(|row| sum([money(row)])).collect();
            if !query.contains("sum=yes") || groups.is_empty() {
                assert_eq!(rows.iter().copied().sum::<Usd>(), whole, "{query}: {label}");
            }
            groups.push(rows);
        }
        let file = spender.browser.get(&spender.path(&format!("usage.csv?{query}"))).await;
        let lines = lines(&file.is(StatusCode::OK).body);
        assert_eq!(sum(lines.iter().map(|line| line["charge_usd"].as_str())), whole, "{query}");
        assert_eq!(html.matches("<tr id=\"group-").count(), groups[0].len(), "{query}");
        // By time, the newest first; what was not used has no line.
        let mut spans: Vec<(&str, Usd)> = Vec::new();
        for line in lines.iter().rev() {
            let charge = sum([line["charge_usd"].as_str()]);
            match spans.last_mut() {
                Some((starts, sum)) if *starts == line["starts_at"] => *sum = sum.plus(charge),
                _ => spans.push((&line["starts_at"], charge)),
            }
        }
        if !query.contains("sum=yes") {
            let shown = groups[1].iter().copied().filter(|amount| *amount != Usd::ZERO);
            let spans: Vec<Usd> = spans.into_iter().map(|(_, amount)| amount).collect();
            assert_eq!(shown.collect::<Vec<_>>(), spans, "{query}");
        }
    }
}

#[tokio::test]
async fn a_file_has_ids_names_and_no_formulas() {
    let mut spender = spread().await;
    let file =
        spender.browser.get(&spender.path("usage.csv?range=30d&by=project&and=member")).await;
    let lines = lines(&file.is(StatusCode::OK).body);
    assert!(lines.len() > 50, "{}", lines.len());
    let names: BTreeSet<&str> = lines.iter().map(|line| line["project_name"].as_str()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["'=Other, \"quoted\"", "Support"]);
    for line in &lines {
        assert!(line["project_id"].parse::<domain::ProjectId>().is_ok(), "{line:?}");
        assert_eq!(line["member_id"], spender.caller.user().unwrap().to_string());
        for column in ["starts_at", "ends_at"] {
            assert!(line[column].ends_with(":00:00Z"), "{line:?}");
        }
        assert!(line["starts_at"] < line["ends_at"]);
    }
    let head = |name: &str| file.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(head("content-type"), "text/csv; charset=utf-8");
    let name = head("content-disposition");
    assert!(
        name.starts_with("attachment; filename=\"usage-20") && name.ends_with(".csv\""),
        "{name}"
    );
    let whole = "attachment; filename=\"usage-2026-11-01_2026-11-30-by-project-member.csv\"";
    assert_eq!(name.len(), whole.len(), "{name}");
    // What can't be read has no file.
    let wrong = spender.path("usage.csv?from=2026-11-02&until=2026-11-01");
    let said = spender.browser.get(&wrong).await;
    let page = spender.browser.get(said.location()).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).says("before it begins");
}

#[tokio::test]
async fn what_can_not_be_shown_is_said_on_a_page_that_works() {
    let mut spender = spread().await;
    let (other, _) = Spender::new().await.project("Theirs").await;
    let theirs = format!("project={other}");
    let long = format!("model={}", "x".repeat(5_000));
    for (query, status, said) in [
        ("from=2026-11-05&until=2026-11-01", 422, "before it begins on 5 Nov 2026"),
        ("from=1926-01-01&until=2026-01-01", 422, "too far away"),
        ("from=2000-01-01&until=2099-01-01", 422, "at most ten years"),
        ("zone=Mars/Crater", 422, "There is no time zone “Mars/Crater”"),
        ("zone=Asia/Tokyo&from=2026-01-01&until=2026-06-01", 422, "at most 93 days"),
        ("project=%3Cscript%3E", 422, "“&lt;script&gt;” is the id of no project"),
        ("model=%3Cb%3E%5D%5D%3E%22%27", 200, "No request that the filters let through"),
        (&theirs, 200, "No request that the filters let through"),
        (&long, 200, "No request that the filters let through"),
        ("model=%00&key=untracked", 200, "No request that the filters let through"),
        ("range=30d&model=%3Cb%3E%26model", 200, "&lt;b&gt;&amp;model"),
        ("from=2017-01-01&until=2026-12-31", 200, "Usage by month"),
        ("from=2026-01-01&until=2026-12-31", 200, "Usage by week"),
    ] {
        let page = spender.browser.get(&spender.path(&format!("usage?{query}"))).await;
        page.is(StatusCode::from_u16(status).unwrap())
            .says(said)
            .hides("<script>”")
            .hides("<b>&model");
        page.says("aria-label=\"Range\"")
            .says("role=\"")
            .hides("Theirs")
            .hides("could not be drawn");
    }
}

#[tokio::test]
async fn readers_export_own_projects_and_no_members() {
    let spender = spread().await;
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    let path = spender.path("usage.csv?range=30d");
    assert_eq!(lines(&rita.get(&path).await.is(StatusCode::OK).body).len(), 0);
    let place = format!(
        "INSERT INTO project_members (org_id, project_id, user_id, role)
         SELECT '{}', '{}', id, 'viewer' FROM users WHERE email = 'rita@example.com'",
        spender.caller.org.uuid(),
        spender.project.uuid()
    );
    spender.site.database.tamper(&place).await;
    let file = rita.get(&path).await;
    let own = lines(&file.is(StatusCode::OK).body);
    assert!(own.len() > 20 && own.iter().all(|line| line["project_name"] == "Support"));
    for query in ["by=member", "member=service-accounts"] {
        let page = rita.get(&spender.path(&format!("usage?{query}"))).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says("is for owners of the organization");
        page.hides("name=\"member\"");
        let file = rita.get(&spender.path(&format!("usage.csv?{query}"))).await;
        assert_eq!(file.location(), spender.path(&format!("usage?{query}")));
    }
}

#[tokio::test]
async fn a_bar_opens_its_hours_and_a_group_what_it_consists_of() {
    let mut spender = spread().await;
    let page = spender.browser.get(&spender.path("usage?range=7d&by=model&and=project")).await;
    let html = &page.is(StatusCode::OK).body;
    let links: Vec<&str> = html
        .split("<a href=\"")
        .filter_map(|rest| rest.split('"').next())
        .filter(|href| href.contains("from="))
        .collect();
    assert_eq!(links.len(), 7, "{links:?}");
    let day = links[6].replace("&amp;", "&");
    let page = spender.browser.get(&day).await;
    page.is(StatusCode::OK).says("Usage by hour").says("Usage by model and project");
    let groups = table(html, "Usage by model and project");
    let group = groups
        .split("href=\"")
        .find(|rest| rest.contains("model=") && rest.contains("project=proj_"));
    let group = group.unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let page = spender.browser.get(&group).await;
    page.is(StatusCode::OK).says("Usage by API key").says("Remove filter: Model is");
    page.says("Remove filter: Project is").says("Clear filters");
}
