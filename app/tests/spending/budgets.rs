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
    let page = spender.browser.get(&spender.path("budgets")).await;
    // What else blocks is said before it does.
    page.says("The organization’s usage limit of $100.00 a month holds beside it");
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
    spender.browser.get(done.location()).await.says("Budget removed.").says("Set $2.00 again");
    // It is offered once, and no address offers another amount.
    let forged = format!("{path}?done=budget-removed&was=999999&observe=yes");
    spender.browser.get(&forged).await.says("Budget removed.").hides("again</button>");
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
    let done = spender.browser.post(&path, &form).await;
    assert_eq!(done.location(), format!("{path}?done=threshold-removed"));
    let left = spender.site.app.store.thresholds(&spender.caller).await.unwrap();
    assert_eq!((left.len(), left[0].scope, left[0].period), (1, scope, Period::Month));
}

#[tokio::test]
async fn one_threshold_too_many_is_answered_with_a_sentence() {
    let mut spender = Spender::new().await;
    let fill = "INSERT INTO thresholds (org_id, id, scope, scope_id, period, amount)
        SELECT org_id, exq_id(), 'org', org_id, 'month', n FROM organizations, generate_series(1, 50) n";
    spender.site.database.tamper(fill).await;
    let page = add(&mut spender, "99", "usd").await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was added").says("value=\"99\"");
    page.says("There are 50 thresholds already, the most for one window: remove one first.");
}

#[tokio::test]
async fn one_below_the_spend_is_passed_and_the_page_says_so() {
    let mut spender = Spender::new().await;
    spender.spend("3.50").await;
    let done = add(&mut spender, "2", "usd").await;
    let page = spender.browser.get(done.location()).await;
    page.says("already passed: nobody is mailed in this window").says("Passed, no mail");
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

#[tokio::test]
async fn every_scope_and_window_has_a_page_and_a_budget() {
    let mut spender = Spender::new().await;
    spender.spend("3.50").await;
    let scopes =
        [String::new(), format!("scope={}", spender.project), format!("scope={}", spender.key)];
    for scope in scopes {
        for (window, words) in [("day", "today"), ("week", "this week"), ("month", "this month")] {
            let path = spender.path(&format!("budgets?{scope}&window={window}"));
            let page = spender.browser.get(&path).await;
            page.is(StatusCode::OK).says(&format!("Spent {words}")).says("$3.50");
            page.says(&format!("Amount a {window}"));
            let on = scope.trim_start_matches("scope=");
            let form = [
                ("action", "set-budget"),
                ("scope", on),
                ("window", window),
                ("was", ""),
                ("amount", "3"),
            ];
            let path = spender.path("budgets");
            let done = spender.browser.post(&path, &form).await;
            let page = spender.browser.get(done.location()).await;
            page.says("Budget saved, and it blocks now.").says("is refused now");
            // The form was open when another was set.
            let done = spender.browser.post(&path, &form).await;
            spender.browser.get(done.location()).await.says("in the place of another");
        }
    }
    assert_eq!(spender.site.database.look("SELECT count(*) FROM budgets").await, "9");
    let path = spender.path("budgets?window=year");
    spender.browser.get(&path).await.is(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_budget_is_raised_for_a_while_and_the_raise_ended() {
    let mut spender = Spender::new().await;
    spender.spend("3.50").await;
    set(&mut spender, "4").await.location();
    let path = spender.path("budgets");
    let form = |amount: &'static str, until: &'static str, reason: &'static str| {
        [
            ("action", "raise"),
            ("raise_amount", amount),
            ("from", ""),
            ("until", until),
            ("reason", reason),
        ]
    };
    for (amount, until, reason, sentence) in [
        ("4", "2027-06-01T10:00", "Launch", "A raise must be above the budget’s own amount."),
        ("-1", "2027-06-01T10:00", "Launch", "An amount can’t be negative."),
        ("9", "2020-06-01T10:00", "Launch", "A raise must end in the future"),
        ("9", "soon", "Launch", "Write a day and time like"),
        ("9", "2027-06-01T10:00", "", "This can’t be empty."),
        ("9", "2099-06-01T10:00", "Launch", "A raise lasts a year at most"),
    ] {
        let page = spender.browser.post(&path, &form(amount, until, reason)).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence).says("Nothing was raised");
    }
    let later = "SELECT to_char(exq_now() + interval '3 days', 'YYYY-MM-DD\"T\"HH24:MI')";
    let until = spender.site.database.look(later).await;
    let done = spender
        .browser
        .post(
            &path,
            &[
                ("action", "raise"),
                ("raise_amount", "9"),
                ("from", ""),
                ("until", &until),
                ("reason", "Launch week"),
            ],
        )
        .await;
    let page = spender.browser.get(done.location()).await;
    page.says("Raise saved.").says("Raised to $9.00 until").says("Launch week").says("In force");
    page.says("$3.50 of $9.00 spent").says("Then it is $4.00 again, by itself.");
    let id = spender.site.app.store.raises(&spender.caller).await.unwrap()[0].id.to_string();
    let end = [("action", "end-raise"), ("raise", id.as_str())];
    let done = spender.browser.post(&path, &end).await;
    spender.browser.get(done.location()).await.says("Raise ended.").says("Ended");
    let done = spender.browser.post(&path, &end).await;
    spender.browser.get(done.location()).await.says("This raise had ended already.");
}

#[tokio::test]
async fn a_raise_begins_now_or_later_and_can_be_taken_back_before() {
    let mut spender = Spender::new().await;
    set(&mut spender, "4").await.location();
    let path = spender.path("budgets");
    let mut post = async |minutes: i32| {
        let from = spender.look_time(minutes).await;
        let until = spender.look_time(600).await;
        let form = [
            ("action", "raise"),
            ("raise_amount", "9"),
            ("from", &*from),
            ("until", &*until),
            ("reason", "Launch week"),
        ];
        spender.browser.post(&path, &form).await
    };
    let page = post(-90).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was raised");
    page.says("A raise can’t begin in the past: leave its beginning empty for now.");
    post(90).await.location();
    let page = spender.browser.get(&path).await;
    page.says("To come").says("Take back").hides("End now");
    let id = spender.site.app.store.raises(&spender.caller).await.unwrap()[0].id.to_string();
    let back = [("action", "end-raise"), ("raise", id.as_str())];
    let done = spender.browser.post(&path, &back).await;
    spender.browser.get(done.location()).await.says("Raise taken back.").hides("To come");
}

#[tokio::test]
async fn what_a_budget_refused_last_leads_to_its_receipts() {
    let mut spender = Spender::new().await;
    let path = spender.path(&format!("budgets?scope={}&window=month", spender.project));
    spender.browser.get(&path).await.is(StatusCode::OK).hides("Latest refusals");
    let (store, caller) = (spender.site.app.store.clone(), spender.caller.clone());
    let scope = Scope::Project(spender.project);
    store.set_budget(&caller, scope, Period::Month, "0.15".parse().unwrap()).await.unwrap();
    spender.browser.get(&path).await.hides("Latest refusals");
    spender.spend("0.12").await;
    let receipt = spender.refused("0.10").await;
    let page = spender.browser.get(&path).await;
    page.says("Latest refusals").says(&format!("/receipts/{receipt}"));
    let list = crate::spender::table(&page.body, "Latest refusals");
    assert!(list.contains(">38<") && list.contains("Support"), "{list}");
    // Another window's budget has refused nothing.
    let other = spender.path(&format!("budgets?scope={}&window=day", spender.project));
    store.set_budget(&caller, scope, Period::Day, "9".parse().unwrap()).await.unwrap();
    spender.browser.get(&other).await.hides("Latest refusals");
}

#[tokio::test]
async fn a_preview_says_what_a_budget_would_have_stopped() {
    let mut spender = Spender::new().await;
    for _ in 0..4 {
        spender.spend("0.50").await;
    }
    let path = spender.path("budgets");
    let today = "SELECT to_char(exq_now() AT TIME ZONE 'Europe/Oslo', 'YYYY-MM-DD')";
    let today = spender.site.database.look(today).await;
    let ask = |past: &'static str, amount: &'static str, day: String| {
        [
            ("action".to_owned(), "preview".to_owned()),
            ("amount".to_owned(), amount.to_owned()),
            ("past".to_owned(), past.to_owned()),
            ("day".to_owned(), day),
        ]
    };
    for (past, day) in [("30", String::new()), ("90", String::new()), ("day", today)] {
        let form = ask(past, "1", day);
        let form: Vec<_> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let page = spender.browser.post(&path, &form).await;
        page.is(StatusCode::OK).says("It would have stopped 2 requests from");
        page.says("Replayed: 4 requests from").says("How exact:").says("value=\"1\"");
    }
    let form = ask("day", "1", "yesterday".to_owned());
    let form: Vec<_> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let page = spender.browser.post(&path, &form).await;
    page.is(StatusCode::UNPROCESSABLE_ENTITY).says("Choose the day, like 2026-05-17.");
    // Nothing was set by asking.
    assert_eq!(spender.site.database.look("SELECT count(*) FROM budgets").await, "0");
}

#[tokio::test]
async fn a_preview_that_finds_nothing_says_why() {
    let mut spender = Spender::new().await;
    spender.spend("0.50").await;
    let path = spender.path("budgets");
    let (project, key) = spender.project("Empty").await;
    let mut ask = async |scope: String| {
        let form = [
            ("action", "preview"),
            ("amount", "1"),
            ("past", "30"),
            ("scope", &*scope),
            ("window", "day"),
        ];
        spender.browser.post(&path, &form).await
    };
    let page = ask(project.to_string()).await;
    page.is(StatusCode::OK).says("There is no request to replay.").hides("How exact");
    page.says("No key of Empty had one in that time.");
    ask(key.to_string()).await.says("had none in that time. What a key used before it was rotated");
    spender.site.database.tamper("UPDATE api_keys SET tracked = false").await;
    ask(key.to_string()).await.says("is untracked: what it used is known together");
}

#[tokio::test]
async fn a_threshold_mails_addresses_that_are_checked() {
    let mut spender = Spender::new().await;
    let path = spender.path("budgets");
    let form = |addresses: &str| {
        vec![
            ("action".to_owned(), "add-threshold".to_owned()),
            ("level".to_owned(), "5".to_owned()),
            ("unit".to_owned(), "usd".to_owned()),
            ("addresses".to_owned(), addresses.to_owned()),
        ]
    };
    let many = (0..11).map(|n| format!("a{n}@example.com")).collect::<Vec<_>>().join(", ");
    for (addresses, sentence) in [
        ("not an address", "is not an e-mail address"),
        (many.as_str(), "A threshold mails at most 10 addresses besides the owners."),
    ] {
        let form = form(addresses);
        let form: Vec<_> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let page = spender.browser.post(&path, &form).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says(sentence);
    }
    let form = form("Boss@Example.com");
    let form: Vec<_> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let done = spender.browser.post(&path, &form).await;
    spender.browser.get(done.location()).await.says("Also mails boss@example.com");
}

#[tokio::test]
async fn what_is_set_again_is_the_budgets_own_amount_and_takes_nobody_elses_place() {
    let mut spender = Spender::new().await;
    let path = spender.path("budgets");
    let observed = [("action", "set-budget"), ("amount", "500"), ("observe", "yes")];
    spender.browser.post(&path, &observed).await.location();
    let id = spender.site.database.look("SELECT id FROM budgets").await.replace('-', "");
    let budget = format!("bdg_{id}").parse().unwrap();
    let (store, caller) = (spender.site.app.store.clone(), spender.caller.clone());
    let ends = store.system().now().await.unwrap() + chrono::TimeDelta::days(7);
    let reason = "A launch".parse().unwrap();
    let raise = store::NewRaise { amount: "5000".parse().unwrap(), starts: None, ends, reason };
    store.raise_budget(&caller, budget, &raise).await.unwrap();
    let form = [("action", "remove-budget"), ("budget", &format!("bdg_{id}"))];
    let done = spender.browser.post(&path, &form).await;
    let page = spender.browser.get(done.location()).await;
    page.says("Observe $500.00 again").hides("5,000");

    // A colleague was faster: it is told, not passed over.
    set(&mut spender, "200").await.location();
    let again = [("action", "set-budget"), ("was", ""), ("amount", "500"), ("observe", "yes")];
    let done = spender.browser.post(&path, &again).await;
    assert_eq!(done.location(), format!("{path}?done=budget-replaced"));
}

#[tokio::test]
async fn a_threshold_that_was_removed_by_mistake_comes_back_as_it_was() {
    let mut spender = Spender::new().await;
    let store = spender.site.app.store.clone();
    let (path, org) = (spender.path("budgets"), Scope::Org(spender.caller.org));
    set(&mut spender, "100").await.location();
    let addresses = ["cfo@example.com".parse().unwrap(), "ops@example.com".parse().unwrap()];
    let amount = domain::Level::Amount("12.345".parse().unwrap());
    for (on, period, level, addresses) in [
        (org, Period::Month, domain::Level::Percent(80), &addresses[..]),
        (Scope::Project(spender.project), Period::Week, amount, &[]),
    ] {
        store.add_threshold(&spender.caller, on, period, level, addresses).await.unwrap();
    }
    let all = async || {
        let all = store.thresholds(&spender.caller).await.unwrap().into_iter();
        let mut all: Vec<_> =
            all.map(|it| (it.scope.to_string(), it.period, it.level, it.addresses)).collect();
        all.sort_by_key(|it| it.0.clone());
        all
    };
    let before = all().await;
    let ids: Vec<_> = store
        .thresholds(&spender.caller)
        .await
        .unwrap()
        .iter()
        .map(|it| it.id.to_string())
        .collect();
    for id in ids {
        // From the organization's page, which lists those of projects, too.
        let form = [("action", "remove-threshold"), ("threshold", id.as_str())];
        let done = spender.browser.post(&path, &form).await.location().to_owned();
        assert_eq!(done, format!("{path}?done=threshold-removed"));
        assert_eq!(all().await.len(), 1);
        let page = spender.browser.get(&done).await;
        // It is offered once.
        spender.browser.get(&done).await.hides("Add it again");
        spender.browser.press(&page, "Add it again").await.location();
        assert_eq!(all().await, before);
    }
}
