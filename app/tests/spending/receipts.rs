//! Receipts, where the API's refusals lead.

use axum::http::StatusCode;
use domain::{Period, Scope};

use crate::spender::Spender;

#[tokio::test]
async fn a_receipt_adds_up_for_members_alone() {
    let mut spender = Spender::new().await;
    let (store, scope) = (spender.site.app.store.clone(), Scope::Project(spender.project));
    store.set_budget(&spender.caller, scope, Period::Month, "1200".parse().unwrap()).await.unwrap();
    spender.spend("1199.73").await;
    let receipt = spender.refused("0.4128").await;
    let path = format!("/receipts/{receipt}");
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).says("Refused by the project budget");
    page.says("project_spend_limit_exceeded").says("Support, monthly budget");
    page.says("$1,200.000000").says("− $1,199.730000").says("$0.270000");
    // With money left it is this number that did not fit.
    page.says("Left, which was too little").says("The request could cost, at most");
    page.says("$0.412800");
    page.says("38 requests").says("ines, the only owner").says("has not changed since");
    store.set_budget(&spender.caller, scope, Period::Month, "1500".parse().unwrap()).await.unwrap();
    spender.browser.get(&path).await.says("it is $1,500.00 now");

    let (mut stranger, _) = spender.site.owner("olav", "Elsewhere").await;
    stranger.get(&path).await.is(StatusCode::NOT_FOUND).hides("1,199");
    let mut reader = spender.site.reader("rita", &spender.caller).await;
    reader.get(&path).await.is(StatusCode::NOT_FOUND).hides("1,199");
    for id in ["rcpt_", "rcpt_00000000000000000000000000000000", "x", "%00", &"a".repeat(2_000)] {
        let none = spender.browser.get(&format!("/receipts/{id}")).await;
        none.is(StatusCode::NOT_FOUND).says("if that was just now, reload the page");
    }
}

/// A receipt's row, written straight into the table; its address.
async fn receipt(spender: &Spender, columns: &str) -> String {
    let (org, project, key) =
        (spender.caller.org.uuid(), spender.project.uuid(), spender.key.uuid());
    let id = domain::ReceiptId::from_uuid(domain::KeyId::generate().uuid());
    let insert = format!(
        "INSERT INTO receipts (org_id, id, project_id, key_id, count, first_at, last_at, quarter,
            kind, scope, period, limit_id, revision, amount, spent, held, resets_at, model)
         SELECT '{org}', '{}', '{project}', '{key}', 7, exq_now(), exq_now(), exq_quarter(exq_now()), {columns}",
        id.uuid()
    );
    let insert = insert.replace("ORG", &format!("'{org}'")).replace("KEY", &format!("'{key}'"));
    let insert = insert.replace("PROJECT", &format!("'{project}'"));
    spender.site.database.tamper(&insert).await;
    format!("/receipts/{id}")
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of all kinds")]
async fn every_kind_of_limit_has_its_receipt() {
    let mut spender = Spender::new().await;
    let (mut stranger, _) = spender.site.owner("olav", "Elsewhere").await;
    let soon = "exq_now() + interval '40 seconds'";
    for (columns, words) in [
        (
            format!("'usage_limit', 'org', 'month', ORG::uuid, 1, 100, 99.95, 0, {soon}, NULL"),
            &[
                "Refused by the organization’s usage limit",
                "organization_usage_limit_exceeded",
                "$100.000000",
                "− $99.950000",
                "Usage tier",
                "rises by itself with the usage tier",
            ][..],
        ),
        (
            format!(
                "'requests', 'project', 'minute', PROJECT::uuid, 0, 60, 60, 1, {soon}, 'gpt-4.1'"
            ),
            &[
                "Refused by a rate limit",
                "rate_limit_exceeded",
                "gpt-4.1: requests a minute",
                "60 requests",
                "Retry-After",
                "The usage tier",
            ],
        ),
        (
            format!(
                "'tokens', 'project', 'day', PROJECT::uuid, 2, 9000, 8990, 40, {soon}, 'gpt-4.1'"
            ),
            &[
                "gpt-4.1: tokens a day",
                "9,000 tokens",
                "− 8,990 tokens",
                "10 tokens",
                "40 tokens",
                "Revision of the limit",
            ],
        ),
        (
            "'running', 'key', 'request', KEY::uuid, 0, 4, 4, 0, exq_now(), NULL".to_owned(),
            &[
                "Refused by the API key’s guard",
                "too_many_in_flight",
                "4 requests",
                "one of the key’s requests is done",
            ],
        ),
        (
            "'request', 'key', 'request', KEY::uuid, 0, 0.5, 0, 0.75, exq_now(), NULL".to_owned(),
            &[
                "403 ",
                "request_too_expensive",
                "$0.750000",
                "− $0.500000",
                "Too much by",
                "a smaller request passes",
            ],
        ),
    ] {
        let path = receipt(&spender, &columns).await;
        let page = spender.browser.get(&path).await;
        page.is(StatusCode::OK).says("7 requests").says("Not forwarded, not charged");
        for word in words {
            page.says(word);
        }
        stranger.get(&path).await.is(StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_receipt_tells_who_had_set_the_budget_and_what_is_only_observed() {
    let mut spender = Spender::new().await;
    let (store, scope) = (spender.site.app.store.clone(), Scope::Project(spender.project));
    let set = async |amount: &str, observe| {
        let amount = amount.parse().unwrap();
        store.save_budget(&spender.caller, scope, Period::Month, amount, observe).await.unwrap().id
    };
    let budget = set("5", Some(true)).await;
    let columns = format!(
        "'budget', 'project', 'month', '{}'::uuid, 1, 5, 5, 0, exq_now() + interval '9 days', NULL",
        budget.uuid()
    );
    let path = receipt(&spender, &columns).await;
    spender.site.database.tamper("UPDATE receipts SET observed = true").await;
    set("8", None).await;
    let page = spender.browser.get(&path).await;
    page.says("Would have been refused by the project budget");
    page.says("Forwarded: the budget is observed only").says("by ines@example.com");
    page.says("it is $8.00 now").hides("Not forwarded");
    let budgets = spender.path(&format!("budgets?scope={scope}"));
    let page = spender.browser.get(&budgets).await;
    page.says("Observed only").says("Would be refused");
}
