//! What a budget would have stopped.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{KeyId, Period, Replay, Scope, Usd, most, window::Window};
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
    let keys = furnish(&database, &tenant).await;
    let whole = Scope::Org(tenant.org);
    for (scope, period, amount) in [
        (whole, Period::Day, "0"),
        (whole, Period::Day, "0.03"),
        (whole, Period::Day, "2.5"),
        (whole, Period::Day, "31.37"),
        (whole, Period::Day, "1000"),
        (whole, Period::Week, "40.01"),
        (whole, Period::Month, "77.7"),
        (Scope::Project(tenant.project), Period::Day, "12"),
        (Scope::Key(keys[2]), Period::Day, "1.99"),
    ] {
        let past = PastStretch::Days(30);
        let asked = database.store.what_if(&tenant.caller, scope, period, usd(amount), past);
        let found = asked.await.unwrap();
        let only = if let Scope::Key(key) = scope { Some(key) } else { None };
        let plain = by_keys(&database, only, period, usd(amount)).await;
        let told = Plain {
            requests: found.requests,
            stopped: found.stopped,
            first_at: found.first_at,
            windows: found.windows,
            keys: found.keys.into_iter().collect(),
        };
        assert_eq!(told, plain, "{scope} {period:?} {amount}");
    }
}

/// Two and a half days of five keys with two models, and of a third model what is not folded yet. Some requests cost
/// nothing, and some rows are corrections, without a request.
async fn furnish(database: &Database, tenant: &Tenant) -> Vec<KeyId> {
    let mut keys = Vec::new();
    for n in 1..=5 {
        let (key, _) = Tenant::key(&database.store, &tenant.caller, tenant.project).await;
        let name = format!("UPDATE api_keys SET name = 'Key {n}' WHERE id = '{}'", key.uuid());
        database.tamper(&name).await;
        keys.push(key);
    }
    let ids: Vec<_> = keys.iter().map(|key| format!("'{}'::uuid", key.uuid())).collect();
    let (org, project, user) = (tenant.org.uuid(), tenant.project.uuid(), tenant.user.uuid());
    let of = format!("'{project}', k.id, '{user}'");
    let from = format!(
        "generate_series(0, 240) q CROSS JOIN unnest(ARRAY[{}]) WITH ORDINALITY k (id, n)
         CROSS JOIN LATERAL (SELECT exq_quarter(exq_now()) - interval '5 days' + q * interval '15 minutes' AS at) a",
        ids.join(", ")
    );
    let columns = "project_id, key_id, member_id, model, sandbox, requests, charge, estimated, input, cached, output";
    database
        .tamper(&format!(
            "INSERT INTO quarters (org_id, quarter, {columns})
             SELECT '{org}', at, {of}, 'model-' || m, false, CASE WHEN c THEN 0 ELSE 1 + (q * 7 + n * 3 + m) % 6 END,
                CASE WHEN c THEN -0.05 ELSE greatest(0, (q * 13 + n * 5 + m * 11) % 31 - 6) / 100.0 END, 0, 0, 0, 0
             FROM {from} CROSS JOIN generate_series(1, 2) m CROSS JOIN LATERAL (SELECT q % 17 = n AND m = 2 AS c) o"
        ))
        .await;
    database
        .tamper(&format!(
            "INSERT INTO deltas (org_id, quarter, day_starts, day_ends, {columns})
             SELECT '{org}', at, date_trunc('day', at, 'UTC'), date_trunc('day', at, 'UTC') + interval '1 day', {of},
                'model-3', false, 1 + (q + n) % 3, (q * 5 + n * 7) % 23 / 100.0, 0, 0, 0, 0
             FROM {from} WHERE q % 3 = 0"
        ))
        .await;
    keys
}

/// What a plain replay says.
#[derive(Debug, PartialEq, Eq)]
struct Plain {
    requests: u64,
    stopped: u64,
    first_at: Option<DateTime<Utc>>,
    windows: u64,
    keys: BTreeMap<String, u64>,
}

async fn by_keys(database: &Database, only: Option<KeyId>, period: Period, amount: Usd) -> Plain {
    let only = only.map_or_else(|| "true".to_owned(), |key| format!("key_id = '{}'", key.uuid()));
    let both = "(SELECT quarter, key_id, sum(requests) AS requests, sum(charge) AS charge
        FROM (SELECT quarter, key_id, requests, charge FROM quarters
            UNION ALL SELECT quarter, key_id, requests, charge FROM deltas) r GROUP BY 1, 2)";
    let rows = format!(
        "SELECT string_agg(extract(epoch FROM quarter)::bigint || ';' || k.name || ';' || requests || ';'
            || (charge * 100)::bigint, ',' ORDER BY quarter, key_id)
         FROM {both} u JOIN api_keys k ON k.id = key_id WHERE {only}"
    );
    let (mut window, mut replay) = (None, Replay::new(amount, Usd::ZERO));
    let mut plain =
        Plain { requests: 0, stopped: 0, first_at: None, windows: 0, keys: BTreeMap::new() };
    let mut windows = BTreeSet::new();
    for row in database.look(&rows).await.split(',') {
        let row: Vec<&str> = row.split(';').collect();
        let at = DateTime::from_timestamp(row[0].parse().unwrap(), 0).unwrap();
        let now = Window::first(period, Tz::UTC, at);
        if window.replace(now.starts) != Some(now.starts) {
            replay = Replay::new(amount, Usd::ZERO);
        }
        let charge = Usd::from_pico(row[3].parse::<i128>().unwrap() * Usd::PICO / 100);
        let requests = row[2].parse().unwrap();
        let stopped = replay.offer_even(requests, charge);
        plain.requests += requests;
        if stopped > 0 {
            plain.stopped += stopped;
            plain.first_at.get_or_insert(at);
            windows.insert(now.starts);
            *plain.keys.entry(row[1].to_owned()).or_default() += stopped;
        }
    }
    Plain { windows: windows.len() as u64, ..plain }
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
