//! Large files: asked for, written by the scheduler, and fetched by who asked.

use std::sync::Arc;

use axum::http::StatusCode;
use store::{Export, ExportState};

use crate::{
    spender::Spender,
    usage::{lines, spread},
};

/// As the scheduler of some node does, until all is written.
async fn write(spender: &Spender) {
    let store = &spender.site.app.store;
    let writing = |export: &Export| matches!(export.state, ExportState::Writing { .. });
    while store.exports(&spender.caller).await.unwrap().iter().any(writing) {
        scheduler::write_files(store.clone(), Arc::new(app::pages::usage_piece)).await.unwrap();
    }
}

/// The first address on the page that ends so, be it in an island's properties.
fn address<'a>(html: &'a str, part: &str) -> &'a str {
    html.split(['"', ';', '&']).find(|text| text.starts_with('/') && text.ends_with(part)).unwrap()
}

#[tokio::test]
async fn a_file_is_written_while_nobody_waits() {
    let mut spender = spread().await;
    let (exports, query) = (spender.path("exports"), "range=30d&by=project&and=model");
    let page = spender.browser.get(&exports).await;
    page.is(StatusCode::OK).says("No file was asked for").says("more than 10,000 lines");
    spender.browser.get(&spender.path("usage")).await.says(&format!("href=\"{exports}\""));
    let found = spender.browser.get(&spender.path("search?q=export")).await;
    found.is(StatusCode::OK).says(&format!("href=\"{exports}\""));
    let asked = spender.browser.post(&exports, &[("deed", "ask"), ("query", query)]).await;
    assert_eq!(asked.location(), spender.path("exports?done=asked"));
    let page = spender.browser.get(&exports).await;
    page.is(StatusCode::OK).says("parts are written").hides("Download");
    let state = address(&page.body, "/state").to_owned();
    let part = spender.browser.get(&state).await;
    part.is(StatusCode::ACCEPTED).says("<progress").says("0 of 30 parts are written");
    let file = state.replace("/state", "/file");
    assert_eq!(spender.browser.get(&file).await.location(), exports, "half a file is none");

    write(&spender).await;
    spender.browser.get(&state).await.is(StatusCode::OK).says("Download");
    let page = spender.browser.get(&exports).await;
    assert_eq!(address(&page.is(StatusCode::OK).body, "/file"), file);
    page.says("and=model")
        .says("until ")
        .says("-by-project-model.csv")
        .says("By project and model");
    let written = spender.browser.get(&file).await;
    let direct = spender.browser.get(&spender.path(&format!("usage.csv?{query}"))).await;
    assert_eq!(written.is(StatusCode::OK).body, direct.body);
    assert!(lines(&written.body).len() > 50);
    let head = |name: &str| written.headers.get(name).unwrap().to_str().unwrap();
    assert_eq!(head("content-length"), written.body.len().to_string());
    assert!(head("content-disposition").starts_with("attachment; filename=\"usage-20"));

    // It is nobody else's.
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    for path in [&state, &file] {
        rita.get(path).await.is(StatusCode::NOT_FOUND);
    }
    rita.get(&exports).await.is(StatusCode::OK).says("No file was asked for");
    let id = file.split('/').rev().nth(1).unwrap();
    for _ in 0..2 {
        let removed = spender.browser.post(&exports, &[("deed", "remove"), ("export", id)]).await;
        assert_eq!(removed.location(), spender.path("exports?done=removed"));
    }
    spender.browser.get(&file).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_told_by_the_page() {
    let mut spender = Spender::new().await;
    spender.spend("1").await;
    let exports = spender.path("exports");
    let wrong = "from=2026-11-02&until=2026-11-01";
    let said = spender.browser.post(&exports, &[("deed", "ask"), ("query", wrong)]).await;
    assert_eq!(said.location(), spender.path(&format!("usage?{wrong}")));
    // As no page sends it: it leads to the page all the same.
    let damaged = "range=7d\r\nx=ä&from=%ff\0";
    let said = spender.browser.post(&exports, &[("deed", "ask"), ("query", damaged)]).await;
    let page = said.location().to_owned();
    assert!(page.starts_with(&spender.path("usage?range=7d%0D%0Ax")), "{page}");
    spender.browser.get(&page).await.is(StatusCode::UNPROCESSABLE_ENTITY).says("Not as asked");
    spender.browser.post(&exports, &[("deed", "sell")]).await.is(StatusCode::BAD_REQUEST);
    for _ in 0..20 {
        spender.browser.post(&exports, &[("deed", "ask"), ("query", "range=7d")]).await;
    }
    let many = spender.browser.post(&exports, &[("deed", "ask"), ("query", "range=7d")]).await;
    many.is(StatusCode::UNPROCESSABLE_ENTITY).says("There are 20 files already");
}
