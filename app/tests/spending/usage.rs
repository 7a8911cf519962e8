//! Sums of the usage page.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::Usd;

use crate::spender::{Spender, between, sum, table, values};

/// Nine projects with amounts that no float holds; two models.
async fn spent() -> Spender {
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
fn money(row: &str) -> &str {
    values(row).last().copied().unwrap_or("0")
}

async fn ledger(spender: &Spender) -> Usd {
    spender.site.database.look("SELECT sum(charge) FROM events").await.parse().unwrap()
}

/// Every row and column of both tables adds up to the ledger.
#[track_caller]
fn adds_up(html: &str, by: &str, whole: Usd) {
    let groups = table(html, &format!("Usage by {by}"));
    let (body, foot) = groups.split_once("<tfoot>").unwrap();
    let rows: Vec<&str> = body.split("<tr").skip(2).map(money).collect();
    assert_eq!(sum(rows.iter().copied()), whole);
    assert_eq!(sum([money(foot)]), whole);

    let days = table(html, "Usage by day");
    let (body, foot) = days.split_once("<tfoot>").unwrap();
    let mut total = Usd::ZERO;
    for row in body.split("<tr").skip(2) {
        let cells = values(row);
        let (day, parts) = cells.split_last().unwrap();
        assert!(parts.len() <= 8, "{row}");
        assert_eq!(sum(parts.iter().copied()), sum([*day]), "{row}");
        total = total.plus(sum([*day]));
    }
    assert_eq!(total, whole);
    let cells = values(foot);
    let (last, parts) = cells.split_last().unwrap();
    assert_eq!(sum(parts.iter().copied()), whole);
    assert_eq!(sum([*last]), whole);
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
        spender.browser.get(&path).await.is(StatusCode::NOT_FOUND);
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
    let cycle = store.cycles(caller).await.unwrap()[0];
    let at: String = spender.site.database.look("SELECT min(quarter) FROM deltas").await;
    let quarter = chrono::DateTime::parse_from_str(&at, "%F %T%#z").unwrap().to_utc();
    for _ in 0..2 {
        for (cut, expected) in [
            (cycle.starts, Usd::ZERO),
            (quarter, Usd::ZERO),
            (quarter + TimeDelta::minutes(30), whole),
            (cycle.ends, whole),
        ] {
            let past = store.past(caller, cycle, cut).await.unwrap();
            assert_eq!(past.so_far.charge, expected, "{cut}");
            let days: Usd = past.days.iter().map(|(_, totals)| totals.charge).sum();
            assert_eq!(days, whole);
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
