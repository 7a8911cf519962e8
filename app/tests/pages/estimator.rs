//! The estimator: a text, its tokens, and what they cost.

use axum::http::StatusCode;

use crate::support::{Answer, Browser, Site};

type Field = (&'static str, &'static str);

const ASKED: [Field; 4] = [
    ("text", "tiktoken is great!"),
    ("model1", "gpt-4o"),
    ("output", "500"),
    ("requests", "1,000"),
];

/// The form with one field changed or added.
async fn ask(browser: &mut Browser, path: &str, (name, value): (&str, &str)) -> Answer {
    let kept = ASKED.into_iter().filter(|(other, _)| *other != name);
    let fields: Vec<(&str, &str)> = kept.chain([(name, value)]).collect();
    browser.post(path, &fields).await
}

#[tokio::test]
async fn a_text_is_counted_and_costed_by_each_model() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/estimator", caller.org);
    ines.get(&path)
        .await
        .is(StatusCode::OK)
        .says("Choose a model")
        .hides("What it costs")
        .hides("sandbox-");
    // Six tokens by either encoding: the prompt at $2.50 and the answer at $10 per million tokens.
    let one = ask(&mut ines, &path, ("model2", "")).await;
    one.is(StatusCode::OK)
        .says("6 tokens, 18 characters")
        .says("Exact, by o200k_base")
        .says(r#"value="0.000015""#)
        .says(r#"value="0.005015""#)
        .says(r#"value="5.015""#)
        .hides("Estimated, by");
    let many = [
        ("text", "a\r\n  <b>誕&amp;"),
        ("model1", "gpt-4-turbo"),
        ("model2", "claude-opus-5"),
        ("model3", "gpt-4-turbo"),
        ("other", "made-up"),
        ("output", "0"),
        ("requests", "1"),
    ];
    let page = ines.post(&path, &many).await;
    page.is(StatusCode::OK)
        .says("Tokens of cl100k_base")
        .says("Tokens of o200k_base")
        .says("Estimated, by o200k_base")
        .says("Unpriced")
        .says("&lt;b")
        .says("↵")
        .hides("<b>")
        .hides("U+000D");
    assert_eq!(page.body.matches("Exact, by cl100k_base").count(), 1, "each model once");
    assert!(page.body.contains(&format!("/{}/usage?model=claude-opus-5", caller.org)));
    // What the organization set counts, for readers as well.
    site.database.tamper("UPDATE users SET operator = true").await;
    let own = [("model", "gpt-4o"), ("input", "5"), ("output", "20")];
    ines.post(&format!("/{}/prices", caller.org), &own).await.is(StatusCode::SEE_OTHER);
    let mut reader = site.reader("kofi", &caller).await;
    ask(&mut reader, &path, ("model2", "")).await.is(StatusCode::OK).says(r#"value="0.01003""#);
}

#[tokio::test]
async fn what_cannot_be_counted_is_said_at_its_field() {
    let (_site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/estimator", caller.org);
    let longer = "é".repeat(100_001);
    for (field, sentence) in [
        (("text", ""), "Paste a text."),
        (("text", &*longer), "This text has 100,001 characters; at most 100,000 are counted."),
        (("model1", ""), "Choose at least one model."),
        (("model1", "gpt-9"), "Choose a model from the list, or write its name below."),
        (("model1", "sandbox-dime"), "Choose a model from the list"),
        (("other", "a model"), "printable ASCII characters and no spaces"),
        (("output", "-1"), "Write a whole number from 0 to 1,000,000."),
        (("output", "1000001"), "Write a whole number from 0 to 1,000,000."),
        (("requests", "0"), "Write a whole number from 1 to 1,000,000,000."),
        (("requests", "1e9"), "Write a whole number from 1 to 1,000,000,000."),
        (("requests", ""), "Write a whole number from 1 to 1,000,000,000."),
    ] {
        let answer = ask(&mut ines, &path, field).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("Nothing was counted");
        answer.hides("What it costs");
    }
    let script = "</textarea><script>alert(1)</script>";
    let page = ask(&mut ines, &path, ("text", script)).await;
    page.is(StatusCode::OK).hides("<script>alert");
    let page = ask(&mut ines, &path, ("other", "<i>x</i>")).await;
    page.is(StatusCode::OK).says("&lt;i&gt;x").hides("<i>x");
    // The longest that is counted, of one word.
    let longest = "x".repeat(100_000);
    let page = ask(&mut ines, &path, ("text", &longest)).await;
    page.is(StatusCode::OK).says("The beginning is shown, up to 5,000 tokens");
    // Twice the same field, or no form at all.
    ines.post(&path, &[("text", "a"), ("text", "b")]).await.is(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_text_stays_nowhere() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/estimator", caller.org);
    let text = "SELECT a word that nobody else says: quincunx";
    let answer = ask(&mut ines, &path, ("text", text)).await;
    answer.is(StatusCode::OK).says("SELECT a word");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let tables = site.database.look("SELECT string_agg(relname, ' ') FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace").await;
    for table in tables.split(' ') {
        let found = format!("SELECT count(*) FROM {table} t WHERE t::text LIKE '%quincunx%'");
        assert_eq!(site.database.look(&found).await, "0", "{table}");
    }
}
