//! Raises, observed budgets and corrections.

use chrono::{TimeDelta, Utc};
use domain::{Level, Name, Outcome, Period, Scope, Usd, most};
use ledger::Refusal;
use store::{
    Conflict, NewRaise, RaiseState, StoreError,
    slices::{Ask, Grain, Only},
    system::receipts::{Cause, ReceiptRow},
};
use testkit::{Database, Tenant};

use crate::support::{Running, answered, price, request, usd};

fn raise(amount: &str, minutes: i64) -> NewRaise {
    let ends = Utc::now() + TimeDelta::minutes(minutes);
    NewRaise { amount: usd(amount), starts: None, ends, reason: reason("Launch week") }
}

fn reason(text: &str) -> Name {
    text.parse().unwrap()
}

/// A database with an owner whose month has a dime in it, spent of a budget of as much.
pub(crate) async fn spent_dime() -> (Database, Tenant, Running) {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let node = Running::new(&database.store).await;
    let dime = price(&database, "sandbox-dime").await;
    let admitted = node.ledger.reserve(request(&tenant, &dime, "0.10")).await.unwrap();
    admitted.settle(answered("0.10")).await;
    let month = (Scope::Org(tenant.org), Period::Month);
    database.store.set_budget(&tenant.caller, month.0, month.1, usd("0.10")).await.unwrap();
    (database, tenant, node)
}

#[tokio::test]
async fn a_raise_holds_for_a_while_and_its_end_is_told_once() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller) = (&database.store, &tenant.caller);
    let dime = price(&database, "sandbox-dime").await;
    let refused = node.ledger.reserve(request(&tenant, &dime, "0.10")).await;
    assert!(matches!(refused, Err(Refusal::Spent(_))));
    let scope = Scope::Org(tenant.org);
    store.set_threshold(caller, scope, Period::Month, Level::Percent(50)).await.unwrap();
    let budget = store.budgets(caller).await.unwrap().remove(0);
    store.raise_budget(caller, budget.id, &raise("0.20", 1)).await.unwrap();
    let raised = store.budgets(caller).await.unwrap().remove(0);
    assert_eq!((raised.amount, raised.own_amount), (usd("0.20"), usd("0.10")));
    assert!(raised.raised_until.is_some());
    // Half of the raised amount is spent: passed by the edit, so nobody is mailed.
    let threshold = store.thresholds(caller).await.unwrap().remove(0);
    assert_eq!((threshold.fires_at, threshold.silent), (Some(usd("0.10")), true));
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let admitted = node.ledger.reserve(request(&tenant, &dime, "0.10")).await.unwrap();
    admitted.settle(answered("0.10")).await;

    assert_eq!(store.system().tell_ended_raises().await.unwrap(), 0);
    database.advance(TimeDelta::minutes(2)).await;
    let over = store.budgets(caller).await.unwrap().remove(0);
    assert_eq!((over.amount, over.raised_until), (usd("0.10"), None));
    assert_eq!(store.raises(caller).await.unwrap()[0].state, RaiseState::Over);
    let another = database.another().await;
    let (here, there) =
        tokio::join!(store.system().tell_ended_raises(), another.system().tell_ended_raises());
    assert_eq!(here.unwrap() + there.unwrap(), 1);
    let told = "SELECT string_agg(recipient || ' ' || (params ->> 'budget') || ' ' || (params ->> 'raised'), ',')
        FROM outbox WHERE template = 'raise_ended'";
    assert_eq!(database.look(told).await, "owner@example.com 0.100000000000 0.200000000000");
    assert!(matches!(
        node.ledger.reserve(request(&tenant, &dime, "0.10")).await,
        Err(Refusal::Spent(_))
    ));
    node.finish().await;
}

#[tokio::test]
async fn raises_that_are_none_are_refused_and_others_end_early() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller) = (&database.store, &tenant.caller);
    let budget = store.budgets(caller).await.unwrap()[0].id;
    for (new, conflict) in [
        (raise("0.10", 1), Conflict::RaiseLow),
        (raise("0.20", -1), Conflict::RaiseOver),
        (raise("0.20", 60 * 24 * 400), Conflict::RaiseLong),
        (
            NewRaise { starts: Some(Utc::now() + TimeDelta::minutes(3)), ..raise("0.20", 2) },
            Conflict::RaiseOver,
        ),
        (
            NewRaise { starts: Some(Utc::now() - TimeDelta::minutes(3)), ..raise("0.20", 2) },
            Conflict::RaisePast,
        ),
    ] {
        let refused = store.raise_budget(caller, budget, &new).await;
        assert!(matches!(refused, Err(StoreError::Conflict(it)) if it == conflict), "{conflict:?}");
    }
    let low = store.raise_budget(caller, budget, &raise("0.20", 1)).await.unwrap();
    let high = store.raise_budget(caller, budget, &raise("0.50", 2)).await.unwrap();
    let later = NewRaise { starts: Some(Utc::now() + TimeDelta::minutes(3)), ..raise("9", 4) };
    let later = store.raise_budget(caller, budget, &later).await.unwrap();
    let amount = async || store.budgets(caller).await.unwrap()[0].amount;
    assert_eq!(amount().await, usd("0.50"));
    assert_eq!(store.end_raise(caller, high).await.unwrap(), RaiseState::InForce);
    assert_eq!(amount().await, usd("0.20"));
    assert_eq!(store.end_raise(caller, later).await.unwrap(), RaiseState::ToCome);
    store.end_raise(caller, low).await.unwrap();
    assert_eq!(amount().await, usd("0.10"));
    let again = store.end_raise(caller, high).await;
    assert!(matches!(again, Err(StoreError::Conflict(Conflict::RaiseEnded))));
    assert!(matches!(store.end_raise(caller, later).await, Err(StoreError::NotFound)));
    // Who ended them is not told.
    assert_eq!(store.system().tell_ended_raises().await.unwrap(), 0);
    store.remove_budget(caller, budget).await.unwrap();
    assert_eq!(database.look("SELECT count(*) FROM raises").await, "0");
    node.finish().await;
}

#[tokio::test]
async fn a_second_budget_takes_the_place_of_the_first_and_says_what_it_blocks() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller, scope) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    let set = async |amount, observe| {
        store.save_budget(caller, scope, Period::Month, usd(amount), observe).await.unwrap()
    };
    let lower = set("0.05", Some(true)).await;
    assert_eq!((lower.replaced, lower.reached), (Some(usd("0.10")), true));
    let higher = set("0.15", None).await;
    assert_eq!((higher.replaced, higher.reached, higher.id), (Some(usd("0.05")), false, lower.id));
    // It is still observed only, until a person says otherwise.
    assert!(store.budgets(caller).await.unwrap()[0].observe);
    set("0.10", None).await;
    let dime = price(&database, "sandbox-dime").await;
    let admitted = node.ledger.reserve(request(&tenant, &dime, "0.10")).await.unwrap();
    admitted.settle(answered("0.10")).await;
    set("0.10", Some(false)).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let refused = node.ledger.reserve(request(&tenant, &dime, "0.10")).await;
    assert!(matches!(refused, Err(Refusal::Spent(_))));
    assert_eq!(database.look("SELECT count(*) FROM budgets").await, "1");
    node.finish().await;
}

#[tokio::test]
async fn what_an_observed_budget_would_have_refused_was_not_refused() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller, scope) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    store.save_budget(caller, scope, Period::Month, usd("0.10"), Some(true)).await.unwrap();
    let dime = price(&database, "sandbox-dime").await;
    let admitted = node.ledger.reserve(request(&tenant, &dime, "0.10")).await.unwrap();
    let [would] = &admitted.standing().observed[..] else { unreachable!("one budget observes") };
    let (org, project, key) = (tenant.org, tenant.project, tenant.key);
    let row = ReceiptRow {
        org,
        project,
        key,
        cause: Cause::Observed { limit: would.clone(), bound: usd("0.10") },
        count: 3,
    };
    store.system().flush_receipts(&[row]).await.unwrap();
    admitted.settle(answered("0.10")).await;
    assert_eq!(database.look("SELECT sum(count) FROM receipts WHERE observed").await, "3");
    let month = store.budget_status(caller, scope, Period::Month).await.unwrap();
    let (starts, ends) = (month.window.starts, month.window.ends);
    assert_eq!(month.refused, 0);
    assert_eq!(store.refused(caller, scope, starts, ends).await.unwrap(), 0);
    let (bounds, only) = ([starts, ends], Only::default());
    let ask = Ask { bounds: &bounds, grain: Grain::Days, by: &[], only: &only };
    let explored = store.explore(caller, ask, 7, |totals| totals.charge.pico()).await.unwrap();
    assert_eq!((explored.refused, explored.cut.groups.len()), (Some(0), 1));
    node.finish().await;
}

#[tokio::test]
async fn a_thresholds_own_addresses_are_mailed_beside_the_owners() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller, scope) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    let list: domain::Addresses = "Boss@Example.com, owner@example.com".parse().unwrap();
    let level = Level::Amount(usd("0.15"));
    store.add_threshold(caller, scope, Period::Month, level, list.as_slice()).await.unwrap();
    let many = (0..11).map(|n| format!("a{n}@example.com")).collect::<Vec<_>>().join(" ");
    let many: domain::Addresses = many.parse().unwrap();
    let refused =
        store.add_threshold(caller, scope, Period::Week, level, many.as_slice()).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Conflict(Conflict::ThresholdAddresses))));
    store.set_budget(caller, scope, Period::Month, usd("1")).await.unwrap();
    let dime = price(&database, "sandbox-dime").await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let admitted = node.ledger.reserve(request(&tenant, &dime, "0.10")).await.unwrap();
    admitted.settle(answered("0.10")).await;
    let mailed = "SELECT string_agg(recipient, ' ' ORDER BY recipient) FROM outbox";
    assert_eq!(database.look(mailed).await, "boss@example.com owner@example.com");
    let mut mails = store.system().claim_mails(9).await.unwrap();
    mails.sort_by_key(|mail| mail.recipient.to_string());
    let listed: Vec<_> = mails.iter().map(|mail| mail.params.get("listed").is_some()).collect();
    assert_eq!(listed, [true, false], "an owner is mailed as an owner, whatever the list says");
    node.finish().await;
}

#[tokio::test]
async fn a_correction_moves_event_counters_rollups_and_crossings() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller, scope) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    store.set_budget(caller, scope, Period::Month, usd("9")).await.unwrap();
    store.set_threshold(caller, scope, Period::Month, Level::Amount(usd("2"))).await.unwrap();
    let dime = price(&database, "sandbox-dime").await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let asked =
        ledger::Request { realm: ledger::Realm::Provider, ..request(&tenant, &dime, "2.25") };
    let admitted = node.ledger.reserve(asked).await.unwrap();
    let unknown = ledger::Settlement { outcome: Outcome::Unknown, ..answered("1") };
    admitted.settle(unknown).await;
    let found = store.doubtful(caller, None).await.unwrap().rows;
    assert_eq!((found.len(), found[0].charge, found[0].outcome.as_str()), (1, usd("1"), "unknown"));
    store.system().fold().await.unwrap();

    let id = found[0].id;
    let above = store.correct_charge(caller, id, usd("2.26"), &reason("Too much")).await;
    assert!(matches!(above, Err(StoreError::Conflict(Conflict::AboveBound))));
    store.correct_charge(caller, id, usd("2.25"), &reason("Provider’s invoice")).await.unwrap();
    assert_eq!(store.doubtful(caller, None).await.unwrap().rows, []);
    let spent = store.budget_status(caller, scope, Period::Month).await.unwrap().spent;
    assert_eq!(spent, usd("2.35"));
    let event = "SELECT charge::float || ' ' || outcome FROM events WHERE outcome = 'corrected'";
    assert_eq!(database.look(event).await, "2.25 corrected");
    // The usage limit is the installation's: it goes on counting what was booked, for no tier.
    let usage = "SELECT trim_scale(spent) FROM counters WHERE scope = 'usage'";
    assert_eq!(database.look(usage).await, "1");
    assert_eq!(store.usage_limit(caller).await.unwrap().earned.charged, Usd::ZERO);
    assert_eq!(
        database.look("SELECT count(*) FROM outbox WHERE template = 'threshold'").await,
        "1"
    );
    assert!(store.system().reconcile().await.unwrap().is_none());
    store.system().fold().await.unwrap();
    assert!(store.system().reconcile().await.unwrap().is_none());
    let again = store.correct_charge(caller, id, usd("1"), &reason("Again")).await;
    assert!(matches!(again, Err(StoreError::Conflict(Conflict::Settled))));
    node.finish().await;
}

#[tokio::test]
async fn a_rehearsal_spends_nothing_of_the_organization() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller) = (&database.store, &tenant.caller);
    let (name, environment) = ("Cut-off".parse().unwrap(), domain::Environment::Development);
    let project = store.create_rehearsal(caller, &name, environment).await.unwrap();
    assert!(store.project(caller, project).await.unwrap().rehearsal);
    assert!(!store.project(caller, tenant.project).await.unwrap().rehearsal);
    let own = Scope::Project(project);
    store.set_budget(caller, own, Period::Month, usd("0.10")).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let dime = price(&database, "sandbox-dime").await;
    let ask = || ledger::Request {
        project,
        realm: ledger::Realm::Rehearsal,
        ..request(&tenant, &dime, "0.10")
    };
    // The organization's budget is spent; the rehearsal has its own, and only that.
    let admitted = node.ledger.reserve(ask()).await.unwrap();
    admitted.settle(answered("0.10")).await;
    assert!(matches!(node.ledger.reserve(ask()).await, Err(Refusal::Spent(_))));
    let spent =
        async |scope| store.budget_status(caller, scope, Period::Month).await.unwrap().spent;
    assert_eq!(spent(own).await, usd("0.10"));
    assert_eq!(spent(Scope::Org(tenant.org)).await, usd("0.10"));
    assert!(store.system().reconcile().await.unwrap().is_none());
    node.finish().await;
}

/// What is read while requests wait stays small.
#[tokio::test]
async fn thresholds_and_raises_of_one_window_are_few() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller, scope) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    let add = async |per, dollars: u32| {
        let level = Level::Amount(Usd::from_dollars(dollars.into()));
        store.set_threshold(caller, scope, per, level).await
    };
    for dollars in 1..=most::THRESHOLDS {
        add(Period::Month, dollars).await.unwrap();
    }
    let more = add(Period::Month, most::THRESHOLDS + 1).await;
    assert!(matches!(more, Err(StoreError::Conflict(Conflict::TooManyThresholds))), "{more:?}");
    add(Period::Day, 1).await.unwrap();
    let first = store.thresholds(caller).await.unwrap()[0].id;
    store.remove_threshold(caller, first).await.unwrap();

    let budget = store.budgets(caller).await.unwrap()[0].id;
    let mut last = None;
    for minutes in 1..=most::RAISES {
        let id = store.raise_budget(caller, budget, &raise("0.20", minutes.into())).await;
        last = Some(id.unwrap());
    }
    let more = store.raise_budget(caller, budget, &raise("0.20", 30)).await;
    assert!(matches!(more, Err(StoreError::Conflict(Conflict::TooManyRaises))), "{more:?}");
    store.end_raise(caller, last.unwrap()).await.unwrap();
    store.raise_budget(caller, budget, &raise("0.20", 30)).await.unwrap();
    node.finish().await;
}

/// Each threshold that was crossed: its percentage or amount, at which amount, and whether silently.
const CROSSED: &str =
    "SELECT string_agg(concat_ws(' ', COALESCE(t.percent || '%', trim_scale(t.amount)::text),
        trim_scale(c.fires_at), c.silent::text), ', ' ORDER BY c.crossed_at, t.id)
    FROM crossings c JOIN thresholds t ON t.id = c.subject_id";
const TOLD: &str = "SELECT string_agg(template, ' ' ORDER BY template) FROM outbox";

#[tokio::test]
async fn a_raise_that_ends_crosses_what_the_spend_is_over_now() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller, scope) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    let budget = store.budgets(caller).await.unwrap()[0].id;
    store.raise_budget(caller, budget, &raise("0.20", 1)).await.unwrap();
    for percent in [80, 40] {
        store.set_threshold(caller, scope, Period::Month, Level::Percent(percent)).await.unwrap();
    }
    assert_eq!(database.look(CROSSED).await, "40% 0.08 true");

    database.advance(TimeDelta::minutes(2)).await;
    // A threshold that is added meanwhile passes by itself, not on behalf of others.
    let level = Level::Amount(usd("0.05"));
    let set = store.set_threshold(caller, scope, Period::Month, level).await.unwrap();
    assert!(set.already_passed);
    assert_eq!(database.look(CROSSED).await, "40% 0.08 true, 0.05 0.05 true");
    assert_eq!(database.look("SELECT count(*) FROM outbox").await, "0");

    let another = database.another().await;
    let (here, there) =
        tokio::join!(store.system().tell_ended_raises(), another.system().tell_ended_raises());
    assert_eq!(here.unwrap() + there.unwrap(), 1);
    let crossed = "40% 0.08 true, 0.05 0.05 true, 80% 0.08 false, 40% 0.04 false";
    assert_eq!(database.look(CROSSED).await, crossed);
    assert_eq!(database.look(TOLD).await, "raise_ended threshold");
    assert_eq!(store.system().tell_ended_raises().await.unwrap(), 0);
    assert_eq!(database.look(TOLD).await, "raise_ended threshold");
    node.finish().await;
}

#[tokio::test]
async fn the_mails_of_an_observed_budget_know_that_it_is() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller, scope) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    let dime = price(&database, "sandbox-dime").await;
    store.save_budget(caller, scope, Period::Month, usd("0.20"), Some(true)).await.unwrap();
    store.set_threshold(caller, scope, Period::Month, Level::Percent(100)).await.unwrap();
    node.ledger
        .reserve(request(&tenant, &dime, "0.10"))
        .await
        .unwrap()
        .settle(answered("0.10"))
        .await;
    let budget = store.budgets(caller).await.unwrap()[0].id;
    store.raise_budget(caller, budget, &raise("0.90", 1)).await.unwrap();
    database.advance(TimeDelta::minutes(2)).await;
    store.system().tell_ended_raises().await.unwrap();
    let told = "SELECT string_agg(template || ' ' || (params ->> 'observe'), ', ' ORDER BY template) FROM outbox";
    assert_eq!(database.look(told).await, "raise_ended true, threshold true");
    node.finish().await;
}

#[tokio::test]
async fn a_threshold_that_is_below_the_spend_passes_alone() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller, scope) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    let add = async |amount| {
        let level = Level::Amount(usd(amount));
        store.add_threshold(caller, scope, Period::Month, level, &[]).await.unwrap()
    };
    let far = add("0.30").await;
    // As an edit would leave it that did not look: below the spend, and nobody mailed.
    database.tamper("UPDATE thresholds SET amount = 0.09").await;
    assert!(add("0.05").await.already_passed);
    assert!(!add("0.50").await.already_passed);
    assert_eq!(database.look(CROSSED).await, "0.05 0.05 true");
    store.edit_spend_alert(caller, scope, far.id, usd("0.08"), &[]).await.unwrap();
    assert_eq!(database.look(CROSSED).await, "0.05 0.05 true, 0.08 0.08 true");
    node.finish().await;
}

#[tokio::test]
async fn a_key_whose_budget_is_spent_refuses_before_it_has_refused() {
    let (database, tenant, node) = spent_dime().await;
    let (store, caller, scope) = (&database.store, &tenant.caller, Scope::Org(tenant.org));
    let refusing = async || store.key_activity(caller).await.unwrap()[&tenant.key].refusing;
    assert!(refusing().await, "a dime of a dime is spent");
    store.set_budget(caller, scope, Period::Month, usd("0.11")).await.unwrap();
    assert!(!refusing().await);
    for on in [scope, Scope::Project(tenant.project), Scope::Key(tenant.key)] {
        store.set_budget(caller, on, Period::Day, usd("0.05")).await.unwrap();
        assert!(refusing().await, "{on}");
        let lowered = store.budgets(caller).await.unwrap();
        let lowered = lowered.iter().find(|one| one.period == Period::Day).unwrap().id;
        store.save_budget(caller, on, Period::Day, usd("0.05"), Some(true)).await.unwrap();
        assert!(!refusing().await, "{on}: what is observed refuses nothing");
        store.remove_budget(caller, lowered).await.unwrap();
    }
    // Another project's budget is none of this key's.
    let name = "Elsewhere".parse().unwrap();
    let other = store.create_project(caller, &name, domain::Environment::Staging).await.unwrap();
    store.set_budget(caller, Scope::Project(other), Period::Day, usd("0")).await.unwrap();
    assert!(!refusing().await);
    // Nothing may be spent tomorrow either, though nothing was counted yet.
    store.set_budget(caller, Scope::Key(tenant.key), Period::Day, usd("0")).await.unwrap();
    database.advance(TimeDelta::days(1)).await;
    assert!(refusing().await);
    node.finish().await;
}
