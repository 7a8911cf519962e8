//! What the list of keys says of each.

use domain::{Period, Scope};

use crate::spender::Spender;

#[tokio::test]
async fn a_key_was_never_used_then_costs_then_is_refused() {
    let mut spender = Spender::new().await;
    let keys = spender.path("keys");
    spender.browser.get(&keys).await.says("Never used</span>").hides("Refusing</span>");
    spender.spend("0.12").await;
    let page = spender.browser.get(&keys).await;
    page.hides("Never used</span>").says("value=\"0.12\"");
    let (store, caller) = (spender.site.app.store.clone(), spender.caller.clone());
    let scope = Scope::Project(spender.project);
    store.set_budget(&caller, scope, Period::Month, "0.15".parse().unwrap()).await.unwrap();
    spender.refused("0.10").await;
    spender.browser.get(&keys).await.says("Refusing</span>");
    let budgets = format!("{}?scope={scope}", spender.path("budgets"));
    let short = "refused a request that could have cost more than was left beside";
    spender.browser.get(&budgets).await.says(short).says("if it asks for less output (max_tokens)");
    // A raise lets requests pass, and its end refuses them again.
    let budget = store.budgets(&caller).await.unwrap()[0].id;
    let ends = store.standings(&caller).await.unwrap().1 + chrono::TimeDelta::hours(1);
    let raise = store::NewRaise {
        amount: "1".parse().unwrap(),
        starts: None,
        ends,
        reason: "Launch".parse().unwrap(),
    };
    let raise = store.raise_budget(&caller, budget, &raise).await.unwrap();
    spender.browser.get(&keys).await.hides("Refusing</span>");
    spender.browser.get(&budgets).await.hides(short);
    store.end_raise(&caller, raise).await.unwrap();
    spender.browser.get(&keys).await.says("Refusing</span>");
    // Another amount: what was refused before says nothing about it.
    store.set_budget(&caller, scope, Period::Month, "5".parse().unwrap()).await.unwrap();
    spender.browser.get(&keys).await.hides("Refusing</span>");
}
