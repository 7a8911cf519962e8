//! The advisor: its numbers are those of the ledger, and each person's own.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::{Models, Moments, Outcome, Story, Tags};

use crate::spender::{Spender, table, values};

/// How a request went that asked for two answers of any length.
fn careless() -> Story {
    Story {
        endpoint: "/chat/completions".into(),
        provider_id: None,
        max_output: None,
        choices: 2,
        stops: false,
        tags: Tags::default(),
        moments: Moments::default(),
    }
}

const OTHERS: &str = "The same tokens on other models";

#[tokio::test]
async fn the_same_tokens_are_priced_on_the_models_that_a_project_may_ask() {
    let mut spender = Spender::new().await;
    let path = spender.path("advisor");
    spender.browser.get(&path).await.is(StatusCode::OK).says("Nothing to advise yet");
    for _ in 0..3 {
        spender.spend_as(spender.project, spender.key, "gpt-4o", "0.00305").await;
    }
    let alone = spender.browser.get(&path).await;
    alone.is(StatusCode::OK).says("Nothing cheaper is known");
    let (other, key) = spender.project("Quiet harbour").await;
    spender.spend_as(other, key, "gpt-4o-mini", "0.000183").await;
    // 3 × (1,000 input, 200 cached, 30 output), at $2.50, $1.25, $10 and at $0.15, $0.075, $0.60 a million.
    let page = spender.browser.get(&path).await;
    let rows = table(&page.body, OTHERS);
    assert_eq!(values(rows), ["3690", "0.00915", "0.00915", "0.000549", "-0.008601"]);
    assert!(
        rows.contains("On gpt-4o-mini") && rows.contains("−94.0%") && rows.contains("Support"),
        "{rows}"
    );
    let of_other = spender.browser.get(&format!("{path}?project={other}")).await;
    of_other.is(StatusCode::OK).says("Nothing cheaper is known").hides("On gpt-4o-mini");
    // A list says what may be asked; what has no price is said to have none.
    let list = Models::new(["gpt-4o", "gpt-4.1", "made-up"]).unwrap();
    let store = spender.site.app.store.clone();
    store.set_project_models(&spender.caller, spender.project, Some(&list)).await.unwrap();
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).hides("On gpt-4o-mini").says("On gpt-4.1").says("made-up (no price)");
    for astray in ["x", "proj_1", &domain::ProjectId::generate().to_string()] {
        let page = spender.browser.get(&format!("{path}?project={astray}")).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY)
            .says("There is no such project.")
            .says("On gpt-4.1");
    }
}

#[tokio::test]
async fn findings_name_their_requests_and_a_reader_sees_own_projects_alone() {
    let mut spender = Spender::new().await;
    let path = spender.path("advisor");
    let id = spender.told("0.02", Outcome::Answered, careless()).await;
    spender.unanswered("0.40").await;
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).says(&format!("/requests/{id}")).hides(" style=");
    for words in [
        "1 request named no maximum of tokens",
        "1 request asked for more than one answer (n): 30 tokens in all, for $0.02.",
        "1 request named no words at which an answer ends (stop): 30 tokens, for $0.02. Where an answer has a form, stop it at its end.",
        "All 2 requests of the last 7 days were gone through. Not judged, because not answered or because it is not known what was asked for: 1.",
        "Nothing was found of: Long and not streamed, Embeddings one by one. What was asked again is known only",
    ] {
        page.says(words);
    }
    assert_eq!(values(table(&page.body, "Several answers at once")), ["0.02"]);
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    rita.get(&path).await.is(StatusCode::OK).says("Nothing to advise yet").hides(&id.to_string());
    let of_project = format!("{path}?project={}", spender.project);
    rita.get(&of_project).await.is(StatusCode::UNPROCESSABLE_ENTITY).hides(&id.to_string());
    let (org, project) = (spender.caller.org.uuid(), spender.project.uuid());
    let put = format!(
        "INSERT INTO project_members (org_id, project_id, user_id, role)
         SELECT '{org}', '{project}', id, 'viewer' FROM users WHERE email = 'rita@example.com'"
    );
    spender.site.database.tamper(&put).await;
    rita.get(&path).await.is(StatusCode::OK).says(&format!("/requests/{id}"));
}

#[tokio::test]
async fn keys_that_nobody_uses_are_listed_after_a_month() {
    let mut spender = Spender::new().await;
    let path = spender.path("advisor");
    spender.browser.get(&path).await.hides("Idle keys");
    spender.site.database.advance(TimeDelta::days(31)).await;
    let mut ines = spender.site.signed_in("ines").await;
    let page = ines.get(&path).await;
    let keys = table(&page.body, "Idle keys");
    assert!(keys.contains(&spender.key.to_string()) && keys.contains("Never"), "{keys}");
    spender.spend("0.01").await;
    ines.get(&path).await.is(StatusCode::OK).hides("Idle keys");
}
