//! Three nodes, hundreds of requests at once, and a book that fails in every way it may: each request
//! ends once and as its owner said, and no budget is exceeded. `make soak` asks a million times.
#![expect(clippy::unwrap_used, reason = "a test that can't get what it needs has failed")]

mod paper;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{EventId, KeyId, OrgId, Outcome, Period, ProjectId, Scope, ServiceTier, Tokens, Usd};
use ledger::{Ledger, Node, Realm, Refusal, Request, Settlement};
use paper::{Paper, Saw, UNWRITABLE};
use testkit::soak::{Random, is_full, seeds, tell};
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Who asks at once.
const CLIENTS: u64 = 300;
/// What a request's owner did with it, and so what must be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It was refused, or its owner left, or gave it back: nothing.
    Nothing,
    /// Nobody knows what it cost: its bound.
    Bound(Usd),
    /// What it cost.
    Charge(Usd),
    /// What it cost could not be written: its bound.
    Quarantined(Usd),
}

type Told = Arc<Mutex<HashMap<EventId, Ending>>>;

#[derive(Debug, Clone, Copy)]
struct Tenant {
    org: OrgId,
    project: ProjectId,
    keys: [KeyId; 2],
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_befalls_the_book_each_request_ends_once() {
    let (wanted, requests) = if is_full() { (1_000_000, 30_000) } else { (1, 6_000) };
    let first = seeds(1, 1).start;
    let (mut saw, mut asked) = (Saw::default(), 0);
    for round in first..first + 1_000 {
        saw.add(self::round(round, requests).await);
        asked += requests;
        // Which node meets what first is chance.
        if asked >= wanted && saw.is_all() {
            break;
        }
    }
    assert!(saw.is_all(), "{saw}");
    let what = format!("{asked} requests on 3 nodes, a book that fails in every way");
    tell(&what, &format!("{saw}; drift 0"));
}

/// One round, from empty books to closed ones.
async fn round(seed: u64, requests: u64) -> Saw {
    let book = Arc::new(Paper::new(seed));
    let tenants = [(); 3].map(|()| Tenant {
        org: OrgId::generate(),
        project: ProjectId::generate(),
        keys: [KeyId::generate(), KeyId::generate()],
    });
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::start(Arc::clone(&book), &tasks, stop.clone()).await.unwrap());
    }
    let told = Told::default();
    let mut clients = JoinSet::new();
    for (client, node) in (0..CLIENTS).zip(nodes.iter().cycle()) {
        let (node, book, told) = (node.clone(), Arc::clone(&book), Arc::clone(&told));
        let random = Random::new(seed, client);
        clients.spawn(ask(node, book, told, tenants, random, requests / CLIENTS));
    }
    let people = people(&book, tenants, Random::new(seed, u64::MAX));
    tokio::select! {
        () = people => unreachable!("people go on"),
        all = clients.join_all() => drop(all),
    }
    // A loop that nobody can talk to any more writes what it has, too.
    drop(nodes);
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    book.close(&told.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Set and remove budgets, and give up nodes, on and on.
async fn people(book: &Paper, tenants: [Tenant; 3], mut random: Random) {
    loop {
        tokio::time::sleep(Duration::from_millis(random.of(2..10))).await;
        let tenant = random.pick(&tenants);
        let scopes =
            [Scope::Org(tenant.org), Scope::Project(tenant.project), Scope::Key(tenant.keys[0])];
        let left =
            (random.of(0..2) > 0).then(|| i128::from(random.of(0..20_000)) * Usd::PICO / 100);
        book.limit(random.pick(&scopes), random.pick(&Period::ALL), left.map(Usd::from_pico));
        if random.of(0..40) == 0 {
            book.give_up_one();
        }
    }
}

async fn ask(
    node: Ledger,
    book: Arc<Paper>,
    told: Told,
    tenants: [Tenant; 3],
    mut random: Random,
    requests: u64,
) {
    for _ in 0..requests {
        let request = request(random.pick(&tenants), &mut random);
        let (id, bound) = (request.id, request.bound);
        let ending = if random.of(0..50) == 0 {
            // Its caller leaves, soon or at once.
            let patience = Duration::from_micros(random.of(0..3_000));
            drop(tokio::time::timeout(patience, node.reserve(request)).await);
            Ending::Nothing
        } else {
            match node.reserve(request).await {
                Ok(reservation) => end(reservation, &book, bound, &mut random).await,
                Err(Refusal::Unavailable) => {
                    tokio::time::sleep(Duration::from_millis(random.of(1..20))).await;
                    Ending::Nothing
                }
                Err(_) => Ending::Nothing,
            }
        };
        told.lock().unwrap_or_else(PoisonError::into_inner).insert(id, ending);
    }
}

async fn end(
    mut reservation: ledger::Reservation,
    book: &Paper,
    bound: Usd,
    random: &mut Random,
) -> Ending {
    let id = reservation.id().unwrap();
    if random.of(0..4) == 0 {
        tokio::time::sleep(Duration::from_micros(random.of(0..4_000))).await;
    }
    match random.of(0..20) {
        0 => reservation.release(),
        1 => drop(reservation),
        2 => {
            reservation.forwarding();
            drop(reservation);
            return Ending::Bound(bound);
        }
        what => {
            reservation.forwarding();
            let charge = Usd::from_pico(bound.pico() * i128::from(random.of(0..101)) / 100);
            let status = if what == 3 && random.of(0..50) == 0 { UNWRITABLE } else { 200 };
            if reservation.settle(settlement(charge, status)).await {
                assert!(book.has_event(id), "{id:?} was told to be booked");
            }
            return if status == UNWRITABLE {
                Ending::Quarantined(bound)
            } else {
                Ending::Charge(charge)
            };
        }
    }
    Ending::Nothing
}

fn request(tenant: Tenant, random: &mut Random) -> Request {
    Request {
        id: EventId::generate(),
        org: tenant.org,
        project: tenant.project,
        key: random.pick(&tenant.keys),
        member: None,
        tracked: true,
        // What the tables would not take.
        model: if random.of(0..1_000) == 0 { "\0".into() } else { "m".into() },
        price: None,
        realm: Realm::Sandbox,
        streamed: false,
        bound: Usd::from_pico(i128::from(random.of(0..50)) * Usd::PICO / 100),
        tokens: 1,
    }
}

fn settlement(charge: Usd, status: u16) -> Settlement {
    Settlement {
        outcome: Outcome::Answered,
        status: Some(status),
        service_tier: ServiceTier::Default,
        tokens: Tokens::default(),
        charge,
        first_token_ms: None,
        total_ms: None,
        story: None,
    }
}
