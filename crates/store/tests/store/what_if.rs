//! What a budget would have stopped.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{Period, Replay, Scope, Usd, most, window::Window};
use store::PastStretch;
use testkit::{Database, Tenant};

use crate::{
    limits::spent_dime,
    support::{Running, answered, price, request, usd},
};

/// The same rule, written down plainly.
async fn plainly(database: &Database, amount: Usd) -> (u64, Usd) {
    let events =
        "SELECT string_agg(bound || ' ' || charge, ',' ORDER BY admitted_at, id) FROM events";
    let (mut stopped, mut spent) = (0, Usd::ZERO);
    for event in database.look(events).await.split(',') {
        let (bound, charge) = event.split_once(' ').unwrap();
        if spent < amount && spent.plus(usd(bound)) <= amount {
            spent = spent.plus(usd(charge));
        } else {
            stopped += 1;
        }
    }
    (stopped, spent)
}

#[tokio::test]
async fn what_a_budget_would_have_stopped_is_what_a_plain_replay_stops() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    let node = Running::new(store).await;
    let dime = price(&database, "sandbox-dime").await;
    let (other, _) = Tenant::key(store, caller, tenant.project).await;
    for (n, bound) in
        ["0.10", "0.25", "0.40", "0.10", "0.55", "0.10", "0.10", "0.30"].iter().enumerate()
    {
        let mut asked = request(&tenant, &dime, bound);
        if n % 3 == 0 {
            asked.key = other;
        }
        node.ledger.reserve(asked).await.unwrap().settle(answered("0.10")).await;
    }
    let today = Utc::now().date_naive();
    let ask = async |scope, amount: &str, past| {
        store.what_if(caller, scope, Period::Day, usd(amount), past).await.unwrap()
    };
    let whole = Scope::Org(tenant.org);
    for amount in ["0", "0.05", "0.30", "0.45", "0.60", "0.75", "0.80", "5"] {
        let found = ask(whole, amount, PastStretch::Day(today)).await;
        let (stopped, _) = plainly(&database, usd(amount)).await;
        assert_eq!((found.requests, found.stopped), (8, stopped), "{amount}");
        assert_eq!(found.first_at.is_some(), stopped > 0);
        assert_eq!(found.keys.iter().map(|(_, count)| count).sum::<u64>(), stopped);
        assert_eq!(found.windows, u64::from(stopped > 0));
        // Rollups know the charges alone: 80 cents, a dime each.
        let rough = ask(whole, amount, PastStretch::Days(30)).await;
        let mut even = Replay::new(usd(amount), Usd::ZERO);
        let even = (0..8).filter(|_| !even.offer(usd("0.10"), usd("0.10"))).count();
        assert_eq!((rough.requests, rough.stopped), (8, even as u64), "{amount}");
        // Folded or not, the rollups say the same.
        store.system().fold().await.unwrap();
        assert_eq!(ask(whole, amount, PastStretch::Days(30)).await.stopped, rough.stopped);
    }
    let key = ask(Scope::Key(other), "0.10", PastStretch::Days(90)).await;
    assert_eq!((key.requests, key.stopped, key.keys.len()), (3, 2, 1));
    // A rehearsal does not count in the organization.
    database.tamper("UPDATE projects SET rehearsal = true").await;
    assert_eq!(ask(whole, "0", PastStretch::Days(30)).await.requests, 0);
    assert_eq!(ask(Scope::Project(tenant.project), "0", PastStretch::Day(today)).await.stopped, 8);
    node.finish().await;
}

/// What is told of quarters as a whole is the same as of one key after the other.
#[tokio::test]
async fn many_keys_in_many_quarters_are_replayed_as_one_by_one() {
    let database = Database::new().await;
    let tenant = Tenant::new(&database, "owner").await;
    let (store, caller) = (&database.store, &tenant.caller);
    // Two and a half days that lie back, some of which cost nothing and some of which is corrected below it.
    database
        .tamper(&format!(
            "INSERT INTO quarters (org_id, quarter, project_id, key_id, member_id, model, sandbox, requests, estimated,
                input, cached, output, charge)
             SELECT '{}', exq_quarter(exq_now()) - interval '5 days' + q * interval '15 minutes', '{}', {}, '{}', 'm',
                false, (q * 7 + k * 3) % 6, 0, 0, 0, 0, ((q * 13 + k * 5) % 31 - 2) / 100.0
             FROM generate_series(0, 240) q, generate_series(1, 5) k",
            tenant.org.uuid(),
            tenant.project.uuid(),
            "('00000000-0000-7000-8000-00000000000' || k)::uuid",
            tenant.user.uuid(),
        ))
        .await;
    for (period, amount) in [
        (Period::Day, "0"),
        (Period::Day, "0.03"),
        (Period::Day, "2.5"),
        (Period::Day, "31.37"),
        (Period::Day, "1000"),
        (Period::Week, "40.01"),
        (Period::Month, "77.7"),
    ] {
        let past = PastStretch::Days(30);
        let whole = Scope::Org(tenant.org);
        let found = store.what_if(caller, whole, period, usd(amount), past).await.unwrap();
        let (stopped, windows, of_keys) = by_keys(&database, period, usd(amount)).await;
        assert_eq!((found.stopped, found.windows), (stopped, windows), "{period:?} {amount}");
        let mut told: Vec<_> = found.keys.iter().map(|(_, stopped)| *stopped).collect();
        told.sort_unstable();
        assert_eq!(told, of_keys, "{period:?} {amount}");
    }
}

/// How many are stopped, in how many windows, and by key, in the order of the numbers.
async fn by_keys(database: &Database, period: Period, amount: Usd) -> (u64, u64, Vec<u64>) {
    let rows = database
        .look(
            "SELECT string_agg(extract(epoch FROM quarter)::bigint || ' ' || right(key_id::text, 1) || ' ' || requests
                || ' ' || (charge * 100)::bigint, ',' ORDER BY quarter, key_id) FROM quarters",
        )
        .await;
    let (mut window, mut replay) = (None, Replay::new(amount, Usd::ZERO));
    let (mut stopped, mut windows, mut keys) = (0, BTreeSet::new(), BTreeMap::<i64, u64>::new());
    for row in rows.split(',') {
        let row: Vec<i64> = row.split(' ').map(|number| number.parse().unwrap()).collect();
        let at = DateTime::from_timestamp(row[0], 0).unwrap();
        let now = Window::first(period, Tz::UTC, at);
        if window.replace(now.starts) != Some(now.starts) {
            replay = Replay::new(amount, Usd::ZERO);
        }
        let charge = Usd::from_pico(i128::from(row[3]) * Usd::PICO / 100);
        let of_row = replay.offer_even(row[2].unsigned_abs(), charge);
        if of_row > 0 {
            stopped += of_row;
            windows.insert(now.starts);
            *keys.entry(row[1]).or_default() += of_row;
        }
    }
    let mut keys: Vec<_> = keys.into_values().collect();
    keys.sort_unstable();
    (stopped, windows.len() as u64, keys)
}

#[tokio::test]
async fn of_a_day_with_very_many_requests_the_first_ones_are_replayed() {
    let (database, tenant, node) = spent_dime().await;
    node.finish().await;
    let copy = "INSERT INTO events (org_id, id, project_id, key_id, member_id, model, price_id, sandbox, streamed, outcome,
            input, cached, output, charge, bound, counters, day_starts, day_ends, admitted_at, settled_at)
        SELECT org_id, exq_id(), project_id, key_id, member_id, model, price_id, sandbox, streamed, outcome,
            input, cached, output, charge, bound, counters, day_starts, day_ends, admitted_at, settled_at
        FROM events, generate_series(2, 200000) n";
    database.tamper(copy).await;
    let whole = Scope::Org(tenant.org);
    let today = PastStretch::Day(Utc::now().date_naive());
    let ask = async || {
        let asked = database.store.what_if(&tenant.caller, whole, Period::Day, usd("1"), today);
        let found = asked.await.unwrap();
        (found.requests, found.stopped, found.cut)
    };
    let most = u64::from(most::REPLAYED);
    assert_eq!(ask().await, (most, most - 10, false));
    database
        .tamper(
            &copy
                .replace("(2, 200000)", "(1, 1)")
                .replace("events, generate_series(1, 1) n", "(SELECT * FROM events LIMIT 5) e"),
        )
        .await;
    assert_eq!(ask().await, (most, most - 10, true));
}
