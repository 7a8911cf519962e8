//! Budgets and thresholds as forms set them.

use axum::http::StatusCode;
use domain::{Period, Scope};

use crate::spender::Spender;

async fn set(spender: &mut Spender, amount: &str) -> crate::site::Answer {
    let path = spender.path("budgets");
    spender.browser.post(&path, &[("action", "set-budget"), ("amount", amount)]).await
}

async fn add(spender: &mut Spender, level: &str, unit: &str) -> crate::site::Answer {
    let path = spender.path("budgets");
    let form = [("action", "add-threshold"), ("level", level), ("unit", unit)];
    spender.browser.post(&path, &form).await
}

#[tokio::test]
async fn a_budget_is_set_lowered_below_the_spend_and_removed() {
    let mut spender = Spender::new().await;
    spender.spend("3.50").await;
    let path = spender.path("budgets");
    spender.browser.get(&path).await.is(StatusCode::OK).says("Set a budget");
    let done = set(&mut spender, " $1,000.50 ").await;
    assert_eq!(done.location(), format!("{path}?done=budget"));
    let page = spender.browser.get(done.location()).await;
    page.says("Budget saved.").says("value=\"1000.50\"").says("$3.50 of $1,000.50 spent");
    set(&mut spender, "2").await.location();
    let page = spender.browser.get(&path).await;
    page.says("every request is refused now").says("Reached, refusing");
    let id = spender.site.database.look("SELECT id FROM budgets").await.replace('-', "");
    let form = [("action", "remove-budget"), ("budget", &format!("bdg_{id}"))];
    let done = spender.browser.post(&path, &form).await;
    assert_eq!(done.location(), format!("{path}?done=budget-removed"));
    // Somebody else removed it meanwhile.
    spender.browser.post(&path, &form).await.is(StatusCode::NOT_FOUND);
    assert_eq!(spender.site.database.look("SELECT count(*) FROM budgets").await, "0");
}

#[tokio::test]
async fn a_wrong_amount_comes_back_with_its_sentence() {
    let mut spender = Spender::new().await;
    for (amount, sentence) in [
        ("", "Write an amount in dollars, like 250 or 99.50."),
        ("1e999", "Write an amount in dollars, like 250 or 99.50."),
        ("NaN", "Write an amount in dollars, like 250 or 99.50."),
        ("-5", "An amount can’t be negative."),
        ("0.0000000000001", "An amount has at most twelve digits after the point."),
        ("1000000000000000", "An amount is at most 999,999,999,999,999 dollars."),
    ] {
        let page = set(&mut spender, amount).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("Nothing was saved");
        page.says(&format!("value=\"{amount}\"")).says("href=\"#f-amount\"");
    }
    let page = set(&mut spender, "\"><script>").await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).hides("\"><script>");
    assert_eq!(spender.site.database.look("SELECT count(*) FROM budgets").await, "0");
    let path = spender.path("budgets");
    for action in ["", "drop"] {
        spender.browser.post(&path, &[("action", action)]).await.is(StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn the_largest_and_the_smallest_amount_are_taken() {
    let mut spender = Spender::new().await;
    for amount in ["999999999999999", "0.000000000001", "0"] {
        set(&mut spender, amount).await.location();
    }
    let path = spender.path("budgets");
    spender.browser.get(&path).await.is(StatusCode::OK).says("every request is refused now");
}

#[tokio::test]
async fn thresholds_are_added_once_and_removed() {
    let mut spender = Spender::new().await;
    let path = spender.path("budgets");
    set(&mut spender, "100").await.location();
    assert_eq!(
        add(&mut spender, "80%", "percent").await.location(),
        format!("{path}?done=threshold")
    );
    assert_eq!(add(&mut spender, "5", "usd").await.location(), format!("{path}?done=threshold"));
    let page = spender.browser.get(&path).await;
    page.says("80% of the monthly budget").says("value=\"80.00\"").says("$5.00 spent, monthly");
    let page = add(&mut spender, "80", "percent").await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).says("There is such a threshold already.");
    page.says("Nothing was added").says("value=\"80\"");
    for (level, unit, sentence) in [
        ("101", "percent", "Write a whole percentage from 1 to 100."),
        ("1e1", "percent", "Write a whole percentage from 1 to 100."),
        ("-1", "usd", "An amount can’t be negative."),
        ("0", "usd", "Write an amount above $0.00."),
        ("5", "", "Choose a share of the budget or an amount."),
    ] {
        add(&mut spender, level, unit).await.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    let scope = Scope::Org(spender.caller.org);
    let id = spender.site.app.store.thresholds(&spender.caller).await.unwrap()[0].id.to_string();
    let form = [("action", "remove-threshold"), ("threshold", id.as_str())];
    let (mut stranger, other) = spender.site.owner("olav", "Elsewhere").await;
    stranger.post(&format!("/{}/budgets", other.org), &form).await.is(StatusCode::NOT_FOUND);
    spender.browser.post(&path, &form).await.location();
    let left = spender.site.app.store.thresholds(&spender.caller).await.unwrap();
    assert_eq!((left.len(), left[0].scope, left[0].period), (1, scope, Period::Month));
}

#[tokio::test]
async fn one_below_the_spend_is_passed_and_the_page_says_so() {
    let mut spender = Spender::new().await;
    spender.spend("3.50").await;
    let done = add(&mut spender, "2", "usd").await;
    let page = spender.browser.get(done.location()).await;
    page.says("already passed: nobody is mailed in this cycle").says("Passed");
    // Without a mail server the page says where mails stay.
    page.says("Mails wait in the outbox.").says("ines@example.com");
    assert_eq!(spender.site.database.look("SELECT count(*) FROM outbox").await, "0");
}

#[tokio::test]
async fn budgets_of_projects_and_keys_are_listed() {
    let mut spender = Spender::new().await;
    let store = spender.site.app.store.clone();
    let amount = "12".parse().unwrap();
    let project = Scope::Project(spender.project);
    spender.spend("13").await;
    store.set_budget(&spender.caller, project, Period::Week, amount).await.unwrap();
    let path = spender.path("budgets");
    let page = spender.browser.get(&path).await;
    page.says("More budgets")
        .says("Support")
        .says("$13.00 of $12.00 spent")
        .says("Reached, refusing");
}
