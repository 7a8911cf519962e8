//! Alerts and what became of their mails.

use axum::http::StatusCode;
use domain::{Level, Period, Scope};

use crate::spender::Spender;

#[tokio::test]
async fn an_alert_shows_what_the_mail_server_answered() {
    let mut spender = Spender::new().await;
    let path = spender.path("alerts");
    spender.browser.get(&path).await.is(StatusCode::OK).says("No threshold is set");
    let scope = Scope::Org(spender.caller.org);
    let store = spender.site.app.store.clone();
    let level = Level::Amount("2".parse().unwrap());
    store.set_threshold(&spender.caller, scope, Period::Month, level).await.unwrap();
    spender.browser.get(&path).await.says("Nothing was crossed yet");
    spender.spend("2.50").await;
    let page = spender.browser.get(&path).await;
    page.says("Brackwater passed $2.00").says("Queued").says("ines@example.com");
    page.says("value=\"2.50\"").says("Mails wait in the outbox.");
    for (change, words) in [
        ("state = 'queued', attempts = 3, answer = '451 4.3.0 <later>'", "Retrying after 3 tries"),
        ("state = 'sent', attempts = 4, answer = '250 2.0.0 queued as 8F1C2'", "Sent"),
        ("state = 'failed', attempts = 8, answer = '550 5.1.1 nobody'", "Failed"),
        ("state = 'sent', unsure = 1, answer = '250 2.0.0 fine'", "Sent, perhaps twice"),
        ("state = 'failed', unsure = 2, answer = 'handed over'", "Perhaps sent, not acknowledged"),
    ] {
        spender.site.database.tamper(&format!("UPDATE outbox SET {change}")).await;
        let answer = change.rsplit('\'').nth(1).unwrap().replace('<', "&lt;").replace('>', "&gt;");
        spender.browser.get(&path).await.says(words).says(&answer);
    }
}

#[tokio::test]
async fn somebody_sees_to_an_alert_and_a_test_shows_that_they_come() {
    let mut spender = Spender::new().await;
    let path = spender.path("alerts");
    let (store, scope) = (spender.site.app.store.clone(), Scope::Org(spender.caller.org));
    let level = Level::Amount("2".parse().unwrap());
    store.set_threshold(&spender.caller, scope, Period::Month, level).await.unwrap();
    spender.spend("2.50").await;
    let alert = store.crossings(&spender.caller).await.unwrap()[0].id.to_string();
    spender.browser.get(&path).await.says("I see to it").hides("sees to it since");
    let deed = [("deed", "acknowledge"), ("alert", alert.as_str())];
    for _ in 0..2 {
        spender.browser.post(&path, &deed).await.is(StatusCode::SEE_OTHER);
    }
    let noted = "SELECT count(*) FROM audit_entries WHERE action = 'alert.acknowledged'";
    assert_eq!(spender.site.database.look(noted).await, "1");
    spender.browser.get(&path).await.hides("I see to it").says("sees to it since");
    let overview = format!("/{}", spender.caller.org);
    spender.browser.get(&overview).await.says("sees to it.");
    let other = domain::CrossingId::generate().to_string();
    for alert in [other.as_str(), "", "crossing_1"] {
        let deed = [("deed", "acknowledge"), ("alert", alert)];
        spender.browser.post(&path, &deed).await.is(StatusCode::NOT_FOUND);
    }
    spender.browser.post(&path, &[("deed", "forget")]).await.is(StatusCode::BAD_REQUEST);

    for _ in 0..10 {
        spender.browser.post(&path, &[("deed", "test")]).await.is(StatusCode::SEE_OTHER);
    }
    let flooded = spender.browser.post(&path, &[("deed", "test")]).await;
    flooded
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("Nothing was sent.")
        .says("look into your mailbox");
    let mails = "SELECT count(*) FROM outbox WHERE template = 'test_alert' AND recipient = 'ines@example.com'";
    assert_eq!(spender.site.database.look(mails).await, "10");
    spender.browser.get(&format!("{path}?tested")).await.says("A test alert waits in the outbox.");
    spender.site.database.tamper("UPDATE users SET verified_at = NULL").await;
    spender.browser.get(&path).await.says("An alert would reach nobody.");
}

#[tokio::test]
async fn what_is_no_deed_or_another_organizations_changes_nothing() {
    let mut spender = Spender::new().await;
    let (mut olga, other) = spender.site.owner("olga", "Other").await;
    let (store, scope) = (spender.site.app.store.clone(), Scope::Org(spender.caller.org));
    let level = Level::Amount("2".parse().unwrap());
    store.set_threshold(&spender.caller, scope, Period::Month, level).await.unwrap();
    let path = spender.path("alerts");
    let watch = [("deed", "watch"), ("forecast", "on")];
    spender.browser.post(&path, &watch).await.is(StatusCode::SEE_OTHER);
    spender.spend("2.50").await;
    let alert = store.crossings(&spender.caller).await.unwrap()[0].id.to_string();
    let database = &spender.site.database;
    let state = "SELECT (SELECT count(*) FROM acknowledged) || ' ' || (SELECT count(*) FROM audit_entries) || ' '
        || (SELECT count(*) FROM outbox) || ' ' || (SELECT string_agg(org_id || kind, ',') FROM watches)";
    let before = database.look(state).await;
    assert!(before.starts_with("0 ") && before.ends_with("forecast"), "{before}");

    // Nobody of the organization, and somebody with its alert by the path of another one.
    let acknowledge = [("deed", "acknowledge"), ("alert", alert.as_str())];
    let theirs = format!("/{}/alerts", other.org);
    for (path, fields) in [
        (&path, &acknowledge[..]),
        (&path, &[("deed", "watch"), ("burn", "on")]),
        (&path, &[("deed", "test")]),
        (&theirs, &acknowledge),
    ] {
        let answer = olga.post(path, fields).await;
        answer.is(StatusCode::NOT_FOUND).says("There is no such page").hides("Brackwater");
        assert_eq!(database.look(state).await, before, "{path} {fields:?}");
    }
    for fields in [&[("deed", "forget"), ("alert", &*alert)][..], &[("alert", &alert)], &[]] {
        let answer = spender.browser.post(&path, fields).await;
        answer.is(StatusCode::BAD_REQUEST).says("Nothing was changed. Go back, reload the page");
        assert_eq!(database.look(state).await, before, "{fields:?}");
    }
    spender.browser.post(&path, &acknowledge).await.is(StatusCode::SEE_OTHER);
    assert_ne!(database.look(state).await, before);
}

#[tokio::test]
async fn silent_ones_and_blocks_are_told_apart() {
    let mut spender = Spender::new().await;
    let (store, scope) = (spender.site.app.store.clone(), Scope::Org(spender.caller.org));
    spender.spend("3").await;
    let level = Level::Amount("2".parse().unwrap());
    store.set_threshold(&spender.caller, scope, Period::Month, level).await.unwrap();
    let path = spender.path("alerts");
    spender.browser.get(&path).await.says("already passed when it was set");
    let amount = "3.05".parse().unwrap();
    store.set_budget(&spender.caller, scope, Period::Month, amount).await.unwrap();
    spender.refused("0.10").await;
    let asked = "refused a request that asked for more than was left of its monthly budget";
    spender.browser.get(&path).await.says(asked).hides("reached its monthly budget");
    let overview = format!("/{}", spender.caller.org);
    let page = spender.browser.get(&overview).await;
    let nearly = "has nearly spent its monthly budget and refuses what does not fit. 38 requests have been refused.";
    page.says(nearly).says("Open alerts").says("Nearly spent, refusing");
    spender.site.database.tamper("UPDATE counters SET spent = 3.05 WHERE scope = 'org'").await;
    spender.site.database.tamper("UPDATE crossings SET spent = 3.05 WHERE kind = 'blocked'").await;
    let page = spender.browser.get(&path).await;
    page.says("reached its monthly budget and began to refuse").hides("asked for more");
    let page = spender.browser.get(&overview).await;
    page.says("reached its monthly budget. 38 requests have been refused.");
    page.says("Open alerts").says("Reached, refusing");
}

#[tokio::test]
async fn one_request_larger_than_the_whole_budget_does_not_reach_it() {
    let mut spender = Spender::new().await;
    let (store, scope) = (spender.site.app.store.clone(), Scope::Org(spender.caller.org));
    let amount = "1".parse().unwrap();
    store.set_budget(&spender.caller, scope, Period::Month, amount).await.unwrap();
    spender.refused("5").await;
    let page = spender.browser.get(&spender.path("alerts")).await;
    page.says("refused a request that asked for more than was left of its monthly budget");
    page.says("Refused a request").hides("Began to refuse").hides("reached its");
    let budgets = spender.browser.get(&spender.path("budgets")).await;
    budgets.hides("budget is reached:").hides("nearly spent").hides("Reached, refusing");
}

#[tokio::test]
async fn owners_choose_their_warnings_and_see_what_became_of_them() {
    let mut spender = Spender::new().await;
    let path = spender.path("alerts");
    let (store, org) = (spender.site.app.store.clone(), spender.caller.org);
    let page = spender.browser.get(&path).await;
    page.says("A budget will be spent before its window ends").hides(" checked");
    let deed = [("deed", "watch"), ("forecast", "on"), ("burn", "on")];
    spender.browser.post(&path, &deed).await.is(StatusCode::SEE_OTHER);
    let page = spender.browser.get(&format!("{path}?saved")).await;
    page.says("Warnings saved.").hides("Warnings that were told");
    assert_eq!(page.body.matches(" checked").count(), 2);
    spender.spend("2.50").await;
    // Late enough in the month to go by, and never at its end.
    let budget = "UPDATE windows SET starts = date_trunc('hour', exq_now()) - interval '10 days',
        ends = date_trunc('hour', exq_now()) + interval '20 days' WHERE period = 'month'";
    let counters = budget.replace("windows", "counters");
    store
        .set_budget(&spender.caller, Scope::Org(org), Period::Month, "3".parse().unwrap())
        .await
        .unwrap();
    spender.site.database.tamper(budget).await;
    spender.site.database.tamper(&counters).await;
    assert_eq!(store.system().watch(org).await.unwrap(), 1);
    let page = spender.browser.get(&path).await;
    page.says("Brackwater: the monthly budget will be spent before its window ends")
        .says("1 to be sent");
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    rita.get(&path).await.is(StatusCode::OK).hides("Warnings").hides("spent early");
    rita.post(&path, &deed).await.is(StatusCode::FORBIDDEN);
}
