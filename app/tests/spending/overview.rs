//! The overview, from the first day on.

use axum::http::StatusCode;
use domain::{Level, Period, Scope};
use store::BillingProfile;

use crate::{
    site::Site,
    spender::{Spender, table, values},
};

#[tokio::test]
async fn the_first_day_says_what_to_do() {
    let (site, mut browser, caller) = Site::with_owner().await;
    let path = format!("/{}", caller.org);
    let page = browser.get(&path).await;
    page.is(StatusCode::OK).says("Set-up").says("1 of 7 done").says("Make a key");
    page.says("/billing\"").hides("curl http://exchequer.example");
    let profile = BillingProfile {
        legal_name: "B".to_owned(),
        country: "NO".to_owned(),
        ..BillingProfile::default()
    };
    site.app.store.set_billing_profile(&caller, &profile).await.unwrap();
    let project = site.app.store.projects(&caller).await.unwrap()[0].id;
    testkit::Tenant::key(&site.app.store, &caller, project).await;
    let page = browser.get(&path).await;
    page.says("3 of 7 done").says("curl http://exchequer.example/v1/chat/completions");
}

#[tokio::test]
async fn the_set_up_goes_when_all_is_done() {
    let mut spender = Spender::new().await;
    let (store, scope) = (spender.site.app.store.clone(), Scope::Org(spender.caller.org));
    let profile = BillingProfile {
        legal_name: "B".to_owned(),
        country: "NO".to_owned(),
        ..BillingProfile::default()
    };
    store.set_billing_profile(&spender.caller, &profile).await.unwrap();
    spender.spend("11256.720000000001").await;
    let path = format!("/{}", spender.caller.org);
    spender
        .browser
        .get(&path)
        .await
        .says("4 of 7 done")
        .says("A second owner")
        .says("No budget is set")
        .says("Usage limit")
        .says("Tier 1, monthly")
        .says("Missing to tier 2, $500.00 a month");
    store
        .set_budget(&spender.caller, scope, Period::Month, "20000".parse().unwrap())
        .await
        .unwrap();
    let level = Level::Percent(80);
    store.set_threshold(&spender.caller, scope, Period::Month, level).await.unwrap();
    let page = spender.browser.get(&path).await;
    page.is(StatusCode::OK).hides("Set-up").says("$11,256.72 of $20,000.00 spent, 56.3%");
    page.says("value=\"11256.720000000001\"");
    for label in ["Projects", "API keys", "Models"] {
        let top = table(&page.body, &format!("{label} with the highest spend"));
        assert_eq!(values(top), ["11256.720000000001"], "{label}");
    }
}

#[tokio::test]
async fn many_reached_budgets_leave_the_numbers_in_sight() {
    let mut spender = Spender::new().await;
    let store = spender.site.app.store.clone();
    spender.spend("0.10").await;
    let all =
        [Scope::Org(spender.caller.org), Scope::Project(spender.project), Scope::Key(spender.key)];
    let path = format!("/{}", spender.caller.org);
    for (scope, said) in all.into_iter().zip([None, Some("3 more"), Some("6 more")]) {
        for period in [Period::Day, Period::Week, Period::Month] {
            let amount = "0.05".parse().unwrap();
            store.set_budget(&spender.caller, scope, period, amount).await.unwrap();
        }
        let page = spender.browser.get(&path).await;
        page.is(StatusCode::OK);
        assert_eq!(page.body.matches("reached its").count(), 3);
        match said {
            Some(more) => page.says(&format!("{more} budgets refuse requests.")),
            None => page.hides("more budgets refuse requests."),
        };
    }
}
