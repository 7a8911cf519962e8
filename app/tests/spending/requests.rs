//! The request log and one request's page.

use axum::http::StatusCode;
use domain::{EventId, Moments, Outcome, Story, Tags};

use crate::spender::Spender;

/// How a stream went that took four seconds and a half.
pub(crate) fn story(tags: &str) -> Story {
    Story {
        endpoint: "/chat/completions".into(),
        provider_id: Some("up-<7>".to_owned()),
        max_output: Some(1_500),
        choices: 2,
        stops: true,
        tags: Tags::parse(tags).unwrap(),
        moments: Moments {
            read: 60,
            asked: 170,
            admitted: 200,
            connected: Some(21_600),
            first_byte: Some(400_000),
            first_token: Some(412_800),
            last: 4_519_300,
        },
    }
}

#[tokio::test]
async fn a_request_is_listed_and_its_page_tells_where_its_time_went() {
    let mut spender = Spender::new().await;
    let org = spender.caller.org;
    let list = format!("/{org}/requests");
    spender.browser.get(&list).await.is(StatusCode::OK).says("No request yet");
    // 1,000 input at $1, 200 cached at $0.10, 30 output at $4 a million.
    let id = spender.told("0.00114", Outcome::Answered, story("team=search, note=<b>x</b>")).await;
    let page = spender.browser.get(&list).await;
    page.is(StatusCode::OK).says(&format!("/requests/{id}")).says("sandbox-tokens");
    page.says(&format!("href=\"{list}?outcome=refused\""));
    // Who waited for it is led on to a budget, as long as there is none.
    let first = format!("{list}/first");
    let budget = format!("/{org}/budgets?scope={}", spender.project);
    spender
        .browser
        .get(&first)
        .await
        .is(StatusCode::OK)
        .says("The first request arrived.")
        .says(&budget);
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    assert_eq!(rita.get(&first).await.status, StatusCode::NO_CONTENT);
    page.says("$0.001140").says("Answered").says("1,200").says("Support").hides("<b>x");
    let page = spender.browser.get(&format!("/requests/{id}")).await;
    page.is(StatusCode::OK).says("Answered in 4.52 s for $0.001140").says(&id.to_string());
    for words in [
        "0.20 ms before forwarding",
        "Connect to provider",
        "21.40 ms",
        "Wait for first token",
        "Generate 30 tokens",
        "4,106.50 ms",
        "Settle and commit",
        "The first token came 391 ms after",
        "took 4.11 s for 30 tokens",
        "Cached input",
        "$1.00",
        "$0.001000",
        "$0.10",
        "$0.000020",
        "$4.00",
        "$0.000120",
        "Price book, in force since",
        "Reserved $0.001140, all of it charged",
        "up-&lt;7&gt;",
        "note=&lt;b&gt;x&lt;/b&gt;",
        "team=search",
        "/v1/chat/completions",
        "1,500",
        "Named",
        "Not stored",
    ] {
        page.says(words);
    }
    page.hides(" style=").hides("<b>x");
    // By its ID, however it is written.
    let plain = id.uuid().to_string();
    let found = spender.browser.get(&format!("{list}?id=+{plain}")).await;
    assert_eq!(found.location(), format!("/requests/{id}"));
    spender.browser.get(&format!("/requests/{plain}")).await.is(StatusCode::OK);
}

/// The form of filters, as it is closed.
const FOLDED: &str = "<details class=\"snip\"><summary>Filter";

#[tokio::test]
async fn filters_stand_in_the_address_and_what_is_wrong_is_a_sentence() {
    let mut spender = Spender::new().await;
    let list = format!("/{}/requests", spender.caller.org);
    let tagged = spender.told("0.02", Outcome::Estimated, story("team=search")).await;
    spender.spend("0.03").await;
    let both = ["$0.020000", "$0.030000"];
    for (query, shown) in [
        ("", &both[..]),
        ("tag=team%3Dsearch", &both[..1]),
        ("outcome=estimated", &both[..1]),
        ("outcome=answered", &both[1..]),
        ("model=sandbox-tokens&sandbox=yes&streamed=no", &both),
        ("from=2000-01-01&to=2999-12-31", &both),
        ("key=key_0192000000007000800000000000000a", &[]),
        ("outcome=interrupted", &[]),
    ] {
        let page = spender.browser.get(&format!("{list}?{query}")).await;
        page.is(StatusCode::OK);
        for amount in both {
            if shown.contains(&amount) {
                page.says(amount)
            } else {
                page.hides(amount)
            };
        }
        if shown.is_empty() {
            page.says("No request fits");
        }
    }
    let path = format!("{list}?before={tagged}");
    spender.browser.get(&path).await.says("No request fits").hides("$0.0");
    for (query, sentence) in [
        ("from=2026-11-02&to=2026-11-01", "This day lies before the first one."),
        ("from=yesterday", "Write a date like"),
        ("to=1826-11-01", "Write a date like"),
        ("tag=team", "A tag is written as key=value"),
        ("tag=%22%3E%3Cscript%3E=x", "A tag’s key has"),
        ("project=x", "Choose one from the list"),
        ("outcome=fine", "Choose one from the list"),
        ("id=nothing", "This is no request’s ID"),
    ] {
        let page = spender.browser.get(&format!("{list}?{query}")).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).hides("$0.0").hides("<script>");
        // What is to be put right is in sight, and nothing else.
        let folded = page.hides("Remove filter").body.contains(FOLDED);
        assert_eq!(folded, query.starts_with("id="), "{query}");
    }
    for query in ["before=x&page=7&%ff", "model=%00", "before=req_0192000000007000800000000000000a"]
    {
        spender.browser.get(&format!("{list}?{query}")).await.is(StatusCode::OK);
    }
}

#[tokio::test]
async fn each_filter_that_is_set_can_be_taken_away() {
    let mut spender = Spender::new().await;
    let list = format!("/{}/requests", spender.caller.org);
    let key = format!("key={}", spender.key);
    let asked =
        format!("{list}?{key}&model=sandbox-tokens&streamed=no&sandbox=yes&from=2000-01-01");
    let page = spender.browser.get(&asked).await;
    assert!(page.body.contains(FOLDED), "{}", page.body);
    for (chip, without) in [
        ("API key is Test key", ""),
        ("Model is sandbox-tokens", "model=sandbox-tokens"),
        ("Streamed No", "streamed=no"),
        ("Answered by The sandbox", "sandbox=yes"),
        ("From 2000-01-01", "from=2000-01-01"),
    ] {
        let rest = match without {
            "" => asked.replace(&format!("{key}&"), ""),
            without => asked.replace(&format!("&{without}"), ""),
        };
        let rest = rest.replace('&', "&amp;");
        page.says(&format!("href=\"{rest}\" aria-label=\"Remove filter: {chip}\""));
    }
    page.says(&format!("<a href=\"{list}\">Clear filters</a>"));
}

#[tokio::test]
async fn what_was_refused_leads_to_its_receipt() {
    let mut spender = Spender::new().await;
    let (store, scope) = (spender.site.app.store.clone(), domain::Scope::Key(spender.key));
    let list = format!("/{}/requests?outcome=refused", spender.caller.org);
    spender.browser.get(&list).await.is(StatusCode::OK).says("Nothing was refused");
    store
        .set_budget(&spender.caller, scope, domain::Period::Day, "1".parse().unwrap())
        .await
        .unwrap();
    let receipt = spender.refused("2").await;
    let page = spender.browser.get(&list).await;
    page.says(&format!("/receipts/{receipt}")).says("The API key’s budget").says("38");
    page.hides("Part of the filter is left out");
    let narrow = spender.browser.get(&format!("{list}&model=gpt-4o&key={}", spender.key)).await;
    narrow.says(&format!("/receipts/{receipt}")).says("Part of the filter is left out");
    let none = format!("{list}&key=key_0192000000007000800000000000000a");
    spender.browser.get(&none).await.says("Nothing was refused");
    let receipt = spender.browser.get(&format!("/receipts/{receipt}")).await;
    receipt.says(&format!("requests?key={}", spender.key));
}

#[tokio::test]
async fn pages_are_for_those_who_see_the_project_alone() {
    let mut spender = Spender::new().await;
    let id = spender.told("0.02", Outcome::Answered, story("team=search")).await;
    let (path, list) = (format!("/requests/{id}"), format!("/{}/requests", spender.caller.org));
    let (mut stranger, _) = spender.site.owner("olav", "Elsewhere").await;
    stranger.get(&path).await.is(StatusCode::NOT_FOUND).hides("search");
    stranger.get(&list).await.is(StatusCode::NOT_FOUND);
    let mut reader = spender.site.reader("rita", &spender.caller).await;
    reader.get(&path).await.is(StatusCode::NOT_FOUND).hides("search");
    reader.get(&list).await.is(StatusCode::OK).says("No request yet").hides("0.02");
    for id in ["req_", "req_00000000000000000000000000000000", "x", "%00", &"a".repeat(2_000)] {
        spender.browser.get(&format!("/requests/{id}")).await.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_charge_that_no_provider_told_is_explained_and_leads_to_its_correction() {
    let mut spender = Spender::new().await;
    let id: EventId = spender.unanswered("0.40").await;
    let path = format!("/requests/{id}");
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).says("No answer, charged $0.400000");
    page.says("Its story is not known").says("The most it could cost").says("/corrections/");
    let store = spender.site.app.store.clone();
    let reason = "Invoice".parse().unwrap();
    store.correct_charge(&spender.caller, id, "0.1".parse().unwrap(), &reason).await.unwrap();
    let page = spender.browser.get(&path).await;
    page.says("Corrected, charged $0.100000").says("Charged at first").says("$0.400000");
    page.says(&format!("audit?subject={id}"));
    // The list of corrections leads here.
    let corrections = format!("/{}/corrections", spender.caller.org);
    spender.browser.get(&corrections).await.says(&path);
}
