//! A budget of exactly N requests under load: N are admitted, whatever befalls the nodes and whatever
//! people do to the budget meanwhile; and at no instant is more spent and held than it allows.

use std::time::Duration;

use domain::{Period, Scope, Usd};
use testkit::{
    Database,
    soak::{Random, is_full, seeds, tell},
};

use crate::{
    books,
    cluster::Cluster,
    load::{Load, MODEL, Seen},
    program::{Customer, chat},
    sampler::{Sampler, Samples},
};

const CLIENTS: usize = 4 * 64;

/// What befalls the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Calm,
    Joining,
    Pausing,
    Dying,
}

/// One run, by its seed.
#[derive(Debug)]
struct Plan {
    seed: u64,
    weather: Weather,
    period: Period,
    /// Organization, project or key.
    scope: usize,
    /// The amount in dimes at first; without one the budget is made while load runs.
    first: Option<u64>,
    /// Amounts that people set while load runs.
    then: Vec<u64>,
}

impl Plan {
    fn new(seed: u64, weather: Weather, is_changing: bool) -> Self {
        let mut random = Random::new(seed, 0);
        let most = if is_full() { 400 } else { 150 };
        let first = Some(random.of(1..most)).filter(|_| !is_changing || random.of(0..3) > 0);
        let changes = if is_changing { random.of(2..5) } else { 0 };
        let then = (0..changes).map(|_| random.of(1..most)).collect();
        let period = random.pick(&[Period::Day, Period::Week, Period::Month]);
        Self { seed, weather, period, scope: random.pick(&[0, 1, 2]), first, then }
    }

    /// The amount that is in force at the end.
    fn last(&self) -> Usd {
        dimes(self.then.last().copied().or(self.first).unwrap())
    }

    fn scope(&self, customer: &Customer) -> Scope {
        [Scope::Org(customer.org), Scope::Project(customer.project), Scope::Key(customer.key)]
            [self.scope]
    }
}

fn dimes(number: u64) -> Usd {
    Usd::from_pico(i128::from(number) * Usd::PICO / 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_n_pass_through_four_nodes() {
    runs(&seeds(2, 50), Weather::Calm, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_n_pass_while_people_change_the_budget_and_nodes_join() {
    runs(&seeds(2, 50), Weather::Joining, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_n_pass_while_nodes_are_paused_and_given_up() {
    runs(&seeds(1, 50), Weather::Pausing, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_n_pass_while_nodes_die() {
    runs(&seeds(1, 50), Weather::Dying, true).await;
}

async fn runs(seeds: &std::ops::Range<u64>, weather: Weather, may_change: bool) {
    let database = Database::new().await;
    at_noon(&database).await;
    let mut cluster = Cluster::start(&database, 4).await;
    let mut samples = Samples::default();
    let (mut admitted, mut refused) = (0, 0);
    for seed in seeds.clone() {
        // Every other one with an amount that stays.
        let plan = Plan::new(seed, weather, may_change && seed % 2 == 0);
        let (seen, sampled) = run(&database, &mut cluster, &plan).await;
        assert_eq!(sampled.faults, [""; 0], "{plan:?}");
        admitted += seen.admitted.len();
        refused += seen.spent + seen.held;
        samples.add(sampled);
    }
    tell(
        &format!("4 nodes, {CLIENTS} clients, {weather:?}: {} seeds", seeds.end - seeds.start),
        &format!("{admitted} replies, {refused} refusals, overshoot $0; {samples}"),
    );
}

/// Runs the load of one seed on a customer of its own, and holds the books against what clients saw.
async fn run(database: &Database, cluster: &mut Cluster, plan: &Plan) -> (Seen, Samples) {
    let customer = Customer::new(database, &format!("{:?}{}", plan.weather, plan.seed)).await;
    let mut random = Random::new(plan.seed, u64::MAX);
    let mut most = Usd::ZERO;
    if let Some(amount) = plan.first {
        most = set(database, plan, &customer, amount).await;
    }
    if plan.weather == Weather::Joining {
        // Two have left before; two join under load.
        cluster.leave(2);
    }
    let sampler = Sampler::start(&database.admin, customer.org);
    let load = Load::start(&cluster.doors, &customer.secret, CLIENTS, plan.seed);
    let changes = async {
        for amount in &plan.then {
            tokio::time::sleep(Duration::from_millis(random.of(50..400))).await;
            most = set(database, plan, &customer, *amount).await;
        }
    };
    tokio::join!(changes, befall(database, cluster, plan, &customer));
    let seen = load.finish().await;
    books::settled(database, customer.org).await;
    let samples = sampler.finish().await;
    hold(database, plan, &customer, &seen, most).await;
    (seen, samples)
}

/// Sets the amount; answers the most that may be spent from then on: what was spent and held already,
/// if that is more.
async fn set(database: &Database, plan: &Plan, customer: &Customer, amount: u64) -> Usd {
    let (scope, store) = (plan.scope(customer), &database.store);
    let amount = dimes(amount);
    store.set_budget(&customer.caller, scope, plan.period, amount).await.unwrap();
    let status = store.budget_status(&customer.caller, scope, plan.period).await.unwrap();
    status.spent.plus(status.held).max(amount)
}

/// What befalls the nodes once load runs.
async fn befall(database: &Database, cluster: &mut Cluster, plan: &Plan, customer: &Customer) {
    if plan.weather == Weather::Calm {
        return;
    }
    // In the middle of it, however fast this machine is.
    let running =
        format!("SELECT count(*) > 5 FROM intents WHERE org_id = '{}'", customer.org.uuid());
    while database.look(&running).await != "true" && !is_spent(database, customer).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut random = Random::new(plan.seed, u64::MAX - 1);
    let victim = usize::try_from(random.of(0..cluster.nodes.len() as u64)).unwrap();
    match plan.weather {
        Weather::Calm => {}
        Weather::Joining => cluster.join(2).await,
        Weather::Pausing => {
            cluster.nodes[victim].pause();
            // The node is given up after half a minute: shortly before it goes on, or after.
            let pause = if is_full() { random.of(29_000..36_000) } else { 1_500 };
            if !is_full() {
                silence(database).await;
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
            cluster.nodes[victim].resume();
        }
        Weather::Dying => {
            cluster.kill(victim);
            if !is_full() {
                silence(database).await;
            }
            cluster.join(1).await;
        }
    }
}

/// As if half a minute had passed without a heartbeat: those who live beat again within a second,
/// and may be given up all the same, which they must bear.
async fn silence(database: &Database) {
    database.tamper("UPDATE heartbeats SET seen_at = seen_at - interval '31 seconds'").await;
}

async fn is_spent(database: &Database, customer: &Customer) -> bool {
    let spent = "SELECT count(*) > 0 FROM crossings WHERE org_id = 'ORG' AND kind = 'blocked'";
    database.look(&spent.replace("ORG", &customer.org.uuid().to_string())).await == "true"
}

/// The books against what clients saw: `most` may have been spent.
async fn hold(database: &Database, plan: &Plan, customer: &Customer, seen: &Seen, most: Usd) {
    let org = customer.org.uuid();
    let amount = plan.last();
    let look = async |query: &str| database.look(&query.replace("ORG", &org.to_string())).await;
    let number = async |what: &str| -> u64 {
        look(&format!("SELECT {what} FROM events WHERE org_id = 'ORG'")).await.parse().unwrap()
    };
    let spent = "SELECT COALESCE(sum(charge), 0) FROM events WHERE org_id = 'ORG'";
    let spent: Usd = look(spent).await.parse().unwrap();
    let events = number("count(*) FILTER (WHERE outcome <> 'released')").await;
    assert_eq!(spent, dimes(events), "{plan:?}");
    // Booked for a node that was given up, and given back when that was heard of again: it was admitted,
    // and then it was too late to admit another one.
    let released = number("count(*) FILTER (WHERE outcome = 'released')").await;
    let admitted = dimes(events + released);
    assert!(amount <= admitted && spent <= most, "{spent} of {amount}, at most {most}: {plan:?}");
    let replied = seen.admitted.len() as u64;
    assert!(
        (events - seen.broken.min(events)..=events).contains(&replied),
        "{events} events, {replied} replies, {} connections broken: {plan:?}",
        seen.broken
    );
    books::agree(database, seen).await;
    if plan.weather != Weather::Pausing && plan.weather != Weather::Dying {
        let whole = seen.whole.len() as u64;
        assert_eq!((whole, seen.broken, released), (events, 0, 0), "{plan:?}");
    }
}

/// Moves the database's clock to the next noon in the middle of a week and of a month, so that no
/// window ends during a test.
async fn at_noon(database: &Database) {
    let ahead = "SELECT extract(epoch FROM min(noon) - now())::bigint FROM (
            SELECT date_trunc('day', now(), 'UTC') + n * interval '1 day' + interval '12 hours' AS noon
            FROM generate_series(1, 40) n) days
        WHERE extract(isodow FROM noon AT TIME ZONE 'UTC') BETWEEN 2 AND 5
            AND extract(day FROM noon AT TIME ZONE 'UTC') BETWEEN 3 AND 25";
    let seconds = database.look(ahead).await.parse().unwrap();
    database.advance(chrono::TimeDelta::seconds(seconds)).await;
}

/// The comparison that anybody can make with any gateway.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_requests_of_a_dime_fifty_fit_five_dollars() {
    let database = Database::new().await;
    let customer = Customer::new(&database, "customer").await;
    let five = Usd::from_dollars(5);
    let scope = Scope::Org(customer.org);
    database.store.set_budget(&customer.caller, scope, Period::Month, five).await.unwrap();
    let cluster = Cluster::start(&database, 2).await;
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..1_000 {
        let (doors, secret) = (cluster.doors.clone(), customer.secret.clone());
        clients.spawn(async move {
            let delay = format!("delay_ms={}", 50 + client % 450);
            loop {
                let reply = chat(doors.door(client), &secret, MODEL, &delay, false).await.unwrap();
                // As clients do: a thousand at once are too many for some machines.
                if reply.status != 503 {
                    return reply.status;
                }
            }
        });
    }
    let statuses = clients.join_all().await;
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(200), count(429)), (50, 950));
    let spent = "SELECT spent FROM counters WHERE scope = 'org' AND period = 'month'";
    let spent: Usd = database.look(spent).await.parse().unwrap();
    assert_eq!(spent, five);
    tell("1,000 requests of $0.10 against $5", &format!("50 admitted, ${spent} spent"));
}
