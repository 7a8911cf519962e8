//! The organization's prices, and the operator's price book.

use axum::http::StatusCode;

use crate::support::Site;

const HEAD: &str = "provider,model,service_tier,from_tokens,input,cached,output";

#[tokio::test]
async fn an_owner_sets_a_price_of_the_organizations_own() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/prices", caller.org);
    ines.get(&path).await.says("Every model costs what the price book says");
    ines.get(&format!("{path}?search=GPT-4o")).await.says("gpt-4o-mini").hides("claude-");
    let form = |input: &'static str, from: &'static str| {
        [("model", "gpt-4o"), ("input", input), ("output", "9"), ("from", from)]
    };
    let below = ines.post(&path, &form("1", "")).await;
    below.is(StatusCode::UNPROCESSABLE_ENTITY).says("This is less than the price book says");
    site.database.tamper("UPDATE users SET operator = true").await;
    for (input, from, sentence) in [
        ("", "", "A price is an amount in dollars per million tokens, like 2.50."),
        ("-1", "", "A price is an amount"),
        ("10000.01", "", "No model costs more than $10,000 per million tokens."),
        ("1", "yesterday", "Write a day like 2026-12-01."),
        ("1", "2020-01-01", "A price can’t hold from a day that has begun"),
    ] {
        let page = ines.post(&path, &form(input, from)).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    let sandbox = [("model", "sandbox-dime"), ("input", "1"), ("output", "1")];
    ines.post(&path, &sandbox).await.is(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.database.look("SELECT count(*) FROM own_prices").await, "0");

    let saved = format!("{path}?saved=price");
    assert_eq!(ines.post(&path, &form("1.25", "")).await.location(), saved);
    assert_eq!(ines.post(&path, &form("1.50", "2999-01-01")).await.location(), saved);
    let again = ines.post(&path, &form("1.75", "2999-01-01")).await;
    again
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("This model has a price from that day on already");
    ines.get(&path).await.says("In force").says("Planned").says("$1.25").says("$1.50");
    ines.get(&format!("{path}?model=gpt-4o")).await.says(r#"value="1.25""#);
    let last = "SELECT 'price_' || replace(id::text, '-', '') FROM own_prices
        ORDER BY effective_from DESC LIMIT 1";
    let planned = site.database.look(last).await;
    let back = [("price", planned.as_str())];
    let done = ines.post(&format!("{path}/take-back"), &back).await;
    ines.get(done.location()).await.says("Taken back.").hides("Saved").hides("Planned");
    let again = ines.post(&format!("{path}/take-back"), &back).await;
    ines.get(again.location()).await.says("Nothing was taken back.").says("$1.25");
    // One that the price book has other rates of, for long prompts.
    let long = [("model", "claude-sonnet-4-5"), ("input", "1"), ("output", "1")];
    let done = ines.post(&path, &long).await;
    ines.get(done.location()).await.says("which this price stands in the place of");
    let listed = [("model", "claude-sonnet-4-5"), ("listed", "on")];
    assert_eq!(ines.post(&path, &listed).await.location(), saved);
    let listed = [("model", "gpt-4o"), ("listed", "on")];
    assert_eq!(ines.post(&path, &listed).await.location(), saved);
    ines.get(&path).await.says("Every model costs what the price book says");
    ines.get(&format!("/{}/audit", caller.org)).await.says("gpt-4o");
}

#[tokio::test]
async fn an_owner_chooses_what_becomes_of_unknown_prices() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/prices/unknown", caller.org);
    let chosen = "SELECT string_agg(unpriced, ' ') FROM organizations";
    assert_eq!(site.database.look(chosen).await, "block");
    for word in ["allow", "block"] {
        ines.post(&path, &[("unpriced", word)]).await.is(StatusCode::SEE_OTHER);
        assert_eq!(site.database.look(chosen).await, word);
    }
    ines.post(&path, &[("unpriced", "maybe")]).await.is(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_operator_looks_at_a_table_before_anything_changes() {
    let (site, mut ines, _) = Site::with_owner().await;
    site.database.tamper("UPDATE users SET operator = true").await;
    let (path, confirm) = ("/operator/prices/import", "/operator/prices/confirm");
    let count = "SELECT count(*) FROM prices";
    let before = site.database.look(count).await;
    ines.get(path).await.is(StatusCode::OK);
    for (table, sentence) in [
        ("", "Choose a file, or paste a table below."),
        ("[1]", "neither data.json of genai-prices"),
        ("provider,model,input,output\na,b,1,x", "Line 2"),
        ("provider,model,input,output\na,b,10001,1", "$10,000"),
    ] {
        let page = ines.post(path, &[("table", table), ("providers", "openai")]).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    // One that is in the book as it says, one that changes, one new, one ten times too dear.
    let table = format!(
        "{HEAD}\nopenai,gpt-4o,default,0,2.5,1.25,10\nopenai,gpt-4o-mini,default,0,0.2,,0.8\nnew,new-model,default,0,1,,2\nnew,new-model,default,200001,2,,4\nopenai,gpt-4.1,default,0,200,,800\nother,cheap,default,0,0.0000025,,0.00001"
    );
    let page = ines.post(path, &[("table", table.as_str())]).await;
    page.is(StatusCode::OK).says("2 added, 2 changed").says("unchanged");
    page.says("more than 10 times apart").says("per token instead of per 1M?");
    page.says("from 200,001 tokens of prompt: Input $2.00, Output $4.00");
    assert_eq!(page.body.matches("checked").count(), 2, "what is flagged is not ticked");
    assert_eq!(site.database.look(count).await, before);

    let rows = format!(
        "{HEAD}\nnew,new-model,default,0,1,,2\nnew,new-model,default,200001,2,,4\nopenai,gpt-4o-mini,default,0,0.2,,0.8"
    );
    let sent = |ticks: &[&'static str], from: &'static str| {
        let mut fields = vec![("table", rows.clone()), ("from", from.to_owned())];
        fields.extend(ticks.iter().map(|tick| (*tick, "on".to_owned())));
        fields
    };
    let post = async |ines: &mut crate::support::Browser, fields: Vec<(&str, String)>| {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, &**value)).collect();
        ines.post(confirm, &fields).await
    };
    let none = post(&mut ines, sent(&[], "")).await;
    none.is(StatusCode::UNPROCESSABLE_ENTITY).says("Tick at least one row.");
    let past = post(&mut ines, sent(&["take-0"], "2020-01-01")).await;
    past.is(StatusCode::UNPROCESSABLE_ENTITY).says("That day has begun");
    assert_eq!(site.database.look(count).await, before);
    let done = post(&mut ines, sent(&["take-0"], "2999-01-01")).await;
    assert_eq!(done.location(), "/operator/prices?added=1");
    let added =
        "SELECT jsonb_array_length(rates) || ' ' || source FROM prices WHERE provider = 'new'";
    assert_eq!(site.database.look(added).await, "2 import");
    let list = ines.get("/operator/prices?search=new").await;
    list.says("Planned").says("new-model").says("from 200,001 tokens of prompt");
}

#[tokio::test]
async fn the_price_book_has_pages() {
    let (site, mut ines, _) = Site::with_owner().await;
    site.database.tamper("UPDATE users SET operator = true").await;
    let list = ines.get("/operator/prices").await;
    list.is(StatusCode::OK)
        .says("Versions 1 to 50.")
        .says("/operator/prices?page=2")
        .hides("Previous");
    let second = ines.get("/operator/prices?page=2").await;
    second.is(StatusCode::OK).says("Versions 51 to 100.").says("/operator/prices?page=1");
    for page in ["-1", "0", "x", "99999999999"] {
        let first = ines.get(&format!("/operator/prices?page={page}")).await;
        first.is(StatusCode::OK).says("Versions 1 to 50.");
    }
    ines.get("/operator/prices?page=4000000000")
        .await
        .is(StatusCode::OK)
        .says("There is no such page");
}

#[tokio::test]
async fn a_table_that_is_too_long_is_answered_with_a_sentence() {
    let (site, mut ines, _) = Site::with_owner().await;
    site.database.tamper("UPDATE users SET operator = true").await;
    let line = |n| format!("\nnew,model-{n},1,2");
    let table =
        "provider,model,input,output".to_owned() + &(0..=10_000).map(line).collect::<String>();
    let page = ines.post("/operator/prices/import", &[("table", table.as_str())]).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY);
    page.says("Line 10002: a table has at most 10000 lines of prices: send it in parts");
}

#[tokio::test]
async fn the_operators_table_keeps_its_days_and_sources() {
    let (site, mut ines, _) = Site::with_owner().await;
    site.database.tamper("UPDATE users SET operator = true").await;
    let (path, confirm) = ("/operator/prices/import", "/operator/prices/confirm");
    let table = "provider,model,effective_from,input,output,source\n\
        new,dated,2999-01-01,1,2,price list 7\n\
        new,dated,2999-02-01,3,4,price list 8\n\
        new,begun,2020-01-01,1,2,\n\
        new,plain,,1,2,";
    let page = ines.post(path, &[("table", table)]).await;
    page.is(StatusCode::OK)
        .says("3 added, 1 changed")
        .says("From 2999-01-01 on")
        .says("from price list 8");
    page.says("2020-01-01 has begun: holds from the day below");
    // What the page sends back when all of it is ticked.
    let hidden = page.body.split("name=\"table\" value=\"").nth(1).unwrap();
    let hidden = hidden.split('"').next().unwrap().replace("&quot;", "\"");
    let ticks = ["take-0", "take-1", "take-2", "take-3"].map(|tick| (tick, "on"));
    let mut form = vec![("table", &*hidden), ("from", "2998-01-01")];
    form.extend(ticks);
    let done = ines.post(confirm, &form).await;
    assert_eq!(done.location(), "/operator/prices?added=4");
    let added = "SELECT string_agg(concat_ws(' ', model, (effective_from AT TIME ZONE 'UTC')::date, source), ', '
            ORDER BY model, effective_from)
        FROM prices WHERE provider = 'new'";
    assert_eq!(
        site.database.look(added).await,
        "begun 2998-01-01 import, dated 2999-01-01 price list 7, dated 2999-02-01 price list 8, plain 2998-01-01 import"
    );
}
