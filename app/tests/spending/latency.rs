//! How long requests took, on its page.

use axum::http::StatusCode;
use chrono::NaiveDate;
use domain::{Moments, Outcome, Period, ProjectRole, ProviderError, Scope, Story};
use store::system::{ErrorOf, RefusedOf};
use testkit::Tenant;

use crate::spender::{Spender, between, table, told};

/// How a stream went that took so many microseconds.
fn story(last: u64) -> Story {
    let moments = Moments {
        read: 60,
        asked: 170,
        admitted: 200,
        connected: Some(21_600),
        first_byte: Some(400_000),
        first_token: Some(412_800),
        last,
    };
    Story { moments, ..told("") }
}

#[tokio::test]
async fn the_page_tells_how_long_requests_took_folded_or_not() {
    let mut spender = Spender::new().await;
    let path = spender.path("latency");
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).says("No times yet").says("Make a key");
    for _ in 0..3 {
        spender.told("0.01", Outcome::Answered, story(4_519_300)).await;
    }
    spender.told("0.01", Outcome::Unknown, story(90_000_000)).await;
    let system = spender.site.app.store.system();
    for _ in 0..2 {
        let page = spender.browser.get(&path).await;
        page.is(StatusCode::OK).hides(" style=");
        // The middles of the buckets of 4.52 s, 413 ms, 140 µs, and of 30 tokens in 4.11 s.
        let models = table(&page.body, "Latency by model");
        for cell in ["sandbox-tokens", "4.6 s", "400 ms", "7.5", "1 (25.0%)", "value=\"4\""] {
            assert!(models.contains(cell), "{cell}: {models}");
        }
        page.says("140 µs").says("within 9%").says("Requests").says("25.0% of all");
        // Exact: connecting 21.4 ms, waiting 391.2 ms, generating 4,106.5 ms of 4,519.3 ms.
        for said in ["21 ms each", "390 ms each", "4.1 s each", "90.9%", "8.7%", "0.5%"] {
            page.says(said);
        }
        let lengths = table(&page.body, "Latency by length of the answer");
        assert!(lengths.contains("Up to 64") && lengths.contains("value=\"3\""), "{lengths}");
        let days = table(&page.body, "Latency by day");
        assert_eq!(days.matches("<tr>").count(), 8, "seven days and the head: {days}");
        assert_eq!(days.matches("4.6 s").count(), 3, "half, 95 and 99 of 100: {days}");
        let first = spender.browser.get(&format!("{path}?measure=first&range=today")).await;
        let hours = table(&first.is(StatusCode::OK).body, "Latency by hour");
        assert_eq!(hours.matches("400 ms").count(), 3, "{hours}");
        system.fold_timings().await.unwrap();
    }
}

#[tokio::test]
async fn filters_and_ranges_stand_in_the_address_and_what_is_wrong_is_a_sentence() {
    let mut spender = Spender::new().await;
    spender.told("0.01", Outcome::Answered, story(4_519_300)).await;
    let other = Tenant::new(&spender.site.database, "other").await;
    let path = spender.path("latency");
    let own = format!("project={}&model=sandbox-tokens&range=30d", spender.project);
    let page = spender.browser.get(&format!("{path}?{own}")).await;
    page.is(StatusCode::OK).says("4.6 s").says("Project is").says("Support").says("Model is");
    let theirs = format!("project={}", other.project);
    for (query, said, shown) in [
        ("from=2026-11-07&until=2026-11-01", "before it begins", true),
        ("from=1926-11-01&until=2026-11-01", "too far away", true),
        ("from=2001-01-01&until=2099-11-01", "at most ten years", true),
        ("from=2024-01-01&until=2024-12-01", "at most 93 days", true),
        ("from=yesterday", "is no date", true),
        ("range=%3Cscript%3E", "There is no range “&lt;script&gt;”", true),
        ("model=%3Cu%3E", "No request to a model “&lt;u&gt;”", false),
        ("project=%00", "You have no project", false),
        (&theirs, "You have no project", false),
    ] {
        let page = spender.browser.get(&format!("{path}?{query}")).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says(said).hides("<u>").hides("<script>");
        assert_eq!(page.body.contains("4.6 s"), shown, "{query}");
    }
    spender.site.app.store.system().fold_timings().await.unwrap();
    let none = spender.browser.get(&format!("{path}?from=2020-01-01&until=2020-01-09")).await;
    none.is(StatusCode::OK).says("No request that is asked for").says("Show the last 90 days");
}

#[tokio::test]
async fn what_the_provider_did_not_serve_is_told_beside_the_times() {
    let mut spender = Spender::new().await;
    let (secret, _) = spender.project("Quiet harbour").await;
    let other = Tenant::new(&spender.site.database, "other").await;
    let system = spender.site.app.store.system();
    let of = |org, project, model: &str, error| {
        let model = model.to_owned();
        ErrorOf { org, project, model, error }
    };
    let own = spender.caller.org;
    let counts = [
        (of(own, spender.project, "sandbox-tokens", ProviderError::Busy), 12),
        (of(own, spender.project, "gpt-<b>", ProviderError::Unreachable), 7),
        (of(own, secret, "sandbox-tokens", ProviderError::Rejected), 3),
        (of(other.org, other.project, "sandbox-tokens", ProviderError::Broken), 987_654),
    ];
    for _ in 0..2 {
        system.flush_provider_errors(&counts).await.unwrap();
    }
    let path = spender.path("latency");
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).says("Not served").hides("<b>").hides("987654").hides("1975308");
    spender.told("0.01", Outcome::Answered, story(4_519_300)).await;
    spender.told("0.01", Outcome::Unknown, story(90_000_000)).await;
    let page = spender.browser.get(&path).await;
    let errors = table(&page.body, "What was not served by model");
    for cell in ["value=\"24\"", "value=\"14\"", "value=\"6\"", "93.8%", "100.0%", "gpt-&lt;b&gt;"]
    {
        assert!(errors.contains(cell), "{cell}: {errors}");
    }
    // 24 busy and 1 unanswered of 32: what was asked wrongly is nobody else's failure.
    let today = table(&page.body, "Models today against the past");
    assert!(today.contains("78.1%") && today.contains("Too few to tell"), "{today}");
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    rita.get(&path).await.is(StatusCode::OK).hides("Not served");
    let narrowed = format!("{path}?project={secret}&model=sandbox-tokens");
    let page = spender.browser.get(&narrowed).await;
    let errors = table(&page.is(StatusCode::OK).body, "What was not served by model");
    assert!(errors.contains("value=\"6\"") && !errors.contains("value=\"24\""), "{errors}");
}

#[tokio::test]
async fn what_limits_refused_is_told_beside_it_and_compared_if_it_was_counted() {
    let mut spender = Spender::new().await;
    let (secret, _) = spender.project("Quiet harbour").await;
    let other = Tenant::new(&spender.site.database, "other").await;
    let system = spender.site.app.store.system();
    let of = |org, project, model: &str, spent| {
        let model = model.to_owned();
        RefusedOf { org, project, model, spent }
    };
    let own = spender.caller.org;
    let counts = [
        (of(own, spender.project, "sandbox-tokens", false), 23),
        (of(own, spender.project, "sandbox-tokens", true), 50),
        (of(own, spender.project, "gpt-<b>", false), 7),
        (of(own, spender.project, "gpt-spent", true), 9),
        (of(own, secret, "sandbox-tokens", false), 4),
        (of(other.org, other.project, "sandbox-tokens", false), 987_654),
    ];
    system.flush_refused_requests(&counts).await.unwrap();
    let path = spender.path("latency");
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).hides("<b>").hides("987654").hides("are not all counted");
    page.says("Today against the past");
    let error = ErrorOf {
        org: own,
        project: spender.project,
        model: "sandbox-tokens".to_owned(),
        error: ProviderError::Busy,
    };
    system.flush_provider_errors(&[(error, 3)]).await.unwrap();
    spender.told("0.01", Outcome::Answered, story(4_519_300)).await;
    let page = spender.browser.get(&path).await;
    let unserved = table(&page.body, "What was not served by model");
    // 77 refused and 3 not served of 81.
    for cell in ["value=\"77\"", "value=\"3\"", "98.8%", "value=\"7\"", "100.0%", "gpt-&lt;b&gt;"] {
        assert!(unserved.contains(cell), "{cell}: {unserved}");
    }
    // Compared are 27 of 31: what was refused because a budget was spent is not.
    let today = table(&page.body, "Models today against the past");
    assert!(today.contains("87.1%") && today.contains("75.0%"), "{today}");
    assert!(unserved.contains("gpt-spent") && !today.contains("gpt-spent"), "{today}");
    let narrowed = format!("{path}?project={secret}&model=sandbox-tokens");
    let page = spender.browser.get(&narrowed).await;
    let unserved = table(&page.is(StatusCode::OK).body, "What was not served by model");
    assert!(unserved.contains("value=\"4\"") && !unserved.contains("value=\"77\""), "{unserved}");
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    rita.get(&path).await.is(StatusCode::OK).hides("Not served");

    spender
        .site
        .database
        .tamper("UPDATE organizations SET refused_requests_since = exq_now()")
        .await;
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).says("are not all counted");
    let today = table(&page.body, "Models today against the past");
    assert!(today.contains("75.0%") && !today.contains("87.1%"), "{today}");
}

#[tokio::test]
async fn receipts_of_what_was_not_served_are_of_the_same_project_and_days() {
    let mut spender = Spender::new().await;
    let (secret, _) = spender.project("Quiet harbour").await;
    let (store, scope) = (spender.site.app.store.clone(), Scope::Project(spender.project));
    let amount = "0.05".parse().unwrap();
    store.set_budget(&spender.caller, scope, Period::Month, amount).await.unwrap();
    let receipt = spender.refused("0.10").await.to_string();
    let counts = [spender.project, secret].map(|project| {
        let (org, model) = (spender.caller.org, "sandbox-dime".to_owned());
        (RefusedOf { org, project, model, spent: true }, 38)
    });
    store.system().flush_refused_requests(&counts).await.unwrap();
    let path = spender.path("latency");
    for (asked, days, sees) in [
        (String::new(), 6, true),
        (format!("?range=today&project={}", spender.project), 0, true),
        (format!("?project={secret}&model=sandbox-dime"), 6, false),
    ] {
        let page = spender.browser.get(&format!("{path}{asked}")).await;
        let start = format!("href=\"{}", spender.path("requests?outcome=refused"));
        let link = between(&page.is(StatusCode::OK).body, &start, "\"").unwrap();
        let link = spender.path(&format!("requests?outcome=refused{link}")).replace("&amp;", "&");
        let day = |name: &str| {
            let day = between(&format!("{link}&"), &format!("{name}="), "&").unwrap().to_owned();
            day.parse::<NaiveDate>().unwrap()
        };
        assert_eq!((day("to") - day("from")).num_days(), days, "{link}");
        let receipts = spender.browser.get(&link).await;
        receipts.is(StatusCode::OK).hides("left out");
        assert_eq!(receipts.body.contains(&receipt), sees, "{asked}: {link}");
    }
}

#[tokio::test]
async fn a_reader_sees_own_projects_and_another_organization_nothing() {
    let mut spender = Spender::new().await;
    let (secret, _) = spender.project("Quiet harbour").await;
    spender.told("0.01", Outcome::Answered, story(4_519_300)).await;
    let path = spender.path("latency");
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    rita.get(&path).await.is(StatusCode::OK).says("No times yet");
    for (project, sees) in [(secret, false), (spender.project, true)] {
        let (org, project) = (spender.caller.org.uuid(), project.uuid());
        let role = ProjectRole::Viewer.as_str();
        spender
            .site
            .database
            .tamper(&format!(
                "INSERT INTO project_members (org_id, project_id, user_id, role)
                 SELECT '{org}', '{project}', id, '{role}' FROM users WHERE email = 'rita@example.com'"
            ))
            .await;
        let page = rita.get(&path).await;
        page.is(StatusCode::OK);
        assert_eq!(page.body.contains("4.6 s"), sees);
    }
    spender.site.app.store.system().fold_timings().await.unwrap();
    rita.get(&path).await.is(StatusCode::OK).says("4.6 s").says("requests of your projects");
    spender.browser.get(&path).await.says("4.6 s");
}
