//! Billing cycles are reviewed, closed, printed and compared with invoices.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use chrono::{DateTime, Utc};

use crate::{
    site::{Answer, Browser},
    spender::{Spender, between, table, values},
};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// An organization that used two projects in March, and is in April now.
async fn april() -> Spender {
    let mut spender = Spender::new().await;
    let database = &spender.site.database;
    database.stop_clock(at("2027-03-10T09:00:00Z")).await;
    let (project, key) = spender.project("=Archive").await;
    spender.pay(spender.project, spender.key, "gpt-4o", "1.25").await;
    spender.pay(spender.project, spender.key, "gpt-4.1", "0.10").await;
    spender.pay(project, key, "gpt-4o", "0.000000000001").await;
    spender.spend("7.77").await;
    database.set_clock(at("2027-04-02T09:00:00Z")).await;
    spender.browser = spender.site.signed_in("ines").await;
    spender
}

/// The page of a cycle.
fn cycle(list: &str, name: &str) -> String {
    format!("{list}/{name}")
}

/// What stands in a row of a table, without markup.
fn row(answer: &Answer, label: &str, first: &str) -> String {
    let table = table(&answer.body, label);
    let row =
        table.split("<tr").find(|row| row.contains(first)).unwrap_or_else(|| panic!("{table}"));
    let parts = row.split('<').skip(1).filter_map(|part| part.split_once('>'));
    let cells = ["td", "th", "small", "a "];
    let text: Vec<String> = parts
        .map(|(tag, text)| {
            let space = if cells.iter().any(|cell| tag.starts_with(cell)) { " " } else { "" };
            format!("{space}{text}")
        })
        .collect();
    text.concat().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Sends a form with a file as a browser does.
async fn post_file(
    browser: &mut Browser,
    path: &str,
    fields: &[(&str, &str)],
    file: &str,
) -> Answer {
    let field = |(name, value): &(&str, &str)| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields: String = fields.iter().map(field).collect();
    let file = field(&("file\"; filename=\"invoice.csv", file));
    let kind = "multipart/form-data; boundary=x";
    let request = Request::post(path).header(header::CONTENT_TYPE, kind);
    browser.send(request, Body::from(format!("{fields}{file}--x--\r\n"))).await
}

#[tokio::test]
async fn a_cycle_is_reviewed_closed_and_kept() {
    let mut spender = april().await;
    let (list, march) = (spender.path("statements"), spender.path("statements/2027-03"));
    let browser = &mut spender.browser;
    let page = browser.get(&list).await;
    page.is(StatusCode::OK).says("April 2027").says("Running").says("Not closed");
    page.says("Review and close").says("aria-current=\"page\"").hides("7.77");
    let used = table(&page.body, "Billing cycles");
    assert_eq!(values(used), ["0.00", "1.350000000001"]);

    // The draft: everything that the statement will say, and the button.
    let running = browser.get(&cycle(&list, "2027-04")).await;
    running.is(StatusCode::OK).says("This billing cycle is running.").says("Nothing to bill");
    running.hides("Close April 2027").hides("Invoice as CSV");
    let draft = browser.get(&march).await;
    draft.is(StatusCode::OK).says("This is a draft.").says("Close March 2027");
    draft.hides("lines.csv").hides("Invoice as CSV");
    let file = browser.get(&format!("{march}/lines.csv")).await;
    assert_eq!(file.location(), march);
    let early = browser.post(&cycle(&list, "2027-04"), &[("deed", "close")]).await;
    early.is(StatusCode::UNPROCESSABLE_ENTITY).says("This billing cycle is not over yet");

    let closed = browser.post(&march, &[("deed", "close")]).await;
    assert_eq!(closed.location(), format!("{march}?done=closed"));
    let again = browser.post(&march, &[("deed", "close")]).await;
    again.is(StatusCode::UNPROCESSABLE_ENTITY).says("This billing cycle is closed already.");
    let page = browser.get(closed.location()).await;
    page.is(StatusCode::OK).says("The billing cycle is closed.").hides("This is a draft.");
    page.says("Brackwater").says("1 Mar 2027, 00:00").says("1 Apr 2027, 00:00");
    page.says("Europe/Oslo").says("$1.35").hides("7.77").hides("Since the close</h2>");
    assert_eq!(row(&page, "Support, by model", ">gpt-4o<"), "gpt-4o 1 1,200 200 30 $1.25");
    assert_eq!(row(&page, "Support, by model", "Together"), "Together 2 2,400 400 60 $1.35");
    assert_eq!(
        row(&page, "=Archive, by model", ">gpt-4o<"),
        "gpt-4o 1 1,200 200 30 $0.000000000001"
    );
    let page = browser.get(&list).await;
    page.says("Closed").hides("Review and close");
}

#[tokio::test]
async fn the_file_has_every_digit_and_no_formula() {
    let mut spender = april().await;
    let march = spender.path("statements/2027-03");
    spender.browser.post(&march, &[("deed", "close")]).await.is(StatusCode::SEE_OTHER);
    let file = spender.browser.get(&format!("{march}/lines.csv")).await;
    file.is(StatusCode::OK);
    assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let name = file.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert!(name.ends_with("-2027-03.csv\""), "{name}");
    let lines: Vec<&str> = file.body.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("statement,used_in,project_id,project_name,model,requests,"));
    assert!(lines[1].starts_with("2027-03,2027-03,proj_"), "{}", lines[1]);
    assert!(lines[1].ends_with(",'=Archive,gpt-4o,1,0,0,1000,200,0,0,0,0,30,0,0,0,0.000000000001"));
    assert!(lines[2].ends_with(",Support,gpt-4.1,1,0,0,1000,200,0,0,0,0,30,0,0,0,0.10"));
}

#[tokio::test]
async fn what_comes_later_is_told_and_billed_on_the_next_one() {
    let spender = april().await;
    let database = &spender.site.database;
    database.set_clock(at("2027-03-20T09:00:00Z")).await;
    let late = spender.doubt("gpt-4o", "2").await;
    database.set_clock(at("2027-04-02T09:00:00Z")).await;
    let (march, next) = (spender.path("statements/2027-03"), spender.path("statements/2027-04"));
    let mut browser = spender.site.signed_in("ines").await;
    let page = browser.get(&march).await;
    page.says("Requests that are charged by an estimate: 1.").says("$3.35");
    browser.post(&march, &[("deed", "close")]).await.is(StatusCode::SEE_OTHER);
    let correction = [("amount", "0.50"), ("reason", "Invoice 7")];
    let one = spender.path(&format!("corrections/{late}"));
    browser.post(&one, &correction).await.is(StatusCode::SEE_OTHER);
    let page = browser.get(&march).await;
    page.says("Since the close").says("The next one").says("$3.35");
    assert_eq!(
        row(&page, "Since the close", "The next one"),
        "Support gpt-4o The next one 0 0 0 0 −$1.50"
    );
    let list = browser.get(&spender.path("statements")).await;
    assert_eq!(
        values(table(&list.body, "Billing cycles")),
        ["0.00", "1.850000000001", "3.350000000001", "-1.50"]
    );

    database.set_clock(at("2027-05-03T09:00:00Z")).await;
    let mut browser = spender.site.signed_in("ines").await;
    browser.post(&next, &[("deed", "close")]).await.is(StatusCode::SEE_OTHER);
    let page = browser.get(&next).await;
    page.says("Adjustments of earlier cycles").says("−$1.50").says("Nothing to bill");
    assert_eq!(
        row(&page, "Adjustments of earlier cycles", "March 2027"),
        "March 2027 Support gpt-4o 0 0 0 0 −$1.50"
    );
    browser.get(&march).await.says(&format!("<a href=\"{next}\">April 2027</a>"));
    let list = browser.get(&spender.path("statements")).await;
    assert_eq!(
        values(table(&list.body, "Billing cycles")),
        ["0.00", "0.00", "-1.50", "0.00", "1.850000000001", "3.350000000001", "0.00"]
    );
}

#[tokio::test]
async fn an_invoice_is_compared_replaced_and_removed() {
    let mut spender = april().await;
    let march = spender.path("statements/2027-03");
    let (keep, label) = ([("deed", "keep")], "The provider’s invoice, by model");
    let file = "start_time,line_item,amount_value,amount_currency\n\
        1,\"gpt-4o-2024-08-06, input\",1.00,usd\n\
        1,\"gpt-4o-2024-08-06, output\",0.5,usd\n\
        1,=web search,0.25,usd\n";
    let open = post_file(&mut spender.browser, &march, &keep, file).await;
    open.is(StatusCode::UNPROCESSABLE_ENTITY).says("Close this billing cycle first");
    spender.browser.post(&march, &[("deed", "close")]).await.is(StatusCode::SEE_OTHER);
    let kept = post_file(&mut spender.browser, &march, &keep, file).await;
    assert_eq!(kept.location(), format!("{march}?done=kept"));
    let page = spender.browser.get(kept.location()).await;
    page.is(StatusCode::OK).says("The invoice is compared below.");
    let models: Vec<_> = table(&page.body, label)
        .split("<th scope=\"row\">")
        .skip(1)
        .filter_map(|row| row.split('<').next())
        .collect();
    assert_eq!(models, ["=web search", "gpt-4o", "gpt-4.1", "Together"]);
    assert_eq!(row(&page, label, ">gpt-4o<"), "gpt-4o $1.25 $1.50 $0.25 +20.0%");
    assert_eq!(row(&page, label, "web search"), "=web search Not used here – $0.25 $0.25 –");
    assert_eq!(row(&page, label, "gpt-4.1"), "gpt-4.1 Not on the invoice $0.10 – −$0.10 −100.0%");
    assert_eq!(row(&page, label, "Together"), "Together $1.35 $1.75 $0.40 +29.6%");
    let exact = between(table(&page.body, label), "Together", "</tr>").unwrap();
    assert_eq!(values(exact), ["1.350000000001", "1.75", "0.399999999999"]);

    post_file(&mut spender.browser, &march, &keep, "model,cost\ngpt-4o,9\n")
        .await
        .is(StatusCode::SEE_OTHER);
    let page = spender.browser.get(&march).await;
    page.hides("web search").says("Compare another invoice");
    let removed = spender.browser.post(&march, &[("deed", "remove")]).await;
    assert_eq!(removed.location(), format!("{march}?done=removed"));
    spender.browser.get(&march).await.hides("Remove invoice");
    spender.browser.post(&march, &[("deed", "remove")]).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_that_is_no_invoice_has_its_sentence() {
    let mut spender = april().await;
    let march = spender.path("statements/2027-03");
    spender.browser.post(&march, &[("deed", "close")]).await.is(StatusCode::SEE_OTHER);
    let long = format!("model,cost\n{}", "gpt-4o,1\n".repeat(120_000));
    for (file, sentence) in [
        ("", "Choose the invoice’s file."),
        (" \n", "Choose the invoice’s file."),
        ("%PDF-1.7", "This is no file of comma-separated values"),
        ("PK\u{3}\u{4}\0", "This is no file of comma-separated values"),
        ("day,tokens\n1,2\n", "it names “day”, “tokens”."),
        ("model,cost\n", "The file has no line besides its first one."),
        ("model,cost\ngpt-4o\n", "Line 2: it has 1 values"),
        ("model,cost\ngpt-4o,\"1,5\"\n", "Line 2: “1,5” is no amount"),
        ("model,cost,currency\ngpt-4o,1,EUR\n", "Line 2: statements are in US dollars"),
        ("model,cost\n,1\n", "Line 2: it has an amount and no model"),
        (
            "model,cost\ngpt-4o,1\nTotal,1\n",
            "Line 3: “Total” looks like the sum of other lines, which would count twice: leave it out.",
        ),
        (&long, "An invoice has at most 1 MB"),
    ] {
        let answer = post_file(&mut spender.browser, &march, &[("deed", "keep")], file).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("Nothing was compared");
        answer.says("Support, by model");
    }
    post_file(&mut spender.browser, &march, &[("deed", "eat")], "")
        .await
        .is(StatusCode::BAD_REQUEST);
    assert_eq!(spender.site.database.look("SELECT count(*) FROM invoices").await, "0");
}

#[tokio::test]
async fn statements_are_an_owners_business() {
    let mut spender = april().await;
    let (list, march) = (spender.path("statements"), spender.path("statements/2027-03"));
    let mut reader = spender.site.reader("rita", &spender.caller).await;
    let file = format!("{march}/lines.csv");
    for path in [&list, &march, &file] {
        reader.get(path).await.is(StatusCode::FORBIDDEN).hides("1.35");
    }
    reader.post(&march, &[("deed", "close")]).await.is(StatusCode::FORBIDDEN);
    post_file(&mut reader, &march, &[("deed", "keep")], "model,cost\na,1\n")
        .await
        .is(StatusCode::FORBIDDEN);
    let usage = reader.get(&spender.path("usage")).await;
    usage.is(StatusCode::OK).hides("/statements");
    assert_eq!(spender.site.database.look("SELECT count(*) FROM statements").await, "0");
    for none in ["2027-02", "2027-13", "march", "2030-01"] {
        spender.browser.get(&cycle(&list, none)).await.is(StatusCode::NOT_FOUND);
        let close = spender.browser.post(&cycle(&list, none), &[("deed", "close")]).await;
        close.is(StatusCode::NOT_FOUND);
    }
}
