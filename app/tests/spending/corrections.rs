//! Charges in doubt, and their correction.

use axum::http::StatusCode;
use domain::{Period, Scope};

use crate::spender::Spender;

#[tokio::test]
async fn a_charge_in_doubt_is_corrected_once_with_a_reason() {
    let mut spender = Spender::new().await;
    let path = spender.path("corrections");
    let empty = spender.browser.get(&path).await;
    empty.is(StatusCode::OK).says("No charge is in doubt").hides("Corrected charges");
    spender.spend("0.50").await;
    let request = spender.unanswered("2").await;
    let page = spender.browser.get(&path).await;
    page.says(&request.to_string()).says("No answer").says("value=\"2.00\"").says("Support");
    page.hides("value=\"0.50\"");

    let one = format!("{path}/{request}");
    spender.browser.get(&one).await.is(StatusCode::OK).says("What it cost").says("value=\"2.00\"");
    let wrong = [("amount", "-1"), ("reason", "")];
    let page = spender.browser.post(&one, &wrong).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was corrected");
    page.says("An amount can’t be negative.").says("This can’t be empty.").says("value=\"-1\"");

    let right = [("amount", "0.75"), ("reason", "Provider’s invoice 7")];
    let answer = spender.browser.post(&one, &right).await;
    assert_eq!(answer.location(), format!("{path}?done=corrected"));
    let page = spender.browser.get(answer.location()).await;
    page.says("Charge corrected.").says("No charge is in doubt").says("Provider’s invoice 7");
    page.says("value=\"2.00\"").says("value=\"0.75\"").says("By ines@example.com");
    let scope = Scope::Org(spender.caller.org);
    let store = &spender.site.app.store;
    let spent = store.budget_status(&spender.caller, scope, Period::Month).await.unwrap().spent;
    assert_eq!(spent, "1.25".parse().unwrap());

    // Once more it is settled, whatever is sent.
    spender.browser.get(&one).await.is(StatusCode::NOT_FOUND);
    let answer = spender.browser.post(&one, &right).await;
    assert_eq!(answer.location(), format!("{path}?done=settled"));
    spender.browser.get(&format!("{path}?done=settled")).await.says("this charge is settled");
    spender.browser.get(&format!("{path}/req_x")).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn readers_correct_nothing() {
    let spender = Spender::new().await;
    let request = spender.unanswered("2").await;
    let mut kofi = spender.site.reader("kofi", &spender.caller).await;
    let path = spender.path("corrections");
    kofi.get(&path).await.is(StatusCode::FORBIDDEN);
    let one = format!("{path}/{request}");
    kofi.get(&one).await.is(StatusCode::FORBIDDEN);
    let form = [("amount", "0"), ("reason", "Mine")];
    kofi.post(&one, &form).await.is(StatusCode::FORBIDDEN);
    let outcomes = "SELECT string_agg(outcome, ' ') FROM events";
    assert_eq!(spender.site.database.look(outcomes).await, "unknown");
}

#[tokio::test]
async fn all_charges_in_doubt_are_reached_and_named_by_their_key() {
    let mut spender = Spender::new().await;
    let path = spender.path("corrections");
    let first = spender.unanswered("2").await;
    // 250 more, the last ones of a key that is not told apart and of a person's own.
    let copy = "INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed, outcome,
            input, cached, output, charge, bound, counters, day_starts, day_ends, admitted_at, settled_at)
        SELECT org_id, exq_id_floor(exq_now() + n * interval '1 second'), project_id, CASE n WHEN 250 THEN '00000000-0000-0000-0000-000000000000'
            WHEN 249 THEN exq_id() ELSE key_id END, member_id, model, price_id, sandbox, streamed, outcome,
            input, cached, output, charge, bound, counters, day_starts, day_ends, admitted_at, settled_at
        FROM events, generate_series(1, 250) n";
    spender.site.database.tamper(copy).await;
    let (mut next, mut seen) = (path.clone(), Vec::new());
    for (shown, older) in [(100, true), (100, true), (51, false)] {
        let page = spender.browser.get(&next).await;
        page.is(StatusCode::OK).says(&format!("{shown} of the last 90 days"));
        if seen.is_empty() {
            page.says("Untracked key").hides("Newest");
            assert_eq!(page.body.matches(">Personal key<").count(), 1);
        } else {
            page.says("Newest").hides("Untracked key").hides(">Personal key<");
        }
        let one = format!("{path}/req_");
        let ids = page.body.split(&one).skip(1).map(|rest| rest[..32].to_owned());
        seen.extend(ids);
        let link = page.body.split(&format!("{path}?before=")).nth(1);
        assert_eq!(link.is_some(), older);
        next = format!("{path}?before={}", link.unwrap_or_default().split('"').next().unwrap());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 251);
    spender.browser.get(&format!("{path}/{first}")).await.is(StatusCode::OK);
    spender.browser.get(&format!("{path}?before=x")).await.is(StatusCode::OK);
}
