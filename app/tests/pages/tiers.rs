//! Usage tiers, as the operator sets them, and rate limits, as a project's owner does.

use axum::http::StatusCode;
use domain::OrgId;

use crate::support::{Browser, Site};

/// A site, its operator, and an organization with its owner.
async fn operated() -> (Site, Browser, OrgId) {
    let (site, _, caller) = Site::with_owner().await;
    let (browser, own) = site.owner("opal", "Own house").await;
    let user = own.user().unwrap().uuid();
    site.database.tamper(&format!("UPDATE users SET operator = true WHERE id = '{user}'")).await;
    (site, browser, caller.org)
}

/// Tier 2 as it is.
const TWO: [(&str, &str); 8] = [
    ("action", "save"),
    ("usage_limit", "500"),
    ("charged", "50"),
    ("days", "7"),
    ("requests_per_minute", ""),
    ("tokens_per_minute", ""),
    ("requests_per_day", ""),
    ("tokens_per_day", ""),
];

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let changed = |name: &str| changes.iter().find(|(of, _)| *of == name).map(|(_, value)| *value);
    TWO.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value))).collect()
}

#[tokio::test]
async fn the_table_of_tiers_is_edited_within_its_rules() {
    let (site, mut opal, _) = operated().await;
    let list = opal.get("/operator/tiers").await;
    list.says("value=\"200000.00\"").says("30 days").says("no limit");
    opal.get("/operator/tiers/2").await.says("value=\"500.00\"").hides("Remove tier");
    let before = site.database.look("SELECT string_agg(t::text, ' ') FROM tiers t").await;
    for (change, sentence) in [
        (("usage_limit", "100"), "Write more than tier 1 allows."),
        (("usage_limit", "1,000"), "Write less than tier 3 allows."),
        (("usage_limit", "-5"), "An amount can’t be negative."),
        (("usage_limit", "1e9"), "Write an amount in dollars"),
        (("usage_limit", "9999999999999999"), "at most 999,999,999,999,999"),
        (("charged", "100.01"), "Write at most as much as tier 3 needs."),
        (("charged", "0.0000000000001"), "at most twelve digits"),
        (("days", "8"), "Write at most as much as tier 3 needs."),
        (("days", "7.5"), "Write a whole number of days"),
        (("days", "99999999999"), "Write a whole number of days"),
        (("requests_per_minute", "0"), "Write at least 1, or nothing for no limit."),
        (("requests_per_minute", "60"), "Write at least as much as tier 1 allows"),
        (("tokens_per_day", "1.5"), "Write a whole number from 0"),
        (("tokens_per_day", "1000000000001"), "Write a whole number from 0"),
    ] {
        let answer = opal.post("/operator/tiers/2", &with(&[change])).await;
        answer.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    assert_eq!(site.database.look("SELECT string_agg(t::text, ' ') FROM tiers t").await, before);
    let saved = opal.post("/operator/tiers/2", &with(&[("usage_limit", "600.50")])).await;
    assert_eq!(saved.location(), "/operator/tiers?done=saved");
    opal.get("/operator/tiers?done=saved").await.says("Tier saved.").says("value=\"600.50\"");
    // One more, and away with it.
    let six = with(&[("usage_limit", "900000"), ("charged", "5000"), ("days", "60")]);
    assert_eq!(opal.post("/operator/tiers/6", &six).await.location(), "/operator/tiers?done=saved");
    opal.get("/operator/tiers/6").await.says("Remove tier 6");
    opal.post("/operator/tiers/8", &six).await.is(StatusCode::NOT_FOUND);
    let wrong = opal.post("/operator/tiers/5", &[("action", "remove")]).await;
    wrong.is(StatusCode::UNPROCESSABLE_ENTITY).says("Only the highest tier can be removed.");
    let gone = opal.post("/operator/tiers/6", &[("action", "remove")]).await;
    assert_eq!(gone.location(), "/operator/tiers?done=removed");
    assert_eq!(site.database.look("SELECT count(*) FROM tiers").await, "5");
}

#[tokio::test]
async fn an_organizations_tier_is_set_with_a_reason_and_held() {
    let (site, mut opal, org) = operated().await;
    let path = format!("/operator/organizations/{org}/tier");
    opal.get("/operator").await.says(&path);
    let page = opal.get(&path).await;
    page.says("Usage tier of Brackwater").says("Tier 2: $500.00 a month");
    assert_eq!(page.body.matches("<h1").count(), 1, "the page has one title");
    for (fields, sentence) in [
        ([("tier", "3"), ("reason", " ")], "This can’t be empty."),
        ([("tier", "6"), ("reason", "x")], "Choose one from the list."),
        ([("tier", "-1"), ("reason", "x")], "Choose one from the list."),
    ] {
        opal.post(&path, &fields).await.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    for _ in 0..2 {
        let set = opal.post(&path, &[("tier", "3"), ("held", "on"), ("reason", "Contract")]).await;
        assert_eq!(set.location(), "/operator?done=tier");
    }
    let mut ines = site.signed_in("ines").await;
    let log = ines.get(&format!("/{org}/audit")).await;
    log.says("Usage tier was set by ").says("the operator").says("Contract");
    assert_eq!(log.body.matches("Usage tier was set by").count(), 1);
    let limits = ines.get(&format!("/{org}/limits")).await;
    limits.says("$1,000.00").says("Missing to tier 4, $5,000.00 a month").says("holds the tier");
    assert_eq!(
        site.database.look("SELECT count(*) FROM outbox WHERE template = 'tier'").await,
        "1"
    );
    opal.post(&path, &[("tier", "1"), ("reason", "Over")]).await.is(StatusCode::SEE_OTHER);
    ines.get(&format!("/{org}/limits")).await.says("$100.00").hides("holds the tier");
    // To everybody else there is no such page.
    for path in ["/operator/tiers", "/operator/tiers/2", &path] {
        ines.get(path).await.is(StatusCode::NOT_FOUND);
        ines.post(path, &six_fields()).await;
    }
    assert_eq!(site.database.look("SELECT max(usage_limit)::bigint FROM tiers").await, "200000");
}

fn six_fields() -> Vec<(&'static str, &'static str)> {
    with(&[("usage_limit", "900000"), ("charged", "0"), ("days", "0")])
}

#[tokio::test]
async fn limits_say_what_is_missing_to_the_next_tier() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let path = format!("/{}/limits", caller.org);
    ines.get(&path)
        .await
        .says("Missing to tier 2, $500.00 a month")
        .says("$50.00 charged and 7 days");
    let org = caller.org.uuid();
    site.database
        .tamper(&format!("UPDATE counters SET spent = 37.6, requests = 3 WHERE scope = 'usage' AND org_id = '{org}'"))
        .await;
    site.database
        .tamper(&format!("UPDATE organizations SET first_request_at = exq_now() - interval '100 hours' WHERE org_id = '{org}'"))
        .await;
    ines.get(&path).await.says("$12.40 more charged and 3 days").says("37.6% of $100.00");
    site.database.tamper("UPDATE counters SET spent = 100 WHERE scope = 'usage'").await;
    ines.get(&path).await.says("The usage limit is reached").says("3 days");
    site.reader("kofi", &caller).await.get(&path).await.is(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_projects_rates_are_set_within_the_tiers() {
    let (site, mut ines, caller) = Site::with_owner().await;
    let store = &site.app.store;
    let project = store.projects(&caller).await.unwrap()[0].id;
    let path = format!("/{}/projects/{project}/limits", caller.org);
    ines.get(&path).await.says("No model was used yet").says("limits no rate");
    site.database.tamper("UPDATE tiers SET requests_per_minute = 500").await;
    ines.get(&path)
        .await
        .says("allows 500 requests per minute")
        .says("the tier’s 500, which is the most");
    for (fields, sentence) in [
        (
            [("model", "gpt-4o"), ("requests_per_minute", "501")],
            "tier allows 500 requests per minute",
        ),
        ([("model", "gpt-4o"), ("requests_per_minute", "-1")], "Write a whole number from 0"),
        ([("model", "gpt-4o"), ("tokens_per_day", "1e3")], "Write a whole number from 0"),
        ([("model", "a b"), ("requests_per_day", "1")], "A model’s name has 1 to 100"),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("action", "save")]).collect();
        ines.post(&path, &fields).await.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    let fields = [
        ("action", "save"),
        ("model", "gpt-4o"),
        ("requests_per_minute", "60"),
        ("tokens_per_day", "0"),
    ];
    let saved = ines.post(&path, &fields).await;
    assert_eq!(saved.location(), format!("{path}?saved"));
    ines.get(&path).await.says("0 of 60").says("own; the tier’s 500").says("0 of 0");
    ines.get(&format!("{path}?model=gpt-4o")).await.says("value=\"60\"").says("value=\"gpt-4o\"");
    ines.get(&path).await.says("fewer tokens than that refuse all of these");
    for (tokens, refuses) in [("16383", true), ("16384", false), ("0", false)] {
        let few = [("action", "save"), ("model", "gpt-4o-mini"), ("tokens_per_minute", tokens)];
        let saved = ines.post(&path, &few).await;
        let page = ines.get(saved.location()).await;
        let said =
            page.says("Rate limits saved.").body.contains("that sets no max_tokens is refused");
        assert_eq!(said, refuses, "{tokens}");
    }
    // A tier that falls below it is in force.
    site.database.tamper("UPDATE tiers SET requests_per_minute = 20").await;
    ines.get(&path).await.says("0 of 20").says("the tier’s; own 60");
    let mut reader = site.reader("kofi", &caller).await;
    reader.get(&path).await.is(StatusCode::NOT_FOUND);
    reader.post(&path, &fields).await.is(StatusCode::NOT_FOUND);
    for model in ["gpt-4o", "gpt-4o-mini"] {
        let clear = [("action", "clear"), ("model", model)];
        assert_eq!(ines.post(&path, &clear).await.location(), format!("{path}?saved"));
    }
    assert_eq!(site.database.look("SELECT count(*) FROM rate_limits").await, "0");
    ines.get(&format!("/{}/audit", caller.org))
        .await
        .says("audit?subject=rl-")
        .says("was removed by");
}
