//! What a reader sees of spending: own projects, to the last digit, and nothing of others.

use axum::http::StatusCode;
use domain::{Level, Period, ProjectId, ProjectRole, Scope, Usd};

use crate::{
    site::Browser,
    spender::{Spender, table, values},
};

/// A reader who is this in the project.
async fn reader(spender: &Spender, name: &str, project: ProjectId, role: ProjectRole) -> Browser {
    let browser = spender.site.reader(name, &spender.caller).await;
    let (org, project, role) = (spender.caller.org.uuid(), project.uuid(), role.as_str());
    spender
        .site
        .database
        .tamper(&format!(
            "INSERT INTO project_members (org_id, project_id, user_id, role)
             SELECT '{org}', '{project}', id, '{role}' FROM users WHERE email = '{name}@example.com'"
        ))
        .await;
    browser
}

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

/// Two projects that were both used, limited and alerted about; the second is nobody else's.
async fn scene() -> (Spender, ProjectId) {
    let spender = Spender::new().await;
    let store = spender.site.app.store.clone();
    let (secret, key) = spender.project("Quiet harbour").await;
    spender.spend("0.12").await;
    spender.spend_as(secret, key, "sandbox-dime", "77.77").await;
    for (project, amount) in [(spender.project, "50"), (secret, "78")] {
        let scope = Scope::Project(project);
        store.set_budget(&spender.caller, scope, Period::Month, usd(amount)).await.unwrap();
        let level = Level::Amount(usd("0.50"));
        store.set_threshold(&spender.caller, scope, Period::Month, level).await.unwrap();
    }
    spender.spend("0.60").await;
    spender.spend_as(secret, key, "sandbox-dime", "0.01").await;
    (spender, secret)
}

#[tokio::test]
async fn owners_of_a_project_see_to_the_alerts_of_its_keys() {
    let spender = Spender::new().await;
    let (store, scope) = (spender.site.app.store.clone(), Scope::Key(spender.key));
    let level = Level::Amount(usd("0.50"));
    store.set_threshold(&spender.caller, scope, Period::Month, level).await.unwrap();
    spender.spend("0.60").await;
    let path = spender.path("alerts");
    for (name, role, may) in [
        ("vera", ProjectRole::Viewer, false),
        ("milo", ProjectRole::Member, false),
        ("odd", ProjectRole::Owner, true),
    ] {
        let mut reader = reader(&spender, name, spender.project, role).await;
        let page = reader.get(&path).await;
        page.is(StatusCode::OK).says("passed $0.50");
        assert_eq!(page.body.contains("I see to it"), may, "{name}");
    }
}

#[tokio::test]
async fn every_page_of_a_reader_is_about_own_projects_alone() {
    let (mut spender, secret) = scene().await;
    for (name, role) in [("vera", ProjectRole::Viewer), ("odd", ProjectRole::Owner)] {
        let mut rita = reader(&spender, name, spender.project, role).await;
        let overview = format!("/{}", spender.caller.org);
        let mut pages = vec![overview.clone()];
        pages.extend(["budgets", "alerts", "projects", "keys"].map(|page| spender.path(page)));
        pages.extend(["project", "key", "model"].map(|by| spender.path(&format!("usage?by={by}"))));
        for path in &pages {
            let page = rita.get(path).await;
            page.is(StatusCode::OK)
                .hides("Quiet harbour")
                .hides("77.7")
                .hides("$78")
                .hides("sandbox-dime<");
            page.hides(&secret.to_string()).hides(&secret.uuid().to_string());
        }
        let page = rita.get(&overview).await;
        page.says("Spent this cycle in your projects").says("value=\"0.72\"").says("Support");
        let page = rita.get(&spender.path("usage")).await;
        page.says("billing cycle of your projects");
        let all = values(table(&page.body, "Usage by project"));
        let charges = all.iter().filter(|value| value.contains('.'));
        assert_eq!(charges.collect::<Vec<_>>(), [&"0.72"; 2], "row and total");
        let page = rita.get(&spender.path("alerts")).await;
        page.says("Support passed $0.50").says("Alerts of your projects");
        page.hides("Nobody was mailed").hides("ines@example.com");
    }
    // The owner sees both.
    let page = spender.browser.get(&spender.path("usage")).await;
    page.says("Quiet harbour").says("value=\"78.50\"");
}

#[tokio::test]
async fn budgets_of_a_project_are_seen_by_all_in_it_and_set_by_who_runs_it() {
    let (spender, secret) = scene().await;
    let path = spender.path("budgets");
    let mut vera = reader(&spender, "vera", spender.project, ProjectRole::Viewer).await;
    let page = vera.get(&path).await;
    page.is(StatusCode::OK).says("Monthly budget of Support").says("$0.72 of $50.00 spent");
    page.hides("set-budget").hides("remove-threshold").hides("add-threshold").hides("ines@");
    let (own, other) = (spender.project.to_string(), secret.to_string());
    let whole = spender.caller.org.to_string();
    let set = |scope: &str, amount: &str| {
        [
            ("action", "set-budget".to_owned()),
            ("scope", scope.to_owned()),
            ("amount", amount.to_owned()),
        ]
    };
    let post = async |browser: &mut Browser, form: [(&str, String); 3]| {
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&path, &form).await
    };
    for scope in ["", own.as_str(), whole.as_str()] {
        post(&mut vera, set(scope, "1")).await.is(StatusCode::FORBIDDEN);
    }
    let mut odd = reader(&spender, "odd", spender.project, ProjectRole::Owner).await;
    let page = odd.get(&path).await;
    page.says("Amount a month, for Support").says("Add threshold").hides("ines@");
    let done = post(&mut odd, set(&own, "60")).await;
    assert_eq!(done.location(), format!("{path}?scope={own}&done=budget"));
    odd.get(done.location()).await.says("Budget saved.").says("$0.72 of $60.00 spent");
    post(&mut odd, set(&own, "1e9"))
        .await
        .is(StatusCode::UNPROCESSABLE_ENTITY)
        .says("value=\"1e9\"");
    post(&mut odd, set(&whole, "1")).await.is(StatusCode::FORBIDDEN);
    let nobodys = ProjectId::generate().to_string();
    for scope in [other.as_str(), &nobodys, "proj_1", "%", &"x".repeat(10_000)] {
        post(&mut odd, set(scope, "1")).await.is(StatusCode::NOT_FOUND);
    }
    for scope in [&other, &nobodys, &whole] {
        odd.get(&format!("{path}?scope={scope}")).await.is(StatusCode::NOT_FOUND);
    }
    let amounts = "SELECT string_agg(amount::integer::text, ' ' ORDER BY amount) FROM budgets";
    assert_eq!(spender.site.database.look(amounts).await, "60 78");
}

#[tokio::test]
async fn who_only_owns_the_project_has_members_mailed_and_nobody_else() {
    let (mut spender, _) = scene().await;
    let path = spender.path("budgets");
    let own = spender.project.to_string();
    let mut odd = reader(&spender, "odd", spender.project, ProjectRole::Owner).await;
    let mut vera = reader(&spender, "vera", spender.project, ProjectRole::Viewer).await;
    let form = |level: &'static str, addresses: &'static str| {
        [
            ("action", "add-threshold".to_owned()),
            ("scope", own.clone()),
            ("level", level.to_owned()),
            ("unit", "usd".to_owned()),
            ("addresses", addresses.to_owned()),
        ]
    };
    let post = async |browser: &mut Browser, form: [(&str, String); 5]| {
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post(&path, &form).await
    };
    for strangers in ["boss@elsewhere.example", "vera@example.com, boss@elsewhere.example"] {
        let page = post(&mut odd, form("7", strangers)).await;
        page.is(StatusCode::UNPROCESSABLE_ENTITY).says("Nothing was added").says(strangers);
        page.says("Only an owner of the organization can have people mailed who are no members");
    }
    let done = post(&mut odd, form("8", "Vera@example.com")).await;
    let page = odd.get(done.location()).await;
    page.says("Threshold added.").says("Also mails vera@example.com").says("all of members");
    // An owner of the organization may, and who sets thresholds here sees whom.
    post(&mut spender.browser, form("9", "boss@elsewhere.example")).await.location();
    let page = odd.get(&format!("{path}?scope={own}")).await;
    page.says("Also mails boss@elsewhere.example");
    vera.get(&format!("{path}?scope={own}")).await.is(StatusCode::OK).hides("Also mails");
    let named = "SELECT string_agg(a, ' ' ORDER BY a) FROM thresholds, unnest(addresses) a";
    let named = spender.site.database.look(named).await;
    assert_eq!(named, "boss@elsewhere.example vera@example.com");
}

#[tokio::test]
async fn an_owner_chooses_whose_budget_is_shown() {
    let (mut spender, secret) = scene().await;
    let path = spender.path("budgets");
    let page = spender.browser.get(&path).await;
    page.says("Whole organization").says("Quiet harbour").says("for the whole organization");
    let page = spender.browser.get(&format!("{path}?scope={secret}")).await;
    page.says("Monthly budget of Quiet harbour").says("$77.78 of $78.00 spent");
    let key = spender.browser.get(&format!("{path}?scope={}", spender.key)).await;
    key.is(StatusCode::OK).says("for Test key");
}

#[tokio::test]
async fn who_may_raise_a_reached_budget_is_named() {
    let (spender, _) = scene().await;
    let store = spender.site.app.store.clone();
    let scope = Scope::Project(spender.project);
    store.set_budget(&spender.caller, scope, Period::Month, usd("0.72")).await.unwrap();
    let mut vera = reader(&spender, "vera", spender.project, ProjectRole::Viewer).await;
    let path = spender.path(&format!("budgets?scope={scope}"));
    let page = vera.get(&path).await;
    page.is(StatusCode::OK).says("every request of the project is refused now");
    page.says("An owner of the organization or of the project may raise it");
}

#[tokio::test]
async fn a_reader_without_a_project_is_told_so() {
    let (spender, _) = scene().await;
    let mut rita = spender.site.reader("rita", &spender.caller).await;
    rita.get(&spender.path("budgets")).await.is(StatusCode::OK).says("You are in no project");
    let form = [("action", "set-budget"), ("amount", "1")];
    rita.post(&spender.path("budgets"), &form).await.is(StatusCode::FORBIDDEN);
    let page = rita.get(&format!("/{}", spender.caller.org)).await;
    page.is(StatusCode::OK).says("A project that you are in").says("0 of 3 done");
    page.hides("Fill in billing").hides("77.7").hides("0.72");
}

#[tokio::test]
async fn a_refusal_by_the_organization_tells_a_reader_that_it_was_and_no_amount() {
    let (spender, _) = scene().await;
    let store = spender.site.app.store.clone();
    let whole = Scope::Org(spender.caller.org);
    store.set_budget(&spender.caller, whole, Period::Month, usd("78.51")).await.unwrap();
    let receipt = spender.refused("0.10").await;
    let mut vera = reader(&spender, "vera", spender.project, ProjectRole::Viewer).await;
    let page = vera.get(&format!("/receipts/{receipt}")).await;
    page.is(StatusCode::OK).says("Refused by the organization budget").says("38 requests");
    page.says("its owners see").hides("78.5").hides("Go to budgets");
}

#[tokio::test]
async fn owners_of_the_organization_switch_fingerprints_on_and_off() {
    let mut spender = Spender::new().await;
    let path = spender.path(&format!("projects/{}", spender.project));
    let (on, off) =
        ([("action", "fingerprints"), ("fingerprints", "on")], [("action", "fingerprints")]);
    spender.browser.get(&path).await.says("Keep fingerprints of requests").hides(" checked");
    spender.browser.post(&path, &on).await.is(StatusCode::SEE_OTHER);
    spender.browser.get(&path).await.says(" checked");
    let mut odd = reader(&spender, "odd", spender.project, ProjectRole::Owner).await;
    odd.get(&path).await.is(StatusCode::OK).hides("Keep fingerprints of requests");
    odd.post(&path, &off).await.is(StatusCode::FORBIDDEN);
    spender.browser.get(&path).await.says(" checked");
    spender.browser.post(&path, &off).await.is(StatusCode::SEE_OTHER);
    spender.browser.get(&path).await.hides(" checked");
}
